from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import OutputError, UnsupportedRequest
from core.film.model.film import Alignment, Watermark
from core.film.picture.overlays import PreparedWatermark, draw_watermark

if TYPE_CHECKING:
    from pathlib import Path

RED = (255, 0, 0, 255)


def save(path: Path, size: tuple[int, int] = (80, 40), mode: str = "RGBA", colour=RED) -> Path:
    Image.new(mode, size, colour).save(path)
    return path


def draw(
    tmp_path: Path, source: Path, width: int = 160, height: int = 90, **more
) -> PreparedWatermark:
    asked = Watermark.model_validate({"path": source, "opacity": 1, **more})
    return draw_watermark(asked, width, height, tmp_path / "plate.png")


def image(mark: PreparedWatermark) -> Image.Image:
    with Image.open(mark.rendered.path) as image:
        assert image.mode == "RGBA"
        return image.copy()


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    value = image.getpixel((x, y))
    assert isinstance(value, tuple)
    return tuple(int(part) for part in value)


@pytest.mark.parametrize(
    ("place", "corner"),
    [
        (Alignment.TOP_LEFT, (8, 8)),
        (Alignment.TOP, (60, 8)),
        (Alignment.TOP_RIGHT, (112, 8)),
        (Alignment.LEFT, (8, 35)),
        (Alignment.CENTRE, (60, 35)),
        (Alignment.RIGHT, (112, 35)),
        (Alignment.BOTTOM_LEFT, (8, 62)),
        (Alignment.BOTTOM, (60, 62)),
        (Alignment.BOTTOM_RIGHT, (112, 62)),
    ],
)
def test_mark_stands_at_its_place_in_its_size(
    tmp_path: Path, place: Alignment, corner: tuple[int, int]
) -> None:
    mark = draw(tmp_path, save(tmp_path / "a.png"), place=place, size=0.25, margin=0.05)
    assert (mark.rendered.x, mark.rendered.y) == corner
    assert image(mark).size == (40, 20)
    assert mark.notes == ()


def test_opacity_multiplies_the_transparency_there_is(tmp_path: Path) -> None:
    source = save(tmp_path / "a.png", colour=(255, 0, 0, 128))
    seen = image(draw(tmp_path, source, opacity=0.5))
    assert pixel(seen, 5, 5) == (255, 0, 0, 64)
    gone = image(draw(tmp_path, source, opacity=0))
    assert gone.getchannel("A").getextrema() == (0, 0)


def test_clear_parts_do_not_stain_the_edges_when_scaled(tmp_path: Path) -> None:
    logo = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    logo.paste(RED, (0, 0, 151, 300))
    logo.save(tmp_path / "a.png")
    small = image(draw(tmp_path, tmp_path / "a.png", size=0.1))
    edge = [pixel(small, x, 8) for x in range(16)]
    assert all(red > 240 for red, _, _, alpha in edge if alpha > 8)
    assert edge[0][3] == 255
    assert edge[15][3] == 0


@pytest.mark.parametrize(
    ("name", "mode", "colour", "note"),
    [
        ("a.jpg", "RGB", (255, 0, 0), None),
        ("a.tif", "CMYK", (0, 255, 255, 0), "CMYK"),
        ("a.png", "P", 0, None),
        ("a.png", "L", 128, None),
        ("a.png", "LA", (128, 200), None),
        ("a.png", "1", 1, None),
        ("a.png", "I;16", 65535, "16 bits"),
        ("a.webp", "RGBA", RED, None),
    ],
)
def test_every_kind_of_image_is_read(
    tmp_path: Path, name: str, mode: str, colour: object, note: str | None
) -> None:
    mark = draw(tmp_path, save(tmp_path / name, mode=mode, colour=colour))
    assert pixel(image(mark), 3, 3)[3] == (200 if mode == "LA" else 255)
    assert len(mark.notes) == (1 if note else 0)
    assert note is None or note in mark.notes[0]


def test_palette_with_a_clear_colour_stays_clear(tmp_path: Path) -> None:
    Image.new("P", (40, 20), 0).save(tmp_path / "a.gif", transparency=0)
    assert pixel(image(draw(tmp_path, tmp_path / "a.gif")), 3, 3)[3] == 0


def test_image_is_turned_upright_as_its_camera_noted(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (80, 40)).save(tmp_path / "a.jpg", exif=exif)
    mark = draw(tmp_path, tmp_path / "a.jpg", size=0.1)
    assert image(mark).size == (16, 32)
    assert "upright" in mark.notes[0]


def test_mark_that_would_leave_the_image_is_made_smaller_and_told(tmp_path: Path) -> None:
    tall = draw(tmp_path, save(tmp_path / "a.png", (20, 80)), size=1, margin=0)
    assert image(tall).size == (22, 90) or image(tall).size == (23, 90)
    assert "instead of 160x640" in tall.notes[0]
    wide = draw(tmp_path, save(tmp_path / "b.png", (160, 20)), size=1, margin=0.1)
    assert image(wide).size == (128, 16)
    assert (wide.rendered.x, wide.rendered.y) == (16, 58)


def test_line_thin_image_keeps_a_pixel(tmp_path: Path) -> None:
    assert image(draw(tmp_path, save(tmp_path / "a.png", (500, 1)), size=0.1)).size == (16, 1)


def test_margin_without_room_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedRequest, match=r"leaves the watermark no room in 160x90"):
        draw(tmp_path, save(tmp_path / "a.png"), margin=0.4)


def test_what_is_no_image_is_refused_by_name(tmp_path: Path) -> None:
    save(tmp_path / "logo.png")
    with pytest.raises(UnsupportedRequest, match=r"no watermark at .*Did you mean .*logo\.png"):
        draw(tmp_path, tmp_path / "log.png")
    (tmp_path / "text.png").write_text("hello", encoding="utf-8")
    with pytest.raises(UnsupportedRequest, match="no picture in a known format") as caught:
        draw(tmp_path, tmp_path / "text.png")
    assert caught.value.problems[0].field == "watermark"


def test_plate_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    asked = Watermark(path=save(tmp_path / "a.png"))
    with pytest.raises(OutputError, match="none/plate"):
        draw_watermark(asked, 160, 90, tmp_path / "none" / "plate.png")
