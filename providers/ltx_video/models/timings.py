"""How long each stage took on this machine, and what that says about the next clip."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from pydantic import ValidationError

from core.frozen import Frozen
from core.jobs.job import Progressed, Stage
from core.platform.files import set_aside, write_text_atomically
from providers.ltx_video.models.sizes import token_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from core.video.plan import RenderPlan

log = logging.getLogger(__name__)

STAGES: tuple[Stage, ...] = (Stage.LOAD, Stage.ENCODE, Stage.DENOISE, Stage.DECODE, Stage.WRITE)
"""Every stage of a local clip, in order."""

_KEPT = 9
# Shares of the bar until this machine has made a clip with the model.
_ROUGH_S = {
    Stage.LOAD: 10.0,
    Stage.ENCODE: 1.0,
    Stage.DENOISE: 12.0,
    Stage.DECODE: 4.0,
    Stage.WRITE: 1.0,
}
_STEPS_FOR_A_PACE = 2


class Timing(Frozen):
    """One stage of one finished clip.

    Attributes:
        layout: how the model lay in memory, since that decides its speed.
        is_short: the stage found its work already done.
        work: the size of the task, in units of the stage's own; time grows with it.
    """

    model: str
    layout: str
    stage: Stage
    is_short: bool
    work: int
    seconds: float


class _StoredTimings(Frozen):
    timings: tuple[Timing, ...] = ()


def layout_name(plan: RenderPlan) -> str:
    """The plan's place in memory as a word for the table."""
    memory = plan.memory_plan
    if memory is None:
        return ""
    return f"{memory.device}/{memory.residency}/{memory.precision}"


def work_of(stage: Stage, plan: RenderPlan) -> int:
    """How much a stage has to do for a plan; 0 where the clip makes no difference."""
    match stage:
        case Stage.DENOISE:
            tokens = token_count(plan.width, plan.height, plan.num_frames)
            return tokens * (plan.num_inference_steps or 1)
        case Stage.DECODE | Stage.WRITE:
            return plan.num_frames * plan.width * plan.height
        case _:
            return 0


class TimingTable:
    """The seconds that stages took here, in a small file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def expected_s(self, stage: Stage, plan: RenderPlan, *, is_short: bool = False) -> float | None:
        """The usual seconds of a stage at the nearest size; None where it was never measured."""
        asked = (plan.target.model, layout_name(plan), stage, is_short)
        found = [t for t in self._read() if (t.model, t.layout, t.stage, t.is_short) == asked]
        if not found:
            # What is already done takes next to nothing, measured or not.
            return 0.0 if is_short else None
        # Imported late: it is slow to load, and every list of models opens this table's provider.
        from statistics import median

        work = work_of(stage, plan)
        nearest = min((t.work for t in found), key=lambda other: abs(other - work))
        usual = median(t.seconds for t in found if t.work == nearest)
        return usual * work / nearest if nearest else usual

    def expected_total_s(self, plan: RenderPlan, *, is_warm: bool) -> float | None:
        """The usual seconds of a whole clip; None where one stage was never measured."""
        total = 0.0
        for stage in STAGES:
            seconds = self.expected_s(stage, plan, is_short=is_warm and stage is Stage.LOAD)
            if seconds is None:
                return None
            total += seconds
        return total

    def add(self, timings: Iterable[Timing]) -> None:
        """Remember what a clip took; of each kind the newest few are kept."""
        kept: list[Timing] = []
        counts: dict[tuple[object, ...], int] = {}
        for timing in (*reversed(tuple(timings)), *reversed(self._read())):
            kind = (timing.model, timing.layout, timing.stage, timing.is_short, timing.work)
            counts[kind] = counts.get(kind, 0) + 1
            if counts[kind] <= _KEPT:
                kept.append(timing)
        try:
            text = _StoredTimings(timings=tuple(reversed(kept))).model_dump_json(indent=1)
            write_text_atomically(self._path, text + "\n")
        except OSError as error:
            log.warning("the times of this clip are not remembered: %s", error)

    def _read(self) -> tuple[Timing, ...]:
        try:
            return _StoredTimings.model_validate_json(self._path.read_bytes()).timings
        except FileNotFoundError:
            return ()
        except (OSError, ValidationError) as error:
            log.warning("the table of times cannot be read and is begun anew: %s", error)
            try:
                set_aside(self._path)
            except OSError:
                log.warning("%s cannot be set aside", self._path)
            return ()


class ProgressMeter:
    """Turns what the stages report into one fraction that never falls, and a time left."""

    def __init__(
        self,
        table: TimingTable,
        plan: RenderPlan,
        *,
        is_warm: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._expected_s = {
            stage: table.expected_s(stage, plan, is_short=is_warm and stage is Stage.LOAD)
            for stage in STAGES
        }
        rough = dict(_ROUGH_S)
        if is_warm:
            rough[Stage.LOAD] = 0.0
        # All or nothing: seconds of this machine and rough guesses do not add up to one bar.
        is_known = None not in self._expected_s.values()
        self._shares = {
            stage: self._expected_s[stage] or 0.0 if is_known else rough[stage] for stage in STAGES
        }
        self._done: dict[Stage, float] = dict.fromkeys(STAGES, 0.0)
        self._began_at = clock()
        self._stage = Stage.LOAD
        self._fraction = 0.0

    def begin(self, stage: Stage, message: str, *, is_short: bool = False) -> Progressed:
        """A stage begins; all that come before it are done, save a load that goes on later."""
        self._stage = stage
        self._began_at = self._clock()
        if is_short:
            self._done[stage] = 1.0
        for earlier in STAGES[: STAGES.index(stage)]:
            if stage is not Stage.ENCODE:
                self._done[earlier] = 1.0
        return self._event(message)

    def advance(
        self,
        stage: Stage,
        done: float,
        message: str,
        *,
        step: int | None = None,
        steps: int | None = None,
    ) -> Progressed:
        """A part of a stage is done."""
        self._done[stage] = max(self._done[stage], done)
        return self._event(message, step=step, steps=steps)

    def _event(
        self, message: str, *, step: int | None = None, steps: int | None = None
    ) -> Progressed:
        whole = sum(self._shares.values())
        done = sum(self._shares[stage] * self._done[stage] for stage in STAGES)
        if whole > 0:
            self._fraction = max(self._fraction, min(1.0, done / whole))
        return Progressed(
            stage=self._stage,
            fraction=self._fraction,
            message=message,
            eta_s=self._eta_s(step),
            step=step,
            steps=steps,
        )

    def _eta_s(self, step: int | None) -> float | None:
        left = 0.0
        for stage in STAGES:
            remaining = 1.0 - self._done[stage]
            if remaining <= 0:
                continue
            expected = self._expected_s[stage]
            if expected is None:
                return None
            if stage is self._stage and step is not None and step >= _STEPS_FOR_A_PACE:
                # The steps of this very clip tell more than those of the ones before.
                expected = (self._clock() - self._began_at) / self._done[stage]
            left += expected * remaining
        return round(left, 1)
