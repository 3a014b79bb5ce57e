"""One line of the journal: the job, where it stands, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import ValidationError

from core.errors import JournalError
from core.jobs.job import SubjectKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from core.jobs.job import ErrorReport, Job, Progressed, Subject
    from core.jobs.lanes import Lane
    from core.jobs.owner import Owner


_KEEPING = (SubjectKind.LORA, SubjectKind.MODEL)
"""Trainings keep checkpoints, and installations what has arrived."""


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

    @property
    def goes_on(self) -> bool:
        """Whether it goes on where it was, once it is stopped and resumed; others begin anew."""
        return self.subject is not None and self.subject.kind in _KEEPING


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
