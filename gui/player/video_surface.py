"""Shows a picture as large as fits, or a sentence in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from gui.theme import EDGE, Tone
from gui.widgets.labels import ToneLabel

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

_WIDTH, _HEIGHT = 320, 180


class VideoSurface(QWidget):
    """Paints on its own, so that neither OpenGL nor a screen is needed."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self.setObjectName("video_surface")
        self.setAccessibleName("Picture of the clip")
        self.setToolTip("Click to play or pause.\nLeft and right arrow keys: one frame.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(_WIDTH // 2, _HEIGHT // 2)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._notes: list[ToneLabel] = []

    def add_note(self, of: Tone = Tone.QUIET) -> ToneLabel:
        """A label that lies over the foot of the picture, so that nothing moves when it speaks."""
        note = ToneLabel(of, self)
        note.setAutoFillBackground(True)
        note.setContentsMargins(EDGE // 2, 2, EDGE // 2, 2)
        note.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        note.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self._notes.append(note)
        return note

    @override
    def event(self, event: QEvent) -> bool:
        """Keep the notes at the foot.

        No layout does: it would have all layouts around laid out again whenever a note counts.
        """
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize, QEvent.Type.Show):
            foot = self.height()
            for note in reversed(self._notes):
                if not note.isHidden():
                    height = note.heightForWidth(self.width())
                    note.setGeometry(0, foot - height, self.width(), height)
                    foot -= height
        return super().event(event)

    @property
    def image(self) -> QImage | None:
        """The picture that is shown."""
        return self._image

    def show_image(self, image: QImage) -> None:
        """Show a picture."""
        self._image = image
        self.setAccessibleDescription("")
        self.update()

    def show_message(self, message: str) -> None:
        """Show a sentence in place of the picture."""
        self._image = None
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
        room, shape = self.rect().toRectF(), self._image.size().toSizeF()
        size = shape.scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        rect = QRectF(room.topLeft(), size)
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
            painter.drawText(room, int(flags), self.accessibleDescription())
        if self.hasFocus():
            painter.setPen(self.palette().color(QPalette.ColorRole.Highlight))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
