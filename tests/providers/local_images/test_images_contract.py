"""The contract, held by images of this machine with a tiny model; and what a mask leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from typing_extensions import override

from core.video.provider import ProviderEntry
from core.video.record import read_image_record
from core.video.request import FrameRequest, Sampling
from providers.local_images.models.info import INFO
from providers.local_images.provider import LocalImages
from tests.providers.contract import Asked, ProviderContract
from tests.providers.local_images.tiny_rows import (
    ROWS,
    TINY_KLEIN,
    TINY_QWEN_EDIT,
    TINY_SDXL,
    TINY_Z,
    mask,
    start,
    tiny_request,
)
from tests.providers.tiny_home import context_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.studio import Studio
    from core.video.request import RenderRequest
    from providers.local_images.models.catalog import LocalImageModel


class WarmImages(LocalImages):
    """Keeps its engine, whose start costs seconds, when one of its studios closes."""

    @override
    def close(self) -> None:
        """Stay warm for the next test."""

    def end(self) -> None:
        """End the engine."""
        super().close()


class TestLocalImages(ProviderContract):
    # The engine is asked, and ended where it does not listen.
    stops_within_s = 2.0
    suffix = ".png"

    @pytest.fixture(scope="class")
    def warm(self, models_home: Path) -> Iterator[WarmImages]:
        warm = WarmImages(context_of(models_home), ROWS)
        yield warm
        warm.end()

    @pytest.fixture
    def entry(self, warm: WarmImages) -> ProviderEntry:
        return ProviderEntry(INFO, lambda _: warm)

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        return tiny_request(TINY_Z)

    @pytest.fixture
    def request_slow(self, request_small: RenderRequest) -> RenderRequest:
        return request_small.model_copy(
            update={
                "frame": FrameRequest(resolution="512x512"),
                "sampling": Sampling(seed=5, num_inference_steps=100),
            }
        )

    def let_it_be_quick(self) -> None:
        """It takes what it takes: a few seconds."""

    @override
    def check_made(self, path: Path) -> None:
        with Image.open(path) as image:
            image.load()

    @pytest.mark.parametrize(
        "model", [TINY_Z, TINY_KLEIN, TINY_SDXL, TINY_QWEN_EDIT], ids=lambda m: m.id
    )
    def test_outside_of_a_mask_every_pixel_is_the_originals(
        self,
        studio: Studio,
        ask: Callable[..., Asked],
        made: Path,
        tmp_path: Path,
        model: LocalImageModel,
    ) -> None:
        # Of a size that no model makes: it is worked on at another, and keeps its own.
        photo, where = tmp_path / "photo.png", tmp_path / "where.png"
        noise = np.random.default_rng(1).integers(0, 255, (66, 99, 3), dtype=np.uint8)
        Image.fromarray(noise).save(photo)
        area = np.zeros((66, 99), dtype=np.uint8)
        area[20:50, 30:80] = 255
        Image.fromarray(area).save(where)
        asked = ask(studio, tiny_request(model, start(photo), mask(where), size=None))
        assert asked.run().event == "succeeded", asked.ended
        edited = np.asarray(Image.open(asked.out).convert("RGB"))
        assert np.array_equal(edited[area == 0], noise[area == 0])
        assert not np.array_equal(edited[area == 255], noise[area == 255])
        record = read_image_record(asked.out)
        assert record is not None
        assert (record.width, record.height) == (99, 66)
        assert record.feather_px
        says = any("does not see the mask" in note for note in record.notes)
        assert says is (model is TINY_QWEN_EDIT)
