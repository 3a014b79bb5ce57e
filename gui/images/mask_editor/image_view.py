"""Where an image lies in a widget, how large, and what of it is to be drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QColor

LEAST_ZOOM, MOST_ZOOM = 1 / 64, 64.0
_MARGIN = 8
_SMALLEST_LEVEL = 256
# From here on each pixel is seen as a square.
_SHARP_FROM = 2.0


@dataclass(frozen=True)
class ImageView:
    """An image of a size in a widget of a size.

    Attributes:
        image: the size of the image in pixels.
        room: the size of the widget, as Qt counts it.
        ratio: pixels of the screen for one of Qt's.
        zoom: pixels of the screen for one of the image.
        origin: the image's upper left corner in pixels of the screen, whole ones, so that the
            image is drawn alike wherever it lies.
    """

    image: QSize
    room: QSize
    ratio: float = 1.0
    zoom: float = 1.0
    origin: QPointF = field(default_factory=QPointF)

    @property
    def device_size(self) -> QSize:
        """The size of the widget in pixels of the screen."""
        return (QSizeF(self.room) * self.ratio).toSize()

    @property
    def transform(self) -> QTransform:
        """From pixels of the image to those of the screen."""
        return QTransform(self.zoom, 0, 0, self.zoom, self.origin.x(), self.origin.y())

    def to_image(self, place: QPointF) -> QPointF:
        """From a place in the widget to one in the image."""
        return (place * self.ratio - self.origin) / self.zoom

    def to_widget(self, place: QPointF) -> QPointF:
        """From a place in the image to one in the widget."""
        return (place * self.zoom + self.origin) / self.ratio

    def seen(self, rect: QRect) -> QRect:
        """The pixels of the screen that show these of the image, and those beside them."""
        # What is drawn smaller takes from its neighbours too.
        return self.transform.mapRect(QRectF(rect)).toAlignedRect().adjusted(-2, -2, 2, 2)

    def in_widget(self, rect: QRect) -> QRect:
        """What of the widget these pixels of the screen are."""
        return QRectF(
            rect.x() / self.ratio,
            rect.y() / self.ratio,
            rect.width() / self.ratio,
            rect.height() / self.ratio,
        ).toAlignedRect()

    def fitted(self) -> ImageView:
        """All of the image in the middle of the widget, no larger than it is."""
        room, free = self.device_size, 2 * _MARGIN
        zoom = _within(
            min(
                (room.width() - free) / self.image.width(),
                (room.height() - free) / self.image.height(),
                1.0,
            )
        )
        return self._at(zoom, self._middle_for(zoom))

    def zoomed(self, zoom: float, around: QPointF | None = None) -> ImageView:
        """Larger or smaller; what lies at this place of the widget, else its middle, stays."""
        zoom = _within(zoom)
        middle = QRectF(QPointF(), QSizeF(self.room)).center() if around is None else around
        return self._at(zoom, middle * self.ratio - self.to_image(middle) * zoom)

    def moved(self, by: QPointF) -> ImageView:
        """Moved by so much of the widget."""
        return self._at(self.zoom, self.origin + by * self.ratio)

    def in_room(self, room: QSize, ratio: float) -> ImageView:
        """The same in a widget of another size or on another screen."""
        scaled = ImageView(self.image, room, ratio, self.zoom, self.origin)
        grown = scaled.device_size - self.device_size
        return scaled._at(self.zoom, self.origin + QPointF(grown.width(), grown.height()) / 2)

    def _middle_for(self, zoom: float) -> QPointF:
        free = QSizeF(self.device_size) - QSizeF(self.image) * zoom
        return QPointF(free.width(), free.height()) / 2

    def _at(self, zoom: float, origin: QPointF) -> ImageView:
        """At least a bit of the image stays where it can be seen."""
        size, room = QSizeF(self.image) * zoom, QSizeF(self.device_size)
        least = 4 * _MARGIN
        x = min(max(origin.x(), least - size.width()), room.width() - least)
        y = min(max(origin.y(), least - size.height()), room.height() - least)
        return ImageView(self.image, self.room, self.ratio, zoom, QPointF(round(x), round(y)))


def _within(zoom: float) -> float:
    return min(max(zoom, LEAST_ZOOM), MOST_ZOOM)


class MaskedImage:
    """An image with its mask over it as the screen shows them, drawn anew only where they changed.

    Attributes:
        shown: in pixels of the screen, as large as the widget.
    """

    def __init__(self, levels: Sequence[QImage]) -> None:
        """An image by its sizes, as `levels_of` gives them."""
        self.shown = QImage()
        self._levels = tuple(levels)
        self._ground = QImage()

    def lay_out(self, view: ImageView, ground: QColor, edge: QColor) -> None:
        """Draw the image alone, in another view or other colours."""
        drawn = QImage(view.device_size, QImage.Format.Format_RGB32)
        drawn.fill(ground)
        painter = QPainter(drawn)
        whole = QRectF(QPointF(), QSizeF(view.image))
        painter.setPen(edge)
        painter.drawRect(view.transform.mapRect(whole).adjusted(-1, -1, 0, 0))
        painter.setTransform(view.transform)
        painter.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform, view.zoom < _SHARP_FROM and view.zoom != 1
        )
        number = min(max(math.floor(-math.log2(view.zoom)), 0), len(self._levels) - 1)
        level = self._levels[number]
        painter.drawImage(whole, level, QRectF(QPointF(), QSizeF(level.size())))
        painter.end()
        self._ground = drawn
        self.shown = drawn.copy()
        self.shown.setDevicePixelRatio(view.ratio)

    def redraw(self, rect: QRect, view: ImageView, mask: QImage, colour: QColor) -> None:
        """Draw what lies in these pixels of the screen, the mask in a colour that shows through."""
        rect = rect & self._ground.rect()
        if rect.isEmpty():
            return
        over = QImage(rect.size(), QImage.Format.Format_ARGB32_Premultiplied)
        over.fill(0)
        painter = QPainter(over)
        painter.translate(-rect.topLeft())
        painter.setTransform(view.transform, combine=True)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, view.zoom < 1)
        painter.drawImage(QPointF(), mask)
        painter.resetTransform()
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
        painter.fillRect(over.rect(), colour)
        painter.end()
        # In pixels of the screen, which the painter of an image for a finer one does not count.
        self.shown.setDevicePixelRatio(1)
        painter = QPainter(self.shown)
        painter.drawImage(rect.topLeft(), self._ground, rect)
        painter.drawImage(rect.topLeft(), over)
        painter.end()
        self.shown.setDevicePixelRatio(view.ratio)


def levels_of(image: QImage) -> tuple[QImage, ...]:
    """The image, and half as large each time: to draw it small, little of it is read."""
    levels = [image]
    while max(levels[-1].width(), levels[-1].height()) > _SMALLEST_LEVEL:
        last = levels[-1]
        size = QSize(max(last.width() // 2, 1), max(last.height() // 2, 1))
        mode = Qt.TransformationMode.SmoothTransformation
        levels.append(last.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, mode))
    return tuple(levels)
