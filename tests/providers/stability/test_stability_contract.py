"""The contracts of those who sell images, held by Stability over its own wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from typing_extensions import override

from core.video.record import read_settings_of
from core.video.request import Editing, Input, RenderRequest, Sampling
from core.video.terms import OutputKind, Role, Target, Task
from providers.stability.info import STABILITY
from tests.fakes.services.stability_server import KEY, StabilityServer, stability_entry
from tests.providers.image_contract import ImageContract
from tests.providers.paid_contract import PaidContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.studio import Studio
    from core.video.provider import ProviderEntry
    from tests.providers.contract import Asked
    from tests.providers.order_contract import Child

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


class TestOrders(_OverTheWire, PaidContract[StabilityServer]):
    """A tool that answers with an id."""

    suffix = ".png"

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

    @override
    def check_made(self, path: Path) -> None:
        with Image.open(path) as image:
            image.load()

    def test_cancelling_says_that_it_is_made_and_charged_all_the_same(
        self, studio: Studio, request_slow: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = ask(studio, request_slow)
        with asked.running():
            self.wait_until_bought(asked)
            studio.queue.cancel(asked.job_id)
        assert "charges for the render all the same" in asked.notes
        assert self.spent(studio) > 0

    @pytest.mark.parametrize("moment", ["waiting"])
    @override
    def test_closed_at_any_moment_it_is_finished_by_the_next_start_with_one_purchase(
        self,
        open_studio: Callable[[], Studio],
        request_small: RenderRequest,
        ask: Callable[..., Asked],
        moment: str,
    ) -> None:
        """The answer to the last question is the image, so there is no download after it."""
        super().test_closed_at_any_moment_it_is_finished_by_the_next_start_with_one_purchase(
            open_studio, request_small, ask, moment
        )

    @pytest.mark.parametrize("moment", ["accepted", "waiting"])
    @override
    def test_killed_at_any_moment_it_is_finished_by_the_next_start_with_one_purchase(
        self,
        open_studio: Callable[[], Studio],
        request_small: RenderRequest,
        start_child: Callable[[RenderRequest], Child],
        moment: str,
    ) -> None:
        """As above."""
        super().test_killed_at_any_moment_it_is_finished_by_the_next_start_with_one_purchase(
            open_studio, request_small, start_child, moment
        )

    @pytest.mark.parametrize(("habit", "value", "said"), [("size", (128, 96), "128x96 instead of")])
    @override
    def test_another_clip_than_planned_is_kept_and_noted(
        self, studio: Studio, order: Asked, habit: str, value: object, said: str
    ) -> None:
        setattr(self.habits, habit, value)
        assert order.run().event == "succeeded", order.ended
        assert said in order.notes
        record = read_settings_of(order.out)
        assert record is not None
        assert (record.width, record.height) == value

    @override
    def test_a_download_that_breaks_off_goes_on(self, studio: Studio, order: Asked) -> None:
        self.habits.truncates = 2
        assert order.run().event == "succeeded", order.ended
        self.check_made(order.out)
        assert self.server.purchases == 1
        assert len(self.server.questions) >= 3, "what broke off was asked for again"
