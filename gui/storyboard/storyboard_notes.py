"""What could not be done as the storyboard asks: the first notes, and all when wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from gui.theme import Tone
from gui.widgets.fields import named
from gui.widgets.tone_label import ToneLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIRST = 2


class StoryboardNotes(QWidget):
    """Shows a few notes, with a button for the rest; takes no room where there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes: tuple[str, ...] = ()
        self._words = ToneLabel(Tone.WARNING)
        self._more = named(QToolButton(), "more_notes")
        self._more.setCheckable(True)
        self._more.setAutoRaise(True)
        self._more.setToolTip("Show every note, or the first ones alone")
        self._more.toggled.connect(self._show)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._words)
        rows.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        self._show()

    def show_notes(self, notes: Sequence[str]) -> None:
        """Show these."""
        if tuple(notes) != self._notes:
            self._notes = tuple(notes)
            self._show()

    @Slot()
    def _show(self, _: object = None) -> None:
        more = len(self._notes) - _FIRST
        shown = self._notes if self._more.isChecked() else self._notes[:_FIRST]
        self._words.show_message("\n".join(f"• {note}" for note in shown))
        self._more.setText("Fewer notes" if self._more.isChecked() else f"{more} more…")
        self._more.setVisible(more > 0)
        self.setVisible(bool(self._notes))
