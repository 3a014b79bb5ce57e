"""The contract with money, held by images at Fal over Fal's own wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.request import RenderRequest, Sampling
from core.video.terms import OutputKind, Role, Target
from providers.fal.info import IMAGES
from tests.fakes.services.fal_server import KEY, FalServer, fal_image_entry
from tests.providers.paid_extras import SellsImages, TellsCharges

if TYPE_CHECKING:
    from core.video.provider import ProviderEntry

TARGET = Target(provider=IMAGES.id, deployment=IMAGES.deployment, model="flux-2-klein-4b")


class TestFalImages(SellsImages, TellsCharges):
    key = KEY
    key_variable = "FAL_KEY"
    roles = (Role.START, Role.REFERENCE)

    @pytest.fixture(autouse=True)
    def keep(self, fal: FalServer) -> None:
        self.server = fal

    @pytest.fixture
    def entry(self, fal: FalServer) -> ProviderEntry:
        return fal_image_entry()

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        return RenderRequest(
            target=TARGET,
            prompt="a red ball",
            output=OutputKind.IMAGE,
            sampling=Sampling(seed=5),
        )

    def entry_source(self) -> tuple[str, str]:
        return "tests.fakes.services.fal_server:fal_image_entry", ""
