"""What holds for whoever sells an image that is asked for by an id until it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from typing_extensions import override

from core.video.record import read_settings_of
from tests.providers.order_contract import S
from tests.providers.paid_contract import PaidContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.studio import Studio
    from core.video.request import RenderRequest
    from tests.providers.contract import Asked
    from tests.providers.order_contract import Child


class ImageOrderContract(PaidContract[S]):
    """The answer to the last question is the image, so there is no download after it."""

    suffix = ".png"

    @override
    def check_made(self, path: Path) -> None:
        with Image.open(path) as image:
            image.load()

    @pytest.mark.parametrize("moment", ["waiting"])
    @override
    def test_closed_at_any_moment_it_is_finished_by_the_next_start_with_one_purchase(
        self,
        open_studio: Callable[[], Studio],
        request_small: RenderRequest,
        ask: Callable[..., Asked],
        moment: str,
    ) -> None:
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
