"""Which renders wait for the same load, and how often the model is loaded for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.config.setting_fields import with_text
from core.jobs.lanes import Lane
from core.routing.route_plan import Fallbacks
from core.studio import Studio
from core.video.request import Delivery, RenderRequest, Sampling
from core.video.terms import FallbackTarget, Residency, Target
from tests.core.jobs.test_queue_order import wait_for, working
from tests.fakes.paid import PAID_ENTRY
from tests.fakes.provider import ENTRY, FreeProvider, entry_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.platform.paths import Paths
    from core.video.planning.render_planner import PlannedRender

SETTING = "queue.groups_by_model"
ALTERNATING = ("fake-small", "fake-full") * 3


@pytest.fixture
def fake() -> FreeProvider:
    return FreeProvider()


@pytest.fixture
def studio(paths: Paths, fake: FreeProvider) -> Iterator[Studio]:
    studio = Studio([entry_of(fake)], paths=paths)
    yield studio
    studio.close()


def plan(studio: Studio, model: str, **more: object) -> PlannedRender:
    target = Target(provider="fake", deployment="local", model=model)
    asked = {"target": target, "prompt": "a ball", "sampling": Sampling(seed=7), **more}
    return studio.plan(RenderRequest.model_validate(asked))


def set_grouping(studio: Studio, text: str) -> None:
    studio.apply_settings(with_text(studio.settings, SETTING, text))


@pytest.mark.parametrize(("text", "times"), [("", 6), ("no", 6), ("yes", 2)])
def test_two_models_in_turns_are_loaded_for_every_clip_or_once_each(
    studio: Studio, fake: FreeProvider, text: str, times: int
) -> None:
    set_grouping(studio, text)
    for model in ALTERNATING:
        studio.submit_render(plan(studio, model))
    with working(studio.queue, Lane.GPU) as started:
        wait_for(lambda: len(started) == len(ALTERNATING))
        wait_for(lambda: all(record.state.has_ended for record in studio.queue.jobs()))
    assert {record.state.value for record in studio.queue.jobs()} == {"succeeded"}
    assert len(fake.loaded) == times


def test_it_is_off_until_it_is_set_and_is_kept(
    studio: Studio, fake: FreeProvider, paths: Paths
) -> None:
    assert not studio.settings.queue.groups_by_model
    studio.config.save(with_text(studio.settings, SETTING, "yes"))
    for model in ("fake-small", "fake-full", "fake-small"):
        studio.submit_render(plan(studio, model))
    later = Studio([entry_of(fake)], paths=paths)
    titles = [record.title.split(":")[0] for record in later.queue.jobs()]
    assert titles == ["fake-small", "fake-small", "fake-full"]
    later.close()


def test_another_layout_of_a_model_is_another_load_and_its_enhancer_the_same(
    studio: Studio,
) -> None:
    usual = plan(studio, "fake-full")
    streamed = plan(studio, "fake-full", delivery=Delivery(memory=Residency.GROUP_OFFLOAD))
    assert usual.plan.loads != streamed.plan.loads
    ids = [studio.submit_render(one) for one in (usual, streamed, usual)]
    ids.append(studio.submit_enhancement(studio.plan_enhancement(usual.plan.request)))
    set_grouping(studio, "yes")
    shown = [record.id for record in studio.queue.jobs()]
    assert [ids.index(job_id) for job_id in shown] == [0, 2, 3, 1]


def test_nothing_that_costs_money_comes_earlier(paths: Paths) -> None:
    studio = Studio([PAID_ENTRY], paths=paths)
    set_grouping(studio, "yes")
    models = ("fake-small", "fake-unpriced", "fake-small", "fake-unpriced")
    assert plan(studio, models[0]).plan.loads
    ids = [studio.submit_render(plan(studio, model)) for model in models]
    assert [record.id for record in studio.queue.jobs()] == ids
    studio.close()


def test_nothing_that_may_go_on_at_a_paid_service_comes_earlier(
    fake: FreeProvider, paths: Paths
) -> None:
    paid = replace(PAID_ENTRY, info=replace(ENTRY.info, deployment="rented", lane=Lane.CLOUD))
    studio = Studio([entry_of(fake), paid], paths=paths)
    set_grouping(studio, "yes")
    there = FallbackTarget.parse("fake/rented/fake-small")
    routed = studio.plan(
        plan(studio, "fake-small").plan.request,
        fallbacks=Fallbacks(targets=(there,), to_paid=True),
    )
    assert len(routed.fallbacks) == 1
    here = plan(studio, "fake-small")
    other = plan(studio, "fake-full")
    ids = [studio.submit_render(one) for one in (here, other, routed, here)]
    shown = [record.id for record in studio.queue.jobs()]
    assert shown == [ids[0], ids[3], ids[1], ids[2]]
    studio.close()
