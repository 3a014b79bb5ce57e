"""What paid renders cost this month, written down when they are ordered, so that a cap holds."""

from __future__ import annotations

import logging
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from core.errors import JournalError, SpendingCapReached, SpendingError
from core.jobs.job import Cancelled, Charged, Failed, Succeeded
from core.jobs.job_record import JobState
from core.platform.sqlite_file import Contents, SqliteFile

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from core.jobs.job import JobUpdate
    from core.jobs.job_record import JobRecord
    from core.jobs.queue import JobQueue

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
        # What a service says that it asks for; and a price need not be known any more.
        (
            "ALTER TABLE purchases RENAME TO older",
            """
            CREATE TABLE purchases (
                job_id TEXT PRIMARY KEY,
                cost_usd REAL,
                charged_usd REAL,
                state TEXT NOT NULL,
                ordered_at REAL NOT NULL
            )
            """,
            "INSERT INTO purchases SELECT job_id, cost_usd, NULL, state, ordered_at FROM older",
            "DROP TABLE older",
        ),
    ),
    error=SpendingError,
)
_ROUNDING_USD = 1e-9


class _State(StrEnum):
    """Where a purchase stands; only a released one costs nothing."""

    ORDERED = "ordered"
    PAID = "paid"
    RELEASED = "released"


class Ledger:
    """Every paid render by its job; kept however often the list of jobs is cleared.

    A purchase counts from its order on. When its job ends without a clip, it goes on counting as
    long as the job has a ticket: something was bought, whatever became of it. Nothing is written,
    and no file made, for what is free.
    """

    def __init__(
        self, path: Path, now: Callable[[], datetime] = lambda: datetime.now().astimezone()
    ) -> None:
        self._now = now
        self._file = SqliteFile(path, _CONTENTS)

    def spent_usd(self) -> float:
        """What this calendar month's renders cost: those done, and those ordered.

        Raises:
            SpendingError: the ledger cannot be read.
        """
        if not self._exists:
            return 0.0
        with self._file.transaction("BEGIN") as db:
            return self._spent(db)

    def order(self, job_id: str, cost_usd: float | None, cap_usd: float | None) -> None:
        """Write a render down just before it is put into the queue.

        Raises:
            SpendingCapReached: it would pass the cap; nothing is written.
            SpendingError: the ledger cannot be used.
        """
        if cost_usd == 0:
            return
        with self._file.transaction() as db:
            self._check(db, cost_usd, cap_usd)
            db.execute(
                "INSERT INTO purchases VALUES (?, ?, NULL, ?, ?)",
                (job_id, cost_usd, _State.ORDERED, self._now().timestamp()),
            )

    def order_again(self, job_id: str, cap_usd: float | None) -> bool:
        """Write a render down once more that had cost nothing; whether there was such a one.

        Raises:
            SpendingCapReached: it would pass the cap now; nothing is written.
            SpendingError: the ledger cannot be used.
        """
        if not self._exists:
            return False
        with self._file.transaction() as db:
            row = db.execute(
                "SELECT cost_usd FROM purchases WHERE job_id = ? AND state = ?",
                (job_id, _State.RELEASED),
            ).fetchone()
            if row is None:
                return False
            self._check(db, cast("float | None", row["cost_usd"]), cap_usd)
            db.execute(
                "UPDATE purchases SET state = ?, ordered_at = ?, charged_usd = NULL"
                " WHERE job_id = ?",
                (_State.ORDERED, self._now().timestamp(), job_id),
            )
            return True

    def release(self, job_id: str) -> None:
        """Say that a render costs nothing: it was not made.

        Raises:
            SpendingError: the ledger cannot be used.
        """
        self._update(job_id, "state", _State.RELEASED)

    def follow(self, queue: JobQueue) -> None:
        """Settle every render of this queue when it ends, and what ended while nobody listened."""

        def listen(update: JobUpdate) -> None:
            match update.event:
                case Charged(cost_usd=cost_usd):
                    self._try(update.job_id, lambda: self.charge(update.job_id, cost_usd))
                case Succeeded() | Failed() | Cancelled():
                    self._try(update.job_id, lambda: self.settle(queue.job(update.job_id)))
                case _:
                    pass

        queue.subscribe(listen)
        try:
            ordered = self._ordered()
        except SpendingError as error:
            log.warning("%s", error)
            return
        for record in queue.jobs() if ordered else ():
            if record.id in ordered:
                self._try(record.id, lambda record=record: self.settle(record))

    def settle(self, record: JobRecord) -> None:
        """Say whether a render that has ended costs something; one that has not is left alone.

        Raises:
            SpendingError: the ledger cannot be used.
        """
        if record.state.has_ended:
            is_bought = record.state is JobState.SUCCEEDED or record.ticket is not None
            self._update(record.id, "state", _State.PAID if is_bought else _State.RELEASED)

    def charge(self, job_id: str, cost_usd: float) -> None:
        """Take down what the service says it asks for a render, in the place of what was planned.

        Raises:
            SpendingError: the ledger cannot be used.
        """
        self._update(job_id, "charged_usd", cost_usd)

    @staticmethod
    def _try(job_id: str, step: Callable[[], None]) -> None:
        try:
            step()
        except (SpendingError, JournalError) as error:
            # It stays counted as ordered, and the next start settles it.
            log.warning("job %s is not settled: %s", job_id, error)

    def _ordered(self) -> frozenset[str]:
        if not self._exists:
            return frozenset()
        with self._file.transaction("BEGIN") as db:
            rows = db.execute("SELECT job_id FROM purchases WHERE state = ?", (_State.ORDERED,))
            return frozenset(str(row["job_id"]) for row in rows)

    def _update(self, job_id: str, column: str, value: str | float) -> None:
        if self._exists:
            with self._file.transaction() as db:
                db.execute(f"UPDATE purchases SET {column} = ? WHERE job_id = ?", (value, job_id))

    def _check(self, db: sqlite3.Connection, cost_usd: float | None, cap_usd: float | None) -> None:
        if cap_usd is None:
            return
        if cost_usd is None:
            raise SpendingCapReached(
                "The price of this clip is not known, so the month's spending cap of "
                f"${cap_usd:.2f} cannot be held.",
                hint="Choose a model with a known price, or switch the spending cap off.",
            )
        spent_usd = self._spent(db)
        if spent_usd + cost_usd > cap_usd + _ROUNDING_USD:
            raise SpendingCapReached(
                f"This clip costs ${cost_usd:.2f}. With ${spent_usd:.2f} spent this month, that "
                f"passes the spending cap of ${cap_usd:.2f}.",
                hint="Raise the cap in the settings, or wait for the next month.",
            )

    def _spent(self, db: sqlite3.Connection) -> float:
        month = self._now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        row = db.execute(
            "SELECT COALESCE(SUM(COALESCE(charged_usd, cost_usd)), 0) FROM purchases"
            " WHERE ordered_at >= ? AND state != ?",
            (month.timestamp(), _State.RELEASED),
        ).fetchone()
        return float(row[0])

    @property
    def _exists(self) -> bool:
        return self._file.path.exists()
