"""The queue as a whole: how many of its jobs are done, how long the rest will take."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from core.jobs.job_record import JobState
from core.jobs.lanes import PLACES
from core.platform.units import clock
from core.video.render import planned_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.jobs.job_record import JobRecord
    from core.jobs.lanes import Lane

_NEWEST = 5
"""So many of the newest measured jobs tell what the next one will take."""


@dataclass(frozen=True)
class QueueProgress:
    """The jobs that belong together because one was queued before the other had ended.

    Attributes:
        counts: how many of them stand where.
        left_s: seconds until the last has ended; None where that is not known.
        took_s: from the first to the last, once all have ended.
    """

    counts: Counter[JobState]
    left_s: float | None = None
    took_s: float | None = None

    @property
    def total(self) -> int:
        """How many jobs they are."""
        return self.counts.total()

    @property
    def ended(self) -> int:
        """How many of them reached their own end, one way or another."""
        return sum(count for state, count in self.counts.items() if state.has_ended)

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs or waits."""
        return self.ended == self.total

    @property
    def text(self) -> str:
        """In a few words: "12 of 60 done, about 2 min 10 s left"; empty where there is no job."""
        if not self.total:
            return ""
        if self.is_over:
            return self._outcome()
        left = "" if self.left_s is None else f", about {clock(self.left_s)} left"
        failed = self.counts[JobState.FAILED]
        bad = f", {failed} failed" if failed else ""
        return f"{self.ended} of {self.total} done{bad}{left}"

    def _outcome(self) -> str:
        parts = [
            f"{self.counts[state]} {words}"
            for state, words in (
                (JobState.SUCCEEDED, "done"),
                (JobState.FAILED, "failed"),
                (JobState.CANCELLED, "cancelled"),
            )
            if self.counts[state]
        ]
        took = "" if self.took_s is None else f", in {clock(self.took_s)}"
        return ", ".join(parts) + took


def progress_of(records: Sequence[JobRecord], now: datetime) -> QueueProgress:
    """The newest jobs that belong together, and what is left of them."""
    batch = _batch(records)
    if not batch:
        return QueueProgress(Counter())
    counts = Counter(record.state for record in batch)
    if all(record.state.has_ended for record in batch):
        ends = [record.ended_at for record in batch if record.ended_at is not None]
        starts = [record.started_at for record in batch if record.started_at is not None]
        took_s = (max(ends) - min(starts)).total_seconds() if ends and starts else None
        return QueueProgress(counts, took_s=took_s)
    return QueueProgress(counts, left_s=_left_s(batch, now))


def _batch(records: Sequence[JobRecord]) -> list[JobRecord]:
    """The newest jobs that follow each other without a gap in which nothing ran or waited."""
    newest = sorted(records, key=lambda record: record.created_at, reverse=True)
    # What an earlier window was interrupted in waits for a person, not for its turn.
    waiting = [record for record in newest if record.state is not JobState.INTERRUPTED]
    batch: list[JobRecord] = []
    for place, record in enumerate(waiting):
        batch.append(record)
        earlier = waiting[place + 1 :]
        begins = min(one.created_at for one in batch)
        if all(one.ended_at is not None and one.ended_at < begins for one in earlier):
            break
    return batch


def _left_s(batch: Sequence[JobRecord], now: datetime) -> float | None:
    measured: dict[tuple[str, str], list[float]] = defaultdict(list)
    ended = [one for one in batch if one.state is JobState.SUCCEEDED and one.ended_at is not None]
    for record in sorted(ended, key=lambda one: one.ended_at or now):
        if record.started_at is not None and record.ended_at is not None:
            seconds = (record.ended_at - record.started_at).total_seconds()
            measured[_kind(record)].append(seconds)
    by_lane: dict[Lane, float] = defaultdict(float)
    longest: dict[Lane, float] = defaultdict(float)
    for record in batch:
        if record.state.has_ended:
            continue
        seconds = _seconds_of(record, measured[_kind(record)], now)
        if seconds is None:
            return None
        by_lane[record.lane] += seconds
        longest[record.lane] = max(longest[record.lane], seconds)
    # Places of a lane work side by side, and never less than its longest job is left.
    return max(max(total / PLACES[lane], longest[lane]) for lane, total in by_lane.items())


def _seconds_of(record: JobRecord, measured: Sequence[float], now: datetime) -> float | None:
    """What is left of one job."""
    if record.progress is not None and record.progress.eta_s is not None:
        return record.progress.eta_s
    usual = planned_time(record.payload).seconds
    if len(measured) > 1:
        # The first one had to load what the others find loaded.
        usual = median(measured[1:][-_NEWEST:])
    elif usual is None and measured:
        usual = measured[0]
    if usual is None or record.started_at is None or record.state is not JobState.RUNNING:
        return usual
    return max(0.0, usual - (now - record.started_at).total_seconds())


def _kind(record: JobRecord) -> tuple[str, str]:
    """Jobs that take about as long as each other: what is done, and by whom."""
    return record.kind, planned_time(record.payload).target
