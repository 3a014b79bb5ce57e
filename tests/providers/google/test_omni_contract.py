"""The contract with money, held by Gemini Omni over the wire of the Gemini API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.request import FrameRequest, RenderRequest, Sampling
from core.video.terms import Role, Target
from providers.google.info import OMNI
from tests.fakes.services.omni_server import KEY, OmniServer, omni_entry
from tests.providers.paid_contract import PaidContract

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.studio import Studio
    from core.video.provider import ProviderEntry
    from tests.providers.contract import Asked

TARGET = Target(provider=OMNI.id, deployment=OMNI.deployment, model="gemini-omni-1.2-flash")


class TestOmni(PaidContract[OmniServer]):
    """With its smallest clip."""

    key = KEY
    key_variable = "GEMINI_API_KEY"
    roles = (Role.START, Role.END)

    @pytest.fixture(autouse=True)
    def keep(self, omni: OmniServer) -> None:
        self.server = omni

    @pytest.fixture
    def entry(self, omni: OmniServer) -> ProviderEntry:
        return omni_entry()

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        frame = FrameRequest(duration_s=3, resolution="360p")
        sampling = Sampling(seed=41)
        return RenderRequest(target=TARGET, prompt="a red ball", frame=frame, sampling=sampling)

    def entry_source(self) -> tuple[str, str]:
        return "tests.fakes.services.omni_server:omni_entry", ""

    @pytest.mark.parametrize(
        ("end", "said"),
        [
            ("cancelled", "does not say whether it charges"),
            ("completed", "charges for the render all the same"),
        ],
    )
    def test_cancelling_ends_it_there_and_says_what_google_says_of_the_price(
        self,
        studio: Studio,
        request_slow: RenderRequest,
        ask: Callable[..., Asked],
        end: str,
        said: str,
    ) -> None:
        self.server.habits.cancel_end = end
        asked = ask(studio, request_slow)
        with asked.running():
            self.wait_until_bought(asked)
            studio.queue.cancel(asked.job_id)
        assert self.is_aborted()
        assert said in asked.notes
        assert self.spent(studio) > 0

    def test_a_render_that_fails_there_stays_in_the_ledger(
        self, studio: Studio, order: Asked
    ) -> None:
        self.habits.fails = True
        assert order.run().event == "failed"
        assert self.key not in order.error
        # Google does not say what a failed render costs.
        assert self.spent(studio) > 0
