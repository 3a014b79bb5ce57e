"""The large button that makes the sample film."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget
from typing_extensions import override

from gui import theme
from gui.project.sample_strip import paint_strip
from gui.theme import Tone

if TYPE_CHECKING:
    from PySide6.QtGui import QEnterEvent, QKeyEvent, QPaintEvent

_TITLE = "Make a sample film"
_ABOUT = "Four scenes, about half a minute, on this machine"
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
