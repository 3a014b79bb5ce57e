"""Puts set lines on their place in the frame and paints them, the outline under the letters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPainterPathStroker,
)

from gui.text.typesetting import baselines, set_lines

if TYPE_CHECKING:
    from PySide6.QtGui import QFont

    from core.film.model.film import Caption
    from gui.text.typesetting import SetLine

_TRIES = 4


class DoesNotFit(Exception):
    """The text is larger than the part of the frame it may take."""


@dataclass(frozen=True)
class PlacedLine:
    """A line and where its baseline begins in the frame, in whole pixels."""

    line: SetLine
    x: int
    y: int

    @property
    def ink(self) -> QRectF:
        """What is seen of it, in the frame."""
        return self.line.ink.translated(self.x, self.y)


@dataclass(frozen=True)
class Block:
    """A text, placed; `box` is all that is seen of it, cut to whole pixels of the frame."""

    lines: tuple[PlacedLine, ...]
    outline: float
    box: QRect

    @property
    def has_gap(self) -> bool:
        """Whether no font has something in it."""
        return any(placed.line.has_gap for placed in self.lines)


def size_px(caption: Caption, height: int) -> int:
    """The size of a text's letters in a frame of that height.

    Raises:
        DoesNotFit: they would be smaller than a pixel.
    """
    size = round(caption.size * height)
    if size < 1:
        raise DoesNotFit(
            f"its letters would be {caption.size * height:.2g} pixels high. Make it larger."
        )
    return size


def place_text(caption: Caption, font: QFont, width: int, height: int) -> Block:
    """The text, wrapped and placed in the safe area of a frame.

    Raises:
        DoesNotFit: it is too high, or one of its letters too wide.
    """
    outline = caption.outline * font.pixelSize()
    safe = _safe_area(caption, width, height)
    room = safe.adjusted(outline, outline, -outline, -outline)
    if room.width() < 1 or room.height() < 1:
        raise DoesNotFit("margin and outline leave no room for it. Make them smaller.")
    lines = _wrapped(caption.text, font, room)
    placed = _placed(lines, caption, font, room)
    ink = QRectF()
    for one in placed:
        ink = ink.united(one.ink)
    if ink.height() > room.height():
        raise DoesNotFit(
            f"it is {math.ceil(ink.height() + 2 * outline)} pixels high, and "
            f"{math.floor(safe.height())} are free between the margins. Shorten it, or make its "
            "letters or its margin smaller."
        )
    down = max(room.top() - ink.top(), 0) + min(room.bottom() - ink.bottom(), 0)
    if down:
        step = math.ceil(down) if down > 0 else math.floor(down)
        placed = [PlacedLine(one.line, one.x, one.y + step) for one in placed]
        ink.translate(0, step)
    box = QRect()
    if not ink.isEmpty():
        box = ink.adjusted(-outline, -outline, outline, outline).toAlignedRect()
    return Block(tuple(placed), outline, box.intersected(QRect(0, 0, width, height)))


def paint(block: Block, caption: Caption) -> QImage:
    """The picture of a placed text, as large as its box; one clear pixel when nothing is seen."""
    # 16 bits a channel while colours are multiplied by alpha: 8 would stain faint edges.
    image = QImage(
        max(1, block.box.width()),
        max(1, block.box.height()),
        QImage.Format.Format_RGBA64_Premultiplied,
    )
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.translate(-block.box.left(), -block.box.top())
    if block.outline > 0:
        # All outlines first: a line's outline must not cover the letters of the line above.
        for placed in block.lines:
            around = _around(placed.line.shapes, block.outline).translated(placed.x, placed.y)
            painter.fillPath(around, QColor(caption.outline_colour))
    for placed in block.lines:
        shapes = placed.line.shapes.translated(placed.x, placed.y)
        painter.fillPath(shapes, QColor(caption.colour))
        painter.setPen(QColor(caption.colour))
        for run in placed.line.images:
            painter.drawGlyphRun(placed.line.image_origin + QPointF(placed.x, placed.y), run)
    painter.end()
    return image.convertToFormat(QImage.Format.Format_RGBA8888)


def _safe_area(caption: Caption, width: int, height: int) -> QRectF:
    left, top = math.ceil(caption.margin * width), math.ceil(caption.margin * height)
    return QRectF(left, top, width - 2 * left, height - 2 * top)


def _wrapped(text: str, font: QFont, room: QRectF) -> list[SetLine]:
    # Far more lines than could fit are not needed to say that they do not.
    most = 2 + math.ceil(2 * room.height() / QFontMetricsF(font).lineSpacing())
    width = room.width()
    for _ in range(_TRIES):
        lines = set_lines(text, font, width, most)
        # A letter may lean out over its own width, at either end.
        over = max(line.ink.width() for line in lines) - room.width()
        if over <= 0:
            return lines
        width -= over
        if width < 1:
            break
    raise DoesNotFit(
        f"a part of it that cannot be broken is wider than the {math.floor(room.width())} pixels "
        "between the margins. Make its letters or its margin smaller."
    )


def _placed(lines: list[SetLine], caption: Caption, font: QFont, room: QRectF) -> list[PlacedLine]:
    metrics = QFontMetricsF(font)
    below = baselines(lines, font)
    block_height = metrics.ascent() + below[-1] + metrics.descent()
    first = room.top() + (room.height() - block_height) * caption.place.down + metrics.ascent()
    placed: list[PlacedLine] = []
    for line, lower in zip(lines, below, strict=True):
        x = math.floor(room.left() + (room.width() - line.width) * caption.place.across + 0.5)
        over = max(math.ceil(room.left() - line.ink.left() - x), 0)
        over += min(math.floor(room.right() - line.ink.right() - x), 0)
        placed.append(PlacedLine(line, x + over, math.floor(first + lower + 0.5)))
    return placed


def _around(shapes: QPainterPath, outline: float) -> QPainterPath:
    stroker = QPainterPathStroker()
    stroker.setWidth(2 * outline)
    stroker.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    around = stroker.createStroke(shapes)
    around.setFillRule(Qt.FillRule.WindingFill)
    around.addPath(shapes)
    return around
