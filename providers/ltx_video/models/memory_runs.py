"""How much memory clips held on this machine, and what that says about the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate, combinations, pairwise
from typing import TYPE_CHECKING, NamedTuple

from core.frozen import Frozen
from core.video.memory import Device, MeasuredPeak, Pool
from core.video.terms import EncoderBits
from providers.engine.timings import KEPT, TableFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from core.video.memory import MemoryPlan
    from providers.ltx_video.models.workload import Workload

_MOST = 300
# So much more must be free than when it ran out before that is tried once more.
_MORE_IS_FREE = 1.1
# Sizes that differ by less are about the same.
_ABOUT = 1.25
_SIZES_FOR_A_LINE = 3
_SPAN_FOR_A_LINE = 1.5
# Measurements are believed this far away from the arithmetic, and what was really held always.
_FARTHEST = 2.0
_ON_CPU = "cpu"


class MemoryRun(Frozen):
    """What one clip held at most, or that it found too little.

    Attributes:
        device: the name of the GPU; "cpu" where the processors did the work.
        layout: everything about how the model lay in memory.
        variant: what of the clip decides besides its size.
        tokens: its size.
        predicted_gb: by arithmetic alone.
        gb: measured, with the text encoder; of one that ran out, what was free.
    """

    model: str
    device: str
    layout: str
    variant: str
    tokens: int
    pool: Pool
    predicted_gb: float
    gb: float
    ran_out: bool = False
    made_on: date


class _StoredRuns(Frozen):
    runs: tuple[MemoryRun, ...] = ()


class MemoryTable:
    """The peaks that clips had here, in a small file, the newest last."""

    def __init__(self, path: Path) -> None:
        self._file = TableFile(path, _StoredRuns, "the table of memory")

    def of(self, model: str, gpu: str, workload: Workload) -> ClipRuns:
        """The runs that tell of a clip.

        Args:
            model: its id.
            gpu: the accelerator's name; empty where there is none.
            workload: the clip.
        """
        names = {gpu, _ON_CPU}
        runs = tuple(
            run
            for run in self._file.read().runs
            if run.model == model and run.variant == workload.variant and run.device in names
        )
        return ClipRuns(model, gpu, workload, runs)

    def add(self, run: MemoryRun) -> None:
        """Remember a run; of each kind and size the newest few are kept, and so many in all."""
        kept: list[MemoryRun] = []
        counts: dict[tuple[object, ...], int] = {}
        for one in (run, *reversed(self._file.read().runs)):
            kind = (one.model, one.device, one.layout, one.variant, one.tokens, one.ran_out)
            counts[kind] = counts.get(kind, 0) + 1
            if counts[kind] <= KEPT:
                kept.append(one)
        self._file.write(_StoredRuns(runs=tuple(reversed(kept[:_MOST]))))


@dataclass(frozen=True)
class ClipRuns:
    """What was measured here of clips of one kind; without `runs`, nothing."""

    model: str
    gpu: str
    workload: Workload
    runs: tuple[MemoryRun, ...] = field(default=(), repr=False)

    def measured(self, memory: MemoryPlan) -> MeasuredPeak | None:
        """What the clip is expected to hold in a layout; None where that was never measured."""
        pool = Pool.RAM if memory.device is Device.CPU else Pool.VRAM
        runs = [run for run in self._in(memory) if run.pool is pool and not run.ran_out]
        return expected_peak(pool, memory.predicted_gb(pool), self.workload.size_tokens, runs)

    def ran_out(self, memory: MemoryPlan, free_gb: Mapping[Pool, float]) -> MemoryRun | None:
        """The newest clip, no larger, that ran out of memory in a layout with no less memory free.

        None also where one that was no smaller has been made in it since.
        """
        tokens = self.workload.size_tokens
        largest_since = 0
        for run in reversed(self._in(memory)):
            if not run.ran_out:
                largest_since = max(largest_since, run.tokens)
            elif (
                largest_since < run.tokens <= tokens
                and free_gb.get(run.pool, 0.0) < run.gb * _MORE_IS_FREE
            ):
                return run
        return None

    def run(self, memory: MemoryPlan, pool: Pool, gb: float, *, ran_out: bool = False) -> MemoryRun:
        """What is to be remembered of the clip, made just now in a layout."""
        return MemoryRun(
            model=self.model,
            device=self._device(memory),
            layout=layout_text(memory),
            variant=self.workload.variant,
            tokens=self.workload.size_tokens,
            pool=pool,
            predicted_gb=memory.predicted_gb(pool),
            gb=round(gb, 3),
            ran_out=ran_out,
            made_on=date.today(),
        )

    def _in(self, memory: MemoryPlan) -> list[MemoryRun]:
        place = self._device(memory), layout_text(memory)
        return [run for run in self.runs if (run.device, run.layout) == place]

    def _device(self, memory: MemoryPlan) -> str:
        return _ON_CPU if memory.device is Device.CPU else self.gpu


def layout_text(memory: MemoryPlan) -> str:
    """All that decides how the model lies in memory, as a word for a table."""
    words = [
        memory.device,
        memory.residency,
        memory.quantization or memory.precision,
        f"words-{memory.text_encoder_device}",
    ]
    bits = memory.text_encoder_bits
    marks = {
        f"words-{bits}": bits is not EncoderBits.SIXTEEN,
        "words-freed": memory.frees_text_encoder,
        "tiled": memory.tiled_decode,
    }
    return "/".join([*words, *(mark for mark, is_so in marks.items() if is_so)])


class _Point(NamedTuple):
    tokens: int
    gb: float


def expected_peak(
    pool: Pool, predicted_gb: float, tokens: int, runs: Sequence[MemoryRun]
) -> MeasuredPeak | None:
    """The peak of a clip by what others of its kind held; None where there are none.

    Never less than what a clip of the same size or a smaller one held, and for a larger clip never
    less than for a smaller one. Between two sizes that were measured it lies on the line between
    them, which the true peak, the largest of several sums that grow evenly, never passes. Beyond
    them it grows along the line through all of them where there are enough (its constant part are
    the weights), else as the arithmetic grows; and stays within twice and half of that.

    Args:
        pool: the memory that was measured.
        predicted_gb: by arithmetic alone.
        tokens: the size of the clip.
        runs: in the same layout, on the same device, of the same variant.
    """
    if not runs:
        return None
    likely_gb = _along(runs, predicted_gb, tokens)
    bounded_gb = max(predicted_gb / _FARTHEST, min(predicted_gb * _FARTHEST, likely_gb))
    least_gb = max((run.gb for run in runs if run.tokens <= tokens), default=0.0)
    is_known = any(tokens / _ABOUT <= run.tokens <= tokens * _ABOUT for run in runs)
    return MeasuredPeak(
        pool=pool, gb=max(bounded_gb, least_gb), runs=len(runs), is_scaled=not is_known
    )


def _along(runs: Sequence[MemoryRun], predicted_gb: float, tokens: int) -> float:
    """The curve through what was measured, and beyond its ends."""
    sizes = sorted({run.tokens for run in runs})
    highest = (max(run.gb for run in runs if run.tokens == size) for size in sizes)
    points = [_Point(*both) for both in zip(sizes, accumulate(highest, max), strict=True)]
    for before, after in pairwise(points):
        if before.tokens <= tokens <= after.tokens:
            share = (tokens - before.tokens) / (after.tokens - before.tokens)
            return before.gb + share * (after.gb - before.gb)
    is_larger = tokens > points[-1].tokens
    end = points[-1] if is_larger else points[0]
    if tokens == end.tokens:
        return end.gb
    slope = _slope(runs, sizes)
    if slope is not None:
        return end.gb + slope * (tokens - end.tokens)
    there = _median([run.predicted_gb for run in runs if run.tokens == end.tokens])
    ratio = max(1 / _FARTHEST, min(_FARTHEST, end.gb / there)) if there else 1.0
    growth = (predicted_gb - there) * ratio
    # Where the arithmetic is another than it was then, it may shrink on the way to a larger clip.
    return end.gb + (max(0.0, growth) if is_larger else min(0.0, growth))


def _slope(runs: Sequence[MemoryRun], sizes: Sequence[int]) -> float | None:
    """GB a token: the median of the slopes between any two sizes; None for too few of them."""
    if len(sizes) < _SIZES_FOR_A_LINE or sizes[-1] < _SPAN_FOR_A_LINE * sizes[0]:
        return None
    usual = [_Point(at, _median([run.gb for run in runs if run.tokens == at])) for at in sizes]
    slopes = [(b.gb - a.gb) / (b.tokens - a.tokens) for a, b in combinations(usual, 2)]
    return max(0.0, _median(slopes))


def _median(values: Sequence[float]) -> float:
    # Imported late: it is slow to load, and every list of models opens this table.
    from statistics import median

    return median(values)
