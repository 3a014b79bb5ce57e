"""The player's picture over the whole screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from gui.player.video_surface import VideoSurface
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtGui import QImage


class FullScreenImage(QWidget):
    """A window that shows what the player shows, and takes its keys; Escape leaves it."""

    def __init__(self, player: QWidget) -> None:
        super().__init__(player, Qt.WindowType.Window)
        self.setObjectName("full_screen")
        self.setWindowTitle("ImageAI")
        self._surface = VideoSurface()
        self._surface.setToolTip("")
        vbox(self._surface, of=self, grows=self._surface)
        leave = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        leave.activated.connect(self.close)

    def listen(self, keys: Mapping[Qt.Key, Callable[[], None]]) -> None:
        """Let keys do here what they do in the player."""
        for key, act in keys.items():
            QShortcut(QKeySequence(key), self).activated.connect(act)

    def show_image(self, image: QImage) -> None:
        """Show a picture, while this is open."""
        if self.isVisible():
            self._surface.show_image(image)

    def toggle(self, image: QImage | None) -> None:
        """Open with a picture, or close."""
        if self.isVisible():
            self.close()
        elif image is not None:
            self.showFullScreen()
            self._surface.show_image(image)

    @property
    def image(self) -> QImage | None:
        """The picture that is shown."""
        return self._surface.image
