"""What came of jobs that another job waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ContentRefused, JournalError, RenderFailed
from core.jobs.job_record import JobState

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.jobs.job_record import JobRecord

# With these the service itself has ended a render without a result: nothing is left to be fetched.
_ENDED_THERE = (RenderFailed.__name__, ContentRefused.__name__)


@dataclass(frozen=True)
class AwaitedJob:
    """A job that has come to its end.

    Attributes:
        made: the job, where its file is there; None where it has failed.
        reason: why there is none.
    """

    made: JobRecord | None = None
    reason: str = ""


def look_at_job(find_job: Callable[[str], JobRecord], job_id: str) -> AwaitedJob | None:
    """What came of a job; None while it waits or runs."""
    try:
        job = find_job(job_id)
    except JournalError as error:
        return AwaitedJob(reason=str(error))
    match job.state:
        case JobState.QUEUED | JobState.RUNNING:
            return None
        case JobState.SUCCEEDED if job.path is not None:
            return AwaitedJob(made=job)
        case JobState.CANCELLED:
            return AwaitedJob(reason="It was cancelled.")
        case JobState.INTERRUPTED:
            return AwaitedJob(reason="The program ended before it was done. Ask for it again.")
        case _:
            return AwaitedJob(reason=str(job.error or "Nobody knows why."))


def may_be_fetched(job: JobRecord) -> bool:
    """Whether a job has something at a service that a person need not buy once more."""
    has_ended = job.error is not None and job.error.kind in _ENDED_THERE
    return job.ticket is not None and not (job.state is JobState.FAILED and has_ended)
