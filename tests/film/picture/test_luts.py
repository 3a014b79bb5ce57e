from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import OutputError, UnsupportedRequest
from core.film.picture.luts import ColourTable, read_lut, write_blended
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Colour = tuple[float, float, float]


def cube(size: int, change: Callable[[float, float, float], Colour], head: str = "") -> str:
    steps = [at / (size - 1) for at in range(size)]
    colours = [change(r, g, b) for b in steps for g in steps for r in steps]
    rows = "\n".join(" ".join(f"{value:.6f}" for value in colour) for colour in colours)
    return f"{head}LUT_3D_SIZE {size}\n{rows}\n"


def read(tmp_path: Path, text: str | bytes) -> ColourTable:
    path = tmp_path / "look.cube"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_lut(path)


def test_everything_a_file_may_say_is_read(tmp_path: Path) -> None:
    head = '# made by hand\r\nTITLE "Warm # 1"\r\n\r\nDOMAIN_MIN 0 0 0\r\nDOMAIN_MAX 1.0 1 1\r\n'
    text = head + cube(2, lambda r, g, b: (b, g, r / 2)).replace("\n", "\r\n") + "# end"
    table = read(tmp_path, b"\xef\xbb\xbf" + text.encode())
    assert (table.size, table.is_3d) == (2, True)
    assert table.filter_name == "lut3d"
    # Red changes fastest.
    assert table.table[1].tolist() == [0, 0, 0.5]
    assert table.table[4].tolist() == [1, 0, 0]
    assert table.notes == ()


@pytest.mark.parametrize(
    "content",
    [
        cube(2, lambda r, g, b: (b, g, r), 'TITLE "x"\n').replace("\n", "\r\n").encode("utf-16"),
        cube(2, lambda r, g, b: (b, g, r)).replace("\n", "\r\r\n").encode() + b"\x1a",
        cube(2, lambda r, g, b: (b, g, r), 'TITLE "Été"\r').replace("\n", "\r").encode("cp1252"),
    ],
)
def test_a_table_of_any_editor_is_read(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content).table[1].tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "gives no LUT_3D_SIZE"),
        ("<html>\n", "Line 1 .* comes before LUT_3D_SIZE"),
        ("hello world\n", "Line 1 .* begins with 'hello'"),
        ("0 0 0\n", "Line 1 .* comes before LUT_3D_SIZE"),
        ("LUT_3D_SIZE 1\n", "Line 1 .* gives '1' as size; it must be 2 to 65"),
        ("LUT_3D_SIZE 66\n", "it must be 2 to 65"),
        ("LUT_3D_SIZE\n", "gives 'nothing' as size"),
        ("LUT_3D_SIZE two\n", "gives 'two' as size"),
        ("LUT_1D_SIZE 2\nLUT_3D_SIZE 2\n", "Line 2 .* second size"),
        ("LUT_1D_SIZE 3\n0 0 0\n1 1 1\n", "has 2 of 3 colours"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n# a\n1 1 1\n", "Line 5 .* one colour more than the 2"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1\n", "Line 3 .* has 2 numbers instead of 3"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1 x\n", "Line 3 .* where 3 numbers belong"),
        ("LUT_1D_SIZE 2\n0 0 0\nnan 1 1\n", "Line 3 .* not finite"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1 1e999\n", "Line 3 .* not finite"),
        ("LUT_1D_SIZE 2\n0 0 0\nTITLE a\n1 1 1\n", "Line 3 .* among the colours"),
        ("LUT_1D_SIZE 2\nDOMAIN_MIN 1 1 1\n0 0 0\n1 1 1\n", "not below its DOMAIN_MAX"),
        ("LUT_1D_SIZE 2\nDOMAIN_MAX 1\n", "Line 2 .* has 1 numbers instead of 3"),
    ],
)
def test_damage_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UnsupportedRequest, match=said) as caught:
        read(tmp_path, text)
    assert caught.value.problems[0].field == "lut"
    assert "look.cube" in str(caught.value)


def test_missing_file_folder_and_noise_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedRequest, match="no colour table at"):
        read_lut(tmp_path / "none.cube")
    with pytest.raises(UnsupportedRequest, match="cannot be read"):
        read_lut(tmp_path)
    with pytest.raises(UnsupportedRequest):
        read(tmp_path, bytes(range(256)) * 20)


@settings(max_examples=100, deadline=None)
@given(lines=st.lists(st.text("LUT_3D1SIZEDOMANX0123456789.-einf# \t", max_size=24), max_size=8))
def test_no_text_at_all_breaks_the_reading(tmp_path_factory, lines: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.cube"
    path.write_text("\n".join(lines), encoding="utf-8")
    with suppress(UnsupportedRequest):
        assert np.isfinite(read_lut(path).table).all()


def applied(tmp_path: Path, table: ColourTable, strength: float, image: np.ndarray) -> np.ndarray:
    """The picture after FFmpeg has applied the written table, as 8-bit RGB."""
    write_blended(table, strength, tmp_path / "blended.cube")
    Image.fromarray(image).save(tmp_path / "in.png")
    chain = f"format=gbrp16le,{table.filter_name}=file={tmp_path / 'blended.cube'},format=gbrp"
    out = tmp_path / "out.png"
    arguments = ["-i", str(tmp_path / "in.png"), "-vf", chain, "-pix_fmt", "rgb24", str(out)]
    run_ffmpeg(arguments, CancelToken())
    with Image.open(out) as shown:
        return np.asarray(shown.convert("RGB")).astype(int)


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def test_table_of_no_change_and_strength_0_leave_an_image_alone(
    tmp_path: Path, image: np.ndarray
) -> None:
    same = read(tmp_path, cube(9, lambda r, g, b: (r, g, b)))
    assert np.abs(applied(tmp_path, same, 1.0, image) - image).max() <= 1
    inverted = read(tmp_path, cube(9, lambda r, g, b: (1 - r, 1 - g, 1 - b)))
    assert np.abs(applied(tmp_path, inverted, 0.0, image) - image).max() <= 1


def test_strength_goes_all_the_way_or_half(tmp_path: Path, image: np.ndarray) -> None:
    table = read(tmp_path, cube(5, lambda r, g, b: (g, b, r * 0.5)))
    red, green, blue = (image[:, :, at].astype(int) for at in range(3))
    whole = np.stack([green, blue, red // 2], axis=2)
    assert np.abs(applied(tmp_path, table, 1.0, image) - whole).max() <= 1
    half = (image + np.stack([green, blue, red / 2], axis=2)) / 2
    assert np.abs(applied(tmp_path, table, 0.5, image) - half).max() <= 1.5


def test_curve_stays_a_curve(tmp_path: Path, image: np.ndarray) -> None:
    rows = "\n".join(f"{at / 255} {1 - at / 255} {(at / 255) ** 2}" for at in range(256))
    table = read(tmp_path, f"LUT_1D_SIZE 256\n{rows}\n")
    assert table.filter_name == "lut1d"
    value = image / 255
    wanted = np.stack([value[..., 0], 1 - value[..., 1], value[..., 2] ** 2], axis=2) * 255
    # FFmpeg itself is up to a level off when it goes from 16 bits to 8.
    assert np.abs(applied(tmp_path, table, 1.0, image) - wanted).max() <= 2


@pytest.mark.parametrize("low", [-0.5, 0.25])
def test_domain_other_than_0_to_1_means_the_same_colours(
    tmp_path: Path, image: np.ndarray, low: float
) -> None:
    # Each grid point becomes its own place in the domain: no change, wherever the grid reaches.
    head = f"DOMAIN_MIN {low} {low} {low}\nDOMAIN_MAX 2 2 2\n"
    span = 2 - low
    text = cube(8, lambda r, g, b: (low + r * span, low + g * span, low + b * span), head)
    table = read(tmp_path, text)
    assert "values from" in table.notes[0]
    wanted = np.maximum(image.astype(int), max(low, 0) * 255)
    assert np.abs(applied(tmp_path, table, 1.0, image) - wanted).max() <= 2
    curve = "\n".join(f"{low + at / 9 * span} 0 0" for at in range(10))
    ranged = f"LUT_1D_SIZE 10\nLUT_1D_INPUT_RANGE {low} 2\n{curve}\n"
    red = applied(tmp_path, read(tmp_path, ranged), 1.0, image)[:, :, 0]
    assert np.abs(red - wanted[:, :, 0]).max() <= 1


def test_table_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    table = read(tmp_path, cube(2, lambda r, g, b: (r, g, b)))
    with pytest.raises(OutputError, match="none"):
        write_blended(table, 1.0, tmp_path / "none" / "a.cube")
