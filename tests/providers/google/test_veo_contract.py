"""The contract with money, held by Veo over the wire of Vertex AI."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.request import FrameRequest, RenderRequest, Sampling
from core.video.terms import Role, Target
from providers.google.info import VEO
from tests.fakes.services.veo_server import TOKEN, VeoServer, veo_entry
from tests.providers.paid_contract import PaidContract

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.studio import Studio
    from core.video.provider import ProviderEntry
    from tests.providers.contract import Asked

TARGET = Target(provider=VEO.id, deployment=VEO.deployment, model="veo-3.1-fast")


class TestVeo(PaidContract[VeoServer]):
    """With its smallest clip."""

    key = TOKEN
    key_variable = "CLOUDSDK_AUTH_ACCESS_TOKEN"
    roles = (Role.START, Role.END)

    @pytest.fixture(autouse=True)
    def keep(self, veo: VeoServer) -> None:
        self.server = veo

    @pytest.fixture
    def entry(self, veo: VeoServer) -> ProviderEntry:
        return veo_entry()

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        frame = FrameRequest(duration_s=4, resolution="720p")
        sampling = Sampling(seed=41)
        return RenderRequest(target=TARGET, prompt="a red ball", frame=frame, sampling=sampling)

    def entry_source(self) -> tuple[str, str]:
        return "tests.fakes.services.veo_server:veo_entry", ""

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
        # Google does not say what a failed render costs.
        assert self.spent(studio) > 0
