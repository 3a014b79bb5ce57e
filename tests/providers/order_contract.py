"""What holds besides for whoever takes money, also where an order is answered with its result."""

from __future__ import annotations

import subprocess
import sys
import threading
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pytest

from core.errors import NotConfigured, SpendingCapReached
from core.jobs.job import EVENT_JSON, Failed, Progressed
from core.video.provider import NotReady
from core.video.record import read_settings_of
from tests.providers.contract import Asked, ProviderContract, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.jobs.job import JobUpdate
    from core.studio import Studio
    from core.video.request import RenderRequest
    from tests.fakes.services.stub_service import Habits, StubService

ROOT = Path(__file__).resolve().parents[2]


S = TypeVar("S", bound="StubService[Any, Any]")


@dataclass
class Child:
    """The program in a process of its own, which renders one clip into `out`."""

    process: subprocess.Popen[str]
    out: Path
    job_id: str = ""

    def __post_init__(self) -> None:
        assert self.process.stdout is not None
        self._lines = self.process.stdout
        self.job_id = self._lines.readline().strip()
        assert self.job_id

    def read_past(self, fraction: float) -> None:
        """Wait until so much is done."""
        for line in self._lines:
            event = EVENT_JSON.validate_json(line)
            if isinstance(event, Progressed) and (event.fraction or 0) > fraction:
                return
        raise AssertionError("it ended before")

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait(timeout=30)
        self._lines.close()


class OrderContract(ProviderContract, Generic[S]):
    """The service is a stub that keeps books and misbehaves on request: `server`."""

    server: S

    @property
    def habits(self) -> Habits:
        """How the service behaves from now on."""
        return self.server.habits

    key = ""
    lost_kind = "SubmitUnknown"
    ways_out: tuple[str, ...] = ("jobs attach", "jobs buy-again")

    @pytest.fixture
    def order(
        self, studio: Studio, request_small: RenderRequest, ask: Callable[..., Asked]
    ) -> Asked:
        return ask(studio, request_small)

    @pytest.fixture
    def start_child(self, home: Path, tmp_path: Path) -> Iterator[Callable[[RenderRequest], Child]]:
        """Lets a process of its own render."""
        children: list[Child] = []

        def start(request: RenderRequest) -> Child:
            out = tmp_path / "out" / f"clip{self.suffix}"
            out.parent.mkdir(exist_ok=True)
            words = (*self.entry_source(), str(home), str(out), request.model_dump_json())
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.providers.contract_worker", *words],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
            children.append(Child(process, out))
            return children[-1]

        yield start
        for child in children:
            child.kill()

    @abstractmethod
    def entry_source(self) -> tuple[str, str]:
        """How another process gets the entry: "module:function", and the function's argument."""

    def spent(self, studio: Studio) -> float:
        return studio.ledger.spent_usd()

    def test_a_render_is_one_purchase_and_one_line_in_the_ledger(
        self, studio: Studio, order: Asked
    ) -> None:
        assert order.run().event == "succeeded", order.ended
        assert self.server.purchases == 1
        record = read_settings_of(order.out)
        assert record is not None
        assert record.cost_usd == self.spent(studio)
        assert record.facts["remote_id"]

    def test_killed_before_the_answer_it_is_told_and_never_ordered_again_by_itself(
        self,
        open_studio: Callable[[], Studio],
        request_small: RenderRequest,
        start_child: Callable[[RenderRequest], Child],
    ) -> None:
        child = self.killed_before_the_answer(open_studio(), request_small, start_child)
        studio = open_studio()
        for _ in range(2):
            asked = Asked(studio, studio.resume(child.job_id), child.out)
            assert asked.run().event == "failed"
            assert asked.error.startswith(self.lost_kind)
            assert isinstance(asked.ended, Failed)
            for way in self.ways_out:
                assert way in asked.ended.error.hint
        assert self.server.purchases == 0
        assert self.spent(studio) > 0, "it may have been bought"

    def killed_before_the_answer(
        self,
        studio: Studio,
        request: RenderRequest,
        start_child: Callable[[RenderRequest], Child],
    ) -> Child:
        self.habits.stalls_orders = True
        child = start_child(request)
        wait_for(lambda: studio.queue.job(child.job_id).ticket)
        child.kill()
        self.habits.stalls_orders = False
        return child

    @pytest.mark.parametrize("moment", ["queued", "sending"])
    def test_without_the_network_nothing_is_ordered(
        self, studio: Studio, order: Asked, moment: str
    ) -> None:
        def switch_off(update: JobUpdate) -> None:
            if moment == "queued" or isinstance(update.event, Progressed):
                studio.registry.network.is_off = True

        studio.queue.subscribe(switch_off)
        assert order.run().event == "failed"
        assert order.error.startswith("NotConfigured: The network is switched off")
        assert self.server.purchases == 0
        assert self.spent(studio) == 0

    def test_what_cannot_be_read_is_kept_all_the_same(self, studio: Studio, order: Asked) -> None:
        self.habits.garbles = True
        assert order.run().event == "failed"
        assert "is kept as" in order.error
        (kept,) = order.out.parent.glob("*-unreadable*")
        assert kept.read_bytes().startswith(b"this is no")
        assert self.spent(studio) > 0

    def test_four_at_once_keep_their_own_price_seed_and_record(
        self, studio: Studio, request_small: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = []
        takes_seed = studio.registry.spec(request_small.target).takes_seed
        seeds = [100, 101, 102, 103] if takes_seed else [None] * 4
        for number, seed in enumerate(seeds):
            sampling = request_small.sampling.model_copy(update={"seed": seed})
            changes = {"sampling": sampling, "prompt": f"ball number {number}"}
            request = request_small.model_copy(update=changes)
            asked.append(ask(studio, request, f"clip-{number}"))
        threads = [threading.Thread(target=one.run) for one in asked]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert self.server.purchases == 4
        records = [read_settings_of(one.out) for one in asked]
        assert not takes_seed or [record.seed for record in records if record] == seeds
        told = [record.prompt for record in records if record]
        assert told == [f"ball number {number}" for number in range(4)]
        assert len({record.facts["remote_id"] for record in records if record}) == 4
        costs = [record.cost_usd or 0 for record in records if record]
        assert self.spent(studio) == pytest.approx(sum(costs))

    def test_a_lost_answer_is_told_with_both_ways_out(self, studio: Studio, order: Asked) -> None:
        self.habits.drops_answers = 1
        assert order.run().event == "failed"
        assert order.error.startswith(self.lost_kind)
        for way in self.ways_out:
            assert way in order.error
        assert self.server.purchases == 1, "the order is never sent twice"
        assert self.spent(studio) > 0, "it may have been bought"

        again = Asked(studio, studio.resume(order.job_id), order.out)
        assert again.run().event == "failed"
        assert again.error.startswith(self.lost_kind)
        assert self.server.purchases == 1

    def test_a_lost_order_that_never_arrived_can_be_bought_again(
        self, studio: Studio, order: Asked
    ) -> None:
        self.habits.drops_answers = 1
        order.run()
        before = self.spent(studio)
        again = Asked(studio, studio.buy_again(order.job_id), order.out)
        assert again.job_id != order.job_id
        assert again.run().event == "succeeded", again.ended
        assert self.spent(studio) > before, "both count until one is known not to exist"

    def test_buying_again_holds_the_cap(self, studio: Studio, order: Asked) -> None:
        self.habits.drops_answers = 1
        order.run()
        price = self.spent(studio)
        for cap_usd in (price * 1.5, price * 2):
            cloud = studio.settings.cloud.model_copy(update={"spending_cap_usd": cap_usd})
            studio.apply_settings(studio.settings.model_copy(update={"cloud": cloud}))
            if cap_usd < price * 2:
                with pytest.raises(SpendingCapReached):
                    studio.buy_again(order.job_id)
                assert len(studio.queue.jobs()) == 1
                assert self.spent(studio) == price
        again = Asked(studio, studio.buy_again(order.job_id), order.out)
        assert again.run().event == "succeeded", again.ended
        assert self.server.purchases == 2

    @pytest.mark.parametrize("status", [307, 500, 502, 504])
    def test_an_order_that_a_gateway_lost_is_never_sent_again_by_itself(
        self, studio: Studio, order: Asked, status: int
    ) -> None:
        self.habits.refuses = status
        assert order.run().event == "failed"
        assert order.error.startswith(self.lost_kind)
        assert self.server.purchases == 0

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (401, "AuthFailed"),
            (402, "QuotaExceeded"),
            (422, "RenderFailed"),
            (429, "RateLimited"),
            (451, "ContentRefused"),
            (503, "ProviderUnavailable"),
        ],
    )
    def test_a_refused_order_costs_nothing_and_says_what_to_do(
        self, studio: Studio, order: Asked, status: int, kind: str
    ) -> None:
        self.habits.refuses = status
        self.habits.refusal = "we do not like it"
        assert order.run().event == "failed"
        assert order.error.startswith(kind)
        assert "we do not like it" in order.error
        assert isinstance(order.ended, Failed)
        assert order.ended.error.hint
        assert self.key not in order.error
        assert self.spent(studio) == 0

    def test_without_its_key_nothing_is_ordered(
        self, studio: Studio, request_small: RenderRequest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(self.key_variable)
        planned = studio.plan(request_small)
        assert isinstance(planned.readiness, NotReady)
        assert "keys set" in planned.readiness.fix
        with pytest.raises(NotConfigured):
            studio.submit_render(planned)

    key_variable = ""

    def test_the_key_is_written_nowhere(
        self, studio: Studio, order: Asked, home: Path, tmp_path: Path
    ) -> None:
        order.run()
        again = Asked(studio, studio.buy_again(order.job_id), order.out)
        self.habits.refuses = 422
        again.run()
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert any(home in path.parents for path in files)
        assert [path.name for path in files if self.key.encode() in path.read_bytes()] == []

    def test_inputs_arrive_there_as_they_were_when_the_job_was_queued(
        self,
        studio: Studio,
        request_small: RenderRequest,
        ask: Callable[..., Asked],
        images: tuple[Path, ...],
    ) -> None:
        before = [path.read_bytes() for path in images]
        asked = ask(studio, request_small.with_inputs(self.inputs(images)))
        for path in images:
            path.write_bytes(b"another")
        assert asked.run().event == "succeeded", asked.ended
        assert list(self.server.uploads.values()) == before
