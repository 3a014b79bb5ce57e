"""How long each stage took on this machine, and what that says about the next clip."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import ValidationError

from core.frozen import Frozen
from core.jobs.lanes import Stage
from core.platform.files import set_aside, write_text_atomically
from core.video.terms import EncoderBits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from core.video.plan import RenderPlan
    from providers.engine.events import StageFigures

T = TypeVar("T", bound=Frozen)

log = logging.getLogger(__name__)

STAGES: tuple[Stage, ...] = (Stage.LOAD, Stage.ENCODE, Stage.DENOISE, Stage.DECODE, Stage.WRITE)
"""Every stage of what is made on this machine, in order."""


KEPT = 9
"""Of each kind of measurement the newest few say what is usual."""


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
    name = f"{memory.device}/{memory.residency}/{memory.precision}"
    # Without them the times of earlier versions still count.
    is_packed = memory.text_encoder_bits is not EncoderBits.SIXTEEN
    return f"{name}/{memory.text_encoder_bits}" if is_packed else name


class TableFile(Generic[T]):
    """A small file of measurements, which nothing depends on.

    One that is damaged is set aside and begun anew, and one that cannot be written is told in the
    log.
    """

    def __init__(self, path: Path, kind: type[T], name: str) -> None:
        self._path = path
        self._kind = kind
        self._name = name
        self._known: tuple[tuple[int, ...], T] | None = None

    def read(self) -> T:
        """What is kept; empty where there is nothing, or nothing that can be read."""
        try:
            now = self._path.stat()
            stamp = (now.st_ino, now.st_mtime_ns, now.st_size)
            # A list of models asks once for each of them.
            if self._known is None or self._known[0] != stamp:
                self._known = (stamp, self._kind.model_validate_json(self._path.read_bytes()))
            return self._known[1]
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as error:
            log.warning("%s cannot be read and is begun anew: %s", self._name, error)
            try:
                set_aside(self._path)
            except OSError:
                log.warning("%s cannot be set aside", self._path)
        return self._kind()

    def write(self, kept: T) -> None:
        """Keep this in the place of what was there."""
        try:
            write_text_atomically(self._path, kept.model_dump_json(indent=1) + "\n")
        except OSError as error:
            log.warning("%s does not remember this clip: %s", self._name, error)


class TimingTable:
    """The seconds that stages took here, in a small file.

    Args:
        path: of the file.
        stages_of: gives the stages of a plan, in order.
        work_of: gives how much a stage has to do for a plan, 0 where the plan makes no difference.
    """

    def __init__(
        self,
        path: Path,
        stages_of: Callable[[RenderPlan], tuple[Stage, ...]],
        work_of: Callable[[Stage, RenderPlan], int],
    ) -> None:
        self.stages_of = stages_of
        self.work_of = work_of
        self._file = TableFile(path, _StoredTimings, "the table of times")

    def expected_s(
        self, stage: Stage, plan: RenderPlan, *, is_short: bool = False, is_start: bool = False
    ) -> float | None:
        """The usual seconds of a stage at the nearest size; None where it was never measured."""
        asked = (plan.target.model, layout_name(plan), stage, is_short)
        found = [
            t
            for t in self._file.read().timings
            if (t.model, t.layout, t.stage, t.is_short) == asked
        ]
        # Loading with and without a start of the engine; either is better than nothing.
        found = [t for t in found if t.is_start is is_start] or found
        if not found:
            # What is already done takes next to nothing, measured or not.
            return 0.0 if is_short else None
        # Imported late: it is slow to load, and every list of models opens this table's provider.
        from statistics import median

        work = self.work_of(stage, plan)
        nearest = min((t.work for t in found), key=lambda other: abs(other - work))
        usual = median(t.seconds for t in found if t.work == nearest)
        return usual * work / nearest if nearest else usual

    def expected_by_stage(self, plan: RenderPlan, engine: EngineState) -> dict[Stage, float | None]:
        """The usual seconds of each stage of a clip."""
        found = {stage: self.expected_s(stage, plan) for stage in self.stages_of(plan)}
        found[Stage.LOAD] = self.expected_s(
            Stage.LOAD,
            plan,
            is_short=engine is EngineState.READY,
            is_start=engine is EngineState.ABSENT,
        )
        return found

    def expected_total_s(self, plan: RenderPlan, engine: EngineState) -> float | None:
        """The usual seconds of a whole clip; None where one stage was never measured."""
        expected = self.expected_by_stage(plan, engine).values()
        known = [seconds for seconds in expected if seconds is not None]
        return sum(known) if len(known) == len(expected) else None

    def remember(
        self,
        plan: RenderPlan,
        figures: Sequence[StageFigures],
        *,
        start_s: float,
        whole_s: float,
        is_start: bool,
    ) -> None:
        """Remember what an engine took for a plan.

        The engine counts from its first line to its last. What comes before is waited for too, and
        so is what the app does beside it: writing inputs, reading what it gave.

        Args:
            plan: what was made.
            figures: what each stage took.
            start_s: until the engine's first line.
            whole_s: of all of it, as whoever waited had it.
            is_start: the engine was started for it.
        """
        beside_s = max(0.0, whole_s - start_s - sum(figure.seconds for figure in figures))
        beside = {Stage.LOAD: start_s, Stage.WRITE: beside_s}
        self.add(
            Timing(
                model=plan.target.model,
                layout=layout_name(plan),
                stage=figure.stage,
                is_short=figure.is_short,
                work=self.work_of(figure.stage, plan),
                seconds=figure.seconds + beside.get(figure.stage, 0.0),
                is_start=is_start and figure.stage is Stage.LOAD,
            )
            for figure in figures
        )

    def add(self, timings: Iterable[Timing]) -> None:
        """Remember what a clip took; of each kind the newest few are kept."""
        kept: list[Timing] = []
        counts: dict[tuple[object, ...], int] = {}
        for timing in (*reversed(tuple(timings)), *reversed(self._file.read().timings)):
            kind = (timing.model, timing.layout, timing.stage, timing.is_short, timing.work)
            counts[kind] = counts.get(kind, 0) + 1
            if counts[kind] <= KEPT:
                kept.append(timing)
        self._file.write(_StoredTimings(timings=tuple(reversed(kept))))
