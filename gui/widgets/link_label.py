"""A link that the desktop's browser opens."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QWidget
from typing_extensions import override


class LinkLabel(QLabel):
    """A few words that lead to an address; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        self._url = ""
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setOpenExternalLinks(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.hide()

    def lead(self, words: str, url: str) -> None:
        """Show these words, leading there."""
        self._words, self._url = words, url
        self.setToolTip(url)
        self.setVisible(bool(url))
        self._write()

    @override
    def changeEvent(self, event: QEvent) -> None:
        """Take the colour of another theme, which rich text does not do by itself."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._write()

    def _write(self) -> None:
        self.clear()
        self.setText(f'<a href="{escape(self._url)}">{escape(self._words)}</a>')
