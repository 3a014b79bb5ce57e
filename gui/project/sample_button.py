"""The large button that makes the sample film."""

from __future__ import annotations

from math import cos, pi, sin
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget
from typing_extensions import override

from gui import theme
from gui.theme import Tone

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QEnterEvent, QKeyEvent, QPaintEvent

_TITLE = "Make a sample film"
_ABOUT = "Four scenes, rendered here in half a minute"
_LINES = 7
"""The height of the strip in lines of text."""
_LARGER = 1.35
_ROUND = 8
_Role = QPalette.ColorRole
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class SampleButton(QPushButton):
    """Shows what the sample film is, and is pressed to make it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_TITLE, parent)
        self.setAccessibleDescription(_ABOUT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @override
    def sizeHint(self) -> QSize:
        line = self.fontMetrics().lineSpacing()
        return QSize(line * 34, line * _LINES + self._words_height() + 3 * theme.EDGE)

    @override
    def minimumSizeHint(self) -> QSize:
        words = self.fontMetrics().horizontalAdvance(_ABOUT)
        return QSize(words + self._words_height() + 4 * theme.EDGE, self.sizeHint().height())

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        # In a window that is no dialog Enter presses nothing by itself.
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_card(painter)
        inner = self.rect().adjusted(theme.EDGE, theme.EDGE, -theme.EDGE, -theme.EDGE)
        strip = QRect(inner.topLeft(), QSize(inner.width(), self._strip_height()))
        painter.setOpacity(1.0 if self.isEnabled() else 0.4)
        paint_strip(painter, QRectF(strip))
        painter.setOpacity(1.0)
        words = inner.adjusted(0, strip.height() + theme.EDGE, 0, 0)
        sign = QRect(words.topLeft(), QSize(words.height(), words.height()))
        self._paint_sign(painter, sign)
        self._paint_words(painter, words.adjusted(sign.width() + theme.EDGE, 0, 0, 0))

    def _strip_height(self) -> int:
        return self.fontMetrics().lineSpacing() * _LINES

    def _title_font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * _LARGER)
        font.setBold(True)
        return font

    def _words_height(self) -> int:
        return QFontMetrics(self._title_font()).lineSpacing() + self.fontMetrics().lineSpacing()

    def _colour(self, role: QPalette.ColorRole) -> QColor:
        is_on = self.isEnabled()
        group = QPalette.ColorGroup.Normal if is_on else QPalette.ColorGroup.Disabled
        return self.palette().color(group, role)

    def _paint_card(self, painter: QPainter) -> None:
        is_lit = self.isEnabled() and (self.underMouse() or self.hasFocus())
        ground = _Role.Midlight if self.isDown() else _Role.Base
        edge = _Role.Highlight if is_lit else _Role.Mid
        painter.setBrush(self._colour(ground))
        painter.setPen(QPen(self._colour(edge), 2 if is_lit else 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), _ROUND, _ROUND)

    def _paint_sign(self, painter: QPainter, place: QRect) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        ground = _Role.Highlight if self.isEnabled() else _Role.Mid
        painter.setBrush(self._colour(ground))
        painter.drawEllipse(QRectF(place))
        middle, size = QPointF(place.center() + QPoint(1, 1)), place.height() * 0.2
        arrow = [QPointF(-0.7, -1), QPointF(1.2, 0), QPointF(-0.7, 1)]
        painter.setBrush(self._colour(_Role.HighlightedText))
        painter.drawPolygon(QPolygonF([middle + corner * size for corner in arrow]))

    def _paint_words(self, painter: QPainter, place: QRect) -> None:
        font = self._title_font()
        height = QFontMetrics(font).lineSpacing()
        painter.setFont(font)
        painter.setPen(self._colour(_Role.Text))
        painter.drawText(QRect(place.topLeft(), QSize(place.width(), height)), _LEFT, _TITLE)
        painter.setFont(self.font())
        quiet = theme.tone(self.palette(), Tone.QUIET)
        painter.setPen(quiet if self.isEnabled() else self._colour(_Role.Text))
        painter.drawText(place.adjusted(0, height, 0, 0), _LEFT, _ABOUT)


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
