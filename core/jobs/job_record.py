"""One line of the journal: the job, where it stands, and whose it is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import ValidationError

from core.errors import AnswerLost, JournalError, ResultLost, SubmitUnknown
from core.jobs.job import EVENT_JSON, Failed, Progressed, Subject, SubjectKind, Succeeded
from core.jobs.lanes import Lane
from core.jobs.owner import Owner
from core.platform.units import count_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from core.jobs.job import ErrorReport, Job, JobEvent


_LOST = frozenset(error.__name__ for error in (SubmitUnknown, ResultLost, AnswerLost))
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
    """One job as the journal knows it.

    Attributes:
        passed_by: how many jobs that came later have run before it.
    """

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
    passed_by: int = 0

    @property
    def goes_on(self) -> bool:
        """Whether it goes on where it was, once it is stopped and resumed; others begin anew."""
        return self.subject is not None and self.subject.kind in _KEEPING

    @property
    def has_lost_order(self) -> bool:
        """Whether nobody knows what became of its paid order; without a ticket there is none."""
        error = self.error if self.state is JobState.FAILED and self.ticket is not None else None
        return error is not None and error.kind in _LOST

    @property
    def passed_text(self) -> str:
        """Whom it let pass, for people; empty where that is nobody."""
        others = count_text(self.passed_by, "job that came later", "jobs that came later")
        return f"{others} and needed what was loaded" if self.passed_by else ""


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


def owner_of(row: sqlite3.Row) -> Owner:
    """Whose the job of a row is."""
    return Owner(str(row["owner"]), row["owner_pid"])


def readable(db: sqlite3.Connection, rows: Iterable[sqlite3.Row]) -> Iterator[JobRecord]:
    """The rows that this version understands; a newer one or damage may have written others."""
    for row in rows:
        with suppress(JournalError):
            yield read_record(db, row)


def read_record(db: sqlite3.Connection, row: sqlite3.Row) -> JobRecord:
    """The job that a row of the journal holds.

    Raises:
        JournalError: this version does not understand it.
    """
    try:
        return _understood(db, row)
    except (ValueError, TypeError, OverflowError, OSError) as error:
        raise JournalError(
            f"Job {row['id']} was written by another version, or is damaged: {error}.",
            hint="'main.py jobs clear --interrupted' forgets it.",
        ) from error


def _understood(db: sqlite3.Connection, row: sqlite3.Row) -> JobRecord:
    outcome = _event(row["outcome"])
    progress = _event(row["progress"])
    notes = db.execute("SELECT message FROM notes WHERE job_id = ? ORDER BY rowid", (row["id"],))
    return JobRecord(
        id=row["id"],
        kind=row["kind"],
        lane=Lane(row["lane"]),
        title=row["title"],
        payload=row["payload"],
        subject=Subject.parse(row["subject"]),
        state=JobState(row["state"]),
        owner=owner_of(row),
        cancel_requested=bool(row["cancel_requested"]),
        ticket=row["ticket"],
        progress=progress if isinstance(progress, Progressed) else None,
        path=outcome.path if isinstance(outcome, Succeeded) else None,
        error=outcome.error if isinstance(outcome, Failed) else None,
        notes=tuple(str(note["message"]) for note in notes),
        created_at=datetime.fromtimestamp(row["created_at"], UTC),
        started_at=_moment(row["started_at"]),
        ended_at=_moment(row["ended_at"]),
        passed_by=row["passed_by"],
    )


def _event(text: str | None) -> JobEvent | None:
    return None if text is None else EVENT_JSON.validate_json(text)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
