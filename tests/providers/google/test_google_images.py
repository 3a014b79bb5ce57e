"""The contract of images that are sold, held by Google, and what Google alone says."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.video.record import read_settings_of
from core.video.request import FrameRequest, Input, RenderRequest, Sampling
from core.video.terms import OutputKind, Role, Target
from providers.google.info import IMAGES
from tests.fakes.inputs import painted_mask
from tests.fakes.services.google_images_server import (
    google_images_entry,
    google_images_server,
)
from tests.fakes.services.omni_server import KEY
from tests.providers.image_contract import ImageContract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.studio import Studio
    from core.video.provider import ProviderEntry
    from tests.providers.contract import Asked

TARGET = Target(provider=IMAGES.id, deployment=IMAGES.deployment, model="gemini-nano-banana-2.1")


class TestGoogleImages(ImageContract):
    key = KEY
    key_variable = "GEMINI_API_KEY"
    roles = (Role.START, Role.REFERENCE)

    @pytest.fixture(autouse=True)
    def keep(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        with google_images_server(tmp_path / "service") as self.server:
            self.server.stand_in(monkeypatch)
            yield

    @pytest.fixture
    def entry(self, keep: None) -> ProviderEntry:
        return google_images_entry()

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        sampling = Sampling(seed=41)
        return RenderRequest(
            target=TARGET, prompt="a red ball", output=OutputKind.IMAGE, sampling=sampling
        )

    def entry_source(self) -> tuple[str, str]:
        return "tests.fakes.services.google_images_server:google_images_entry", ""

    @pytest.mark.parametrize("is_url_safe", [True, False])
    def test_the_last_image_is_the_result_and_no_draft_is(
        self, studio: Studio, order: Asked, is_url_safe: bool
    ) -> None:
        self.server.habits.is_url_safe = is_url_safe
        assert order.run().event == "succeeded", order.ended
        with Image.open(order.out) as image:
            assert image.getpixel((5, 5)) == (200, 30, 30)
        record = read_settings_of(order.out)
        assert record is not None
        assert record.facts["remote_id"] == "resp-order-1"

    @pytest.mark.parametrize("word", ["IMAGE_SAFETY", "PROHIBITED_CONTENT", "IMAGE_SOMETHING_NEW"])
    def test_what_was_made_and_not_given_is_told_as_refused_and_billed(
        self, studio: Studio, order: Asked, word: str
    ) -> None:
        self.server.habits.end = word
        assert order.run().event == "failed"
        assert order.error.startswith("ContentRefused")
        assert word in order.error
        assert "bills it all the same" in order.error
        assert self.spent(studio) == pytest.approx(self.server.billed_usd)

    def test_a_prompt_that_is_refused_says_nothing_of_its_price_and_counts(
        self, studio: Studio, order: Asked
    ) -> None:
        self.server.habits.block = "PROHIBITED_CONTENT"
        assert order.run().event == "failed"
        assert order.error.startswith("ContentRefused")
        assert "bills" not in order.error
        assert self.spent(studio) > 0

    def test_words_in_the_place_of_an_image_are_told(self, studio: Studio, order: Asked) -> None:
        self.server.habits.says = "I can describe a ball instead"
        assert order.run().event == "failed"
        assert "I can describe a ball instead" in order.error
        assert self.spent(studio) == pytest.approx(self.server.billed_usd)

    def test_what_is_ordered_is_what_was_planned(
        self, studio: Studio, request_small: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        frame = FrameRequest(resolution="4k", aspect="16:9")
        target = TARGET.with_model("gemini-3-pro-image")
        request = request_small.model_copy(update={"frame": frame, "target": target})
        asked = ask(studio, request)
        assert asked.run().event == "succeeded", asked.ended
        body = self.server.last.body
        assert body["model"] == "gemini-3-pro-image"
        assert body["generationConfig"] == {
            "responseModalities": ["IMAGE"],
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "4K"},
            "seed": 41,
        }

    def test_more_images_than_it_takes_are_refused_before_anything_is_sent(
        self, studio: Studio, request_small: RenderRequest, tmp_path: Path
    ) -> None:
        image = tmp_path / "one.png"
        Image.new("RGB", (64, 64), "white").save(image)
        references = tuple(Input(role=Role.REFERENCE, path=image) for _ in range(14))
        with pytest.raises(UnsupportedRequest) as caught:
            studio.plan(request_small.with_inputs(references))
        assert "takes at most 13 reference images, and 14 are given" in str(caught.value)
        mask = Input(
            role=Role.MASK, path=painted_mask(tmp_path / "mask.png", (64, 64), (10, 10, 40, 40))
        )
        edited = Input(role=Role.START, path=image)
        with pytest.raises(UnsupportedRequest, match="14 images at most, with a mask as one of"):
            studio.plan(request_small.with_inputs((edited, mask, *references[:13])))
        assert self.server.purchases == 0

    def test_within_a_mask_the_image_changes_and_outside_it_every_pixel_stays(
        self,
        studio: Studio,
        request_small: RenderRequest,
        ask: Callable[..., Asked],
        tmp_path: Path,
    ) -> None:
        noise = np.random.default_rng(3).integers(0, 256, (300, 300, 3), np.uint8)
        photo, look = tmp_path / "photo.png", tmp_path / "look.png"
        Image.fromarray(noise).save(photo)
        Image.new("RGB", (80, 60), "green").save(look)
        mask = painted_mask(tmp_path / "mask.png", (300, 300), (100, 100, 200, 200))
        request = request_small.with_inputs(
            (
                Input(role=Role.REFERENCE, path=look),
                Input(role=Role.MASK, path=mask),
                Input(role=Role.START, path=photo),
            )
        )
        plan = studio.plan(request).plan
        assert any("It takes that for a hint" in note for note in plan.notes)
        assert plan.cost_usd == pytest.approx(0.0336 + 3 * 0.0011), "a mask is billed as an image"

        asked = ask(studio, request)
        assert asked.run().event == "succeeded", asked.ended

        parts = self.server.last.body["contents"][0]["parts"]
        assert ["text" in part for part in parts] == [False, False, False, True]
        assert parts[-1]["text"].startswith("a red ball\n\nThe second image is a mask")
        sent = list(self.server.uploads.values())
        assert (sent[0], sent[2]) == (photo.read_bytes(), look.read_bytes())
        with Image.open(BytesIO(sent[1])) as image:
            assert (image.getpixel((150, 150)), image.getpixel((5, 5))) == (255, 0)
        after = np.asarray(Image.open(asked.out))
        where = np.asarray(Image.open(mask)) > 0
        assert np.array_equal(after[~where], noise[~where])
        assert tuple(after[150, 150]) == self.server.habits.colour
        record = read_settings_of(asked.out)
        assert record is not None
        assert record.feather_px
        assert any("Outside of the mask" in note for note in record.notes)
        assert record.request.prompt == "a red ball"

    def test_an_image_of_another_shape_than_the_model_makes_takes_no_mask(
        self, studio: Studio, request_small: RenderRequest, tmp_path: Path
    ) -> None:
        wide = tmp_path / "wide.png"
        Image.new("RGB", (500, 130), "white").save(wide)
        mask = painted_mask(tmp_path / "mask.png", (500, 130), (10, 10, 40, 40))
        image, hole = Input(role=Role.START, path=wide), Input(role=Role.MASK, path=mask)
        with pytest.raises(UnsupportedRequest, match="Cut it to a ratio"):
            studio.plan(request_small.with_inputs((image, hole)))
