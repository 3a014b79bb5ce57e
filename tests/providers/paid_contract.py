"""What holds besides for whoever sells a render that is asked for until it is done."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.jobs.job_record import JobState
from core.media.ffmpeg import probe_clip
from core.services.polling import is_ordered
from core.video.record import read_settings_of
from tests.providers.contract import Asked, wait_for
from tests.providers.order_contract import Child, OrderContract, S

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.studio import Studio
    from core.video.request import RenderRequest

ROOT = Path(__file__).resolve().parents[2]
LEAVES_WITHIN_S = 1.5
"""Within which a job whose order is not answered has ended once the program closes."""


class PaidContract(OrderContract[S]):
    """The service is asked how far it is, and keeps what it makes under an id."""

    @pytest.fixture
    def request_slow(self, request_small: RenderRequest) -> RenderRequest:
        self.habits.polls_until_done = 10_000
        return request_small

    def let_it_be_quick(self) -> None:
        self.habits.polls_until_done = 0
        self.habits.drip_s = 0.0

    def is_aborted(self) -> bool:
        """Whether the service was told to end a render."""
        return any(job.is_cancelled for job in self.server.jobs.values())

    def wait_until_bought(self, asked: Asked, beyond: float = 0) -> None:
        wait_for(
            lambda: self.server.purchases and (asked.is_beyond(beyond) if beyond else asked.is_made)
        )

    @pytest.mark.parametrize("moment", ["waiting", "downloading"])
    def test_closed_at_any_moment_it_is_finished_by_the_next_start_with_one_purchase(
        self,
        open_studio: Callable[[], Studio],
        request_small: RenderRequest,
        ask: Callable[..., Asked],
        moment: str,
    ) -> None:
        self.habits.polls_until_done = 3 if moment == "downloading" else 10_000
        self.habits.drip_s = 0.4 if moment == "downloading" else 0.0
        first = open_studio()
        asked = ask(first, request_small)
        with asked.running():
            self.wait_until_bought(asked, beyond=0.8735 if moment == "downloading" else 0)
            first.close()
        record = first.queue.job(asked.job_id)
        assert (record.state, bool(record.ticket)) == (JobState.INTERRUPTED, True)
        assert not self.is_aborted()
        self.let_it_be_quick()

        second = open_studio()
        again = Asked(second, second.resume(asked.job_id), asked.out)
        assert again.run().event == "succeeded", again.ended
        assert self.server.purchases == 1
        assert self.spent(second) > 0

    def test_closed_before_the_answer_it_ends_soon_and_an_answer_that_comes_late_is_kept(
        self,
        open_studio: Callable[[], Studio],
        request_small: RenderRequest,
        ask: Callable[..., Asked],
    ) -> None:
        self.habits.stalls_answers = True
        first = open_studio()
        asked = ask(first, request_small)
        with asked.running() as thread:
            wait_for(lambda: self.server.purchases)
            began = time.monotonic()
            first.close()
            thread.join(timeout=30)
        assert time.monotonic() - began < LEAVES_WITHIN_S
        record = first.queue.job(asked.job_id)
        assert (record.state, bool(record.ticket)) == (JobState.INTERRUPTED, True)
        assert not is_ordered(record.ticket or "")
        self.habits.stalls_answers = False
        wait_for(lambda: is_ordered(first.queue.job(asked.job_id).ticket or ""))

        second = open_studio()
        again = Asked(second, second.resume(asked.job_id), asked.out)
        assert again.run().event == "succeeded", again.ended
        assert self.server.purchases == 1

    def test_cancelled_before_the_answer_it_is_known_whether_it_was_bought(
        self, studio: Studio, order: Asked
    ) -> None:
        self.habits.stalls_answers = True
        with order.running() as thread:
            wait_for(lambda: self.server.purchases)
            studio.queue.cancel(order.job_id)
            thread.join(timeout=1)
            assert thread.is_alive(), "longer than a program that closes would wait"
            self.habits.stalls_answers = False
        assert order.ended is not None
        assert order.ended.event == "cancelled"
        assert "charge" in order.notes
        assert "could not be told" not in order.notes

    @pytest.mark.parametrize("moment", ["accepted", "waiting", "downloading"])
    def test_killed_at_any_moment_it_is_finished_by_the_next_start_with_one_purchase(
        self,
        open_studio: Callable[[], Studio],
        request_small: RenderRequest,
        start_child: Callable[[RenderRequest], Child],
        moment: str,
    ) -> None:
        self.habits.polls_until_done = 3 if moment == "downloading" else 10_000
        self.habits.drip_s = 0.4 if moment == "downloading" else 0.0
        # Accepted, and nothing was ever heard of how far it is.
        self.habits.stalls_questions = moment == "accepted"
        child = start_child(request_small)
        if moment == "downloading":
            child.read_past(0.8735)
        else:
            least = 1 if moment == "accepted" else 2
            wait_for(lambda: len(self.server.questions) >= least)
        child.kill()
        self.habits.stalls_questions = False
        self.let_it_be_quick()

        studio = open_studio()
        (left,) = studio.queue.resumable()
        assert (left.id, bool(left.ticket)) == (child.job_id, True)
        before = self.spent(studio)
        assert before > 0
        asked = Asked(studio, studio.resume(left.id), child.out)
        assert asked.run().event == "succeeded", asked.ended
        assert self.server.purchases == 1
        record = read_settings_of(child.out)
        assert record is not None
        assert self.spent(studio) == record.cost_usd
        assert list(studio.paths.work_dir.iterdir()) == []

    def test_the_network_switched_off_while_it_waits_costs_no_second_purchase(
        self, studio: Studio, request_slow: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = ask(studio, request_slow)
        with asked.running():
            self.wait_until_bought(asked)
            studio.registry.network.is_off = True
        assert asked.error.startswith("NotConfigured: The network is switched off")
        asked_before = len(self.server.questions)
        record = studio.queue.job(asked.job_id)
        assert record.ticket
        assert self.spent(studio) > 0

        again = Asked(studio, studio.resume(asked.job_id), asked.out)
        assert again.run().event == "failed"
        assert len(self.server.questions) == asked_before
        studio.registry.network.is_off = False
        self.let_it_be_quick()
        third = Asked(studio, studio.resume(asked.job_id), asked.out)
        assert third.run().event == "succeeded", third.ended
        assert self.server.purchases == 1

    def test_cancelling_without_the_network_says_that_it_may_go_on(
        self, studio: Studio, request_slow: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = ask(studio, request_slow)
        with asked.running():
            self.wait_until_bought(asked)
            studio.registry.network.is_off = True
        record = studio.queue.cancel(studio.resume(asked.job_id))
        assert any("may go on and be charged" in note for note in record.notes)
        assert self.spent(studio) > 0
        assert not self.is_aborted()

    @pytest.mark.parametrize(
        ("habit", "value", "said"),
        [
            ("extra_frames", 1, "frames instead of"),
            ("extra_frames", 24, "frames instead of"),
            ("size", (128, 96), "128x96 instead of"),
        ],
    )
    def test_another_clip_than_planned_is_kept_and_noted(
        self, studio: Studio, order: Asked, habit: str, value: object, said: str
    ) -> None:
        setattr(self.habits, habit, value)
        assert order.run().event == "succeeded", order.ended
        assert said in order.notes
        facts, record = probe_clip(order.out), read_settings_of(order.out)
        assert record is not None
        assert (record.width, record.height) == (facts.width, facts.height)
        assert record.num_frames == facts.num_frames
        assert any(said in note for note in record.notes)
        assert self.spent(studio) > 0

    def test_a_result_that_is_gone_stays_paid(self, studio: Studio, order: Asked) -> None:
        self.habits.is_gone = True
        assert order.run().event == "failed"
        assert order.error.startswith("ResultLost")
        assert self.spent(studio) > 0

    def test_a_lost_order_that_is_found_in_the_account_is_fetched(
        self, studio: Studio, order: Asked
    ) -> None:
        self.habits.drops_answers = 1
        order.run()
        again = Asked(studio, studio.attach(order.job_id, self.server.last.id), order.out)
        assert again.run().event == "succeeded", again.ended
        assert self.server.purchases == 1

    def test_what_the_service_asks_to_wait_is_waited(self, studio: Studio, order: Asked) -> None:
        self.habits.limits = 2
        self.habits.limit_s = 0.6
        assert order.run().event == "succeeded", order.ended
        first, second, third = self.server.questions[:3]
        assert second - first >= 0.6
        assert third - second >= 0.6
        assert self.server.purchases == 1

    def test_an_outage_while_it_waits_costs_nothing(self, studio: Studio, order: Asked) -> None:
        self.habits.outages = 3
        assert order.run().event == "succeeded", order.ended
        assert self.server.purchases == 1

    def test_a_download_that_breaks_off_goes_on(self, studio: Studio, order: Asked) -> None:
        self.habits.truncates = 2
        assert order.run().event == "succeeded", order.ended
        self.check_made(order.out)
