"""Several jobs that belong together, and the one that waits for all of them and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.jobs.job import Cancelled, Failed, Succeeded
from core.jobs.queue import new_job_id

if TYPE_CHECKING:
    from core.jobs.job import JobUpdate, Terminal
    from core.jobs.lanes import Lane


class JobGroup:
    """Which jobs of a group have not ended; it is told of each of their events.

    Attributes:
        report_id: the job that waits for the others.
        lanes: where the others run.
        outcome: how that job ended; None while it has not.
    """

    def __init__(self, lanes: set[Lane]) -> None:
        self.report_id = new_job_id()
        self.lanes = lanes
        self.outcome: Terminal | None = None
        self._names = {self.report_id: ""}
        self._ended: set[str] = set()

    @property
    def running(self) -> tuple[str, ...]:
        """The jobs that have not ended, that of the report last."""
        others = [job_id for job_id in self._names if job_id != self.report_id]
        return tuple(job_id for job_id in (*others, self.report_id) if job_id not in self._ended)

    def name_of(self, job_id: str) -> str | None:
        """What a job makes, in words, empty for the report; None for another's job."""
        return self._names.get(job_id)

    def expect(self, job_id: str, name: str) -> None:
        """A job is about to be queued."""
        self._names[job_id] = name

    def end(self, job_id: str) -> None:
        """A job has ended, or was never queued."""
        self._ended.add(job_id)

    def on_event(self, update: JobUpdate) -> bool:
        """Take in what happened to a job; whether it is one of these."""
        if update.job_id not in self._names:
            return False
        if isinstance(update.event, Succeeded | Failed | Cancelled):
            self.end(update.job_id)
            if update.job_id == self.report_id:
                self.outcome = update.event
        return True
