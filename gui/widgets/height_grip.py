"""A bar under a widget by which a person makes it higher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent

_THICK = 9
_LONG, _LINE = 40, 3
_HIGHEST = 2000
_KEYS: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class HeightGrip(QWidget):
    """Sets the height of a widget, by the mouse or by the arrow keys."""

    def __init__(self, target: QWidget, lowest: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._target = target
        self._lowest = lowest
        self._grabbed_at: float | None = None
        self._height_then = lowest
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        target.setFixedHeight(lowest)

    @override
    def sizeHint(self) -> QSize:
        return QSize(_LONG, _THICK)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            # By the screen: the grip itself moves with the widget's edge.
            self._grabbed_at = event.globalPosition().y()
            self._height_then = self._target.height()

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed_at is not None:
            moved = event.globalPosition().y() - self._grabbed_at
            self._set(self._height_then + round(moved))

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed_at = None

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = _KEYS.get(event.key())
        if steps is None:
            super().keyPressEvent(event)
        else:
            self._set(self._target.height() + steps * self._target.fontMetrics().lineSpacing())

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        role = QPalette.ColorRole.Highlight if self.hasFocus() else QPalette.ColorRole.Mid
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(role))
        left, top = (self.width() - _LONG) // 2, (self.height() - _LINE) // 2
        painter.drawRoundedRect(left, top, _LONG, _LINE, 1.5, 1.5)

    def _set(self, height: int) -> None:
        self._target.setFixedHeight(min(max(height, self._lowest), _HIGHEST))
