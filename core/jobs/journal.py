"""The durable list of jobs: one SQLite file, shared by processes, that a kill cannot break."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import JournalError
from core.jobs.job import Cancelled, Subject, Succeeded
from core.jobs.job_record import JobRecord, JobState, owner_of, read_record, readable
from core.jobs.owner import Owners
from core.jobs.turns import WaitingJob, in_turn, next_place
from core.platform.sqlite_file import Contents, SqliteFile
from core.platform.suggestions import nearest_name
from core.platform.units import count_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from core.jobs.job import Job, Notice, Progressed, Terminal
    from core.jobs.lanes import Lane
    from core.jobs.owner import Owner

_TABLES = (
    """
    CREATE TABLE jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        lane TEXT NOT NULL,
        title TEXT NOT NULL,
        payload TEXT NOT NULL,
        state TEXT NOT NULL,
        owner_pid INTEGER NOT NULL,
        owner_started REAL NOT NULL,
        cancel_requested INTEGER NOT NULL DEFAULT 0,
        ticket TEXT,
        progress TEXT,
        outcome TEXT,
        created_at REAL NOT NULL,
        started_at REAL,
        ended_at REAL
    )
    """,
    """
    CREATE TABLE notes (
        job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        message TEXT NOT NULL
    )
    """,
)
# Who comes first is no longer decided by who came first.
_POSITIONS = (
    "ALTER TABLE jobs ADD COLUMN position INTEGER NOT NULL DEFAULT 0",
    "UPDATE jobs SET position = number",
)
# The start of a process in seconds of the clock, which `owner_started` held, is asked no more.
_OWNERS = ("ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT ''",)
_SUBJECTS = ("ALTER TABLE jobs ADD COLUMN subject TEXT NOT NULL DEFAULT ''",)
_TURNS = (
    "ALTER TABLE jobs ADD COLUMN loads TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE jobs ADD COLUMN passed_by INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN is_placed INTEGER NOT NULL DEFAULT 0",
)
_CONTENTS = Contents(
    name="job journal",
    comfort="finished clips are not touched.",
    steps=(_TABLES, _POSITIONS, _SUBJECTS, _OWNERS, _TURNS),
    error=JournalError,
)
_NAMED = 5
_ENDED = ", ".join(f"'{state.value}'" for state in JobState if state.has_ended)


class Journal:
    """Reads and writes job rows; each call is one transaction, safe from threads and processes.

    Attributes:
        notes: what the user must be told about how the file was opened.
        groups_by_load: whether jobs that need what is loaded come before others.
    """

    def __init__(self, path: Path) -> None:
        self._owners = Owners(path.parent / "owners")
        self._file = SqliteFile(path, _CONTENTS)
        self._file.open()
        self._transaction = self._file.transaction
        self.groups_by_load = False
        self.notes = (*self._file.notes, *self._notes_of_unreadable_jobs())

    @property
    def owner(self) -> Owner:
        """Whose the jobs are that this journal adds, claims and resumes."""
        return self._owners.own

    def add(self, job_id: str, job: Job) -> None:
        """Write a new job, owned by this process."""
        described = (job.kind, job.lane, job.title, job.payload(), str(job.subject), job.loads)
        self._be_seen()
        with self._transaction() as db:
            db.execute(
                "INSERT INTO jobs (id, kind, lane, title, payload, subject, loads, state, owner,"
                " owner_pid, owner_started, created_at, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?,"
                " ?, ?, 0, ?, (SELECT COALESCE(MAX(position), 0) + 1 FROM jobs))",
                (job_id, *described, JobState.QUEUED, self.owner.name, self.owner.pid, time.time()),
            )

    def set_subject(self, job_id: str, subject: Subject) -> None:
        """Say what a job is about that was written before jobs knew it."""
        with self._transaction() as db:
            _set(db, job_id, subject=str(subject))

    def all(self, ended: int | None = None) -> tuple[JobRecord, ...]:
        """The jobs in their order: of their coming, of a person, or of what is loaded.

        Args:
            ended: how many of those that have ended, the newest; None for every one.
        """
        with self._transaction("BEGIN") as db:
            rows = db.execute(
                f"SELECT * FROM jobs WHERE state NOT IN ({_ENDED}) OR id IN (SELECT id FROM jobs"
                f" WHERE state IN ({_ENDED}) ORDER BY ended_at DESC LIMIT ?) ORDER BY position",
                (-1 if ended is None else ended,),
            ).fetchall()
            return tuple(readable(db, self._in_turn(db, rows)))

    def move(self, job_id: str, before_id: str | None) -> None:
        """Let a waiting job of this process run before another one, or after all others.

        What waits in its lane stays in the order that the person saw and changed.

        Raises:
            JournalError: one of the two does not wait here.
        """
        with self._transaction() as db:
            rows = db.execute(
                "SELECT * FROM jobs WHERE state = ? AND owner = ? ORDER BY position",
                (JobState.QUEUED, self.owner.name),
            ).fetchall()
            order = [str(row["id"]) for row in self._in_turn(db, rows)]
            for asked in (job_id, before_id):
                if asked is not None and asked not in order:
                    raise JournalError(f"Job {asked} does not wait here, so it has no turn.")
            if job_id == before_id:
                return
            order.remove(job_id)
            order.insert(len(order) if before_id is None else order.index(before_id), job_id)
            # The same places, taken by others: jobs that do not wait keep theirs.
            for moved_id, row in zip(order, rows, strict=True):
                _set(db, moved_id, position=row["position"])
            lane = next(row["lane"] for row in rows if row["id"] == job_id)
            db.execute(
                "UPDATE jobs SET is_placed = 1 WHERE state = ? AND owner = ? AND lane = ?",
                (JobState.QUEUED, self.owner.name, lane),
            )

    def find(self, text: str) -> JobRecord:
        """The job whose id begins with `text`.

        Raises:
            JournalError: there is none, or more than one.
        """
        begin = text.strip()
        with self._transaction("BEGIN") as db:
            row = db.execute("SELECT * FROM jobs WHERE id = ?", (begin,)).fetchone()
            if row is not None:
                return read_record(db, row)
        records = self.all()
        # Every id begins with nothing, and nothing must never name the only job there is.
        matches = [record for record in records if begin and record.id.startswith(begin)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            listed = ", ".join(record.id for record in matches)
            raise JournalError(f"Several jobs begin with {text!r}: {listed}.", hint="Name one.")
        near = nearest_name(text, [record.id for record in records])
        guess = f"Did you mean {near}?" if near else "'jobs list' shows them all."
        raise JournalError(f"There is no job {text!r}.", hint=guess)

    def interrupt_orphans(self, tidy: Callable[[JobRecord], None]) -> tuple[JobRecord, ...]:
        """Mark the jobs whose process is gone as interrupted, and give those found now.

        One that had been asked to stop is cancelled: its process ended before it could say so.

        Args:
            tidy: removes what such a job left behind, before anybody can take it up again.
        """
        found: list[JobRecord] = []
        with self._transaction() as db:
            rows = db.execute(
                "SELECT * FROM jobs WHERE state IN (?, ?) ORDER BY position",
                (JobState.QUEUED, JobState.RUNNING),
            ).fetchall()
            for record in readable(db, rows):
                if self._owners.is_alive(record.owner):
                    continue
                if record.cancel_requested:
                    _end(db, record.id, Cancelled())
                else:
                    _set(db, record.id, state=JobState.INTERRUPTED)
                found.append(self._get(db, record.id))
                tidy(found[-1])
        return tuple(found)

    @contextmanager
    def at_rest(self) -> Generator[frozenset[str]]:
        """The ids of the jobs that run; no other one begins meanwhile."""
        with self._transaction() as db:
            rows = db.execute("SELECT id FROM jobs WHERE state = ?", (JobState.RUNNING,))
            yield frozenset(str(row["id"]) for row in rows)

    def claim(self, lane: Lane, places: int, job_id: str | None = None) -> JobRecord | None:
        """Take the next queued job of this process (or the one named) when its lane has a place.

        Places are counted over all living processes: two renders never share a GPU by accident.
        One that is named comes because it is named, and passes nobody.
        """
        self._be_seen()
        with self._transaction() as db:
            running = db.execute(
                "SELECT * FROM jobs WHERE lane = ? AND state = ?", (lane, JobState.RUNNING)
            ).fetchall()
            if sum(self._owners.is_alive(owner_of(row)) for row in running) >= places:
                return None
            waiting = [
                _waiting(row)
                for row in db.execute(
                    "SELECT id, loads, passed_by, is_placed FROM jobs WHERE lane = ?"
                    " AND state = ? AND owner = ? AND (? IS NULL OR id = ?) ORDER BY position",
                    (lane, JobState.QUEUED, self.owner.name, job_id, job_id),
                )
            ]
            if not waiting:
                return None
            place = next_place(waiting, self._loaded(db, lane, self.owner.name))
            for passed in waiting[:place]:
                _set(db, passed.id, passed_by=passed.passed_by + 1)
            return self._own(db, waiting[place].id, JobState.RUNNING, time.time())

    def _loaded(self, db: sqlite3.Connection, lane: str, owner: str) -> str:
        """What the job needed that a process last began in a lane; nothing where none matters."""
        if not self.groups_by_load:
            return ""
        row = db.execute(
            "SELECT loads FROM jobs WHERE lane = ? AND owner = ? AND started_at IS NOT NULL"
            " ORDER BY started_at DESC LIMIT 1",
            (lane, owner),
        ).fetchone()
        return "" if row is None else str(row["loads"])

    def _in_turn(self, db: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> list[sqlite3.Row]:
        """The rows with those that wait, or will once they are resumed, in their turn."""
        if not self.groups_by_load:
            return list(rows)
        lines: dict[tuple[str, str], list[WaitingJob]] = defaultdict(list)
        for row in rows:
            if (line := _line_of(row)) is not None:
                lines[line].append(_waiting(row))
        turns = {
            line: iter(in_turn(waiting, self._loaded(db, *line))) for line, waiting in lines.items()
        }
        by_id = {row["id"]: row for row in rows}
        return [
            row if (line := _line_of(row)) is None else by_id[next(turns[line]).id] for row in rows
        ]

    def take(self, job_id: str) -> JobRecord | None:
        """Take a job that nobody runs, whatever place its lane has; None where it runs or ended."""
        self._be_seen()
        with self._transaction() as db:
            record = self._get(db, job_id)
            # Whoever left a job has let go of it; one that waits is its living owner's to begin.
            is_free = record.state is JobState.INTERRUPTED or (
                record.state is JobState.QUEUED
                and (record.owner == self.owner or not self._owners.is_alive(record.owner))
            )
            return self._own(db, job_id, JobState.RUNNING, time.time()) if is_free else None

    def requeue(self, job_id: str) -> JobRecord:
        """Put a job that is interrupted, failed or cancelled back in line, owned by this process.

        Raises:
            JournalError: it is waiting, running or done.
        """
        self._be_seen()
        with self._transaction() as db:
            record = self._get(db, job_id)
            allowed = (JobState.INTERRUPTED, JobState.FAILED, JobState.CANCELLED)
            if record.state not in allowed:
                raise JournalError(
                    f"Job {job_id} is {record.state.value}, so there is nothing to resume."
                )
            _set(db, job_id, cancel_requested=0, progress=None, outcome=None, ended_at=None)
            db.execute("DELETE FROM notes WHERE job_id = ?", (job_id,))
            return self._own(db, job_id, JobState.QUEUED, started_at=None)

    def interrupt(self, job_id: str) -> bool:
        """Leave a running job to be resumed, unless it was asked to stop; whether it is left."""
        with self._transaction() as db:
            if self._get(db, job_id).cancel_requested:
                return False
            _set(db, job_id, state=JobState.INTERRUPTED)
            return True

    def request_cancel(self, job_id: str, tidy: Callable[[JobRecord], None]) -> JobRecord:
        """Ask the owner of a running job to stop; end one that nobody runs.

        Args:
            job_id: the job.
            tidy: removes what it left behind where nobody runs it.

        Raises:
            JournalError: it has already ended.
        """
        with self._transaction() as db:
            record = self._get(db, job_id)
            if record.state.has_ended:
                raise JournalError(
                    f"Job {job_id} has already {record.state.value}, so it cannot be cancelled."
                    if record.state is not JobState.CANCELLED
                    else f"Job {job_id} is already cancelled."
                )
            if record.state is JobState.RUNNING and self._owners.is_alive(record.owner):
                _set(db, job_id, cancel_requested=1)
            else:
                _end(db, job_id, Cancelled())
                tidy(record)
            return self._get(db, job_id)

    def is_cancel_requested(self, job_id: str) -> bool:
        """Whether any process asked this job to stop."""
        with self._transaction("BEGIN") as db:
            return self._get(db, job_id).cancel_requested

    def replace(self, job_id: str, job: Job) -> None:
        """Let a running job go on as other work: it waits in that one's lane, with its notes."""
        with self._transaction() as db:
            described = {"kind": job.kind, "lane": job.lane, "title": job.title, "loads": job.loads}
            _set(db, job_id, **described, payload=job.payload(), progress=None)
            self._own(db, job_id, JobState.QUEUED, started_at=None)

    def save_ticket(self, job_id: str, ticket: str | None) -> None:
        """Store the text with which the remote render is found again; None forgets it."""
        with self._transaction() as db:
            _set(db, job_id, ticket=ticket)

    def save_progress(self, job_id: str, progress: Progressed) -> None:
        """Store how far the job is, for other processes to show."""
        with self._transaction() as db:
            _set(db, job_id, progress=progress.model_dump_json())

    def add_note(self, job_id: str, note: Notice) -> None:
        """Store something the user should know about the job."""
        with self._transaction() as db:
            db.execute("INSERT INTO notes VALUES (?, ?)", (job_id, note.message))

    def finish(self, job_id: str, outcome: Terminal) -> None:
        """Store how the job ended."""
        with self._transaction() as db:
            _end(db, job_id, outcome)

    def clear(self, *, interrupted: bool) -> tuple[JobRecord, ...]:
        """Forget the jobs that have ended, and on request the interrupted ones; clips stay."""
        with self._transaction() as db:
            rows = db.execute("SELECT * FROM jobs ORDER BY position").fetchall()
            known = list(readable(db, rows))
            gone = [
                record
                for record in known
                if record.state.has_ended or (interrupted and record.state is JobState.INTERRUPTED)
            ]
            ids = {record.id for record in gone}
            if interrupted:
                ids |= {str(row["id"]) for row in rows} - {record.id for record in known}
            db.executemany("DELETE FROM jobs WHERE id = ?", [(job_id,) for job_id in ids])
        return tuple(gone)

    def _notes_of_unreadable_jobs(self) -> tuple[str, ...]:
        with self._transaction("BEGIN") as db:
            rows = db.execute("SELECT * FROM jobs").fetchall()
            known = {record.id for record in readable(db, rows)}
        ids = [str(row["id"]) for row in rows if row["id"] not in known]
        if not ids:
            return ()
        what = f"{count_text(len(ids), 'job')} of the job journal"
        listed = ", ".join(ids[:_NAMED]) + (" and others" if len(ids) > _NAMED else "")
        return (
            f"{what} cannot be read, being damaged or of another version, and left out: {listed}. "
            "'main.py jobs clear --interrupted' forgets such jobs.",
        )

    def _be_seen(self) -> None:
        """Let every other process see that this one is alive, before it owns a job."""
        try:
            self._owners.begin()
        except OSError as error:
            place = error.filename or self._file.path.parent / "owners"
            raise JournalError(
                f"{str(place)!r}, which belongs to the job journal, cannot be used: "
                f"{error.strerror}.",
                hint="Make it a folder that can be written, or set IMAGEAI_HOME to another one.",
            ) from error

    def _own(
        self, db: sqlite3.Connection, job_id: str, state: JobState, started_at: float | None
    ) -> JobRecord:
        """Make a job one of this process, in a new state."""
        name, pid = self.owner.name, self.owner.pid
        _set(db, job_id, state=state, owner=name, owner_pid=pid, started_at=started_at)
        return self._get(db, job_id)

    def _get(self, db: sqlite3.Connection, job_id: str) -> JobRecord:
        row = db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        if row is None:
            raise JournalError(f"There is no job {job_id!r}.", hint="It may have been cleared.")
        return read_record(db, row)


def _waiting(row: sqlite3.Row) -> WaitingJob:
    return WaitingJob(
        id=row["id"],
        loads=row["loads"],
        passed_by=row["passed_by"],
        is_placed=bool(row["is_placed"]),
    )


def _line_of(row: sqlite3.Row) -> tuple[str, str] | None:
    """The lane and the process in which the job of a row waits; None where it does not."""
    match row["state"]:
        case JobState.QUEUED:
            return row["lane"], row["owner"]
        case JobState.INTERRUPTED:
            # Whoever resumes it has loaded nothing yet.
            return row["lane"], ""
        case _:
            return None


def _set(db: sqlite3.Connection, job_id: str, **values: str | float | None) -> None:
    columns = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"UPDATE jobs SET {columns} WHERE id = ?", (*values.values(), job_id))


def _end(db: sqlite3.Connection, job_id: str, outcome: Terminal) -> None:
    stored = outcome.model_dump_json()
    _set(db, job_id, state=outcome.event, outcome=stored, ended_at=time.time())
    if isinstance(outcome, Succeeded):
        # Any other job keeps its ticket: what was paid for may still be fetched.
        _set(db, job_id, ticket=None)
