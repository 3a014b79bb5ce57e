from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from core.errors import UnsupportedRequest
from core.media.masks import clear_where_edited, edited_share, laid_over, read_mask

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (200, 120)


def noise(size: tuple[int, int] = SIZE) -> Image.Image:
    pixels = np.random.default_rng(7).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(pixels)


def hole(*box: int, size: tuple[int, int] = SIZE) -> Image.Image:
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    return mask


@settings(max_examples=40, deadline=None)
@given(
    x=st.integers(0, SIZE[0] - 1),
    y=st.integers(0, SIZE[1] - 1),
    width=st.integers(0, 150),
    height=st.integers(0, 100),
)
def test_outside_of_any_mask_every_pixel_stays_and_inside_something_changes(
    x: int, y: int, width: int, height: int
) -> None:
    original, mask = noise(), hole(x, y, x + width, y + height)
    laid, _ = laid_over(original, Image.new("RGB", SIZE, "magenta"), mask)
    before, after, where = np.asarray(original), np.asarray(laid), np.asarray(mask) > 0
    assert np.array_equal(after[~where], before[~where])
    assert not np.array_equal(after[where], before[where])


def test_the_edge_is_soft_and_lies_inside() -> None:
    mask = hole(40, 20, 160, 100)
    laid, feather_px = laid_over(Image.new("RGB", SIZE), Image.new("RGB", SIZE, "white"), mask)
    row = np.asarray(laid)[60, :, 0].astype(int)
    assert feather_px > 0
    assert row[39] == 0
    assert row[100] == 255
    rise = row[40:60]
    assert np.all(np.diff(rise) >= 0)
    assert any(0 < value < 255 for value in rise)


def test_a_line_of_one_pixel_is_edited_in_full() -> None:
    laid, feather_px = laid_over(
        Image.new("RGB", SIZE), Image.new("RGB", SIZE, "white"), hole(50, 0, 50, 119)
    )
    assert feather_px == 0
    assert laid.getpixel((50, 60)) == (255, 255, 255)


def test_what_was_made_in_another_size_is_brought_to_that_of_the_original() -> None:
    laid, _ = laid_over(noise(), Image.new("RGB", (1000, 600), "white"), hole(20, 20, 180, 100))
    assert laid.size == SIZE
    assert laid.getpixel((100, 60)) == (255, 255, 255)


def test_a_mask_is_clear_where_it_is_edited_for_whoever_wants_it_so() -> None:
    with Image.open(BytesIO(clear_where_edited(hole(50, 50, 60, 60)))) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGBA", SIZE)
        alpha = image.getchannel("A")
        assert alpha.getpixel((55, 55)) == 0
        assert alpha.getpixel((5, 5)) == 255


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "P", "I;16"])
def test_a_mask_of_any_kind_is_read_alike(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "mask.png"
    if mode == "I;16":
        Image.fromarray(np.asarray(hole(50, 50, 60, 60)).astype(np.uint16) * 257).save(path)
    else:
        hole(50, 50, 60, 60).convert(mode).save(path)
    found = read_mask(path)
    assert (found.mode, found.getpixel((55, 55)), found.getpixel((5, 5))) == ("L", 255, 0)


def test_what_is_transparent_is_edited(tmp_path: Path) -> None:
    image = Image.new("RGBA", SIZE, (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (50, 50, 61, 61))
    image.save(tmp_path / "mask.png")
    found = read_mask(tmp_path / "mask.png")
    assert (found.getpixel((55, 55)), found.getpixel((5, 5))) == (255, 0)
    assert edited_share(found) == pytest.approx(121 / (SIZE[0] * SIZE[1]))


def test_what_is_no_image_is_refused_as_a_mask(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_text("no image")
    with pytest.raises(UnsupportedRequest, match=r"The mask .* is no picture"):
        read_mask(tmp_path / "mask.png")
