"""What paid renders cost this month, written down when they are ordered, so that a cap holds."""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import (
    ContentRefused,
    ResultLost,
    SpendingCapReached,
    SpendingError,
    SubmitUnknown,
)
from core.jobs.job import Cancelled, Failed, JobEvent, Succeeded
from core.jobs.job_record import JobState
from core.platform.sqlite_file import Contents, SqliteFile

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from core.jobs.job_record import JobRecord

log = logging.getLogger(__name__)

_CONTENTS = Contents(
    name="ledger of paid renders",
    comfort="what it held no longer counts towards the month's cap.",
    steps=(
        (
            """
            CREATE TABLE purchases (
                job_id TEXT PRIMARY KEY,
                cost_usd REAL NOT NULL,
                state TEXT NOT NULL,
                ordered_at REAL NOT NULL
            )
            """,
        ),
    ),
    error=SpendingError,
)
# After these the service may ask for its money all the same; a cap must count it.
_MAYBE_CHARGED = frozenset(error.__name__ for error in (SubmitUnknown, ResultLost, ContentRefused))
_ROUNDING_USD = 1e-9


class _State(StrEnum):
    ORDERED = "ordered"
    PAID = "paid"
    RELEASED = "released"


def _now() -> datetime:
    return datetime.now().astimezone()


class Ledger:
    """Every paid render by its job; kept however often the list of jobs is cleared.

    Nothing is written, and no file made, for what is free.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = _now) -> None:
        self._path = path
        self._now = now
        self._opened: SqliteFile | None = None
        self._lock = threading.Lock()

    def spent_usd(self) -> float:
        """What this calendar month's renders cost: those done, and those ordered.

        Raises:
            SpendingError: the ledger cannot be read.
        """
        if not self._exists:
            return 0.0
        with self._file().transaction("BEGIN") as db:
            return self._spent(db)

    def would_exceed(self, cap_usd: float | None, cost_usd: float | None) -> bool:
        """Whether a render of this price passes the month's cap; an unknown price always does.

        Args:
            cap_usd: None for no cap.
            cost_usd: None is unknown.

        Raises:
            SpendingError: the ledger cannot be read.
        """
        if cap_usd is None or cost_usd == 0:
            return False
        return _passes(cap_usd, cost_usd, self.spent_usd())

    def order(self, job_id: str, cost_usd: float | None, cap_usd: float | None) -> None:
        """Write a render down just before it is put into the queue.

        Raises:
            SpendingCapReached: it would pass the cap; nothing is written.
            SpendingError: the ledger cannot be used.
        """
        if cost_usd is None and cap_usd is not None:
            raise SpendingCapReached(
                "The price of this clip is not known, so the month's spending cap of "
                f"${cap_usd:.2f} cannot be held.",
                hint="Choose a model with a known price, or switch the spending cap off.",
            )
        if not cost_usd:
            return
        with self._file().transaction() as db:
            self._check(db, cost_usd, cap_usd)
            db.execute(
                "INSERT INTO purchases VALUES (?, ?, ?, ?)",
                (job_id, cost_usd, _State.ORDERED.value, self._now().timestamp()),
            )

    def order_again(self, job_id: str, cap_usd: float | None) -> bool:
        """Write a render down once more that had cost nothing; whether there was such a one.

        Raises:
            SpendingCapReached: it would pass the cap now; nothing is written.
            SpendingError: the ledger cannot be used.
        """
        if not self._exists:
            return False
        with self._file().transaction() as db:
            row = db.execute(
                "SELECT cost_usd FROM purchases WHERE job_id = ? AND state = ?",
                (job_id, _State.RELEASED.value),
            ).fetchone()
            if row is None:
                return False
            self._check(db, float(row["cost_usd"]), cap_usd)
            db.execute(
                "UPDATE purchases SET state = ?, ordered_at = ? WHERE job_id = ?",
                (_State.ORDERED.value, self._now().timestamp(), job_id),
            )
            return True

    def release(self, job_id: str) -> None:
        """Say that a render costs nothing: it was not made.

        Raises:
            SpendingError: the ledger cannot be used.
        """
        self._settle(job_id, _State.RELEASED)

    def on_event(self, job_id: str, event: JobEvent) -> None:
        """Settle a render that has ended; for the queue to call with every event."""
        try:
            match event:
                case Succeeded():
                    self._settle(job_id, _State.PAID)
                case Failed(error=error) if error.kind in _MAYBE_CHARGED:
                    self._settle(job_id, _State.PAID)
                case Failed() | Cancelled():
                    self._settle(job_id, _State.RELEASED)
                case _:
                    pass
        except SpendingError as error:
            # It stays counted as ordered, and the next start settles it.
            log.warning("job %s is not settled: %s", job_id, error)

    def catch_up(self, jobs: Callable[[], Iterable[JobRecord]]) -> None:
        """Settle what ended while nobody listened, such as in a process that was killed."""
        try:
            ordered = self._ordered()
        except SpendingError as error:
            log.warning("%s", error)
            return
        for record in jobs() if ordered else ():
            if record.id not in ordered:
                continue
            if record.state is JobState.SUCCEEDED and record.path is not None:
                self.on_event(record.id, Succeeded(path=record.path))
            elif record.state is JobState.FAILED and record.error is not None:
                self.on_event(record.id, Failed(error=record.error))
            elif record.state is JobState.CANCELLED:
                self.on_event(record.id, Cancelled())

    def _ordered(self) -> frozenset[str]:
        if not self._exists:
            return frozenset()
        with self._file().transaction("BEGIN") as db:
            rows = db.execute(
                "SELECT job_id FROM purchases WHERE state = ?", (_State.ORDERED.value,)
            )
            return frozenset(str(row["job_id"]) for row in rows)

    def _settle(self, job_id: str, state: _State) -> None:
        if not self._exists:
            return
        with self._file().transaction() as db:
            db.execute("UPDATE purchases SET state = ? WHERE job_id = ?", (state.value, job_id))

    def _check(self, db: sqlite3.Connection, cost_usd: float, cap_usd: float | None) -> None:
        spent_usd = self._spent(db)
        if cap_usd is not None and _passes(cap_usd, cost_usd, spent_usd):
            raise SpendingCapReached(
                f"This clip costs ${cost_usd:.2f}. With ${spent_usd:.2f} spent this month, that "
                f"passes the spending cap of ${cap_usd:.2f}.",
                hint="Raise the cap in the settings, or wait for the next month.",
            )

    def _spent(self, db: sqlite3.Connection) -> float:
        month = self._now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        row = db.execute(
            "SELECT COALESCE(SUM(cost_usd), 0) FROM purchases WHERE ordered_at >= ? AND state != ?",
            (month.timestamp(), _State.RELEASED.value),
        ).fetchone()
        return float(row[0])

    @property
    def _exists(self) -> bool:
        return self._path.exists()

    def _file(self) -> SqliteFile:
        with self._lock:
            if self._opened is None:
                self._opened = SqliteFile(self._path, _CONTENTS)
                for note in self._opened.notes:
                    log.warning("%s", note)
            return self._opened


def _passes(cap_usd: float, cost_usd: float | None, spent_usd: float) -> bool:
    return cost_usd is None or spent_usd + cost_usd > cap_usd + _ROUNDING_USD
