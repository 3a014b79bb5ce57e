"""What paid renders cost, written down when they are ordered, so that caps hold."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import JournalError, SpendingError
from core.jobs.job import Cancelled, Charged, Failed, SubjectKind, Succeeded
from core.jobs.job_record import JobState
from core.platform.sqlite_file import Contents, SqliteFile
from core.spending.caps import (
    Caps,
    CapSpan,
    CapStanding,
    PlannedPurchase,
    ProjectBudget,
    Purchase,
    Spent,
    check_caps,
    set_caps,
    standings_of,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from core.jobs.job import JobUpdate, Subject
    from core.jobs.job_record import JobRecord
    from core.jobs.queue import JobQueue

log = logging.getLogger(__name__)

_OF_PROJECTS = (SubjectKind.SCENE, SubjectKind.START_FRAME)
_CONTENTS = Contents(
    name="ledger of paid renders",
    comfort="what it held no longer counts towards the caps.",
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
        # Who made it and for which project; what was bought before never says so.
        (
            "ALTER TABLE purchases ADD COLUMN target TEXT",
            "ALTER TABLE purchases ADD COLUMN model TEXT",
            "ALTER TABLE purchases ADD COLUMN task TEXT",
            "ALTER TABLE purchases ADD COLUMN project_id TEXT",
            "CREATE INDEX purchases_by_time ON purchases (ordered_at)",
            "CREATE TABLE projects (id TEXT PRIMARY KEY, name TEXT NOT NULL, cap_usd REAL)",
        ),
    ),
    error=SpendingError,
)
NO_CAPS = Caps()


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

    @property
    def today(self) -> date:
        """The day that the day's cap is for now."""
        return self._now().date()

    def spent_usd(self) -> float:
        """What this calendar month's renders cost: those done, and those ordered.

        Raises:
            SpendingError: the ledger cannot be read.
        """
        if not self._exists:
            return 0.0
        with self._file.transaction("BEGIN") as db:
            return _spent(db, "ordered_at >= ?", self._begin_of(CapSpan.MONTH)).usd

    def purchases(self, first: date | None = None, last: date | None = None) -> list[Purchase]:
        """Everything that was bought, oldest first.

        Args:
            first: the first day of it; None for all before `last`.
            last: the last day, itself included; None for everything since.

        Raises:
            SpendingError: the ledger cannot be read.
        """
        if not self._exists:
            return []
        begin = 0.0 if first is None else self._at(first)
        end = None if last is None else self._at(last + timedelta(days=1))
        with self._file.transaction("BEGIN") as db:
            rows = db.execute(
                "SELECT purchases.*, projects.name AS project FROM purchases"
                " LEFT JOIN projects ON projects.id = project_id"
                " WHERE state != ? AND ordered_at >= ? AND (? IS NULL OR ordered_at < ?)"
                " ORDER BY ordered_at, job_id",
                (_State.RELEASED, begin, end, end),
            )
            return [self._purchase(row) for row in rows]

    def spent(self, project: ProjectBudget | None = None) -> dict[CapSpan, Spent]:
        """What counts today, this month and for a project, whether or not there is a cap.

        Raises:
            SpendingError: the ledger cannot be read.
        """
        spans = [span for span in CapSpan if span is not CapSpan.PROJECT or project]
        if not self._exists:
            return dict.fromkeys(spans, Spent())
        with self._file.transaction("BEGIN") as db:
            return {span: self._spent_in(db, span, project) for span in spans}

    def standings(self, caps: Caps, project: ProjectBudget | None = None) -> list[CapStanding]:
        """Every cap that is set, as it stands now.

        Raises:
            SpendingError: the ledger cannot be read.
        """
        return standings_of(caps, project, self.spent(project))

    def check(self, purchases: Sequence[PlannedPurchase], caps: Caps = NO_CAPS) -> None:
        """Refuse renders of one project that all together would pass a cap; writes nothing.

        Raises:
            SpendingCapReached: with every cap that they would pass.
            SpendingError: the ledger cannot be read.
        """
        project = purchases[0].project if purchases else None
        if any(one.cost_usd != 0 for one in purchases) and set_caps(caps, project):
            check_caps(purchases, self.standings(caps, project))

    def order(self, job_id: str, purchase: PlannedPurchase, caps: Caps = NO_CAPS) -> None:
        """Write a render down just before it is put into the queue.

        Raises:
            SpendingCapReached: it would pass a cap; nothing is written.
            SpendingError: the ledger cannot be used.
        """
        if purchase.cost_usd != 0:
            with self._file.transaction() as db:
                self._add(db, job_id, purchase, caps)

    @contextmanager
    def ordered(
        self, job_id: str, purchase: PlannedPurchase, caps: Caps = NO_CAPS
    ) -> Generator[None]:
        """`order`, for as long as it takes to put its job into the queue; undone where that fails.

        Raises:
            SpendingCapReached: it would pass a cap; nothing is written.
            SpendingError: the ledger cannot be used.
        """
        self.order(job_id, purchase, caps)
        try:
            yield
        except JournalError:
            self.release(job_id)
            raise

    def order_instead(self, job_id: str, purchase: PlannedPurchase, caps: Caps = NO_CAPS) -> None:
        """Write a render down that goes on elsewhere before anything was bought for it.

        What was to be ordered before does not count any more, and neither for the caps now.

        Raises:
            SpendingCapReached: it would pass a cap; what was written down before stays.
            SpendingError: the ledger cannot be used.
        """
        if not self._exists and purchase.cost_usd == 0:
            return
        with self._file.transaction() as db:
            db.execute("DELETE FROM purchases WHERE job_id = ?", (job_id,))
            self._add(db, job_id, purchase, caps)

    def order_again(self, job_id: str, caps: Caps = NO_CAPS) -> bool:
        """Write a render down once more that had cost nothing; whether there was such a one.

        Raises:
            SpendingCapReached: it would pass a cap now; nothing is written.
            SpendingError: the ledger cannot be used.
        """
        if not self._exists:
            return False
        with self._file.transaction() as db:
            row = db.execute(
                "SELECT cost_usd, project_id FROM purchases WHERE job_id = ? AND state = ?",
                (job_id, _State.RELEASED),
            ).fetchone()
            if row is None:
                return False
            project = _budget(db, row["project_id"])
            standings = self._standings(db, caps, project)
            check_caps([PlannedPurchase(row["cost_usd"])], standings)
            db.execute(
                "UPDATE purchases SET state = ?, ordered_at = ?, charged_usd = NULL"
                " WHERE job_id = ?",
                (_State.ORDERED, self._now().timestamp(), job_id),
            )
            return True

    def budget(self, project_id: str) -> ProjectBudget | None:
        """What was last known of a project for which something was bought; None for any other.

        Raises:
            SpendingError: the ledger cannot be read.
        """
        if not self._exists:
            return None
        with self._file.transaction("BEGIN") as db:
            return _budget(db, project_id)

    def project_of(self, subject: Subject | None) -> ProjectBudget | None:
        """The project that a subject is of, as it was last known; None for no project.

        Raises:
            SpendingError: the ledger cannot be read.
        """
        if subject is None or subject.kind not in _OF_PROJECTS:
            return None
        project_id = subject.id.partition("/")[0]
        return self.budget(project_id) or ProjectBudget(project_id, project_id)

    def keep_budget(self, project: ProjectBudget) -> None:
        """Take down the name and cap of a project, if anything was ever bought for it.

        Jobs are resumed and bought again without their project being open.

        Raises:
            SpendingError: the ledger cannot be used.
        """
        if self._exists and self.budget(project.id) not in (None, project):
            with self._file.transaction() as db:
                db.execute(
                    "UPDATE projects SET name = ?, cap_usd = ? WHERE id = ?",
                    (project.name, project.cap_usd, project.id),
                )

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
        if not record.state.has_ended:
            return
        if record.state is JobState.SUCCEEDED:
            self._update(record.id, "state", _State.PAID)
        elif record.ticket is None:
            self._update(record.id, "state", _State.RELEASED)
        else:
            # What was never ordered is not bought by a ticket that a person gave it.
            self._update(record.id, "state", _State.PAID, unless=_State.RELEASED)

    def charge(self, job_id: str, cost_usd: float) -> None:
        """Take down what the service says it asks for a render, in the place of what was planned.

        Raises:
            SpendingError: the ledger cannot be used.
        """
        self._update(job_id, "charged_usd", cost_usd)
        if cost_usd:
            # Also of a render that is known only since a person named it.
            self._update(job_id, "state", _State.PAID)

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

    def _update(self, job_id: str, column: str, value: str | float, *, unless: str = "") -> None:
        if self._exists:
            with self._file.transaction() as db:
                db.execute(
                    f"UPDATE purchases SET {column} = ? WHERE job_id = ? AND state != ?",
                    (value, job_id, unless),
                )

    def _add(
        self, db: sqlite3.Connection, job_id: str, purchase: PlannedPurchase, caps: Caps
    ) -> None:
        """Write down what is to be ordered, if it costs anything, where no cap refuses it."""
        if purchase.cost_usd == 0:
            return
        project = purchase.project
        check_caps([purchase], self._standings(db, caps, project))
        db.execute(
            "INSERT INTO purchases (job_id, cost_usd, state, ordered_at, target, model, task,"
            " project_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                job_id,
                purchase.cost_usd,
                _State.ORDERED,
                self._now().timestamp(),
                purchase.target,
                purchase.model,
                purchase.task,
                project.id if project else "",
            ),
        )
        if project is not None:
            db.execute(
                "INSERT OR REPLACE INTO projects VALUES (?, ?, ?)",
                (project.id, project.name, project.cap_usd),
            )

    def _standings(
        self, db: sqlite3.Connection, caps: Caps, project: ProjectBudget | None
    ) -> list[CapStanding]:
        spans = set_caps(caps, project)
        spent = {span: self._spent_in(db, span, project) for span in spans}
        return standings_of(caps, project, spent)

    def _spent_in(
        self, db: sqlite3.Connection, span: CapSpan, project: ProjectBudget | None
    ) -> Spent:
        if span is CapSpan.PROJECT:
            assert project is not None, "who asks for a project's costs names it"
            return _spent(db, "project_id = ?", project.id)
        return _spent(db, "ordered_at >= ?", self._begin_of(span))

    def _begin_of(self, span: CapSpan) -> float:
        today = self.today
        return self._at(today if span is CapSpan.DAY else today.replace(day=1))

    def _at(self, day: date) -> float:
        """When a day began here."""
        return datetime.combine(day, datetime.min.time(), self._now().tzinfo).timestamp()

    def _purchase(self, row: sqlite3.Row) -> Purchase:
        project_id: str | None = row["project_id"]
        return Purchase(
            job_id=row["job_id"],
            ordered_at=datetime.fromtimestamp(row["ordered_at"], self._now().tzinfo),
            estimated_usd=row["cost_usd"],
            charged_usd=row["charged_usd"],
            target=row["target"] or "",
            model=row["model"] or "",
            task=row["task"] or "",
            project_id=project_id,
            project=row["project"] or project_id,
        )

    @property
    def _exists(self) -> bool:
        return self._file.path.exists()


def _spent(db: sqlite3.Connection, where: str, value: str | float) -> Spent:
    row = db.execute(
        "SELECT COALESCE(SUM(COALESCE(charged_usd, cost_usd)), 0),"
        " SUM(COALESCE(charged_usd, cost_usd) IS NULL) FROM purchases"
        f" WHERE {where} AND state != ?",
        (value, _State.RELEASED),
    ).fetchone()
    return Spent(float(row[0]), int(row[1] or 0))


def _budget(db: sqlite3.Connection, project_id: str | None) -> ProjectBudget | None:
    row = db.execute("SELECT * FROM projects WHERE id = ?", (project_id,)).fetchone()
    return None if row is None else ProjectBudget(row["id"], row["name"], row["cap_usd"])
