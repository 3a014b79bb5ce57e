from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.media.images import UprightImage, read_rgb_image, sendable_image, write_fitted_image

if TYPE_CHECKING:
    from pathlib import Path

RED, GREEN = (255, 0, 0), (0, 255, 0)


def save(path: Path, mode: str = "RGB", colour: object = RED, **options: object) -> Path:
    Image.new(mode, (40, 20), colour).save(path, **options)  # type: ignore[arg-type] - of many kinds
    return path


def check_start(path: Path) -> UprightImage:
    return read_rgb_image(path, "start image", "inputs.start")


def refusal(path: Path) -> str:
    with pytest.raises(UnsupportedRequest) as caught:
        check_start(path)
    (problem,) = caught.value.problems
    assert problem.field == "inputs.start"
    return problem.message


def test_plain_image_is_taken_as_it_is(tmp_path: Path) -> None:
    image = check_start(save(tmp_path / "a.png"))
    assert (image.image.size, image.notes) == ((40, 20), ())


def test_missing_image_names_the_nearest_file(tmp_path: Path) -> None:
    save(tmp_path / "start.png")
    assert "start.png'?" in refusal(tmp_path / "stat.png")
    assert "There is no start image" in refusal(tmp_path / "nowhere" / "a.png")


def test_folder_is_no_image(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n"])
def test_file_that_is_no_image_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    assert "no picture in a known format" in refusal(path)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_cut_off_image_is_refused(tmp_path: Path, suffix: str) -> None:
    whole = tmp_path / f"whole.{suffix}"
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    noise.save(whole)
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "damaged or cut off" in refusal(path)


@pytest.mark.parametrize("side", [10_000, 20_000])
def test_huge_image_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    path = tmp_path / "huge.png"
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    packed = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    end = struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + packed + struct.pack(">I", 0) + b"IDAT" + end)
    assert "megapixels" in refusal(path)


def test_rotated_image_is_turned_upright_and_told(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    drawn = Image.new("RGB", (40, 20), RED)
    drawn.paste(GREEN, (0, 0, 20, 20))
    drawn.save(tmp_path / "a.png", exif=exif)
    image = check_start(tmp_path / "a.png")
    assert image.image.size == (20, 40)
    assert "upright" in image.notes[0]
    write_fitted_image(tmp_path / "a.png", tmp_path / "out.png", 20, 40)
    with Image.open(tmp_path / "out.png") as out:
        assert out.getpixel((10, 5)) == GREEN
        assert out.getpixel((10, 35)) == RED


@pytest.mark.parametrize(
    ("mode", "colour", "note"),
    [
        ("RGBA", (255, 0, 0, 0), "transparent"),
        ("LA", (0, 0), "transparent"),
        ("CMYK", (0, 255, 255, 0), "CMYK"),
        ("I;16", 65535, "16 bits"),
        ("P", 0, None),
        ("L", 128, None),
        ("1", 1, None),
    ],
)
def test_every_kind_of_image_becomes_rgb(
    tmp_path: Path, mode: str, colour: object, note: str | None
) -> None:
    path = save(tmp_path / ("a.tif" if mode == "CMYK" else "a.png"), mode, colour)
    notes = check_start(path).notes
    assert (note is None) == (notes == ())
    assert note is None or note in notes[0]
    write_fitted_image(path, tmp_path / "out.png", 40, 20)
    with Image.open(tmp_path / "out.png") as out:
        assert (out.mode, out.size) == ("RGB", (40, 20))
        if mode in ("RGBA", "LA", "I;16", "1"):
            assert out.getpixel((5, 5)) == (255, 255, 255)


def test_palette_with_transparency_is_shown_on_white(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", "P", 0, transparency=0)
    assert "transparent" in check_start(path).notes[0]


def test_animation_gives_its_first_image(tmp_path: Path) -> None:
    first, second = Image.new("RGB", (40, 20), RED), Image.new("RGB", (40, 20), GREEN)
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    assert "animated" in check_start(tmp_path / "a.gif").notes[0]
    write_fitted_image(tmp_path / "a.gif", tmp_path / "out.png", 40, 20)
    with Image.open(tmp_path / "out.png") as out:
        assert out.getpixel((5, 5)) == RED


def test_image_is_cut_around_its_centre(tmp_path: Path) -> None:
    image = Image.new("RGB", (60, 20), RED)
    image.paste(GREEN, (20, 0, 40, 20))
    image.save(tmp_path / "a.png")
    write_fitted_image(tmp_path / "a.png", tmp_path / "out.png", 20, 20)
    with Image.open(tmp_path / "out.png") as out:
        assert out.getpixel((10, 10)) == GREEN
        assert out.getpixel((1, 10)) == GREEN


def test_an_image_goes_to_a_service_as_it_is_or_upright_on_white(tmp_path: Path) -> None:
    plain, clear, other = (tmp_path / name for name in ("plain.jpg", "clear.png", "other.bmp"))
    Image.new("RGB", (8, 6), "navy").save(plain)
    Image.new("RGBA", (8, 6), (0, 0, 0, 0)).save(clear)
    Image.new("RGB", (8, 6), "navy").save(other)
    assert sendable_image(plain) == ("image/jpeg", plain.read_bytes())
    for path, is_png in ((clear, False), (other, False), (plain, True)):
        kind, content = sendable_image(path, is_png=is_png)
        assert kind == "image/png"
        with Image.open(BytesIO(content)) as image:
            assert (image.format, image.mode, image.size) == ("PNG", "RGB", (8, 6))
            assert (image.getpixel((2, 2)) == (255, 255, 255)) is (path is clear)
