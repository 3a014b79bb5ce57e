"""The contract with money, held by LTX at Replicate over the wire of Replicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.request import FrameRequest, RenderRequest
from core.video.terms import Role, Target
from providers.ltx_video.replicate.info import INFO
from tests.fakes.services.replicate_server import KEY, ReplicateServer, replicate_entry
from tests.providers.paid_extras import EndsRenders

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.studio import Studio
    from core.video.provider import ProviderEntry
    from tests.providers.contract import Asked

TARGET = Target(provider=INFO.id, deployment=INFO.deployment, model="ltx-2.3-fast")


class TestReplicate(EndsRenders):
    """With the model whose smallest clip is the cheapest."""

    key = KEY
    key_variable = "REPLICATE_API_TOKEN"
    roles = (Role.START, Role.END)

    @pytest.fixture(autouse=True)
    def keep(self, service: ReplicateServer) -> None:
        self.server = service

    @pytest.fixture
    def entry(self, service: ReplicateServer) -> ProviderEntry:
        return replicate_entry()

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        frame = FrameRequest(duration_s=6, fps=24)
        return RenderRequest(target=TARGET, prompt="a red ball", frame=frame)

    def entry_source(self) -> tuple[str, str]:
        return "tests.fakes.services.replicate_server:replicate_entry", ""

    def test_a_render_that_fails_there_stays_in_the_ledger(
        self, studio: Studio, order: Asked
    ) -> None:
        self.habits.fails = True
        assert order.run().event == "failed"
        assert self.key not in order.error
        # Replicate does not say what a failed render of these models costs.
        assert self.spent(studio) > 0

    @pytest.mark.parametrize(
        ("late", "said"), [(True, "does not say whether it charges"), (False, "charges nothing")]
    )
    def test_what_a_cancel_costs_is_told_only_once_it_has_ended(
        self,
        studio: Studio,
        request_slow: RenderRequest,
        ask: Callable[..., Asked],
        late: bool,
        said: str,
    ) -> None:
        self.server.habits.ends_late = late
        asked = ask(studio, request_slow)
        with asked.running():
            self.wait_until_bought(asked)
            studio.queue.cancel(asked.job_id)
        assert said in asked.notes
        assert (self.spent(studio) > 0) is late
