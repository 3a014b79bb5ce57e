"""What LTX Mini really holds, and what that does to the next plan; on the processor."""

from __future__ import annotations

import sys
from datetime import date
from typing import TYPE_CHECKING

import psutil
import pytest

from core.errors import OutOfMemory
from core.jobs.lanes import Stage
from core.video.memory import Pool
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.catalog import BY_ID
from providers.ltx_video.models.info import LTXModel
from tests.providers.engine.test_engine_life import engines
from tests.providers.tiny_home import context_of, plan_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.video.memory import MemoryPlan
    from core.video.plan import RenderPlan
    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]

MINI = BY_ID[LTXModel.LTX_MINI]
SHORT, LONG = 17, 81


@pytest.fixture
def mini(tmp_path: Path) -> Iterator[LocalLTX]:
    provider = LocalLTX(context_of(tmp_path / "home"))
    yield provider
    provider.close()


def plan_of(provider: LocalLTX, num_frames: int, prompt: str = "a red ball") -> RenderPlan:
    return plan_for(provider, MINI, prompt=prompt, num_frames=num_frames, size="128p", steps=4)


def memory_of(plan: RenderPlan) -> MemoryPlan:
    assert plan.memory_plan is not None
    return plan.memory_plan


def test_the_second_plan_expects_what_the_first_clip_held(mini: LocalLTX, watched: Watch) -> None:
    before = engines()
    first = plan_of(mini, LONG)
    assert memory_of(first).basis(Pool.RAM) == "predicted"
    measured = mini.render(first, watched().context).provenance.measured["peak_ram_gb"]
    (engine,) = set(engines()) - set(before)
    # What it still holds is less than it held at most, and a good part of that.
    held_gb = psutil.Process(engine).memory_info().rss / 1e9
    assert held_gb / 1.02 < measured < 2 * held_gb
    second = plan_of(mini, LONG)
    assert memory_of(second).basis(Pool.RAM) == "measured in 1 run here"
    assert memory_of(second).peak_ram_gb == pytest.approx(measured, abs=0.001)
    assert memory_of(second).peaks == memory_of(first).peaks
    again = mini.render(second, watched().context).provenance.measured["peak_ram_gb"]
    # The figure that was shown before the clip was made was right within a tenth.
    assert memory_of(second).peak_ram_gb == pytest.approx(again, rel=0.1)
    assert memory_of(plan_of(mini, LONG)).basis(Pool.RAM) == "measured in 2 runs here"


def test_what_a_larger_clip_left_in_the_engine_is_not_counted_as_a_smaller_ones(
    mini: LocalLTX, watched: Watch
) -> None:
    mini.render(plan_of(mini, SHORT), watched().context)
    mini.render(plan_of(mini, LONG), watched().context)
    runs = memory_of(plan_of(mini, SHORT)).measured
    assert runs is not None
    mini.render(plan_of(mini, SHORT), watched().context)
    assert memory_of(plan_of(mini, SHORT)).measured == runs, "a process keeps what it let go of"
    assert runs.gb <= memory_of(plan_of(mini, LONG)).peak_ram_gb


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process's memory")
def test_a_clip_that_ran_out_makes_the_next_plan_start_lower_and_say_so(
    mini: LocalLTX, watched: Watch
) -> None:
    before = engines()
    mini.render(plan_of(mini, SHORT), watched().context)
    (engine,) = set(engines()) - set(before)
    process = psutil.Process(engine)
    first = plan_of(mini, LONG)
    assert memory_of(first).rung == 0
    limit = process.memory_info().vms + 8_000_000
    process.rlimit(psutil.RLIMIT_AS, (limit, limit))
    with pytest.raises(OutOfMemory):
        mini.render(first, watched().context)
    # What the job does at once, and what the next plan does by itself.
    cheaper, second = mini.cheaper(first), plan_of(mini, LONG)
    assert cheaper is not None
    assert memory_of(cheaper).rung == memory_of(second).rung == 1
    (note,) = [note for note in second.notes if "ran out of memory here" in note]
    assert str(date.today()) in note
    assert "decoded in tiles" in note
    smaller = plan_of(mini, SHORT)
    assert memory_of(smaller).rung == 0
    assert not any("ran out" in note for note in smaller.notes)
    mini.close()
    made = mini.render(second, watched().context)
    assert made.provenance.measured[f"{Stage.DECODE}_s"] > 0
    assert memory_of(plan_of(mini, LONG)).rung == 1, "the layout above it still ran out"
