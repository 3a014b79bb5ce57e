"""Caps of a day, a month and a project: held together, told together, in however many processes."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.errors import SpendingCapReached
from core.jobs.job_record import JobState
from core.spending.caps import Caps, CapSpan, PlannedPurchase, ProjectBudget
from core.spending.ledger import Ledger
from tests.fakes.job_records import record
from tests.fakes.program import ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

FILM = ProjectBudget("project-1", "Film", 3.0)
OTHER = ProjectBudget("project-2", "Other")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Ledger:
    return Ledger(tmp_path / "spending.sqlite", clock)


def of(cost_usd: float | None, project: ProjectBudget | None = None) -> PlannedPurchase:
    return PlannedPurchase(cost_usd, "ltx-video/fal/ltx-2.5-pro", project=project)


def test_every_cap_that_is_passed_is_named_with_what_is_left(ledger: Ledger) -> None:
    ledger.order("a", of(2.5, FILM))
    with pytest.raises(SpendingCapReached) as refused:
        ledger.order("b", of(1.2, FILM), Caps(day_usd=3.5, month_usd=100.0))
    said = refused.value.message
    assert "This clip costs $1.20" in said
    assert "the day's cap of $3.50 ($2.50 spent, $1.00 left)" in said
    assert "the cap of the project 'Film' of $3.00 ($2.50 spent, $0.50 left)" in said
    assert "month" not in said
    assert "cloud.daily_cap_usd" in refused.value.hint
    assert "costs cap" in refused.value.hint
    assert [one.job_id for one in ledger.purchases()] == ["a"]


def test_a_day_ends_and_a_project_does_not(ledger: Ledger, clock: Clock) -> None:
    caps = Caps(day_usd=2.0)
    ledger.order("a", of(2.0, FILM), caps)
    with pytest.raises(SpendingCapReached, match="the day's cap"):
        ledger.order("b", of(0.5, FILM), caps)
    clock.now += timedelta(hours=12)
    ledger.order("b", of(0.5, FILM), caps)
    with pytest.raises(SpendingCapReached, match="the project 'Film'") as refused:
        ledger.order("c", of(1.0, FILM), caps)
    assert "wait" not in refused.value.hint
    ledger.order("c", of(1.0, OTHER), caps)


def test_an_unknown_price_is_refused_under_any_cap_and_counted_apart(ledger: Ledger) -> None:
    ledger.order("a", of(None, OTHER))
    ledger.order("b", of(1.0, OTHER))
    for caps, project in ((Caps(day_usd=9.0), None), (Caps(month_usd=9.0), None), (Caps(), FILM)):
        with pytest.raises(SpendingCapReached, match="is not known, so the"):
            ledger.order("c", of(None, project), caps)
    (standing,) = ledger.standings(Caps(day_usd=9.0))
    assert (standing.spent.usd, standing.spent.num_unknown, standing.left_usd) == (1.0, 1, 8.0)
    assert "$1.00 and 1 purchase of unknown price spent, $8.00 left" in str(standing)
    ledger.charge("a", 2.0)
    (standing,) = ledger.standings(Caps(day_usd=9.0))
    assert (standing.spent.usd, standing.spent.num_unknown) == (3.0, 0)


def test_several_are_refused_together_before_the_first_is_ordered(ledger: Ledger) -> None:
    several = [of(1.0, FILM)] * 4
    ledger.check(several[:3])
    with pytest.raises(SpendingCapReached) as refused:
        ledger.check(several, Caps(month_usd=2.0))
    assert "Together these 4 clips cost $4.00" in refused.value.message
    assert "the month's cap of $2.00" in refused.value.message
    assert "the project 'Film'" in refused.value.message
    assert "Render fewer at a time." in refused.value.hint
    with pytest.raises(SpendingCapReached, match="The price of 1 of these 2 clips is not known"):
        ledger.check([of(1.0, FILM), of(None, FILM)])
    ledger.check([of(0.0, FILM)] * 9, Caps(day_usd=0.0))
    assert ledger.purchases() == []


def test_what_was_released_leaves_every_cap(ledger: Ledger) -> None:
    ledger.order("a", of(3.0, FILM), Caps(day_usd=3.0))
    ledger.settle(record("a", JobState.FAILED))
    standings = ledger.standings(Caps(day_usd=3.0, month_usd=5.0), FILM)
    assert [(one.span, one.left_usd) for one in standings] == [
        (CapSpan.DAY, 3.0),
        (CapSpan.MONTH, 5.0),
        (CapSpan.PROJECT, 3.0),
    ]


def test_a_job_made_again_heeds_the_project_s_cap_as_it_is_by_then(ledger: Ledger) -> None:
    ledger.keep_budget(FILM)
    assert ledger.budget(FILM.id) is None, "nothing was ever bought for it"
    ledger.order("a", of(2.0, FILM))
    ledger.release("a")
    ledger.keep_budget(ProjectBudget(FILM.id, "Renamed", 1.0))
    with pytest.raises(SpendingCapReached, match=r"'Renamed' of \$1.00"):
        ledger.order_again("a")
    ledger.keep_budget(ProjectBudget(FILM.id, "Renamed"))
    assert ledger.order_again("a")
    assert [one.project for one in ledger.purchases()] == ["Renamed"]


_BUYER = """
import sys
from pathlib import Path
from core.errors import SpendingCapReached
from core.spending.caps import Caps, PlannedPurchase, ProjectBudget
from core.spending.ledger import Ledger
ledger, bought = Ledger(Path(sys.argv[1])), 0
sys.stdin.readline()
for number in range(12):
    try:
        project = ProjectBudget("p", "Film", 7.0)
        ledger.order(f"{sys.argv[2]}-{number}", PlannedPurchase(1.0, project=project),
                     Caps(day_usd=9.0, month_usd=9.0))
        bought += 1
    except SpendingCapReached:
        pass
print(bought)
"""


def test_two_processes_that_order_at_once_do_not_both_pass_a_cap(tmp_path: Path) -> None:
    path = tmp_path / "spending.sqlite"
    buyers = [
        subprocess.Popen(
            [sys.executable, "-c", _BUYER, str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment(),
        )
        for name in ("one", "two")
    ]
    answers = [buyer.communicate("go\n", timeout=60)[0] for buyer in buyers]
    assert sum(map(int, answers)) == 7
    (standing,) = (one for one in Ledger(path).standings(Caps(), ProjectBudget("p", "Film", 7.0)))
    assert standing.left_usd == 0
