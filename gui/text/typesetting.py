"""Sets a text in lines: wrapped, in each script's own direction, every glyph at its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainterPath, QTextLayout, QTextOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFont, QGlyphRun, QTextLine

_LINE_ENDS = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")
_COLOUR_TABLES = ("CBDT", "COLR", "sbix", "SVG ")
_TAB = "    "


@dataclass(frozen=True)
class SetLine:
    """One line, its baseline beginning at (0, 0).

    Attributes:
        shapes: the outlines of its plain glyphs.
        images: its glyphs that bring colours of their own.
        image_origin: where to draw `images`.
        width: from its first to its last letter, with typed spaces before it.
        ink: the box of all that is seen.
    """

    shapes: QPainterPath
    images: tuple[QGlyphRun, ...]
    image_origin: QPointF
    width: float
    ink: QRectF
    has_gap: bool


def without_controls(text: str) -> str:
    """The text less the control characters that are no line ends or tabs."""
    return _INVISIBLE_CONTROLS.sub("", text)


def set_lines(text: str, font: QFont, width: float, most: int) -> list[SetLine]:
    """The lines of a text, none wider than `width` unless a single letter is; at most `most`."""
    lines: list[SetLine] = []
    for paragraph in _LINE_ENDS.split(without_controls(text)):
        lines += _set(paragraph.rstrip().replace("\t", _TAB), font, width, most - len(lines))
    return lines


def baselines(lines: Sequence[SetLine], font: QFont) -> list[float]:
    """How far each line's baseline lies below the first one's.

    Lines of the font's own letters are evenly spaced; where a line is higher than they are, its
    neighbours make room.
    """
    spacing = QFontMetricsF(font).lineSpacing()
    below = [0.0]
    for before, line in pairwise(lines):
        needed = before.ink.bottom() - line.ink.top()
        below.append(below[-1] + max(spacing, needed))
    return below[: len(lines)]


def _set(paragraph: str, font: QFont, width: float, most: int) -> list[SetLine]:
    layout = QTextLayout(paragraph, font)
    option = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
    option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    broken: list[QTextLine] = []
    while len(broken) < most and (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        broken.append(line)
    layout.endLayout()
    return [_shape(line) for line in broken]


def _shape(line: QTextLine) -> SetLine:
    natural = line.naturalTextRect()
    origin = QPointF(-natural.left(), -(line.y() + line.ascent()))
    shapes = QPainterPath()
    # Letters of one word overlap where they join, in Arabic; together they are one shape.
    shapes.setFillRule(Qt.FillRule.WindingFill)
    images: list[QGlyphRun] = []
    ink = QRectF()
    has_gap = False
    for run in line.glyphRuns():
        raw = run.rawFont()
        # Asked for a shape, a font of pictures gives none and from then on wrong widths.
        is_coloured = any(raw.fontTable(table).size() for table in _COLOUR_TABLES)
        if is_coloured:
            images.append(run)
        for glyph, position in zip(run.glyphIndexes(), run.positions(), strict=True):
            has_gap = has_gap or glyph == 0
            at = position + origin
            if is_coloured:
                ink = ink.united(raw.boundingRect(glyph).translated(at))
            else:
                shapes.addPath(raw.pathForGlyph(glyph).translated(at))
    return SetLine(
        shapes=shapes,
        images=tuple(images),
        image_origin=origin,
        width=natural.width(),
        ink=ink.united(shapes.boundingRect()),
        has_gap=has_gap,
    )
