"""The contract of images that are sold, held by OpenAI over its own wire."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.video.record import read_settings_of
from core.video.request import Delivery, Input, RenderRequest
from core.video.terms import OutputKind, Role, Target
from providers.openai.info import BACKGROUND, OPENAI
from tests.fakes.inputs import painted_mask
from tests.fakes.services.openai_server import (
    KEY,
    OpenAIServer,
    openai_background_entry,
    openai_entry,
)
from tests.providers.image_contract import ImageContract
from tests.providers.image_order_contract import ImageOrderContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.studio import Studio
    from core.video.provider import ProviderEntry
    from tests.providers.contract import Asked

TARGET = Target(provider=OPENAI.id, deployment=OPENAI.deployment, model="gpt-image-2.6-flare")


class TestOpenAI(ImageContract):
    key = KEY
    key_variable = "OPENAI_API_KEY"
    roles = (Role.START, Role.REFERENCE)

    @pytest.fixture(autouse=True)
    def keep(self, openai: OpenAIServer) -> None:
        self.server = openai

    @pytest.fixture
    def entry(self, openai: OpenAIServer) -> ProviderEntry:
        return openai_entry()

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        return RenderRequest(
            target=TARGET, prompt="a red ball", output=OutputKind.IMAGE, quality="low"
        )

    def entry_source(self) -> tuple[str, str]:
        return "tests.fakes.services.openai_server:openai_entry", ""


class TestOpenAIWithPreviews(TestOpenAI):
    """The answer comes as a stream, and is worth the same."""

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        return RenderRequest(
            target=TARGET,
            prompt="a red ball",
            output=OutputKind.IMAGE,
            quality="low",
            delivery=Delivery(preview=True),
        )


class TestOpenAIInTheBackground(ImageOrderContract[OpenAIServer]):
    """An order has an id, and OpenAI keeps what came of it."""

    key = KEY
    key_variable = "OPENAI_API_KEY"
    roles = (Role.START, Role.REFERENCE)

    @pytest.fixture(autouse=True)
    def keep(self, openai: OpenAIServer) -> None:
        self.server = openai

    @pytest.fixture
    def entry(self, openai: OpenAIServer) -> ProviderEntry:
        return openai_background_entry()

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        target = TARGET.model_copy(update={"deployment": BACKGROUND.deployment})
        return RenderRequest(
            target=target, prompt="a red ball", output=OutputKind.IMAGE, quality="low"
        )

    def entry_source(self) -> tuple[str, str]:
        return "tests.fakes.services.openai_server:openai_background_entry", ""

    def test_cancelling_ends_it_there_and_says_that_openai_says_nothing_of_the_price(
        self, studio: Studio, request_slow: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = ask(studio, request_slow)
        with asked.running():
            self.wait_until_bought(asked)
            studio.queue.cancel(asked.job_id)
        assert self.is_aborted()
        assert "does not say whether it charges" in asked.notes
        assert self.spent(studio) > 0

    def test_the_ledger_has_what_both_models_bill(self, studio: Studio, order: Asked) -> None:
        planned = self.spent(studio)
        assert order.run().event == "succeeded", order.ended
        assert self.spent(studio) == pytest.approx(self.server.last.usd)
        assert planned >= self.server.last.usd
        record = read_settings_of(order.out)
        assert record is not None
        assert record.facts["revised_prompt"] == "a red ball, round"
        assert self.server.last.body["by"] == "gpt-6-luna"
        assert any("gpt-6-luna passes the order on" in note for note in record.notes)

    @pytest.mark.parametrize(
        ("habit", "kind", "said"),
        [("fails", "RenderFailed", "no luck"), ("gives_nothing", "ContentRefused", "unsafe")],
    )
    def test_an_order_that_ends_without_an_image_is_told_with_its_price(
        self, studio: Studio, order: Asked, habit: str, kind: str, said: str
    ) -> None:
        setattr(self.habits, habit, True)
        assert order.run().event == "failed"
        assert order.error.startswith(kind)
        assert said in order.error
        assert self.spent(studio) == pytest.approx(self.server.last.usd)
        assert self.server.purchases == 1

    def test_an_image_is_edited_within_a_mask(
        self,
        studio: Studio,
        request_small: RenderRequest,
        ask: Callable[..., Asked],
        tmp_path: Path,
    ) -> None:
        photo = tmp_path / "photo.png"
        Image.new("RGB", (64, 64), "white").save(photo)
        mask = painted_mask(tmp_path / "mask.png", (64, 64), (10, 10, 40, 40))
        image, hole = Input(role=Role.START, path=photo), Input(role=Role.MASK, path=mask)
        asked = ask(studio, request_small.with_inputs((image, hole)))
        assert asked.run().event == "succeeded", asked.ended
        letters = self.server.last.body["input_image_mask"]["image_url"].partition(";base64,")[2]
        with Image.open(BytesIO(base64.b64decode(letters))) as sent:
            alpha = sent.getchannel("A")
            assert (alpha.getpixel((20, 20)), alpha.getpixel((2, 2))) == (0, 255)
        with Image.open(asked.out) as made:
            assert made.getpixel((2, 2)) == (255, 255, 255)

    def test_previews_are_not_to_be_had(self, studio: Studio, request_small: RenderRequest) -> None:
        asked = request_small.model_copy(update={"delivery": Delivery(preview=True)})
        with pytest.raises(UnsupportedRequest, match="sells no preview"):
            studio.plan(asked)
