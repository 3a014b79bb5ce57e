"""Sums of purchases: what is not known is counted apart, and never nothing."""

from __future__ import annotations

import csv
import io
import sqlite3
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.errors import OutputError, UnsupportedRequest
from core.spending.caps import PlannedPurchase, ProjectBudget
from core.spending.costs import (
    Amount,
    CostBar,
    Grouping,
    Period,
    as_csv,
    cost_bars,
    cost_rows,
    write_csv,
)
from core.spending.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FILM = ProjectBudget("project-1", "=Film()")
FAL, REPLICATE = "ltx-video/fal/ltx-2.5-pro", "ltx-video/replicate/ltx-2-fast"


class Book:
    """A ledger whose day can be chosen."""

    def __init__(self, path: Path) -> None:
        self.now = NOW
        self.ledger = Ledger(path, lambda: self.now)

    def buy(
        self,
        job: str,
        day: int,
        estimated: float | None,
        charged: float | None = None,
        *,
        target: str = FAL,
        project: ProjectBudget | None = None,
    ) -> None:
        self.now = NOW.replace(day=day)
        self.ledger.order(job, PlannedPurchase(estimated, target, "LTX", "retake", project=project))
        if charged is not None:
            self.ledger.charge(job, charged)
        self.now = NOW


@pytest.fixture
def book(tmp_path: Path) -> Book:
    book = Book(tmp_path / "spending.sqlite")
    book.buy("a", 3, 1.0, 1.25, project=FILM)
    book.buy("b", 3, 0.5)
    book.buy("c", 5, None, target=REPLICATE, project=FILM)
    book.buy("d", 5, None, 0.75, target=REPLICATE)
    book.buy("e", 5, 4.0)
    book.ledger.release("e")
    return book


def test_estimated_and_charged_are_two_sums_and_unknown_is_neither(book: Book) -> None:
    first, second = cost_rows(book.ledger.purchases(), Grouping.DAY)
    assert (first.name, first.count) == ("2026-11-03", 2)
    assert (str(first.estimated), str(first.charged)) == ("$1.50", "$1.25 + 1 unknown")
    assert str(first.counted) == "$1.75"
    assert (second.name, second.count) == ("2026-11-05", 2)
    assert (str(second.estimated), str(second.charged)) == ("unknown", "$0.75 + 1 unknown")
    assert second.counted == Amount(0.75, 1, 1)


def test_projects_and_models_come_dearest_first(book: Book) -> None:
    purchases = book.ledger.purchases()
    assert [(row.name, row.counted.usd) for row in cost_rows(purchases, Grouping.PROJECT)] == [
        ("=Film()", 1.25),
        ("no project", 1.25),
    ]
    assert [(row.name, row.count) for row in cost_rows(purchases, Grouping.MODEL)] == [
        (FAL, 2),
        (REPLICATE, 2),
    ]


def test_days_without_purchases_are_among_the_bars_of_a_period(book: Book) -> None:
    purchases = book.ledger.purchases(date(2026, 11, 2), date(2026, 11, 5))
    assert cost_bars(purchases, Period(date(2026, 11, 2), date(2026, 11, 5))) == [
        CostBar("2026-11-02", 0.0),
        CostBar("2026-11-03", 1.75),
        CostBar("2026-11-04", 0.0),
        CostBar("2026-11-05", 0.75, 1),
    ]
    assert [one.name[-2:] for one in cost_bars(purchases, Period())] == ["03", "04", "05"]
    assert cost_bars([], Period()) == []


def test_a_long_period_has_a_bar_for_each_month(book: Book) -> None:
    days = cost_bars(book.ledger.purchases(), Period(date(2026, 9, 30), date(2027, 1, 7)))
    assert len(days) == 100
    assert days[0].name == "2026-09-30"
    months = cost_bars(book.ledger.purchases(), Period(date(2026, 9, 30), date(2027, 1, 8)))
    assert months == [
        CostBar("2026-09", 0.0),
        CostBar("2026-10", 0.0),
        CostBar("2026-11", 2.5, 1),
        CostBar("2026-12", 0.0),
        CostBar("2027-01", 0.0),
    ]


def test_a_period_takes_in_its_first_and_its_last_day(book: Book) -> None:
    def jobs(first: date | None, last: date | None) -> list[str]:
        return [one.job_id for one in book.ledger.purchases(first, last)]

    third, fifth = date(2026, 11, 3), date(2026, 11, 5)
    assert jobs(third, third) == ["a", "b"]
    assert jobs(third + timedelta(days=1), fifth) == ["c", "d"]
    assert jobs(None, third) == ["a", "b"]
    assert jobs(fifth, None) == ["c", "d"]
    assert jobs(date(2026, 12, 1), None) == []


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (Period(), "ever"),
        (Period(date(2026, 2, 1), date(2026, 2, 28)), "2026-02"),
        (Period(date(2026, 2, 1), date(2026, 2, 27)), "2026-02-01 to 2026-02-27"),
        (Period(date(2026, 2, 1), date(2026, 2, 1)), "2026-02-01"),
        (Period(date(2026, 2, 1)), "since 2026-02-01"),
        (Period(None, date(2026, 2, 1)), "until 2026-02-01"),
    ],
)
def test_a_period_is_told_shortly(period: Period, words: str) -> None:
    assert str(period) == words


def test_months() -> None:
    assert Period.parse_month("2028-02").last == date(2028, 2, 29)
    for text in ("2026-13", "2026", "november", "2026-11-01", "2026-1"):
        with pytest.raises(UnsupportedRequest, match="is no month"):
            Period.parse_month(text)


def test_a_table_has_every_purchase_and_runs_no_formula(book: Book, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(book.ledger.purchases()))))
    assert [row["job"] for row in rows] == ["a", "b", "c", "d"]
    assert rows[0]["project"] == "'=Film()"
    assert (rows[0]["estimated_usd"], rows[0]["charged_usd"]) == ("1", "1.25")
    assert (rows[2]["estimated_usd"], rows[2]["charged_usd"]) == ("unknown", "unknown")
    assert (rows[3]["estimated_usd"], rows[3]["counted_usd"]) == ("unknown", "0.75")
    assert (rows[2]["target"], rows[2]["task"], rows[1]["project"]) == (REPLICATE, "retake", "")
    with pytest.raises(OutputError, match="cannot be written"):
        write_csv(book.ledger.purchases(), tmp_path / "spending.sqlite" / "costs.csv")


def test_what_an_earlier_version_bought_stays_and_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "spending.sqlite"
    with sqlite3.connect(path) as db:
        db.execute(
            "CREATE TABLE purchases (job_id TEXT PRIMARY KEY, cost_usd REAL, charged_usd REAL,"
            " state TEXT NOT NULL, ordered_at REAL NOT NULL)"
        )
        db.execute("INSERT INTO purchases VALUES ('old', 2.5, NULL, 'paid', ?)", (NOW.timestamp(),))
        db.execute("PRAGMA user_version = 2")
    db.close()
    book = Book(path)
    book.buy("new", 25, 1.0)
    (row,) = (row for row in cost_rows(book.ledger.purchases(), Grouping.MODEL) if row.name != FAL)
    assert (row.name, row.count, row.counted.usd) == ("unknown", 1, 2.5)
    assert [row.name for row in cost_rows(book.ledger.purchases(), Grouping.PROJECT)] == [
        "unknown",
        "no project",
    ]
    assert book.ledger.spent_usd() == 3.5
