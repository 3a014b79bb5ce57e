"""The contract with money, held by LTX at Fal over Fal's own wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.request import FrameRequest, RenderRequest, Sampling
from core.video.terms import Role, Target
from providers.ltx_video.fal.info import INFO
from tests.fakes.services.fal_server import KEY, FalServer, fal_entry
from tests.providers.paid_extras import EndsRenders, TakesLoras, TellsCharges

if TYPE_CHECKING:
    from core.video.provider import ProviderEntry

TARGET = Target(provider=INFO.id, deployment=INFO.deployment, model="ltx-2.3-22b")


class TestFal(EndsRenders, TellsCharges, TakesLoras):
    """With the model that has a seed and takes LoRAs."""

    key = KEY
    key_variable = "FAL_KEY"
    roles = (Role.START, Role.END)

    @pytest.fixture(autouse=True)
    def keep(self, fal: FalServer) -> None:
        self.server = fal

    @pytest.fixture
    def entry(self, fal: FalServer) -> ProviderEntry:
        return fal_entry()

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        return RenderRequest(
            target=TARGET,
            prompt="a red ball",
            frame=FrameRequest(duration_s=0.5, resolution="480p"),
            sampling=Sampling(seed=5),
        )

    def entry_source(self) -> tuple[str, str]:
        return "tests.fakes.services.fal_server:fal_entry", ""
