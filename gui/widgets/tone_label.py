"""A text in the colour of what it says, in every theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QLabel, QSizePolicy
from typing_extensions import override

from gui.theme import Tone, tone

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class ToneLabel(QLabel):
    """A plain text that wraps; it takes no room while it is empty."""

    def __init__(self, of: Tone = Tone.QUIET, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = of
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.hide()
        self._colour()

    def show_message(self, text: str, of: Tone | None = None) -> None:
        """Show a text, or nothing."""
        if of is not None and of is not self._tone:
            self._tone = of
            self._colour()
        self.setText(text)
        self.setVisible(bool(text))

    @override
    def changeEvent(self, event: QEvent) -> None:
        """Take the colour of another theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        # Counted from the program's colours: our own are those of the theme before.
        colour = tone(QApplication.palette(), self._tone)
        if self.palette().color(QPalette.ColorRole.WindowText) != colour:
            # Only this one role, so that the others go on following the theme.
            colours = QPalette()
            colours.setColor(QPalette.ColorRole.WindowText, colour)
            self.setPalette(colours)
