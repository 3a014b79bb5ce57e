"""Small buttons whose icons follow the theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QToolButton
from typing_extensions import override

from gui.theme import icon

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class IconButton(QToolButton):
    """A flat button with an icon, a tooltip and a name for screen readers."""

    def __init__(self, name: str, image: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = image
        self.setObjectName(name)
        self.setAutoRaise(True)
        self.set_tip(tip)
        self._draw()

    def set_tip(self, tip: str) -> None:
        """Say what the button does."""
        self.setToolTip(tip)
        self.setAccessibleName(tip.partition("\n")[0])

    def set_image(self, image: str) -> None:
        """Show another icon."""
        if image != self._image:
            self._image = image
            self._draw()

    @override
    def changeEvent(self, event: QEvent) -> None:
        """Draw the icon anew in another theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        self.setIcon(icon(self._image, QApplication.palette()))
