"""A strip of film with the sample's four scenes: dawn, noon, dusk and night."""

from __future__ import annotations

from math import cos, pi, sin
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPen, QPolygonF

if TYPE_CHECKING:
    from collections.abc import Callable

# A strip of film looks the same in every theme.
_FILM, _HOLE = QColor("#0b0c0e"), QColor("#4a525b")
_BORDER = 0.13
"""The edge with the holes, as a share of the strip's height."""
_GAP = 4


def paint_strip(painter: QPainter, place: QRectF) -> None:
    """Draw the strip into a rectangle."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_FILM)
    painter.drawRoundedRect(place, 4, 4)
    edge = place.height() * _BORDER
    _paint_holes(painter, place, edge)
    width = (place.width() - _GAP * (len(_SCENES) + 1)) / len(_SCENES)
    for number, paint in enumerate(_SCENES):
        left = place.left() + _GAP + number * (width + _GAP)
        frame = QRectF(left, place.top() + edge, width, place.height() - 2 * edge)
        painter.save()
        painter.setClipRect(frame)
        paint(painter, frame)
        painter.restore()
    painter.restore()


def _paint_holes(painter: QPainter, place: QRectF, edge: float) -> None:
    side = edge * 0.5
    count = max(int(place.width() / (side * 2.4)), 1)
    step = place.width() / count
    painter.setBrush(_HOLE)
    for number in range(count):
        left = place.left() + step * (number + 0.5) - side * 0.6
        for top in (place.top(), place.bottom() - edge):
            hole = QRectF(left, top + (edge - side) / 2, side * 1.2, side)
            painter.drawRoundedRect(hole, side * 0.25, side * 0.25)


def _dawn(painter: QPainter, frame: QRectF) -> None:
    _paint_sky(painter, frame, "#f3a683", "#fdebc8")
    _paint_ball(painter, _at(frame, 0.5, 0.5), frame.height() * 0.2, "#ffd23f")
    _paint_hill(painter, frame, 0.74, -0.1, "#4f8a3c")


def _noon(painter: QPainter, frame: QRectF) -> None:
    _paint_sky(painter, frame, "#58b0e3", "#d6effa")
    _paint_hill(painter, frame, 0.66, -0.12, "#e6be7c")
    _paint_hill(painter, frame, 0.78, 0.1, "#d29c55")
    for number, strength in enumerate((60, 110)):
        middle = _at(frame, 0.36 + 0.13 * number, 0.6)
        _paint_ball(painter, middle, frame.height() * 0.18, QColor(214, 64, 57, strength))
    _paint_ball(painter, _at(frame, 0.64, 0.6), frame.height() * 0.2, "#d64039")


def _dusk(painter: QPainter, frame: QRectF) -> None:
    _paint_sky(painter, frame, "#59437c", "#ff9a62")
    _paint_hill(painter, frame, 0.78, 0.06, "#2c2136")
    middle, size = _at(frame, 0.42, 0.5), frame.height() * 0.26
    corners = [middle + _turned(turn) * size for turn in (-0.25, 1 / 12, 5 / 12)]
    painter.setBrush(QColor("#8e44c9"))
    painter.drawPolygon(QPolygonF(corners))


def _night(painter: QPainter, frame: QRectF) -> None:
    _paint_sky(painter, frame, "#080c26", "#243a78")
    for across, down in ((0.12, 0.2), (0.3, 0.5), (0.46, 0.15), (0.78, 0.68), (0.9, 0.22)):
        _paint_ball(painter, _at(frame, across, down), frame.height() * 0.016, "#dfe6ff")
    middle, size = _at(frame, 0.6, 0.55), frame.height() * 0.21
    trail = QLinearGradient(_at(frame, 0.36, 0.05), middle)
    trail.setColorAt(0, QColor(255, 143, 196, 0))
    trail.setColorAt(1, QColor(255, 143, 196, 170))
    painter.setPen(QPen(trail, size * 0.55, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(_at(frame, 0.36, 0.05), middle)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#ff8fc4"))
    points = [
        middle + _turned(number / 10 - 0.25) * (size if number % 2 == 0 else size * 0.42)
        for number in range(10)
    ]
    painter.drawPolygon(QPolygonF(points))


_SCENES: tuple[Callable[[QPainter, QRectF], None], ...] = (_dawn, _noon, _dusk, _night)


def _at(frame: QRectF, across: float, down: float) -> QPointF:
    return QPointF(frame.left() + frame.width() * across, frame.top() + frame.height() * down)


def _turned(turns: float) -> QPointF:
    """The point on a circle of radius one, so many turns after three o'clock."""
    return QPointF(cos(turns * 2 * pi), sin(turns * 2 * pi))


def _paint_sky(painter: QPainter, frame: QRectF, above: str, below: str) -> None:
    sky = QLinearGradient(frame.topLeft(), frame.bottomLeft())
    sky.setColorAt(0, QColor(above))
    sky.setColorAt(0.8, QColor(below))
    painter.fillRect(frame, sky)


def _paint_ball(painter: QPainter, middle: QPointF, radius: float, colour: str | QColor) -> None:
    painter.setBrush(QColor(colour))
    painter.drawEllipse(middle, radius, radius)


def _paint_hill(painter: QPainter, frame: QRectF, down: float, bend: float, colour: str) -> None:
    """Ground from edge to edge; `bend` is how much lower its middle is."""
    hill = QPainterPath(_at(frame, 0, down))
    hill.quadTo(_at(frame, 0.5, down + 2 * bend), _at(frame, 1, down))
    hill.lineTo(frame.bottomRight())
    hill.lineTo(frame.bottomLeft())
    painter.fillPath(hill, QColor(colour))
