from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from core.errors import OutputError, UnsupportedRequest
from core.media.masks import (
    clear_where_edited,
    edited_share,
    feathered,
    grown,
    laid_over,
    read_mask,
    shrunk,
    write_mask,
)

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


MASKS = st.builds(
    lambda boxes, blur_px: painted(boxes).filter(ImageFilter.GaussianBlur(blur_px)),
    st.lists(
        st.tuples(
            st.integers(0, SIZE[0] - 1),
            st.integers(0, SIZE[1] - 1),
            st.integers(0, 90),
            st.integers(0, 90),
            st.integers(1, 255),
        ),
        max_size=4,
    ),
    st.sampled_from([0, 0, 1, 5]),
)
"""Masks of hard and soft edges, of greys and of nothing."""


def painted(boxes: list[tuple[int, int, int, int, int]]) -> Image.Image:
    mask = Image.new("L", SIZE, 0)
    for x, y, width, height, grey in boxes:
        ImageDraw.Draw(mask).rectangle((x, y, x + width, y + height), fill=grey)
    return mask


@settings(max_examples=60, deadline=None)
@given(mask=MASKS, edge_px=st.integers(1, 40))
def test_a_feathered_mask_edits_nothing_beyond_and_keeps_what_lies_outside_to_the_bit(
    mask: Image.Image, edge_px: int
) -> None:
    soft, width = feathered(mask, edge_px)
    assert width <= edge_px
    assert np.all(np.asarray(soft) <= np.asarray(mask))
    original = noise()
    for one in (mask, soft):
        laid, _ = laid_over(original, Image.new("RGB", SIZE, "magenta"), one)
        outside = np.asarray(one) == 0
        assert np.array_equal(np.asarray(laid)[outside], np.asarray(original)[outside])


def test_an_edge_that_a_person_made_soft_is_laid_over_as_it_is() -> None:
    soft, width = feathered(hole(40, 20, 160, 100), 12)
    assert width == 12
    white, black = Image.new("RGB", SIZE, "white"), Image.new("RGB", SIZE)

    laid, feather_px = laid_over(black, white, soft)

    assert feather_px == 0
    assert np.array_equal(np.asarray(laid)[..., 0], np.asarray(soft))


def test_of_a_mask_with_both_kinds_of_edges_only_the_hard_ones_are_made_soft() -> None:
    size = (600, 300)
    soft, _ = feathered(hole(40, 40, 260, 260, size=size), 20)
    both = soft.copy()
    both.paste(255, (400, 40, 560, 260))
    laid, feather_px = laid_over(Image.new("RGB", size), Image.new("RGB", size, "white"), both)
    weights = np.asarray(laid)[..., 0]
    assert feather_px > 0
    assert np.array_equal(weights[:, :300], np.asarray(both)[:, :300])
    assert np.all(weights[100:200, 400] < 128)
    assert np.all(weights[100:200, 480] == 255)


def reference(mask: np.ndarray, px: int) -> np.ndarray:
    """Each pixel as bright as the brightest within a circle, looked up one by one."""
    spread = np.zeros_like(mask)
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            rows, columns = np.ogrid[: mask.shape[0], : mask.shape[1]]
            within = (rows - y) ** 2 + (columns - x) ** 2 <= px * px
            spread[y, x] = mask[within].max()
    return spread


@settings(max_examples=25, deadline=None)
@given(
    points=st.lists(
        st.tuples(st.integers(0, 23), st.integers(0, 15), st.integers(1, 255)), max_size=6
    ),
    px=st.integers(1, 30),
)
def test_growing_reaches_every_pixel_of_a_circle_and_no_other(
    points: list[tuple[int, int, int]], px: int
) -> None:
    pixels = np.zeros((16, 24), np.uint8)
    for x, y, grey in points:
        pixels[y, x] = grey
    found = grown(Image.fromarray(pixels), px)
    assert np.array_equal(np.asarray(found), reference(pixels, px))
    shrinking = shrunk(Image.fromarray(255 - pixels), px)
    assert np.array_equal(np.asarray(shrinking), 255 - reference(pixels, px))


def test_what_reaches_the_border_is_not_shrunk_there() -> None:
    found = np.asarray(shrunk(hole(0, 0, 99, 119), 10))
    assert np.all(found[:, :90] == 255)
    assert not found[:, 90:].any()


def test_a_mask_narrower_than_its_edge_gets_a_narrower_one() -> None:
    soft, width = feathered(hole(50, 10, 61, 110), 40)
    assert 0 < width < 12
    assert edited_share(soft) > 0


def test_no_mask_replaces_another(tmp_path: Path) -> None:
    folder, image = tmp_path / "masks", tmp_path / "a portrait.jpg"
    first = write_mask(hole(1, 1, 5, 5), image, folder)
    second = write_mask(hole(9, 9, 20, 20), image, folder)

    assert [path.name for path in (first, second)] == [
        "a portrait-mask.png",
        "a portrait-mask-2.png",
    ]
    with Image.open(second) as found:
        assert (found.format, found.mode, found.size) == ("PNG", "L", SIZE)
        assert np.array_equal(np.asarray(found), np.asarray(hole(9, 9, 20, 20)))
    assert sorted(path.name for path in folder.iterdir()) == [second.name, first.name]


def test_a_mask_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    taken = tmp_path / "masks"
    taken.write_text("no folder")
    with pytest.raises(OutputError, match="The mask cannot be written into"):
        write_mask(hole(1, 1, 5, 5), tmp_path / "a.png", taken)
