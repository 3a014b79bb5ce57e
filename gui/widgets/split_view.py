"""Two pictures in one frame, parted by a divider that can be dragged; zoomed and moved together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from gui import theme
from gui.theme import Tone

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

_GRAB = 8
"""So near to the divider a press takes hold of it."""
_HANDLE = 14
_STEP, _PAGE = 0.01, 0.1
_PAN = 40
_ZOOM_STEP = 1.25
_LARGEST = 32.0
_NOTCH = 120


@dataclass(frozen=True)
class SplitSide:
    """One of the two.

    Attributes:
        label: what it is, in a line.
        problem: why it cannot be shown; empty where it can, or is being read.
    """

    label: str
    pixmap: QPixmap | None = None
    problem: str = ""


class SplitView(QWidget):
    """Shows two pictures on top of each other, one left and one right of the divider.

    Both are fitted into one frame, the larger of the two, so that the same place of both lies
    under the same pixel. Dragging the divider moves it; dragging elsewhere moves both pictures.

    Signals:
        zoomed(float): pixels of the screen for a pixel of the larger picture.
    """

    zoomed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("split_view")
        self.setAccessibleName("Two pictures and the divider between them")
        self.setMinimumSize(320, 240)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._sides = (SplitSide(""), SplitSide(""))
        self._split = 0.5
        # Of the frame: how large, and what of it lies in the middle. None fits all of it in.
        self._zoom: float | None = None
        self._centre = QPointF(0.5, 0.5)
        self._holds_divider = False
        self._dragged_from: QPointF | None = None

    def show_sides(self, left: SplitSide, right: SplitSide) -> None:
        """Show these two."""
        self._sides = (left, right)
        self.update()
        self.zoomed.emit(self.scale)

    @property
    def labels(self) -> tuple[str, str]:
        """What the two are, the left one first."""
        return (self._sides[0].label, self._sides[1].label)

    @property
    def problems(self) -> tuple[str, str]:
        """Why either cannot be shown; empty where it can."""
        return (self._sides[0].problem, self._sides[1].problem)

    @property
    def split(self) -> float:
        """Where the divider stands, from 0 at the left edge to 1 at the right one."""
        return self._split

    def set_split(self, split: float) -> None:
        """Put the divider there."""
        self._split = min(max(split, 0.0), 1.0)
        self.update()

    @property
    def scale(self) -> float:
        """Pixels of the screen for a pixel of the larger picture."""
        return self._fit if self._zoom is None else self._zoom

    @property
    def centre(self) -> QPointF:
        """What of the pictures lies in the middle, each from 0 to 1."""
        return self._centre

    def fit(self) -> None:
        """Show all of both."""
        self._zoom, self._centre = None, QPointF(0.5, 0.5)
        self._changed()

    def set_scale(self, scale: float, about: QPointF | None = None) -> None:
        """Zoom, while what lies under a point of this widget stays under it."""
        about = about or QPointF(self.rect().center())
        before = self._in_frame(about)
        self._zoom = min(max(scale, min(self._fit, 1.0)), _LARGEST)
        after = self._in_frame(about)
        self._move(before - after)

    def divider_x(self) -> int:
        """Where the divider stands, in pixels of this widget."""
        return round(self._split * (self.width() - 1))

    @property
    def _frame(self) -> QSizeF:
        """The larger of the two, in which the other one is fitted."""
        sizes = [side.pixmap.size() for side in self._sides if side.pixmap is not None]
        if not sizes:
            return QSizeF(self.size())
        return QSizeF(max(sizes, key=lambda size: size.width() * size.height()))

    @property
    def _fit(self) -> float:
        frame = self._frame
        ratio = self.devicePixelRatioF()
        return ratio * min(self.width() / frame.width(), self.height() / frame.height())

    @property
    def _shown(self) -> QRectF:
        """Where the frame lies in this widget, in its own pixels."""
        size = self._frame * (self.scale / self.devicePixelRatioF())
        middle = QRectF(self.rect()).center()
        corner = QPointF(self._centre.x() * size.width(), self._centre.y() * size.height())
        return QRectF(middle - corner, size)

    def _in_frame(self, place: QPointF) -> QPointF:
        shown = self._shown
        away = place - shown.topLeft()
        return QPointF(away.x() / shown.width(), away.y() / shown.height())

    def _move(self, by: QPointF) -> None:
        moved = self._centre + by
        self._centre = QPointF(min(max(moved.x(), 0.0), 1.0), min(max(moved.y(), 0.0), 1.0))
        self._changed()

    def _pan(self, pixels: QPointF) -> None:
        shown = self._shown
        self._move(QPointF(-pixels.x() / shown.width(), -pixels.y() / shown.height()))

    def _changed(self) -> None:
        self.update()
        self.zoomed.emit(self.scale)

    def _is_at_divider(self, place: QPointF) -> bool:
        return abs(place.x() - self.divider_x()) <= _GRAB

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        if self._is_at_divider(event.position()):
            self._holds_divider = True
        else:
            self._dragged_from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._holds_divider:
            self.set_split(place.x() / max(self.width() - 1, 1))
        elif self._dragged_from is not None:
            self._pan(place - self._dragged_from)
            self._dragged_from = place
        else:
            at_divider = self._is_at_divider(place)
            shape = Qt.CursorShape.SplitHCursor if at_divider else Qt.CursorShape.OpenHandCursor
            self.setCursor(shape)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._holds_divider = False
        self._dragged_from = None

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._zoom is None:
            self.set_scale(1.0, event.position())
        else:
            self.fit()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / _NOTCH
        self.set_scale(self.scale * _ZOOM_STEP**notches, event.position())
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, mods = event.key(), event.modifiers()
        step = _PAGE if mods & Qt.KeyboardModifier.ShiftModifier else _STEP
        pans = bool(mods & Qt.KeyboardModifier.ControlModifier)
        match key:
            case Qt.Key.Key_Left | Qt.Key.Key_Right if not pans:
                self.set_split(self._split + (step if key == Qt.Key.Key_Right else -step))
            case Qt.Key.Key_Left:
                self._pan(QPointF(_PAN, 0))
            case Qt.Key.Key_Right:
                self._pan(QPointF(-_PAN, 0))
            case Qt.Key.Key_Up:
                self._pan(QPointF(0, _PAN))
            case Qt.Key.Key_Down:
                self._pan(QPointF(0, -_PAN))
            case Qt.Key.Key_Home:
                self.set_split(0.0)
            case Qt.Key.Key_End:
                self.set_split(1.0)
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.set_scale(self.scale * _ZOOM_STEP)
            case Qt.Key.Key_Minus:
                self.set_scale(self.scale / _ZOOM_STEP)
            case Qt.Key.Key_1:
                self.set_scale(1.0)
            case Qt.Key.Key_0:
                self.fit()
            case _:
                super().keyPressEvent(event)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.zoomed.emit(self.scale)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Dark))
        # Beyond its own size a pixel is to be seen as one.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.scale < 2.0)
        divider, shown = self.divider_x(), self._shown
        halves = (
            QRect(0, 0, divider, self.height()),
            QRect(divider, 0, self.width() - divider, self.height()),
        )
        for number, (side, half) in enumerate(zip(self._sides, halves, strict=True)):
            painter.setClipRect(half)
            self._paint_side(painter, side, half, shown)
            self._paint_label(painter, side.label, half, is_right=bool(number))
        painter.setClipping(False)
        self._paint_divider(painter, divider)
        painter.end()

    def _paint_side(self, painter: QPainter, side: SplitSide, half: QRect, shown: QRectF) -> None:
        if side.pixmap is None:
            painter.setPen(theme.tone(self.palette(), Tone.QUIET))
            words = side.problem or "Reading the picture…"
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(half.adjusted(_HANDLE, 0, -_HANDLE, 0), flags, words)
            return
        size = QSizeF(side.pixmap.size()).scaled(shown.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(QPointF(0, 0), size)
        place.moveCenter(shown.center())
        painter.drawPixmap(place, side.pixmap, QRectF(side.pixmap.rect()))

    def _paint_label(self, painter: QPainter, text: str, half: QRect, *, is_right: bool) -> None:
        metrics, pad = self.fontMetrics(), theme.GAP // 2
        room = half.width() - 4 * pad
        if room <= metrics.averageCharWidth() * 3:
            return
        words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room - 2 * pad)
        box = QRect(0, 0, metrics.horizontalAdvance(words) + 2 * pad, metrics.height() + pad)
        box.moveTop(pad)
        if is_right:
            box.moveRight(half.right() - pad)
        else:
            box.moveLeft(half.left() + pad)
        ground = QColor(self.palette().color(QPalette.ColorRole.Window))
        ground.setAlphaF(0.85)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_divider(self, painter: QPainter, x: int) -> None:
        role = QPalette.ColorRole.Highlight if self.hasFocus() else QPalette.ColorRole.Light
        colour = self.palette().color(role)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(0, 0, 0, 120), 4))
        painter.drawLine(x, 0, x, self.height())
        painter.setPen(QPen(colour, 2))
        painter.drawLine(x, 0, x, self.height())
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(x, self.height() / 2), _HANDLE / 2, _HANDLE / 2)
