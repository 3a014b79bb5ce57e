"""What happened, line by line, with the time: nothing that was said is gone at once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QColor, QGuiApplication, QPalette, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QWidget
from typing_extensions import override

from gui import theme
from gui.widgets.buttons import IconButton
from gui.widgets.fields import named
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from gui.theme import Tone

MOST_LINES = 2000


@dataclass(frozen=True)
class _Said:
    time: str
    text: str
    tone: Tone | None


class StatusConsole(QWidget):
    """Takes sentences and keeps the newest; it scrolls on only for who reads the end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said: deque[_Said] = deque(maxlen=MOST_LINES)
        self._lines = named(
            QPlainTextEdit(),
            "console_lines",
            "What happened, the newest below; the text can be selected",
            "What happened",
        )
        self._lines.setReadOnly(True)
        self._lines.setMaximumBlockCount(MOST_LINES)
        self._lines.setUndoRedoEnabled(False)
        self._lines.setPlaceholderText("Nothing has happened yet.")
        self._lines.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._copy = IconButton("console_copy", "content-copy", "Copy all lines")
        self._copy.clicked.connect(self.copy)
        self._clear = IconButton("console_clear", "broom", "Clear all lines")
        self._clear.clicked.connect(self.clear)
        title = QLabel("What happened")
        bar = hbox(title, self._copy, self._clear, gap=2, grows=title)
        vbox(bar, self._lines, of=self, gap=theme.GAP // 2, grows=self._lines)
        self._offer()

    @property
    def text(self) -> str:
        """Every line that is kept."""
        return self._lines.toPlainText()

    def show_message(self, text: str, tone: Tone | None = None) -> None:
        """Add a line with the time of day; several lines of text stay below one time.

        Args:
            text: a sentence.
            tone: how it is meant; None for plain words.
        """
        said = _Said(datetime.now().astimezone().strftime("%H:%M:%S"), text.strip(), tone)
        self._said.append(said)
        self._write(said)
        self._offer()

    @Slot()
    def copy(self) -> None:
        """Put every line on the clipboard."""
        QGuiApplication.clipboard().setText(self.text)

    @Slot()
    def clear(self) -> None:
        """Forget every line."""
        self._said.clear()
        self._lines.clear()
        self._offer()

    def _offer(self) -> None:
        self._copy.setEnabled(bool(self._said))
        self._clear.setEnabled(bool(self._said))

    def _write(self, said: _Said) -> None:
        bar = self._lines.verticalScrollBar()
        is_at_end, place = bar.value() >= bar.maximum(), bar.value()
        lines_before = self._lines.blockCount()
        self._keep_selection()
        cursor = QTextCursor(self._lines.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not self._lines.document().isEmpty():
            cursor.insertBlock()
        cursor.insertText(f"{said.time}  ", self._in(theme.Tone.QUIET))
        # A line separator keeps what belongs together one block, which is what is counted.
        cursor.insertText(said.text.replace("\n", "\u2028"), self._in(said.tone))
        if is_at_end:
            bar.setValue(bar.maximum())
        elif self._lines.blockCount() == lines_before == MOST_LINES:
            # A line fell out above: what is read stays where it is.
            bar.setValue(place - 1)

    def _keep_selection(self) -> None:
        """Let a selection that reaches the end not take in what is added there."""
        chosen = self._lines.textCursor()
        if chosen.hasSelection() and not chosen.keepPositionOnInsert():
            chosen.setKeepPositionOnInsert(True)
            self._lines.setTextCursor(chosen)

    def _in(self, tone: Tone | None) -> QTextCharFormat:
        words = QTextCharFormat()
        colours = self.palette()
        plain: QColor = colours.color(QPalette.ColorRole.Text)
        words.setForeground(plain if tone is None else theme.tone(colours, tone))
        return words

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._lines.clear()
            for said in self._said:
                self._write(said)
