"""A frame around an image that is pulled outwards: how much is added at each side."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, auto
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from core.media.images import read_rgb_image
from core.video.request import Margins
from gui import theme
from gui.theme import Tone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

_PREVIEW_SIDE = 512
_HEIGHT = 190
# Of the longer side: room to pull the frame into, which is there anew after each pull.
_SLACK = 0.3
_GRIP = 7.0
_HANDLE = 8.0
_KEY_PX = 16


@dataclass(frozen=True)
class FramedImage:
    """An image as the frame shows it.

    Attributes:
        preview: upright and small.
        size: its upright width and height in full.
    """

    preview: QImage
    size: QSize


def read_framed(path: Path) -> FramedImage:
    """An image for the frame.

    Raises:
        UnsupportedRequest: it is missing, unreadable, cut off or huge.
    """
    image = read_rgb_image(path, "image", "inputs").image
    size = QSize(image.width, image.height)
    image.thumbnail((_PREVIEW_SIDE, _PREVIEW_SIDE))
    rows, row_bytes = image.tobytes(), 3 * image.width
    preview = QImage(rows, image.width, image.height, row_bytes, QImage.Format.Format_RGB888)
    return FramedImage(preview.copy(), size)


class FrameSide(Flag):
    """Sides of the frame; two that meet are a corner."""

    NONE = 0
    LEFT = auto()
    RIGHT = auto()
    UP = auto()
    DOWN = auto()


_CURSORS = {
    FrameSide.LEFT: Qt.CursorShape.SizeHorCursor,
    FrameSide.RIGHT: Qt.CursorShape.SizeHorCursor,
    FrameSide.UP: Qt.CursorShape.SizeVerCursor,
    FrameSide.DOWN: Qt.CursorShape.SizeVerCursor,
    FrameSide.LEFT | FrameSide.UP: Qt.CursorShape.SizeFDiagCursor,
    FrameSide.RIGHT | FrameSide.DOWN: Qt.CursorShape.SizeFDiagCursor,
    FrameSide.RIGHT | FrameSide.UP: Qt.CursorShape.SizeBDiagCursor,
    FrameSide.LEFT | FrameSide.DOWN: Qt.CursorShape.SizeBDiagCursor,
}
_KEYS = {
    Qt.Key.Key_Left: FrameSide.LEFT,
    Qt.Key.Key_Right: FrameSide.RIGHT,
    Qt.Key.Key_Up: FrameSide.UP,
    Qt.Key.Key_Down: FrameSide.DOWN,
}


class OutpaintFrame(QWidget):
    """Shows an image in its frame, whose sides and corners are pulled; the arrow keys do so too.

    Signals:
        edited(Margins): a person pulled the frame.
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._framed: FramedImage | None = None
        self._words = ""
        self._margins = Margins()
        self._most = 0
        # What is pulled, from where, and the margins and the scale as they were then.
        self._pulled = FrameSide.NONE
        self._from = QPointF()
        self._before = Margins()
        self._held_scale: tuple[float, QPointF] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)

    def show_value(self, value: object) -> None:
        """Show these margins; tells nobody."""
        if isinstance(value, Margins):
            self._margins = value
            self._describe()

    def show_image(self, framed: FramedImage | None) -> None:
        """Show this image; None where it cannot be read."""
        self._framed, self._words = framed, "The image cannot be read."
        self._describe()

    def show_waiting(self) -> None:
        """Show that an image is being read."""
        self._framed, self._words = None, "Reading the image…"
        self._describe()

    def set_most(self, most: int) -> None:
        """How many pixels there may be at a side."""
        self._most = most

    def _describe(self) -> None:
        self.setAccessibleDescription(self._sizes())
        self.update()

    def _sizes(self) -> str:
        """The size of the image, and what becomes of it."""
        if self._framed is None:
            return ""
        size, margins = self._framed.size, self._margins
        width = size.width() + (margins.left or 0) + (margins.right or 0)
        height = size.height() + (margins.up or 0) + (margins.down or 0)
        now = f"{size.width()}x{size.height()}"
        return now if (width, height) == size.toTuple() else f"{now} becomes {width}x{height}"

    def _layout(self) -> tuple[float, QPointF]:
        """Pixels of the widget for one of the image, and where the image's corner lies."""
        if self._held_scale is not None:
            return self._held_scale
        assert self._framed is not None, "without an image nothing is laid out"
        size, margins = self._framed.size, self._margins
        slack = _SLACK * max(size.width(), size.height())
        left, up = (margins.left or 0) + slack, (margins.up or 0) + slack
        width = left + size.width() + (margins.right or 0) + slack
        height = up + size.height() + (margins.down or 0) + slack
        room = self.height() - self._foot
        scale = min(self.width() / width, room / height)
        corner = QPointF((self.width() - scale * width) / 2, (room - scale * height) / 2)
        return scale, corner + QPointF(left, up) * scale

    @property
    def _foot(self) -> int:
        return self.fontMetrics().height() + theme.GAP // 2

    def image_rect(self) -> QRectF:
        """Where the image lies in the widget."""
        if self._framed is None:
            return QRectF()
        scale, corner = self._layout()
        size = self._framed.size
        return QRectF(corner.x(), corner.y(), size.width() * scale, size.height() * scale)

    def frame_rect(self) -> QRectF:
        """Where the frame lies: the image with what is added."""
        if self._framed is None:
            return QRectF()
        scale, _ = self._layout()
        margins = self._margins
        return self.image_rect().adjusted(
            -(margins.left or 0) * scale,
            -(margins.up or 0) * scale,
            (margins.right or 0) * scale,
            (margins.down or 0) * scale,
        )

    def side_at(self, place: QPointF) -> FrameSide:
        """Which side or corner of the frame can be taken at a place."""
        frame = self.frame_rect()
        if not frame.adjusted(-_GRIP, -_GRIP, _GRIP, _GRIP).contains(place):
            return FrameSide.NONE
        side = FrameSide.NONE
        if abs(place.x() - frame.left()) <= _GRIP:
            side |= FrameSide.LEFT
        elif abs(place.x() - frame.right()) <= _GRIP:
            side |= FrameSide.RIGHT
        if abs(place.y() - frame.top()) <= _GRIP:
            side |= FrameSide.UP
        elif abs(place.y() - frame.bottom()) <= _GRIP:
            side |= FrameSide.DOWN
        return side

    @override
    def sizeHint(self) -> QSize:
        return QSize(_HEIGHT * 3 // 2, _HEIGHT)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._framed is not None:
            self._pulled = self.side_at(event.position())
            self._from, self._before = event.position(), self._margins
            # What is pulled stays under the mouse; it is laid out anew afterwards.
            self._held_scale = self._layout() if self._pulled else None

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._pulled or self._held_scale is None:
            shape = _CURSORS.get(self.side_at(event.position()), Qt.CursorShape.ArrowCursor)
            self.setCursor(shape)
            return
        by = (event.position() - self._from) / self._held_scale[0]
        self._put(self._before, self._pulled, by)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pulled, self._held_scale = FrameSide.NONE, None
        self.update()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        side = _KEYS.get(Qt.Key(event.key()))
        if side is None or self._framed is None:
            super().keyPressEvent(event)
            return
        px = -_KEY_PX if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _KEY_PX
        outwards = -px if side & (FrameSide.LEFT | FrameSide.UP) else px
        self._put(self._margins, side, QPointF(outwards, outwards))

    def _put(self, before: Margins, side: FrameSide, by: QPointF) -> None:
        """Move sides of the frame by so many pixels of the image, and tell."""
        moves = {
            "left": (FrameSide.LEFT, -by.x()),
            "right": (FrameSide.RIGHT, by.x()),
            "up": (FrameSide.UP, -by.y()),
            "down": (FrameSide.DOWN, by.y()),
        }
        update: dict[str, int | None] = {}
        for name, (which, outwards) in moves.items():
            if side & which:
                px = round((getattr(before, name) or 0) + outwards)
                update[name] = min(max(px, 0), self._most) or None
        margins = before.model_copy(update=update)
        if margins != self._margins:
            self._margins = margins
            self._describe()
            self.edited.emit(margins)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        colours, role = self.palette(), QPalette.ColorRole
        painter.fillRect(self.rect(), colours.color(role.Base))
        painter.setPen(theme.tone(colours, Tone.QUIET))
        if self._framed is None:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._words)
        else:
            foot = QRectF(self.rect())
            foot.setTop(foot.bottom() - self._foot)
            painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, self._sizes())
            self._paint_frame(painter, self._framed)
        if self.hasFocus():
            painter.setPen(colours.color(role.Highlight))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _paint_frame(self, painter: QPainter, framed: FramedImage) -> None:
        colours, role = self.palette(), QPalette.ColorRole
        frame, image = self.frame_rect(), self.image_rect()
        painter.fillRect(frame, colours.color(role.Midlight))
        painter.drawImage(image, framed.preview)
        painter.setPen(QPen(colours.color(role.Highlight), 2))
        painter.drawRect(frame)
        painter.setBrush(colours.color(role.Highlight))
        for place in _handles(frame):
            painter.drawRect(_square(place, _HANDLE))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(colours.color(role.Text))
        for number, place in self._numbers(frame, image):
            words = f"{number} px"
            room = painter.fontMetrics().boundingRect(words).adjusted(-2, 0, 2, 0)
            box = QRectF(room)
            box.moveCenter(place)
            # Beside a frame that fills the widget there is no room: over its edge, then.
            box.moveLeft(min(max(box.left(), 1.0), self.width() - box.width() - 1))
            painter.fillRect(box, colours.color(role.Base))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _numbers(self, frame: QRectF, image: QRectF) -> Iterator[tuple[int, QPointF]]:
        """How much is added at each side where something is, and the middle of its place."""
        margins, middle = self._margins, image.center()
        beside = self.fontMetrics().horizontalAdvance("0000 px") / 2 + _HANDLE
        above = self.fontMetrics().height() / 2 + _HANDLE
        places = (
            (margins.left, QPointF(frame.left() - beside, middle.y())),
            (margins.right, QPointF(frame.right() + beside, middle.y())),
            (margins.up, QPointF(middle.x(), frame.top() - above)),
            (margins.down, QPointF(middle.x(), frame.bottom() + above)),
        )
        yield from ((number, place) for number, place in places if number)


def _handles(frame: QRectF) -> Iterator[QPointF]:
    """The corners and the middles of the sides."""
    middle = frame.center()
    for x in (frame.left(), middle.x(), frame.right()):
        for y in (frame.top(), middle.y(), frame.bottom()):
            if QPointF(x, y) != middle:
                yield QPointF(x, y)


def _square(middle: QPointF, side: float) -> QRectF:
    return QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)
