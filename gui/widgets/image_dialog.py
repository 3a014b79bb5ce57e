"""A picture as large as the dialog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QSizePolicy, QWidget
from typing_extensions import override

from gui import theme
from gui.theme import EDGE, GAP, Tone
from gui.widgets.cells import centred
from gui.widgets.fields import named
from gui.widgets.file_field import printable
from gui.widgets.labels import ElidedLabel, ToneLabel
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from pathlib import Path

    from gui.widgets.thumbnails import Moment, Thumbnails

# In device pixels: enough for most screens, and little beside what is kept of small pictures.
_LARGEST = QSize(1920, 1440)
_FIRST_SIZE = QSize(760, 600)


@dataclass(frozen=True)
class ShownImage:
    """A picture with its name, or one frame of a clip."""

    path: Path
    name: str
    at: Moment = "start"


class ImageDialog(QDialog):
    """Shows a picture, its name, and what is to say about it; reads it beside the main thread."""

    def __init__(
        self, name: str, shown: ShownImage, thumbnails: Thumbnails, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._shown = shown
        self._thumbnails = thumbnails
        self.setObjectName(name)
        self.setWindowTitle(shown.name)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._image = _Image(shown.name)
        self._words = ToneLabel()
        self._problem = ToneLabel(Tone.BAD)
        where = ElidedLabel()
        where.show_text(printable(shown.path))
        where.setToolTip(printable(shown.path))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        named(close, "close_preview", "Close the picture (Escape)")
        buttons.rejected.connect(self.reject)
        vbox(
            self._image,
            self._problem,
            self._words,
            where,
            buttons,
            of=self,
            gap=GAP,
            margin=EDGE,
            grows=self._image,
        )
        self.resize(_FIRST_SIZE)
        thumbnails.ready.connect(self._arrived)
        self._arrived(shown.path)

    def show_message(self, text: str, of: Tone) -> None:
        """Say something about the picture, under it."""
        self._words.show_message(text, of)

    @Slot(object)
    def _arrived(self, path: Path) -> None:
        if path == self._shown.path:
            found = self._thumbnails.pixmap(path, _LARGEST, self._shown.at)
            problem = self._thumbnails.problem(path, _LARGEST, self._shown.at)
            self._problem.show_message(problem)
            self._image.show_image(None if problem else found, is_waiting=not problem)


class _Image(QWidget):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._pixmap: QPixmap | None = None
        self._is_waiting = True
        self.setAccessibleName(name)
        self.setMinimumSize(160, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_image(self, pixmap: QPixmap | None, *, is_waiting: bool) -> None:
        """Show it, or that it is being read."""
        self._pixmap, self._is_waiting = pixmap, is_waiting
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._pixmap is None:
            if self._is_waiting:
                painter.setPen(theme.tone(self.palette(), Tone.QUIET))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Reading the picture…")
        else:
            size = self._pixmap.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(centred(size, self.rect()), self._pixmap)
        painter.end()
