"""The contract with money, held by a behaving provider of a service on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.request import FrameRequest, Input, RenderRequest, Sampling
from core.video.terms import Role, Target
from tests.fakes.loras import smallest_lora
from tests.fakes.services.cloud_provider import CLOUD_KEY, INFO, MODEL, UNPRICED, cloud_entry
from tests.fakes.services.cloud_server import KEY, CloudServer, cloud_server
from tests.providers.contract import Asked
from tests.providers.paid_extras import EndsRenders, TakesLoras, TellsCharges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.studio import Studio
    from core.video.provider import ProviderEntry
    from tests.providers.paid_contract import Child

TARGET = Target(provider=INFO.id, deployment=INFO.deployment, model=MODEL.id)


class TestCloudProvider(EndsRenders, TellsCharges, TakesLoras):
    key = KEY
    key_variable = CLOUD_KEY.variables[0]
    roles = (Role.START, Role.END, Role.REFERENCE)

    @pytest.fixture(autouse=True)
    def cloud(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudServer]:
        monkeypatch.setenv(self.key_variable, KEY)
        with cloud_server(tmp_path / "service") as cloud:
            self.server = cloud
            yield cloud

    @pytest.fixture
    def entry(self, cloud: CloudServer) -> ProviderEntry:
        return cloud_entry(cloud.url)

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        return RenderRequest(
            target=TARGET,
            prompt="a red ball",
            frame=FrameRequest(duration_s=0.5),
            sampling=Sampling(seed=5),
        )

    @pytest.fixture
    def lora(self, tmp_path: Path) -> Path:
        return smallest_lora(tmp_path / "style.safetensors")

    def entry_source(self) -> tuple[str, str]:
        return "tests.fakes.services.cloud_provider:cloud_entry", self.server.url

    def test_a_lost_order_is_found_by_its_attempt_where_the_service_knows_it(
        self, cloud: CloudServer, studio: Studio, order: Asked
    ) -> None:
        cloud.habits.drops_answers = 1
        cloud.habits.knows_attempts = True
        order.run()
        again = Asked(studio, studio.resume(order.job_id), order.out)
        assert again.run().event == "succeeded", again.ended
        assert cloud.purchases == 1

    def test_a_lost_order_can_be_cancelled_where_the_service_knows_its_attempt(
        self, cloud: CloudServer, studio: Studio, order: Asked
    ) -> None:
        cloud.habits.drops_answers = 1
        cloud.habits.knows_attempts = True
        order.run()
        record = studio.queue.cancel(studio.resume(order.job_id))
        assert any("charges nothing" in note for note in record.notes)
        assert self.is_aborted()
        assert self.spent(studio) == 0

    def test_cancelling_a_lost_order_that_nobody_can_find_says_so(
        self, cloud: CloudServer, studio: Studio, order: Asked
    ) -> None:
        cloud.habits.drops_answers = 1
        order.run()
        record = studio.queue.cancel(studio.resume(order.job_id))
        assert any("may go on and be charged" in note for note in record.notes)
        assert self.spent(studio) > 0

    def test_an_order_that_never_arrived_is_sent_once_more_after_its_inputs_were_looked_at(
        self,
        cloud: CloudServer,
        open_studio: Callable[[], Studio],
        request_small: RenderRequest,
        start_child: Callable[[RenderRequest], Child],
        lora: Path,
    ) -> None:
        cloud.habits.knows_attempts = True
        request = request_small.with_inputs((Input(role=Role.LORA, path=lora),))
        child = self.killed_before_the_answer(open_studio(), request, start_child)
        content = lora.read_bytes()
        lora.write_bytes(b"another one")
        studio = open_studio()
        for said in ("never arrived", "was changed"):
            asked = Asked(studio, studio.resume(child.job_id), child.out)
            assert asked.run().event == "failed"
            assert said in asked.error
            assert self.spent(studio) == 0
        lora.write_bytes(content)
        asked = Asked(studio, studio.resume(child.job_id), child.out)
        assert asked.run().event == "succeeded", asked.ended
        assert cloud.purchases == 1
        assert self.spent(studio) > 0

    @pytest.mark.parametrize("is_gone", [False, True])
    def test_where_the_price_was_unknown_that_of_the_service_counts(
        self,
        cloud: CloudServer,
        studio: Studio,
        request_small: RenderRequest,
        ask: Callable[..., Asked],
        is_gone: bool,
    ) -> None:
        cloud.habits.is_gone = is_gone
        target = TARGET.with_model(UNPRICED.id)
        asked = ask(studio, request_small.model_copy(update={"target": target}))
        assert self.spent(studio) == 0
        assert asked.run().event == ("failed" if is_gone else "succeeded")
        (job,) = cloud.jobs.values()
        assert self.spent(studio) == pytest.approx(job.body["frames"] * 0.01)
