"""One line of the journal: the job, where it stands, and whose it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import psutil
from pydantic import ValidationError

from core.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from core.jobs.job import ErrorReport, Job, Lane, Progressed, Subject

_START_TIME_TOLERANCE_S = 1.5


class JobState(StrEnum):
    """Where a job stands; interrupted means that its process ended without finishing it."""

    QUEUED = "queued"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def has_ended(self) -> bool:
        """Whether the job reached its own end, one way or another."""
        return self in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True)
class Owner:
    """A process, told apart from a later one with the same number by its start time."""

    pid: int
    started: float

    @classmethod
    def this_process(cls) -> Owner:
        """The process that asks."""
        pid = os.getpid()
        return cls(pid, psutil.Process(pid).create_time())

    def is_alive(self) -> bool:
        """Whether that very process still runs."""
        try:
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.started) < _START_TIME_TOLERANCE_S
            return is_same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True


@dataclass(frozen=True)
class JobRecord:
    """One job as the journal knows it."""

    id: str
    kind: str
    lane: Lane
    title: str
    payload: str
    subject: Subject | None
    state: JobState
    owner: Owner
    cancel_requested: bool
    ticket: str | None
    progress: Progressed | None
    path: Path | None
    error: ErrorReport | None
    notes: tuple[str, ...]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


def build_job(record: JobRecord, factories: Mapping[str, Callable[[str], Job]]) -> Job:
    """The job that a line of the journal stands for.

    Raises:
        JournalError: this version does not know it.
    """
    factory = factories.get(record.kind)
    if factory is None:
        raise JournalError(
            f"Job {record.id} is of the kind {record.kind!r}, which this version does not know."
        )
    try:
        return factory(record.payload)
    except ValidationError as error:
        raise JournalError(
            f"Job {record.id} was written by another version and cannot be read.",
            hint="Give the command again.",
        ) from error
