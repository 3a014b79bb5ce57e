from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import JournalError, SpendingCapReached, SpendingError
from core.jobs.job import Cancelled, Succeeded
from core.jobs.job_record import JobState
from core.jobs.journal import Journal
from core.spending.caps import Caps, PlannedPurchase, ProjectBudget
from core.spending.ledger import Ledger
from core.studio import Studio
from core.video.record import Origin
from tests.fakes.job_records import record
from tests.fakes.paid import PAID_ENTRY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.platform.paths import Paths
    from core.video.request import RenderRequest

DONE = Succeeded(path=Path("clip.mp4"))


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
    return Ledger(tmp_path / "state" / "spending.sqlite", clock)


def test_nothing_is_written_for_what_is_free(ledger: Ledger, tmp_path: Path) -> None:
    ledger.order("a", PlannedPurchase(0.0), Caps(month_usd=0.0))
    ledger.settle(record("a", JobState.SUCCEEDED))
    ledger.release("b")
    assert ledger.spent_usd() == 0
    assert list(tmp_path.iterdir()) == []


def test_an_order_counts_at_once_and_after_its_end(ledger: Ledger) -> None:
    ledger.order("a", PlannedPurchase(1.25))
    assert ledger.spent_usd() == 1.25
    for state in (JobState.QUEUED, JobState.RUNNING, JobState.INTERRUPTED, JobState.SUCCEEDED):
        ledger.settle(record("a", state))
        assert ledger.spent_usd() == 1.25


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.FAILED])
def test_what_was_never_bought_costs_nothing(ledger: Ledger, state: JobState) -> None:
    ledger.order("a", PlannedPurchase(1.0))
    ledger.settle(record("a", state))
    assert ledger.spent_usd() == 0


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.FAILED])
def test_what_was_bought_counts_whatever_became_of_the_job(ledger: Ledger, state: JobState) -> None:
    ledger.order("a", PlannedPurchase(1.0))
    ledger.settle(record("a", state, ticket="remote-7"))
    assert ledger.spent_usd() == 1


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.FAILED])
def test_a_ticket_by_hand_buys_nothing_until_the_clip_or_its_charge_comes(
    ledger: Ledger, state: JobState
) -> None:
    for job_id in ("a", "b", "c"):
        ledger.order(job_id, PlannedPurchase(1.0))
        ledger.settle(record(job_id, JobState.FAILED))
        ledger.settle(record(job_id, state, ticket="typed-by-hand"))
    assert ledger.spent_usd() == 0
    ledger.settle(record("b", JobState.SUCCEEDED, ticket="typed-by-hand"))
    assert ledger.spent_usd() == 1
    ledger.charge("c", 0.25)
    assert ledger.spent_usd() == 1.25


def test_what_the_service_says_counts_in_the_place_of_what_was_planned(ledger: Ledger) -> None:
    ledger.order("dearer", PlannedPurchase(1.0))
    ledger.order("unknown", PlannedPurchase(None))
    assert ledger.spent_usd() == 1
    ledger.charge("dearer", 1.5)
    ledger.charge("unknown", 0.25)
    assert ledger.spent_usd() == 1.75


@pytest.mark.parametrize(
    ("cap_usd", "cost_usd", "exceeds"),
    [
        (None, 100.0, False),
        (None, None, False),
        (5.0, 3.0, False),
        (5.0, 3.01, True),
        (5.0, None, True),
        (0.0, 0.0, False),
        (0.0, 0.01, True),
        (1.0, 0.0, False),
    ],
)
def test_cap_holds_to_the_cent(
    ledger: Ledger, cap_usd: float | None, cost_usd: float | None, exceeds: bool
) -> None:
    ledger.order("a", PlannedPurchase(2.0))
    if exceeds:
        with pytest.raises(SpendingCapReached):
            ledger.order("b", PlannedPurchase(cost_usd), Caps(month_usd=cap_usd))
        assert ledger.spent_usd() == 2
    else:
        ledger.order("b", PlannedPurchase(cost_usd), Caps(month_usd=cap_usd))


@given(costs=st.lists(st.integers(1, 300).map(lambda cents: cents / 100), max_size=12))
def test_orders_never_pass_the_cap(
    costs: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "spending.sqlite")
    kept = 0.0
    for number, cost in enumerate(costs):
        fits = kept + cost <= 5 + 1e-9
        try:
            ledger.order(str(number), PlannedPurchase(cost), Caps(month_usd=5.0))
        except SpendingCapReached:
            assert not fits
        else:
            assert fits
            kept += cost
    assert ledger.spent_usd() == pytest.approx(kept)


def test_cap_counts_only_this_calendar_month(ledger: Ledger, clock: Clock) -> None:
    ledger.order("a", PlannedPurchase(4.0), Caps(month_usd=5.0))
    ledger.settle(record("a", JobState.SUCCEEDED))
    clock.now += timedelta(days=5)
    assert ledger.spent_usd() == 4
    clock.now += timedelta(days=1)
    assert ledger.spent_usd() == 0
    ledger.order("b", PlannedPurchase(5.0), Caps(month_usd=5.0))


def test_two_that_order_at_once_do_not_both_pass_the_cap(tmp_path: Path) -> None:
    refused: list[str] = []

    def order(name: str) -> None:
        try:
            Ledger(tmp_path / "spending.sqlite").order(
                name, PlannedPurchase(1.0), Caps(month_usd=3.0)
            )
        except SpendingCapReached:
            refused.append(name)

    threads = [threading.Thread(target=order, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5
    assert Ledger(tmp_path / "spending.sqlite").spent_usd() == 3


def test_a_cap_that_was_set_later_holds_for_a_render_of_unknown_price(ledger: Ledger) -> None:
    ledger.order("a", PlannedPurchase(None))
    ledger.release("a")
    with pytest.raises(SpendingCapReached, match="not known"):
        ledger.order_again("a", Caps(month_usd=100.0))
    assert ledger.order_again("a")


def test_refusal_says_the_figures_and_what_to_do(ledger: Ledger) -> None:
    ledger.order("a", PlannedPurchase(4.1))
    with pytest.raises(SpendingCapReached) as refused:
        ledger.order("b", PlannedPurchase(1.2), Caps(month_usd=5.0))
    assert "$1.20" in refused.value.message
    assert "$4.10" in refused.value.message
    assert "$5.00" in refused.value.message
    assert "Raise the cap" in refused.value.hint


def test_damaged_ledger_is_set_aside_and_begun_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "spending.sqlite"
    path.write_bytes(b"rubbish" * 500)
    ledger = Ledger(path)
    ledger.order("a", PlannedPurchase(1.0))
    assert ledger.spent_usd() == 1
    assert path.with_name("spending.sqlite.bad").exists()
    assert "no longer counts" in caplog.text


def test_ledger_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SpendingError, match="cannot be made"):
        Ledger(tmp_path / "file" / "spending.sqlite").order(
            "a", PlannedPurchase(1.0), Caps(month_usd=None)
        )


@pytest.fixture
def shop(paths: Paths) -> Iterator[Studio]:
    shop = Studio([PAID_ENTRY], paths=paths)
    yield shop
    shop.close()


def buy(shop: Studio, request: RenderRequest, words: str = "ball") -> str:
    asked = request.model_copy(update={"prompt": words})
    return shop.submit_render(shop.plan(asked))


def set_cap(shop: Studio, cap_usd: float) -> None:
    cloud = shop.settings.cloud.model_copy(update={"spending_cap_usd": cap_usd})
    shop.apply_settings(shop.settings.model_copy(update={"cloud": cloud}))


def test_bought_clip_is_in_the_ledger_and_survives_a_clear(
    shop: Studio, request_small: RenderRequest
) -> None:
    job_id = buy(shop, request_small)
    price = shop.ledger.spent_usd()
    assert price == pytest.approx(0.5625)
    assert shop.queue.run_job(job_id).event == "succeeded"
    shop.queue.clear()
    assert shop.ledger.spent_usd() == price


def test_failed_and_cancelled_clips_leave_the_cap_free(
    shop: Studio, request_small: RenderRequest
) -> None:
    shop.queue.run_job(buy(shop, request_small, "fail"))
    shop.queue.cancel(buy(shop, request_small))
    assert shop.ledger.spent_usd() == 0


def test_clip_beyond_the_cap_is_not_queued(shop: Studio, request_small: RenderRequest) -> None:
    set_cap(shop, 1.0)
    buy(shop, request_small)
    with pytest.raises(SpendingCapReached):
        buy(shop, request_small)
    assert len(shop.queue.jobs()) == 1


def test_order_that_cannot_be_queued_is_released(
    shop: Studio, request_small: RenderRequest
) -> None:
    planned = shop.plan(request_small)
    shop.queue.clear()
    shop.paths.journal_file.unlink()
    shop.paths.journal_file.mkdir()
    with pytest.raises(JournalError):
        shop.submit_render(planned)
    assert shop.ledger.spent_usd() == 0


def test_failed_clip_made_again_counts_again_and_heeds_the_cap(
    shop: Studio, request_small: RenderRequest
) -> None:
    job_id = buy(shop, request_small, "fail")
    shop.queue.run_job(job_id)
    buy(shop, request_small)
    set_cap(shop, 1.0)
    with pytest.raises(SpendingCapReached):
        shop.resume(job_id)
    assert shop.queue.job(job_id).state is JobState.FAILED
    set_cap(shop, 2.0)
    shop.resume(job_id)
    assert shop.ledger.spent_usd() == pytest.approx(1.125)
    with pytest.raises(JournalError, match="nothing to resume"):
        shop.resume(job_id)
    assert shop.ledger.spent_usd() == pytest.approx(1.125)


def test_what_ended_unheard_is_settled_at_the_next_start(
    shop: Studio, request_small: RenderRequest, paths: Paths
) -> None:
    paid, dropped, waits = (buy(shop, request_small) for _ in range(3))
    # As a process leaves it that is killed between the journal and the ledger.
    journal = Journal(paths.journal_file)
    journal.finish(paid, DONE)
    journal.finish(dropped, Cancelled())
    assert shop.ledger.spent_usd() == pytest.approx(3 * 0.5625)
    later = Studio([PAID_ENTRY], paths=paths)
    assert later.queue.job(waits).state is JobState.QUEUED
    assert later.ledger.spent_usd() == pytest.approx(2 * 0.5625)
    later.close()


def test_the_ledger_knows_what_was_bought_and_for_which_project(
    shop: Studio, request_small: RenderRequest
) -> None:
    film = ProjectBudget("project-1", "Film", 1.5)
    origin = Origin(project_id=film.id, scene_id="s")
    job_id = shop.submit_render(shop.plan(request_small), origin, project=film)
    (bought,) = shop.ledger.purchases()
    assert (bought.target, bought.model, bought.task, bought.project) == (
        "fake/local/fake-small",
        "Fake Small",
        "text-to-video",
        "Film",
    )
    shop.buy_again(job_id)
    assert [one.project for one in shop.ledger.purchases()] == ["Film", "Film"]
    with pytest.raises(SpendingCapReached, match="the project 'Film'"):
        shop.buy_again(job_id)
    buy(shop, request_small)
    assert shop.ledger.purchases()[-1].project == ""
