"""Each way of laying a model out in memory, on the processor: the same clip, or nearly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
import torch

from core.errors import JobCancelled
from core.video.plan import Device, Precision
from core.video.spec import Residency
from providers.ltx_video.engine.pipeline import part_dtype
from providers.ltx_video.local import LocalLTX
from tests.providers.tiny_home import (
    TINY_AV,
    TINY_AV_GUIDED,
    TINY_MODELS,
    TINY_VIDEO,
    context_of,
    order_for,
    plan_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
@pytest.mark.parametrize(
    "layout",
    [
        {"residency": Residency.GROUP_OFFLOAD},
        {"residency": Residency.GROUP_OFFLOAD_TO_DISK},
        {"frees_text_encoder": True},
    ],
    ids=["streamed", "from-disk", "text-encoder-freed"],
)
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
