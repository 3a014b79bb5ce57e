"""The seed: a new one each time, the same as last time, or one that is typed."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from core.video.request import MAX_SEED
from gui.theme import GAP
from gui.widgets.field_undo import tell_each_letter
from gui.widgets.fields import named
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.layouts import vbox


class SeedField(QWidget):
    """Edits a seed or None, which draws a new one each time.

    Signals:
        edited(int | None)
    """

    edited = Signal(object)

    def __init__(self, *, what: str = "clip") -> None:
        """A field without a seed; `what` it is of is named in its tooltips."""
        super().__init__()
        self._what = what
        self._seed: int | None = None
        self._last: int | None = None
        tip = f"A number from 0 to {MAX_SEED}; the same seed gives the same {what}"
        self._text = named(QLineEdit(), "seed_number", tip, "Seed")
        self._text.setPlaceholderText("New each time")
        self._text.setValidator(_SeedValidator(self))
        tell_each_letter(self._text)
        self._same = named(QPushButton("Same &again"), "seed_same")
        self._new = named(
            QPushButton("&New each time"), "seed_new", f"Draw a new seed for every {what}"
        )
        vbox(self._text, FlowLayout(self._same, self._new, gap=GAP // 2), of=self, gap=GAP // 2)
        self.setFocusProxy(self._text)
        self._text.textEdited.connect(self._on_typed)
        self._same.clicked.connect(lambda: self._tell(self._last))
        self._new.clicked.connect(lambda: self._tell(None))
        self.show_value(None)

    def show_value(self, value: object) -> None:
        """Show a seed; tells nobody."""
        self._seed = seed = value if isinstance(value, int) else None
        text = "" if seed is None else str(seed)
        if self._text.text() != text and not (text and self._text.text() == f"0{text}"):
            self._text.setText(text)
        self._new.setEnabled(seed is not None)
        self._show_last()

    def set_last(self, seed: int | None) -> None:
        """The seed of the clip that was made last; None where there is none."""
        self._last = seed
        self._show_last()

    def _show_last(self) -> None:
        self._same.setEnabled(self._last is not None and self._last != self._seed)
        tip = (
            f"There is no {self._what} yet whose seed could be used again"
            if self._last is None
            else f"Use the seed of the last {self._what} again: {self._last}"
        )
        self._same.setToolTip(tip)

    @Slot(str)
    def _on_typed(self, text: str) -> None:
        self._tell(int(text) if text else None)

    def _tell(self, seed: int | None) -> None:
        self.show_value(seed)
        self.edited.emit(seed)


class _SeedValidator(QValidator):
    """Lets only digits of a legal seed be typed."""

    def validate(self, text: str, position: int) -> object:
        """Whether the text is a seed, or nothing yet."""
        is_seed = text.isascii() and text.isdigit() and int(text) <= MAX_SEED
        state = QValidator.State.Acceptable if is_seed or not text else QValidator.State.Invalid
        return state, text, position
