"""How far a local render is, and what is left of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from core.jobs.job import Progressed
from core.jobs.lanes import Stage
from providers.engine.timings import EngineState

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.video.plan import RenderPlan
    from providers.engine.timings import TimingTable

# Shares of the bar until this machine has made a clip with the model.
_ROUGH_S = {
    Stage.LOAD: 10.0,
    Stage.MAPS: 4.0,
    Stage.ENHANCE: 5.0,
    Stage.ENCODE: 1.0,
    Stage.DENOISE: 12.0,
    Stage.DECODE: 4.0,
    Stage.WRITE: 1.0,
}
_BEFORE_IT_IS_LOADED = (Stage.LOAD, Stage.MAPS, Stage.ENHANCE, Stage.ENCODE)
_STEPS_FOR_A_PACE = 2


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
        self._stages = table.stages_of(plan)
        self._expected_s = table.expected_by_stage(plan, engine)
        rough = dict(_ROUGH_S)
        if engine is EngineState.READY:
            rough[Stage.LOAD] = 0.0
        # All or nothing: seconds of this machine and rough guesses do not add up to one bar.
        is_known = None not in self._expected_s.values()
        self._shares = {
            stage: self._expected_s[stage] or 0.0 if is_known else rough[stage]
            for stage in self._stages
        }
        self._done: dict[Stage, float] = dict.fromkeys(self._stages, 0.0)
        self._began_at = clock()
        self._stage: Stage = Stage.LOAD
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
        if stage not in _BEFORE_IT_IS_LOADED:
            self.has_loaded = True
        if stage is Stage.LOAD and self._engine is EngineState.READY and not is_short:
            self._is_cold_after_all()
        if is_short:
            # Done already, so it is no part of the bar: a bar begins at 0 and not with the past.
            self._shares[stage], self._expected_s[stage] = 0.0, 0.0
            self._done[stage] = 1.0
        for earlier in self._stages[: self._stages.index(stage)]:
            if stage not in _BEFORE_IT_IS_LOADED:
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
        done = sum(self._shares[stage] * self._done[stage] for stage in self._stages)
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
        for stage in self._stages:
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
