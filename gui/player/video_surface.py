"""Shows a picture as large as fits, or a sentence in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from gui.theme import EDGE

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

_WIDTH, _HEIGHT = 320, 180


class VideoSurface(QWidget):
    """Paints on its own, so that neither OpenGL nor a screen is needed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._message = ""
        self.setObjectName("video_surface")
        self.setAccessibleName("Picture of the clip")
        self.setToolTip("Click to play or pause.\nLeft and right arrow keys: one frame.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(_WIDTH // 2, _HEIGHT // 2)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    @property
    def image(self) -> QImage | None:
        """The picture that is shown."""
        return self._image

    @property
    def message(self) -> str:
        """The sentence that is shown in place of a picture."""
        return self._message

    def show_image(self, image: QImage) -> None:
        """Show a picture."""
        self._image, self._message = image, ""
        self.update()

    def show_message(self, message: str) -> None:
        """Show a sentence in place of the picture."""
        self._image, self._message = None, message
        self.setAccessibleDescription(message)
        self.update()

    @override
    def sizeHint(self) -> QSize:
        """A small picture in the usual shape."""
        return QSize(_WIDTH, _HEIGHT)

    def image_rect(self) -> QRectF:
        """Where the picture lies on the surface."""
        if self._image is None:
            return QRectF()
        room = QRectF(self.rect())
        shape = self._image.size().scaled(self.size() * 8, Qt.AspectRatioMode.KeepAspectRatio)
        scale = min(room.width() / shape.width(), room.height() / shape.height())
        rect = QRectF(0, 0, shape.width() * scale, shape.height() * scale)
        rect.moveCenter(room.center())
        return rect

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, or the sentence."""
        painter = QPainter(self)
        if self._image is not None:
            painter.fillRect(self.rect(), Qt.GlobalColor.black)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.image_rect(), self._image)
        else:
            painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
            painter.setPen(self.palette().color(QPalette.ColorRole.Text))
            room = self.rect().adjusted(EDGE, EDGE, -EDGE, -EDGE)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(room, int(flags), self._message)
        if self.hasFocus():
            painter.setPen(self.palette().color(QPalette.ColorRole.Highlight))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
