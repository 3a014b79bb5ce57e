"""An image on which a mask is painted: brush, eraser and lasso, larger and smaller."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPalette,
    QPen,
    QPointingDevice,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from gui.images.mask_editor.image_view import ImageView, MaskedImage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import (
        QEnterEvent,
        QImage,
        QKeyEvent,
        QMouseEvent,
        QPaintEvent,
        QResizeEvent,
        QTabletEvent,
        QWheelEvent,
    )

    from gui.images.mask_editor.painted_mask import PaintedMask

MOST_SIZE = 2000
_FIRST_SIZE_SHARE = 1 / 16
_SIZE_FACTOR, _ZOOM_FACTOR = 1.15, 1.25
_NOTCH = 120
_SMALLEST = QSize(320, 240)
_KEY_STEP = 48
_SHOWS_THROUGH = 0.55
_MOVES = {
    Qt.Key.Key_Left: QPointF(_KEY_STEP, 0),
    Qt.Key.Key_Right: QPointF(-_KEY_STEP, 0),
    Qt.Key.Key_Up: QPointF(0, _KEY_STEP),
    Qt.Key.Key_Down: QPointF(0, -_KEY_STEP),
}
_Button, _Shape = Qt.MouseButton, Qt.CursorShape


class MaskTool(StrEnum):
    """What the mouse does; the names of its steps."""

    BRUSH = "Brush"
    ERASER = "Eraser"
    LASSO = "Lasso"


class MaskCanvas(QWidget):
    """Shows an image with its mask over it, and paints on the mask.

    The left button does what the tool does, the right one the contrary. The wheel makes the view
    larger and smaller, with Ctrl the brush; the middle button, or the left one with the space bar
    held, moves the view.

    Signals:
        size_edited(int): the brush was made larger or smaller here.
        view_changed(float): how many pixels of the screen one of the image has now.
    """

    size_edited = Signal(object)
    view_changed = Signal(object)

    def __init__(self, levels: Sequence[QImage], mask: PaintedMask) -> None:
        """A canvas for an image, as `levels_of` gives it, and a mask of its size."""
        super().__init__()
        self._mask = mask
        self._drawn = MaskedImage(levels)
        self._view = ImageView(mask.size, self.size())
        self._is_fitted = True
        self._is_laid_out = False
        self._dirty = QRect()
        self._tool = MaskTool.BRUSH
        self._size = max(4, round(min(mask.size.width(), mask.size.height()) * _FIRST_SIZE_SHARE))
        self._colour = QColor(Qt.GlobalColor.red)
        # Where the mouse is, where a stroke or a lasso has been, and where the view is held.
        self._pointer: QPointF | None = None
        self._last: QPointF | None = None
        self._line: list[QPointF] = []
        self._is_edited: bool | None = None
        self._held_at: QPointF | None = None
        self._has_space = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(_SMALLEST)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._show_cursor()
        mask.changed.connect(self._on_changed)

    @property
    def view(self) -> ImageView:
        """Where the image lies, and how large."""
        return self._view

    @property
    def brush_size(self) -> int:
        """How wide brush and eraser are, in pixels of the image."""
        return self._size

    def set_brush_size(self, size: int) -> None:
        """Paint so wide from now on; tells nobody."""
        self._update_ring()
        self._size = min(max(size, 1), MOST_SIZE)
        self._update_ring()

    def step_brush(self, steps: float) -> None:
        """Make the brush larger by so many steps, or smaller, and tell."""
        wanted = round(self._size * _SIZE_FACTOR**steps)
        if wanted == self._size:
            wanted += 1 if steps > 0 else -1
        self.set_brush_size(wanted)
        self.size_edited.emit(self._size)

    @property
    def tool(self) -> MaskTool:
        """What the left button does."""
        return self._tool

    def set_tool(self, tool: MaskTool) -> None:
        """Do this from now on."""
        self.end_stroke()
        self._tool = tool
        self._update_ring()

    def set_colour(self, colour: QColor) -> None:
        """Show what is edited in this colour."""
        self._colour = QColor(colour)
        self._colour.setAlphaF(_SHOWS_THROUGH)
        self._show_anew()

    def fit(self) -> None:
        """Show all of the image, also when the window grows."""
        self._is_fitted = True
        self._look(self._view.fitted())

    def zoom_to(self, zoom: float) -> None:
        """Show one pixel of the image as so many of the screen, around the middle."""
        self._is_fitted = False
        self._look(self._view.zoomed(zoom))

    def step_zoom(self, steps: float) -> None:
        """Show the image larger by so many steps, or smaller."""
        self.zoom_to(self._view.zoom * _ZOOM_FACTOR**steps)

    def end_stroke(self) -> None:
        """What is being painted ends here."""
        if self._is_edited is None:
            return
        if self._tool is MaskTool.LASSO and len(self._line) > 2:
            self._mask.fill_polygon(self._line, is_edited=self._is_edited)
        self._is_edited = None
        self._update_lasso()
        self._line = []
        self._mask.end_step(self._tool.value)

    def _begin(self, place: QPointF, *, is_contrary: bool, joins: bool, pressure: float) -> None:
        self.end_stroke()
        self._is_edited = (self._tool is MaskTool.ERASER) is is_contrary
        at = self._view.to_image(place)
        if self._tool is MaskTool.LASSO:
            self._line = [at]
            return
        begin = self._last if joins and self._last is not None else at
        self._stroke(begin, at, pressure)

    def _go_on(self, place: QPointF, pressure: float) -> None:
        at = self._view.to_image(place)
        if self._is_edited is None:
            return
        if self._tool is MaskTool.LASSO:
            self._line.append(at)
            self._update_lasso()
        else:
            self._stroke(self._last or at, at, pressure)

    def _stroke(self, begin: QPointF, end: QPointF, pressure: float) -> None:
        width = max(self._size * pressure, 1.0)
        self._mask.draw_line(begin, end, width, is_edited=bool(self._is_edited))
        self._last = end

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        button = event.button()
        if button is _Button.MiddleButton or (button is _Button.LeftButton and self._has_space):
            self.end_stroke()
            self._held_at = event.position()
            self._show_cursor()
        elif button in (_Button.LeftButton, _Button.RightButton):
            self._begin(
                event.position(),
                is_contrary=button is _Button.RightButton,
                joins=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier),
                pressure=1.0,
            )

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(event.position())
        if self._held_at is not None:
            self._is_fitted = False
            self._look(self._view.moved(event.position() - self._held_at))
            self._held_at = event.position()
        else:
            self._go_on(event.position(), 1.0)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held_at is not None:
            self._held_at = None
            self._show_cursor()
        else:
            self.end_stroke()

    @override
    def tabletEvent(self, event: QTabletEvent) -> None:
        """A pen paints as wide as it is pressed; its other end erases."""
        is_other_end = event.pointerType() is QPointingDevice.PointerType.Eraser
        match event.type():
            case QEvent.Type.TabletPress if event.button() is _Button.LeftButton:
                self._begin(
                    event.position(),
                    is_contrary=is_other_end,
                    joins=False,
                    pressure=event.pressure(),
                )
            case QEvent.Type.TabletMove if self._is_edited is not None:
                self._point(event.position())
                self._go_on(event.position(), event.pressure())
            case QEvent.Type.TabletRelease if self._is_edited is not None:
                self.end_stroke()
            case _:
                # Other buttons of a pen are those of a mouse.
                event.ignore()
                return
        event.accept()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / _NOTCH
        if not steps:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.step_brush(steps)
        else:
            self._is_fitted = False
            zoom = self._view.zoom * _ZOOM_FACTOR**steps
            self._look(self._view.zoomed(zoom, event.position()))
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key is Qt.Key.Key_Space:
            self._has_space = True
            self._show_cursor()
        elif key in _MOVES:
            self._is_fitted = False
            self._look(self._view.moved(_MOVES[key]))
        elif key is Qt.Key.Key_Escape and self._is_edited is not None:
            self._is_edited = None
            self._update_lasso()
            self._line = []
            self._mask.cancel_step()
        else:
            super().keyPressEvent(event)

    @override
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._has_space = False
            self._show_cursor()
        super().keyReleaseEvent(event)

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        """Take the keys: the space bar is to move the view, and not to press a tool again."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().enterEvent(event)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)
        super().leaveEvent(event)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._take_room()

    @override
    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of another theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._show_anew()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self.devicePixelRatioF() != self._view.ratio:
            self._take_room()
        self._draw()
        painter = QPainter(self)
        painter.drawImage(QPointF(), self._drawn.shown)
        if self._line:
            line = QPolygonF([self._view.to_widget(place) for place in self._line])
            for pen in _two_pens():
                painter.setPen(pen)
                painter.drawPolyline(line)
        if self._pointer is not None and self._tool is not MaskTool.LASSO:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ring = self._ring(self._pointer)
            painter.setPen(QPen(Qt.GlobalColor.black, 1))
            painter.drawEllipse(ring.adjusted(-0.5, -0.5, 0.5, 0.5))
            painter.setPen(QPen(Qt.GlobalColor.white, 1))
            painter.drawEllipse(ring.adjusted(0.5, 0.5, -0.5, -0.5))
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
            painter.setPen(self.palette().color(QPalette.ColorRole.Highlight))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _draw(self) -> None:
        """Draw what has changed since the last time."""
        view = self._view
        if not self._is_laid_out:
            role = QPalette.ColorRole
            colours = self.palette()
            self._drawn.lay_out(view, colours.color(role.Midlight), colours.color(role.Dark))
            self._is_laid_out = True
            self._dirty = self._mask.image.rect()
        if not self._dirty.isEmpty():
            self._drawn.redraw(view.seen(self._dirty), view, self._mask.image, self._colour)
            self._dirty = QRect()

    @Slot(object)
    def _on_changed(self, rect: QRect) -> None:
        self._dirty |= rect
        self.update(self._view.in_widget(self._view.seen(rect)))

    def _take_room(self) -> None:
        view = self._view.in_room(self.size(), self.devicePixelRatioF())
        self._look(view.fitted() if self._is_fitted else view)

    def _look(self, view: ImageView) -> None:
        if view != self._view:
            self._view = view
            self.view_changed.emit(view.zoom)
            self._show_anew()

    def _show_anew(self) -> None:
        self._is_laid_out = False
        self.update()

    def _show_cursor(self) -> None:
        if self._held_at is not None:
            self.setCursor(_Shape.ClosedHandCursor)
        else:
            self.setCursor(_Shape.OpenHandCursor if self._has_space else _Shape.CrossCursor)

    def _point(self, place: QPointF | None) -> None:
        self._update_ring()
        self._pointer = place
        self._update_ring()

    def _ring(self, place: QPointF) -> QRectF:
        radius = self._size * self._view.zoom / self._view.ratio / 2
        return QRectF(place.x() - radius, place.y() - radius, 2 * radius, 2 * radius)

    def _update_ring(self) -> None:
        if self._pointer is not None:
            self.update(self._ring(self._pointer).toAlignedRect().adjusted(-2, -2, 2, 2))

    def _update_lasso(self) -> None:
        """Draw the last piece of the line, or all of it where it ends."""
        line = self._line if self._is_edited is None else self._line[-2:]
        seen = QPolygonF([self._view.to_widget(place) for place in line])
        self.update(seen.boundingRect().toAlignedRect().adjusted(-2, -2, 2, 2))


def _two_pens() -> tuple[QPen, QPen]:
    """A line that is seen on any ground: black dashes on white."""
    white, black = QPen(Qt.GlobalColor.white, 1), QPen(Qt.GlobalColor.black, 1)
    black.setStyle(Qt.PenStyle.DashLine)
    return white, black
