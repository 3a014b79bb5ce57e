"""Images side by side on one sheet, with words above the columns and beside the rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from core.errors import UnsupportedRequest
from core.media.images import read_rgb_image

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL import Image, ImageDraw, ImageFont

_CELL_PX = 512
_EMPTY_CELL = (256, 256)
_GAP = 12
_TEXT_PX, _TITLE_PX, _SMALL_PX = 22, 26, 16
_LINE = 1.3
_MOST_LINES = 4
_ROW_LABEL_PX = 220
_PAPER, _INK, _QUIET = (250, 250, 250), (24, 24, 24), (96, 96, 96)
_HOLE, _BAD = (232, 228, 228), (150, 30, 30)
_CUT = "…"


@dataclass(frozen=True)
class SheetCell:
    """One place of a sheet: an image, or why there is none."""

    image: Path | None
    reason: str = ""


@dataclass(frozen=True)
class SheetText:
    """The words of a sheet; without labels there is no margin for them.

    Attributes:
        title: above all of it; empty for none.
        columns: above each column, or nothing.
        rows: beside each row, or nothing.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]


def draw_sheet(text: SheetText, rows: Sequence[Sequence[SheetCell]]) -> Image.Image:
    """The sheet as `(height, width, 3)` uint8; every cell has the size of the largest image.

    Images larger than 512 pixels are made smaller. One that cannot be read is shown as missing.

    Args:
        text: the words.
        rows: of cells, all of the same length.
    """
    from PIL import Image, ImageDraw

    images = [[_read(cell) for cell in row] for row in rows]
    found = [image for row in images for image in row if image is not None]
    width = max([image.width for image in found] or [_EMPTY_CELL[0]])
    height = max([image.height for image in found] or [_EMPTY_CELL[1]])
    columns = len(rows[0])
    beside = [_wrapped(label, _TEXT_PX, _ROW_LABEL_PX) for label in text.rows]
    longest = max([_font(_TEXT_PX).getlength(line) for lines in beside for line in lines] or [0])
    left = _GAP + (round(longest) + 2 * _GAP if longest else 0)
    whole_width = left + columns * (width + _GAP)
    title = _wrapped(text.title, _TITLE_PX, whole_width - 2 * _GAP)
    heads = [_wrapped(label, _TEXT_PX, width) for label in text.columns]
    title_height = _height(title, _TITLE_PX) + (_GAP if title else 0)
    head_height = max([_height(lines, _TEXT_PX) for lines in heads] or [0])
    top = _GAP + title_height + head_height + (_GAP if heads else 0)
    sheet = Image.new("RGB", (whole_width, top + len(rows) * (height + _GAP)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    _write(draw, title, (_GAP, _GAP), _TITLE_PX, _INK)
    for column, lines in enumerate(heads):
        place = (left + column * (width + _GAP), _GAP + title_height)
        _write(draw, lines, place, _TEXT_PX, _INK)
    for number, (row, cells) in enumerate(zip(images, rows, strict=True)):
        y = top + number * (height + _GAP)
        if beside:
            _write(draw, beside[number], (_GAP, y), _TEXT_PX, _INK)
        for column, (image, cell) in enumerate(zip(row, cells, strict=True)):
            x = left + column * (width + _GAP)
            if image is None:
                draw.rectangle((x, y, x + width - 1, y + height - 1), _HOLE, _BAD, 2)
                lines = _wrapped("Not made", _TEXT_PX, width - 2 * _GAP)
                _write(draw, lines, (x + _GAP, y + _GAP), _TEXT_PX, _BAD)
                below = y + 2 * _GAP + _height(lines, _TEXT_PX)
                why = _wrapped(cell.reason, _SMALL_PX, width - 2 * _GAP)
                _write(draw, why, (x + _GAP, below), _SMALL_PX, _QUIET)
            else:
                sheet.paste(
                    image, (x + (width - image.width) // 2, y + (height - image.height) // 2)
                )
    return sheet


def _read(cell: SheetCell) -> Image.Image | None:
    if cell.image is None:
        return None
    try:
        image = read_rgb_image(cell.image, "image", "out").image
    except UnsupportedRequest:
        return None
    image.thumbnail((_CELL_PX, _CELL_PX))
    return image


@lru_cache(maxsize=8)
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    # Imported late: few jobs write on images.
    import pymupdf_fonts  # pyright: ignore[reportMissingTypeStubs] - it has none
    from PIL import ImageFont

    content: bytes = pymupdf_fonts.myfont("figo")  # pyright: ignore[reportUnknownMemberType] - pymupdf-fonts has no types
    return ImageFont.truetype(BytesIO(content), size_px)


def _wrapped(text: str, size_px: int, width: int) -> list[str]:
    """A text in lines of at most that width; what is too long for four of them is cut off."""
    font = _font(size_px)
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if font.getlength(longer) <= width:
            line = longer
            continue
        lines += [line] if line else []
        line = _cut(word, size_px, width)
    lines += [line] if line else []
    if len(lines) > _MOST_LINES:
        lines = [
            *lines[: _MOST_LINES - 1],
            _cut(f"{lines[_MOST_LINES - 1]}{_CUT}{_CUT}", size_px, width),
        ]
    return lines


def _cut(word: str, size_px: int, width: int) -> str:
    font = _font(size_px)
    if font.getlength(word) <= width:
        return word
    while word and font.getlength(word + _CUT) > width:
        word = word[:-1]
    return word + _CUT


def _height(lines: Sequence[str], size_px: int) -> int:
    return round(len(lines) * size_px * _LINE)


def _write(
    draw: ImageDraw.ImageDraw,
    lines: Sequence[str],
    place: tuple[int, int],
    size_px: int,
    colour: tuple[int, int, int],
) -> None:
    for number, line in enumerate(lines):
        at = (place[0], place[1] + round(number * size_px * _LINE))
        draw.text(at, line, colour, _font(size_px))
