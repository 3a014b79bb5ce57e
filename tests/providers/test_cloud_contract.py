"""The contract with money, held by a behaving provider of a service on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.request import FrameRequest, RenderRequest, Role, Sampling, Target
from tests.fakes.cloud_provider import CLOUD_KEY, INFO, MODEL, cloud_entry
from tests.fakes.cloud_server import KEY, CloudServer, cloud_server
from tests.providers.contract import PaidContract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.video.provider import ProviderEntry

TARGET = Target(provider=INFO.id, deployment=INFO.deployment, model=MODEL.id)


class TestCloudProvider(PaidContract):
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
    def request_slow(self, request_small: RenderRequest) -> RenderRequest:
        self.server.habits.polls_until_done = 10_000
        return request_small

    def let_it_be_quick(self) -> None:
        self.server.habits.polls_until_done = 0
        self.server.habits.drip_s = 0.0

    def purchases(self) -> int:
        return self.server.purchases

    def set_habit(self, name: str, value: object) -> None:
        assert hasattr(self.server.habits, name)
        setattr(self.server.habits, name, value)

    def questions(self) -> list[float]:
        return self.server.questions

    def is_aborted(self) -> bool:
        return any(job.is_cancelled for job in self.server.jobs.values())

    def remote_id(self) -> str:
        return list(self.server.jobs)[-1]

    def test_inputs_arrive_there_as_they_were_when_the_job_was_queued(
        self, cloud: CloudServer, studio, request_small, ask, images
    ) -> None:
        from core.video.request import Input

        before = [path.read_bytes() for path in images]
        inputs = tuple(
            Input(role=role, path=path) for role, path in zip(self.roles, images, strict=True)
        )
        asked = ask(studio, request_small.with_inputs(inputs))
        for path in images:
            path.write_bytes(b"another")
        assert asked.run().event == "succeeded", asked.ended
        assert list(cloud.uploads.values()) == before

    def test_a_lost_order_is_found_by_its_attempt_where_the_service_knows_it(
        self, cloud: CloudServer, studio, order
    ) -> None:
        cloud.habits.drops_answers = 1
        cloud.habits.knows_attempts = True
        order.run()
        from tests.providers.contract import Asked

        again = Asked(studio, studio.resume(order.job_id), order.out)
        assert again.run().event == "succeeded", again.ended
        assert cloud.purchases == 1
