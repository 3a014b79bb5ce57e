"""The contracts of those who sell images, held by Stability over its own wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.video.request import Editing, Input, RenderRequest, Sampling
from core.video.terms import OutputKind, Role, Target, Task
from providers.stability.info import STABILITY
from tests.fakes.services.stability_server import KEY, StabilityServer, stability_entry
from tests.providers.image_contract import ImageContract
from tests.providers.image_order_contract import ImageOrderContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.studio import Studio
    from core.video.provider import ProviderEntry
    from tests.providers.contract import Asked

PLACE = Target(provider=STABILITY.id, deployment=STABILITY.deployment)


class _OverTheWire:
    key = KEY
    key_variable = "STABILITY_API_KEY"
    roles = (Role.START,)

    @pytest.fixture(autouse=True)
    def keep(self, stability: StabilityServer) -> None:
        self.server = stability

    @pytest.fixture
    def entry(self, stability: StabilityServer) -> ProviderEntry:
        return stability_entry()

    def entry_source(self) -> tuple[str, str]:
        return "tests.fakes.services.stability_server:stability_entry", ""


class TestImages(_OverTheWire, ImageContract):
    """A model that answers with the image."""

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        target = PLACE.with_model("sd3.5-flash")
        return RenderRequest(
            target=target,
            prompt="a red ball",
            output=OutputKind.IMAGE,
            sampling=Sampling(seed=41),
        )


class TestOrders(_OverTheWire, ImageOrderContract[StabilityServer]):
    """A tool that answers with an id."""

    @pytest.fixture
    def request_small(self, tmp_path: Path) -> RenderRequest:
        path = tmp_path / "small.png"
        Image.new("RGB", (96, 64), "teal").save(path)
        return RenderRequest(
            target=PLACE.with_model("stable-upscale-creative"),
            prompt="a red ball",
            output=OutputKind.IMAGE,
            inputs=(Input(role=Role.START, path=path),),
            editing=Editing(tool=Task.UPSCALE),
            sampling=Sampling(seed=41),
        )

    def test_cancelling_says_that_it_is_made_and_charged_all_the_same(
        self, studio: Studio, request_slow: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = ask(studio, request_slow)
        with asked.running():
            self.wait_until_bought(asked)
            studio.queue.cancel(asked.job_id)
        assert "charges for the render all the same" in asked.notes
        assert self.spent(studio) > 0
