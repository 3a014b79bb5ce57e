"""What measured peaks say of the next clip, and what a layout that ran out does to its plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.video.memory import Device, MemoryPlan, Pool
from core.video.spec import Residency
from providers.ltx_video.models.catalog import BY_ID
from providers.ltx_video.models.info import LTXModel
from providers.ltx_video.models.memory_plan import MemoryLadder, memory_ladder
from providers.ltx_video.models.memory_runs import MemoryRun, MemoryTable, expected_peak
from providers.ltx_video.models.workload import Workload
from tests.providers.models.test_ltx_memory_plan import machine

if TYPE_CHECKING:
    from pathlib import Path

    from core.platform.machine import Machine

MODEL = BY_ID[LTXModel.LTX_VIDEO_13B_098_DISTILLED]
CLIP = Workload(832, 480, 121)
SMALLER, LARGER = Workload(832, 480, 65), Workload(832, 480, 161)
CARD = machine(64, 48)


def run(tokens: int, gb: float, predicted_gb: float) -> MemoryRun:
    return MemoryRun(
        model="m",
        device="d",
        layout="l",
        variant="v",
        tokens=tokens,
        pool=Pool.VRAM,
        predicted_gb=predicted_gb,
        gb=gb,
        made_on=date(2026, 12, 1),
    )


def predicted(tokens: int) -> float:
    """By an arithmetic that is right about nothing but the kind of its curve."""
    return max(4.0, 3.0 + tokens * 0.002)


def expected(tokens: int, runs: list[MemoryRun]) -> float:
    found = expected_peak(Pool.VRAM, predicted(tokens), tokens, runs)
    assert found is not None
    return found.gb


points = st.lists(
    st.tuples(st.integers(1, 20_000), st.floats(0.5, 60)), min_size=1, max_size=25
).map(lambda pairs: [run(tokens, gb, predicted(tokens)) for tokens, gb in pairs])


@given(points, st.integers(1, 40_000), st.integers(0, 20_000))
def test_a_larger_clip_is_never_expected_to_take_less(runs, tokens: int, more: int) -> None:
    assert expected(tokens, runs) <= expected(tokens + more, runs) + 1e-9


@given(points, st.integers(1, 40_000))
def test_nothing_is_expected_below_what_such_a_clip_or_a_smaller_one_held(runs, tokens) -> None:
    held = [one.gb for one in runs if one.tokens <= tokens]
    assert expected(tokens, runs) >= max(held, default=0.0)


@given(points, st.integers(1, 40_000))
def test_a_figure_that_nobody_measured_stays_near_the_arithmetic(runs, tokens: int) -> None:
    held = max((one.gb for one in runs if one.tokens <= tokens), default=0.0)
    found = expected(tokens, runs)
    assert found >= predicted(tokens) / 2
    assert found <= max(held, predicted(tokens) * 2)


@given(
    st.floats(3, 8),
    st.floats(0.0005, 0.003),
    st.lists(st.integers(1000, 12_000), min_size=3, max_size=9, unique=True),
    st.integers(1000, 16_000),
)
def test_a_line_through_enough_sizes_is_found_again(constant, slope, sizes, tokens: int) -> None:
    if max(sizes) < 1.5 * min(sizes):
        sizes = [*sizes, 2 * max(sizes)]

    def truth(size: int) -> float:
        return constant + slope * size

    runs = [run(size, truth(size), predicted(size)) for size in sizes]
    bounded = max(predicted(tokens) / 2, min(predicted(tokens) * 2, truth(tokens)))
    held = max((truth(size) for size in sizes if size <= tokens), default=0.0)
    assert expected(tokens, runs) == pytest.approx(max(bounded, held), rel=1e-6)


def test_one_that_is_far_off_does_not_bend_the_line() -> None:
    runs = [run(size, 5 + size * 0.001, predicted(size)) for size in (2000, 4000, 6000, 8000)]
    runs += [run(3000, 8.1, predicted(3000))]
    beyond = expected(12_000, runs) - expected(8000, runs)
    assert beyond == pytest.approx(4.0, rel=0.2)


def test_few_sizes_grow_as_the_arithmetic_does() -> None:
    runs = [run(2000, 3.5, 7.0)]
    assert expected(2000, runs) == 3.5
    # Half of what the arithmetic adds, as half of what it says was measured.
    assert expected(4000, runs) == pytest.approx(3.5 + (predicted(4000) - 7.0) / 2)


def test_it_is_said_whether_such_a_clip_was_measured() -> None:
    runs = [run(1000, 3.5, 7.0), run(1000, 3.4, 7.0)]
    near, far = (expected_peak(Pool.VRAM, 7.0, tokens, runs) for tokens in (1100, 3000))
    assert near is not None
    assert far is not None
    assert near.basis == "measured in 2 runs here"
    assert far.basis == "scaled from 2 runs here"
    assert expected_peak(Pool.VRAM, 7.0, 1000, []) is None


# The table and the plans that go by it


def ladder_of(table: MemoryTable, on: Machine, clip: Workload = CLIP) -> MemoryLadder:
    gpu = on.best_gpu
    return memory_ladder(
        on,
        MODEL.footprint,
        MODEL.profile.dtype,
        clip,
        scratch_free_gb=500,
        runs=table.of(MODEL.id, gpu.name if gpu else "", clip),
    )


def remember(
    table: MemoryTable, plan: MemoryPlan, gb: float, clip: Workload = CLIP, **more: bool
) -> None:
    runs = table.of(MODEL.id, "Test GPU", clip)
    table.add(runs.run(plan, Pool.VRAM, gb, **more))


@pytest.fixture
def table(tmp_path: Path) -> MemoryTable:
    return MemoryTable(tmp_path / "memory.json")


def test_the_next_plan_goes_by_what_was_measured_and_says_so(table: MemoryTable) -> None:
    before = ladder_of(table, CARD).choose()
    assert before.measured is None
    assert "(predicted)" in before.peaks_text
    remember(table, before, 30.25)
    after = ladder_of(table, CARD).choose()
    assert (after.rung, after.peak_vram_gb) == (before.rung, 30.25)
    assert after.peaks == before.peaks, "what was predicted stays known"
    assert "30.2 GB of GPU memory (measured in 1 run here) and" in after.peaks_text
    assert after.peaks_text.endswith("GB of memory (predicted)"), "files are mapped"
    again = MemoryPlan.model_validate_json(after.model_dump_json())
    assert again == after


def test_what_was_measured_decides_what_fits(table: MemoryTable) -> None:
    first = ladder_of(table, CARD).choose()
    assert first.residency is Residency.RESIDENT
    remember(table, first, 60.0)
    assert ladder_of(table, CARD).choose().rung > first.rung
    small = machine(64, 41)
    assert not ladder_of(table, small).rungs[0].fits


def test_a_clip_that_was_made_here_needs_no_reserve(table: MemoryTable) -> None:
    first = ladder_of(table, CARD).choose()
    remember(table, first, 40.0)
    assert ladder_of(table, machine(64, 40.5)).rungs[0].fits
    assert not ladder_of(table, machine(64, 39.9)).rungs[0].fits


def test_other_layouts_kinds_of_clips_and_models_are_kept_apart(table: MemoryTable) -> None:
    first = ladder_of(table, CARD).choose()
    remember(table, first, 30.0)
    assert [rung.measured is None for rung in ladder_of(table, CARD).rungs[:3]] == [
        False, True, True
    ]  # fmt: skip
    for clip in (replace(CLIP, batch_rows=2), replace(CLIP, lora_billions=0.2)):
        assert ladder_of(table, CARD, clip).choose().measured is None
    assert table.of("another", "Test GPU", CLIP).runs == ()


def test_two_devices_are_kept_apart(table: MemoryTable) -> None:
    first = ladder_of(table, CARD).choose()
    remember(table, first, 30.0)
    (gpu,) = CARD.gpus
    other = replace(CARD, gpus=(replace(gpu, name="Other GPU"),))
    assert ladder_of(table, other).choose().measured is None
    remember(table, first, 48.0, ran_out=True)
    assert ladder_of(table, other).choose().rung == first.rung
    assert ladder_of(table, CARD).choose().rung > first.rung


def test_after_running_out_the_next_plan_starts_below_and_says_why(table: MemoryTable) -> None:
    first = ladder_of(table, CARD).choose()
    remember(table, first, 48.0, ran_out=True)
    for clip in (CLIP, LARGER):
        found = ladder_of(table, CARD, clip)
        chosen = found.choose()
        assert chosen.rung > first.rung
        assert chosen.fits
        day = f"ran out of memory here on {date.today()}"
        assert day in chosen.note
        assert chosen.note.endswith(chosen.reasons[0][1:]), "what is done instead"
        assert found.rungs[first.rung].ran_out_on == date.today()
    assert ladder_of(table, CARD, SMALLER).choose().note == ""
    assert ladder_of(table, CARD, SMALLER).choose().rung == 0


def test_what_needs_as_much_as_a_layout_that_ran_out_is_passed_over_too(
    table: MemoryTable,
) -> None:
    rungs = ladder_of(table, CARD).rungs
    streamed = next(rung for rung in rungs if rung.residency is Residency.GROUP_OFFLOAD)
    remember(table, streamed, 48.0, ran_out=True)
    marked = [rung for rung in ladder_of(table, CARD).rungs if rung.ran_out_on is not None]
    needed_gb = streamed.predicted_gb(Pool.VRAM)
    assert [rung.rung for rung in marked] == [
        rung.rung for rung in rungs if rung.predicted_gb(Pool.VRAM) >= needed_gb
    ]
    assert len(marked) > 5
    assert {rung.device for rung in marked} == {Device.CUDA}


def test_it_is_tried_again_where_more_is_free_or_it_went_well_since(table: MemoryTable) -> None:
    first = ladder_of(table, CARD).choose()
    remember(table, first, 44.0, ran_out=True)
    (gpu,) = CARD.gpus
    for free_gb, is_tried in ((46.0, False), (50.0, True)):
        on = replace(CARD, gpus=(replace(gpu, vram_free_gb=free_gb, vram_total_gb=80.0),))
        assert (ladder_of(table, on).choose().rung == first.rung) is is_tried
    remember(table, first, 30.0, SMALLER)
    on = replace(CARD, gpus=(replace(gpu, vram_free_gb=46.0),))
    assert ladder_of(table, on).choose().rung > first.rung, "a smaller clip says nothing"
    remember(table, first, 43.0)
    assert ladder_of(table, on).choose().rung == first.rung


def test_where_nothing_needs_less_the_plan_stands_and_warns(table: MemoryTable) -> None:
    rungs = ladder_of(table, CARD).rungs
    for rung in rungs:
        remember(table, rung, 48.0, ran_out=True)
    chosen = ladder_of(table, CARD).choose()
    assert chosen.fits, "nobody is kept from trying"
    assert "no layout needs less" in chosen.note


def test_the_next_cheaper_layout_is_one_that_did_not_run_out(table: MemoryTable) -> None:
    found = ladder_of(table, CARD)
    first = found.choose()
    second = found.cheaper(first)
    assert second is not None
    remember(table, second, 48.0, ran_out=True)
    third = ladder_of(table, CARD).cheaper(first)
    assert third is not None
    assert third.rung > second.rung


def test_of_each_kind_the_newest_few_are_kept_and_so_many_in_all(
    table: MemoryTable, tmp_path: Path
) -> None:
    first = ladder_of(table, CARD).choose()
    for _ in range(12):
        remember(table, first, 60.0)
    for _ in range(9):
        remember(table, first, 30.0)
    assert ladder_of(table, CARD).choose().peak_vram_gb == 30.0
    assert len(table.of(MODEL.id, "Test GPU", CLIP).runs) == 9
    for frames in range(9, 9 + 8 * 320, 8):
        remember(table, first, 30.0, replace(CLIP, num_frames=frames))
    assert len(MemoryTable(tmp_path / "memory.json").of(MODEL.id, "Test GPU", CLIP).runs) == 300


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"runs": [{"model": 3}]}', b"\xff\x00"])
def test_a_damaged_table_is_set_aside_and_plans_go_on(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "memory.json"
    file.write_bytes(content)
    table = MemoryTable(file)
    plan = ladder_of(table, CARD).choose()
    assert plan.measured is None
    assert "begun anew" in caplog.text
    assert (tmp_path / "memory.json.bad").read_bytes() == content
    remember(table, plan, 30.0)
    assert ladder_of(MemoryTable(file), CARD).choose().peak_vram_gb == 30.0


def test_a_table_that_cannot_be_written_costs_no_clip(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "memory.json").mkdir()
    table = MemoryTable(tmp_path / "memory.json" / "below" / "memory.json")
    (tmp_path / "memory.json" / "below").write_text("a file in the place of a folder")
    remember(table, ladder_of(table, CARD).choose(), 30.0)
    assert "does not remember this clip" in caplog.text
    assert ladder_of(table, CARD).choose().device is Device.CUDA
