"""How long each stage took on this machine, and what that says about the next clip."""

from __future__ import annotations

import logging
import time
from enum import StrEnum
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
        is_start: the engine itself was started for it, which the loading counts.
        work: the size of the task, in units of the stage's own; time grows with it.
    """

    model: str
    layout: str
    stage: Stage
    is_short: bool
    work: int
    seconds: float
    is_start: bool = False


class EngineState(StrEnum):
    """What an engine has to do before it can begin with a clip."""

    ABSENT = "absent"
    """It is started, and loads the model."""
    OTHER = "other"
    """It runs, and loads the model in the place of another."""
    READY = "ready"
    """It has the model loaded."""


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

    def expected_s(
        self, stage: Stage, plan: RenderPlan, *, is_short: bool = False, is_start: bool = False
    ) -> float | None:
        """The usual seconds of a stage at the nearest size; None where it was never measured."""
        asked = (plan.target.model, layout_name(plan), stage, is_short)
        found = [t for t in self._read() if (t.model, t.layout, t.stage, t.is_short) == asked]
        # Loading with and without a start of the engine; either is better than nothing.
        found = [t for t in found if t.is_start is is_start] or found
        if not found:
            # What is already done takes next to nothing, measured or not.
            return 0.0 if is_short else None
        # Imported late: it is slow to load, and every list of models opens this table's provider.
        from statistics import median

        work = work_of(stage, plan)
        nearest = min((t.work for t in found), key=lambda other: abs(other - work))
        usual = median(t.seconds for t in found if t.work == nearest)
        return usual * work / nearest if nearest else usual

    def expected_by_stage(self, plan: RenderPlan, engine: EngineState) -> dict[Stage, float | None]:
        """The usual seconds of each stage of a clip."""
        found = {stage: self.expected_s(stage, plan) for stage in STAGES}
        found[Stage.LOAD] = self.expected_s(
            Stage.LOAD,
            plan,
            is_short=engine is EngineState.READY,
            is_start=engine is EngineState.ABSENT,
        )
        return found

    def expected_total_s(self, plan: RenderPlan, engine: EngineState) -> float | None:
        """The usual seconds of a whole clip; None where one stage was never measured."""
        known = [s for s in self.expected_by_stage(plan, engine).values() if s is not None]
        return sum(known) if len(known) == len(STAGES) else None

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
    """Turns what the stages report into one fraction that never falls, and a time left.

    Attributes:
        start_s: seconds until the engine first answered; 0 until it has.
        has_loaded: the engine has begun to make the clip, so that the model is loaded.
    """

    def __init__(
        self,
        table: TimingTable,
        plan: RenderPlan,
        engine: EngineState,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._plan = plan
        self._engine = engine
        self._clock = clock
        self._expected_s = table.expected_by_stage(plan, engine)
        rough = dict(_ROUGH_S)
        if engine is EngineState.READY:
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
        words = "Starting the engine" if engine is EngineState.ABSENT else ""
        self._last = Progressed(stage=Stage.LOAD, fraction=0.0, message=words)
        self._has_answered = False
        self.start_s = 0.0
        self.has_loaded = engine is EngineState.READY

    def begin(self, stage: Stage, message: str, *, is_short: bool = False) -> Progressed:
        """A stage begins; all that come before it are done, save a load that goes on later."""
        now = self._clock()
        if not self._has_answered:
            self._has_answered = True
            self.start_s = now - self._began_at
        if stage is not self._stage:
            self._stage, self._began_at = stage, now
        if stage not in (Stage.LOAD, Stage.ENCODE):
            self.has_loaded = True
        if stage is Stage.LOAD and self._engine is EngineState.READY and not is_short:
            self._is_cold_after_all()
        if is_short:
            # Done already, so it is no part of the bar: a bar begins at 0 and not with the past.
            self._shares[stage], self._expected_s[stage] = 0.0, 0.0
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

    def pass_time(self) -> Progressed | None:
        """What was told last, with the time that is left by now; None where that is no news."""
        eta_s = self._eta_s(self._last.step)
        if eta_s is None or eta_s == self._last.eta_s:
            return None
        self._last = self._last.model_copy(update={"eta_s": eta_s})
        return self._last

    def _is_cold_after_all(self) -> None:
        self._engine = EngineState.OTHER
        self._expected_s[Stage.LOAD] = self._table.expected_s(Stage.LOAD, self._plan)

    def _event(
        self, message: str, *, step: int | None = None, steps: int | None = None
    ) -> Progressed:
        whole = sum(self._shares.values())
        done = sum(self._shares[stage] * self._done[stage] for stage in STAGES)
        if whole > 0:
            self._fraction = max(self._fraction, min(1.0, done / whole))
        self._last = Progressed(
            stage=self._stage,
            fraction=self._fraction,
            message=message,
            eta_s=self._eta_s(step),
            step=step,
            steps=steps,
        )
        return self._last

    def _eta_s(self, step: int | None) -> float | None:
        left = 0.0
        for stage in STAGES:
            remaining = 1.0 - self._done[stage]
            if remaining <= 0:
                continue
            expected = self._expected_s[stage]
            if expected is None:
                return None
            if stage is self._stage:
                left += self._left_of_stage_s(expected, step)
            else:
                left += expected * remaining
        return round(left, 1)

    def _left_of_stage_s(self, expected: float, step: int | None) -> float:
        """What is left of the stage that is under way."""
        done, passed = self._done[self._stage], self._clock() - self._began_at
        if step is not None and step >= _STEPS_FOR_A_PACE:
            # The steps of this very clip tell more than those of the ones before.
            return max(0.0, passed / done - passed)
        # What counts nothing, such as a start, goes by the time that it took before.
        return max(0.0, min(expected * (1.0 - done), expected - passed))
