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
        if text != self.text():
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


def label_of(field: QWidget, text: str) -> QLabel:
    """A label whose letter leads to a field; a form makes one only where the field is alone."""
    label = QLabel(text)
    label.setBuddy(field)
    return label


def heading(text: str, larger: float = 1.0) -> QLabel:
    """A bold label, so many times as large as others."""
    label = QLabel(text)
    font = label.font()
    font.setPointSizeF(font.pointSizeF() * larger)
    font.setBold(True)
    label.setFont(font)
    return label


class ElidedLabel(QWidget):
    """One line that shows a whole text where it fits, else its beginning and end.

    Its text may change many times a second. A `QLabel` in a layout has every layout around it laid
    out again for each new text, and each page of tabs among them drawn again. Here the label lies
    in none, and what is around is asked for room only when a text that may not be cut needs more.
    """

    def __init__(
        self,
        alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        *,
        is_cut: bool = True,
    ) -> None:
        """A label of one line.

        Args:
            alignment: where the text stands.
            is_cut: whether it may be cut; else it takes the room of its longest text so far.
        """
        super().__init__()
        self._whole = ""
        self._is_cut = is_cut
        self._wanted_width = 0
        self._label = QLabel(self)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setAlignment(alignment | Qt.AlignmentFlag.AlignVCenter)
        wide = QSizePolicy.Policy.Ignored if is_cut else QSizePolicy.Policy.Minimum
        self.setSizePolicy(wide, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Show this text."""
        if text != self._whole:
            self._whole = text
            self._write()

    def whole_text(self) -> str:
        """The text as it was given."""
        return self._whole

    @override
    def minimumSizeHint(self) -> QSize:
        """No width of its own, where it may be cut."""
        return self.sizeHint()

    @override
    def sizeHint(self) -> QSize:
        """As high as its line."""
        return QSize(self._wanted_width, self._label.sizeHint().height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the text to the new width."""
        super().resizeEvent(event)
        self._label.resize(event.size())
        self._write()

    def _write(self) -> None:
        if self._is_cut:
            width, middle = max(self.width() - 2, 0), Qt.TextElideMode.ElideMiddle
            self._label.setText(self.fontMetrics().elidedText(self._whole, middle, width))
            return
        self._label.setText(self._whole)
        wanted = self._label.sizeHint().width()
        if wanted > self._wanted_width:
            self._wanted_width = wanted
            self.updateGeometry()


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
