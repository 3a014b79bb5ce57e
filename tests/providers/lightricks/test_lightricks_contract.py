"""The contract with money, held by LTX at its makers over the wire of the LTX API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.request import FrameRequest, RenderRequest
from core.video.terms import Role, Target
from providers.ltx_video.lightricks.info import INFO
from tests.fakes.services.lightricks_server import KEY, LightricksServer, lightricks_entry
from tests.providers.paid_contract import PaidContract

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.studio import Studio
    from core.video.provider import ProviderEntry
    from tests.providers.contract import Asked

TARGET = Target(provider=INFO.id, deployment=INFO.deployment, model="ltx-2.3-fast")


class TestLightricks(PaidContract[LightricksServer]):
    """With the model whose smallest clip is the smallest."""

    key = KEY
    key_variable = "LTX_API_KEY"
    roles = (Role.START, Role.END)

    @pytest.fixture(autouse=True)
    def keep(self, service: LightricksServer) -> None:
        self.server = service

    @pytest.fixture
    def entry(self, service: LightricksServer) -> ProviderEntry:
        return lightricks_entry()

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        frame = FrameRequest(duration_s=2, resolution="720p", fps=24)
        return RenderRequest(target=TARGET, prompt="a red ball", frame=frame)

    def entry_source(self) -> tuple[str, str]:
        return "tests.fakes.services.lightricks_server:lightricks_entry", ""

    def test_cancelling_says_that_it_is_made_and_charged_all_the_same(
        self, studio: Studio, request_slow: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = ask(studio, request_slow)
        with asked.running():
            self.wait_until_bought(asked)
            studio.queue.cancel(asked.job_id)
        assert "charges for the render all the same" in asked.notes
        assert self.spent(studio) > 0

    def test_a_render_that_fails_there_stays_in_the_ledger(
        self, studio: Studio, order: Asked
    ) -> None:
        self.habits.fails = True
        assert order.run().event == "failed"
        assert self.key not in order.error
        # The service does not say what a failed render costs.
        assert self.spent(studio) > 0
