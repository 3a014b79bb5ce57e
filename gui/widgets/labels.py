"""Labels: in the colour of what they say, cut in their middle, or a link."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QLabel, QSizePolicy, QWidget
from typing_extensions import override

from gui.theme import Tone, tone

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent
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


def heading(text: str, larger: float = 1.0) -> QLabel:
    """A bold label, so many times as large as others."""
    label = QLabel(text)
    font = label.font()
    font.setPointSizeF(font.pointSizeF() * larger)
    font.setBold(True)
    label.setFont(font)
    return label


class ElidedLabel(QLabel):
    """Shows a whole text where it fits, else its beginning and end."""

    def __init__(self) -> None:
        super().__init__()
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Show this text."""
        self._whole = text
        self._cut()

    def whole_text(self) -> str:
        """The text as it was given."""
        return self._whole

    @override
    def minimumSizeHint(self) -> QSize:
        """No width of its own."""
        return QSize(0, super().minimumSizeHint().height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the text to the new width."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        width = max(self.width() - 2, 0)
        self.setText(
            self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, width)
        )


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
