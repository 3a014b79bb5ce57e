"""The contract with money, held by images at Replicate over the wire of Replicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.request import RenderRequest, Sampling
from core.video.terms import OutputKind, Target
from providers.replicate.images.models import Z_IMAGE
from providers.replicate.info import IMAGES
from tests.fakes.services.replicate_server import KEY, ReplicateServer, replicate_image_entry
from tests.providers.paid_extras import SellsImages

if TYPE_CHECKING:
    from core.video.provider import ProviderEntry

TARGET = Target(provider=IMAGES.id, deployment=IMAGES.deployment, model=Z_IMAGE)


class TestReplicateImages(SellsImages):
    """With the one whose price is known; it takes words alone."""

    key = KEY
    key_variable = "REPLICATE_API_TOKEN"
    roles = ()

    @pytest.fixture(autouse=True)
    def keep(self, service: ReplicateServer) -> None:
        self.server = service

    @pytest.fixture
    def entry(self, service: ReplicateServer) -> ProviderEntry:
        return replicate_image_entry()

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        return RenderRequest(
            target=TARGET,
            prompt="a red ball",
            output=OutputKind.IMAGE,
            sampling=Sampling(seed=5),
        )

    def entry_source(self) -> tuple[str, str]:
        return "tests.fakes.services.replicate_server:replicate_image_entry", ""
