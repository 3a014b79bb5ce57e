"""Each way of laying a model out in memory, on the processor: the same clip, or nearly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
import torch

from core.errors import JobCancelled, OutOfMemory
from core.jobs.job import Notice
from core.platform.paths import Paths
from core.studio import Studio
from core.video.memory import Device, Pool
from core.video.provider import ProviderEntry
from core.video.record import read_embedded
from core.video.spec import Precision
from providers.ltx_video.engine.pipeline import part_dtype
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.catalog import BY_ID
from providers.ltx_video.models.info import INFO, LTXModel
from tests.providers.tiny_home import (
    LAYOUTS,
    TINY_AV,
    TINY_AV_GUIDED,
    TINY_MODELS,
    TINY_VIDEO,
    context_of,
    machine,
    order_for,
    plan_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.jobs.job import JobContext, JobEvent
    from core.video.plan import RenderPlan
    from core.video.rendered import Rendered
    from providers.ltx_video.models.catalog import LocalModel
    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]


def render(provider: LocalLTX, watched: Watch, model: LocalModel, **layout: object) -> np.ndarray:
    # A prompt of its own for each layout, since encoding is part of what is laid out.
    plan = plan_for(provider, model, prompt="a grey ball moving left")
    assert plan.memory_plan is not None
    memory = plan.memory_plan.model_copy(update=layout)
    clip = provider.render(plan.model_copy(update={"memory_plan": memory}), watched().context).path
    with av.open(str(clip)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def forget_prompts(home: Path) -> None:
    for file in (home / "cache" / "ltx-video" / "prompts").glob("*"):
        file.unlink()


@pytest.mark.parametrize("model", [TINY_VIDEO, TINY_AV_GUIDED], ids=lambda model: model.id)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_where_the_weights_lie_changes_nothing(
    provider: LocalLTX,
    watched: Watch,
    tiny_home: Path,
    model: LocalModel,
    layout: dict[str, object],
) -> None:
    forget_prompts(tiny_home)
    usual = render(provider, watched, model)
    forget_prompts(tiny_home)
    assert np.array_equal(usual, render(provider, watched, model, **layout))


# As large as the real one by its arithmetic, so that its layouts differ.
HEAVY = TINY_VIDEO.model_copy(
    update={"footprint": BY_ID[LTXModel.LTX_VIDEO_2B_095].footprint.model_copy()}
)


class TightLTX(LocalLTX):
    """A device on which only what is planned below a number of GB has room."""

    limit_gb = 0.0

    def render(self, plan: RenderPlan, ctx: JobContext) -> Rendered:
        assert plan.memory_plan is not None
        # What the real model of this name held here is no measure of one that is as large as this.
        if plan.memory_plan.predicted_gb(Pool.RAM) > self.limit_gb:
            raise OutOfMemory(f"Rung {plan.memory_plan.rung} ran out of memory.")
        return super().render(plan, ctx)


@pytest.mark.parametrize("has_room", [True, False])
def test_a_job_that_runs_out_of_memory_walks_down_to_the_layout_that_has_room(
    tiny_home: Path, tmp_path: Path, has_room: bool
) -> None:
    context = context_of(tiny_home)
    roomy = replace(machine(), ram_total_gb=128.0, ram_free_gb=120.0)
    provider = TightLTX(replace(context, read_machine=lambda: roomy), (HEAVY,))
    # A large clip, so that decoding in tiles takes less than decoding all of it.
    plan: RenderPlan | None = plan_for(provider, HEAVY, size="512p")
    walk: list[RenderPlan] = []
    while plan is not None:
        walk.append(plan)
        plan = provider.cheaper(plan)
    peaks = [step.memory_plan.predicted_gb(Pool.RAM) for step in walk if step.memory_plan]
    assert len(peaks) == 3
    assert peaks == sorted(peaks, reverse=True)
    provider.limit_gb = peaks[-1] if has_room else peaks[-1] - 0.1

    entry = ProviderEntry(INFO, lambda _: provider)
    studio = Studio([entry], paths=Paths.below(tmp_path / "home"))
    events: list[JobEvent] = []
    studio.queue.subscribe(lambda update: events.append(update.event))
    try:
        planned = studio.plan(walk[0].request, out=tmp_path / "clip.mp4")
        ended = studio.queue.run_job(studio.submit_render(planned))
    finally:
        studio.close()
    steps = [event.message for event in events if isinstance(event, Notice)]
    assert [f"Rung {rung} ran out of memory. Trying" in steps[rung] for rung in (0, 1)] == [
        True
    ] * 2
    if not has_room:
        assert ended.event == "failed"
        assert "Rung 2 ran out of memory." in str(ended.error)
        return
    assert ended.event == "succeeded", ended
    record = read_embedded(ended.path)
    assert record is not None
    assert record.memory_plan is not None
    assert record.memory_plan.frees_text_encoder


def test_weights_that_a_killed_app_left_on_disk_are_deleted(
    tiny_home: Path, watched: Watch
) -> None:
    left_by_a_killed_app = tiny_home / "cache" / "ltx-video" / "offload" / str(2**22 + 1)
    left_by_a_killed_app.mkdir(parents=True)
    (left_by_a_killed_app / "group.safetensors").write_bytes(b"x")
    provider = LocalLTX(context_of(tiny_home), TINY_MODELS)
    job = watched()
    job.on_event = lambda _: job.context.cancel.cancel()
    with pytest.raises(JobCancelled):
        provider.render(plan_for(provider, TINY_VIDEO), job.context)
    provider.close()
    assert not left_by_a_killed_app.exists()


def test_weights_in_eight_bits_change_the_clip_a_little(provider: LocalLTX, watched: Watch) -> None:
    usual = render(provider, watched, TINY_AV).astype(float)
    eight = render(provider, watched, TINY_AV, precision=Precision.FLOAT8).astype(float)
    assert 0 < np.abs(usual - eight).mean() < 20


def test_what_is_heard_is_made_in_32_bit_on_a_gpu_too(
    provider: LocalLTX, tiny_home: Path, tmp_path: Path
) -> None:
    order = order_for(provider, tiny_home, TINY_AV, tmp_path)
    profile = order.profile.model_copy(update={"dtype": Precision.BFLOAT16})
    on_gpu = order.memory.model_copy(
        update={"device": Device.CUDA, "precision": Precision.BFLOAT16}
    )
    order = order.model_copy(update={"memory": on_gpu, "profile": profile})
    assert part_dtype("vocoder", order) is torch.float32
    assert part_dtype("transformer", order) is torch.bfloat16
    assert part_dtype("vae", order) is torch.bfloat16
