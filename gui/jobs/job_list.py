"""The list of jobs as a value: what an event does to a job, the order of jobs, and their sum."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.jobs.job import (
    Cancelled,
    Charged,
    Failed,
    JobEvent,
    Notice,
    Progressed,
    Queued,
    Started,
    Succeeded,
)
from core.jobs.job_record import JobRecord, JobState
from gui.jobs.queue_progress import progress_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

_PLACES = {JobState.RUNNING: 0, JobState.QUEUED: 1, JobState.INTERRUPTED: 2}


NO_JOBS = "No jobs"


def summary_of(records: Sequence[JobRecord], now: datetime) -> str:
    """Where the queue stands, in a few words for a status bar."""
    whole = progress_of(records, now)
    interrupted = sum(record.state is JobState.INTERRUPTED for record in records)
    parts = [whole.text, f"{interrupted} interrupted" if interrupted else ""]
    return ", ".join(part for part in parts if part) or NO_JOBS


def after(record: JobRecord, event: JobEvent, now: datetime) -> JobRecord:
    """The job as it is once this has happened."""
    match event:
        case Queued():
            return replace(
                record,
                state=JobState.QUEUED,
                progress=None,
                error=None,
                started_at=None,
                ended_at=None,
                cancel_requested=False,
            )
        case Started():
            return replace(record, state=JobState.RUNNING, progress=None, started_at=now)
        case Progressed():
            return replace(record, progress=event)
        case Notice(message=message):
            # It may have been read from the journal already.
            is_known = message in record.notes
            return record if is_known else replace(record, notes=(*record.notes, message))
        case Charged():
            return record
        case Succeeded(path=path):
            return replace(record, state=JobState.SUCCEEDED, path=path, ended_at=now)
        case Failed(error=error):
            return replace(record, state=JobState.FAILED, error=error, ended_at=now)
        case Cancelled():
            return replace(record, state=JobState.CANCELLED, ended_at=now)


def with_progress_of(old: JobRecord | None, new: JobRecord) -> JobRecord:
    """What was read, with the progress that is known already: the journal lags a little."""
    if old is None or old.progress is None or old.state is not new.state:
        return new
    if new.progress is None or (old.progress.fraction or 0.0) >= (new.progress.fraction or 0.0):
        return replace(new, progress=old.progress)
    return new


def in_order(records: Sequence[JobRecord]) -> list[JobRecord]:
    """What runs, what waits in its order, and what has ended, the newest first."""
    unended = [record for record in records if not record.state.has_ended]
    ended = [record for record in records if record.state.has_ended]
    unended.sort(key=lambda record: _PLACES[record.state])
    ended.sort(key=lambda record: record.ended_at or record.created_at, reverse=True)
    return unended + ended


def movable(records: Iterable[JobRecord], record: JobRecord) -> list[str]:
    """The waiting jobs whose order with this one can be changed, itself among them."""
    if record.state is not JobState.QUEUED:
        return []
    asked = (JobState.QUEUED, record.lane, record.owner)
    return [other.id for other in records if (other.state, other.lane, other.owner) == asked]
