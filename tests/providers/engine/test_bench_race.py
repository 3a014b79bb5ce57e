"""The engine's part of scripts/bench.py, run with a tiny model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.inputs import check_inputs
from core.video.planning.clip_plan import make_plan
from core.video.provider import Ready
from core.video.terms import Target
from providers.ltx_video.models.catalog import DEPLOYMENT, PROVIDER
from scripts.benchmark.engine.bare_messages import BareCall
from scripts.benchmark.engine.modes import MODES, write_inputs
from scripts.benchmark.engine.race import bare_process, goals, order_for, race, render
from scripts.benchmark.engine.warm_jobs import (
    measure_memory,
    measure_switches,
    run_job,
    warm_engine,
)
from tests.providers.mode_requests import MODELS
from tests.providers.tiny_home import TINY_AV, loras_of, plan_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from providers.ltx_video.engine.protocol import RenderOrder
    from providers.ltx_video.local import LocalLTX
    from scripts.benchmark.engine.modes import Mode
    from scripts.benchmark.engine.race import BareProcess

TINY_23 = next(model for model in MODELS if model.id == "tiny-2.3")
CALLS = {
    "extend": BareCall.OUR_PIPELINE,
    "extend backward": BareCall.OUR_PIPELINE,
    "retake": BareCall.OUR_PIPELINE,
    "audio to video": BareCall.OUR_PIPELINE,
    "extend at both ends": BareCall.OUR_PIPELINE,
    "three prompts": BareCall.OUR_STAGES,
}


def files_of(provider: LocalLTX, model: str) -> Path:
    ready = provider.check(Target(provider=PROVIDER, deployment=DEPLOYMENT, model=model))
    assert isinstance(ready, Ready)
    assert ready.location is not None
    return ready.location


@pytest.fixture(scope="module")
def bare() -> Iterator[BareProcess]:
    with bare_process() as process:
        yield process


@pytest.fixture(scope="module")
def given(mode_provider: LocalLTX, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the modes are made from."""
    folder = tmp_path_factory.mktemp("given")
    order = order_of(mode_provider, MODES[0], folder, 0)
    write_inputs(render(mode_provider, order), folder)
    return folder


def order_of(provider: LocalLTX, mode: Mode, folder: Path, number: int) -> RenderOrder:
    target = Target(provider=PROVIDER, deployment=DEPLOYMENT, model=TINY_23.id)
    request = mode.request(target, folder, number)
    plan = provider.fit(make_plan(request, TINY_23.spec, check_inputs(request)))
    workdir = folder / mode.name / str(number)
    return order_for(plan, TINY_23, files_of(provider, TINY_23.id), workdir)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_the_engine_and_a_bare_script_make_the_same_clip(
    mode_provider: LocalLTX, bare: BareProcess, given: Path, mode: Mode
) -> None:
    orders = [order_of(mode_provider, mode, given, number) for number in (10, 20)]
    found = race(mode.name, mode_provider, bare, orders)
    assert found.call is CALLS.get(mode.name, BareCall.DIFFUSERS)
    assert found.num_frames == orders[0].plan.num_frames
    assert found.difference == ""
    assert goals([found])[0].is_met
    assert min(*found.engine.values, *found.bare.values) > 0
    assert min(*found.engine_work.values, *found.bare_work.values) > 0


@pytest.fixture
def tiny_order(provider: LocalLTX, tmp_path: Path) -> Callable[[int], RenderOrder]:
    def order(number: int) -> RenderOrder:
        plan = plan_for(provider, TINY_AV, prompt=f"a red ball {number}")
        return order_for(plan, TINY_AV, files_of(provider, TINY_AV.id), tmp_path / str(number))

    return order


def test_switches_of_a_lora_are_timed_and_load_nothing(
    tiny_order: Callable[[int], RenderOrder], tmp_path: Path
) -> None:
    with warm_engine() as engine:
        switches = measure_switches(engine, tiny_order, loras_of(TINY_AV), tmp_path, 1)
    assert switches.loads == 0
    assert [one.name for one in switches.series][:3] == [
        "no change",
        "another scale",
        "another LoRA",
    ]
    assert min(value for one in switches.series for value in one.values) > 0


def test_a_model_that_is_loaded_is_counted(tiny_order: Callable[[int], RenderOrder]) -> None:
    with warm_engine() as engine:
        cold, warm = (run_job(engine, tiny_order(number)).loads for number in range(2))
    assert cold > 0
    assert warm == 0


def test_memory_is_read_behind_each_job(tiny_order: Callable[[int], RenderOrder]) -> None:
    seen: list[str] = []
    with warm_engine() as engine:
        memory = measure_memory(engine, map(tiny_order, range(10)), seen.append)
    assert len(memory.resident) == 10
    assert min(memory.resident) > 50_000_000
    assert seen == ["job 10 of 100"]
