"""The real engine with a queue of two models in turns: how often it loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.jobs.job import Progressed
from core.jobs.lanes import Lane
from core.platform.paths import Paths
from core.studio import Studio
from core.video.provider import ProviderEntry
from core.video.request import FrameRequest, RenderRequest, Sampling
from core.video.terms import Target
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.catalog import BY_ID
from providers.ltx_video.models.info import INFO, LTXModel
from tests.core.jobs.test_queue_order import wait_for, working
from tests.providers.tiny_home import TINY_VIDEO, context_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.jobs.job import JobUpdate

MINI = BY_ID[LTXModel.LTX_MINI]


@pytest.fixture
def studio(tiny_home: Path, tmp_path: Path) -> Iterator[Studio]:
    provider = LocalLTX(context_of(tiny_home), (TINY_VIDEO, MINI))
    studio = Studio([ProviderEntry(INFO, lambda _: provider)], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()


@pytest.mark.parametrize(("is_on", "loads"), [(False, 6), (True, 2)])
def test_two_models_in_turns_are_loaded_for_every_clip_or_once_each(
    studio: Studio, is_on: bool, loads: int
) -> None:
    studio.queue.set_grouping(is_on)
    loading: set[str] = set()

    def listen(update: JobUpdate) -> None:
        event = update.event
        if isinstance(event, Progressed) and event.message == "Loading the transformer":
            loading.add(update.job_id)

    studio.queue.subscribe(listen)
    models = (TINY_VIDEO, MINI) * 3
    for number, model in enumerate(models):
        request = RenderRequest(
            target=Target(provider=INFO.id, deployment=INFO.deployment, model=model.id),
            prompt=f"a red ball, take {number}",
            frame=FrameRequest(duration_s=1.0),
            sampling=Sampling(num_inference_steps=4, seed=7),
        )
        studio.submit_render(studio.plan(request))
    with working(studio.queue, Lane.GPU) as started:
        wait_for(lambda: len(started) == len(models), 120)
        wait_for(lambda: all(record.state.has_ended for record in studio.queue.jobs()), 120)
    assert {record.state.value for record in studio.queue.jobs()} == {"succeeded"}
    assert len(loading) == loads
