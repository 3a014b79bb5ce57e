"""Whose scenes a storyboard shows: those of the text's own marks, or a language model's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QWidget

from gui.theme import GAP, Tone
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import named
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from core.project.storyboard.storyboard import Storyboard
    from gui.storyboard.storyboard_answer import StoryboardText

_MARKS = Choice("marks", "By its own marks", tip="Paragraphs, lines and tags make the scenes")
_WRITTEN = "written"
_ASK = "Have a language model write a prompt of what is seen for each scene; it is asked only later"


@dataclass(frozen=True)
class WrittenBoard:
    """A storyboard that a language model made.

    Attributes:
        value: the text that it was made of; it stands for no other.
        writer: what the model is called.
    """

    board: Storyboard
    value: StoryboardText
    writer: str


class WriterField(QWidget):
    """Asks for a language model, and chooses between its scenes and those of the text's marks.

    Signals:
        wanted(): a language model is to make scenes of the text.
        changed(): other scenes are to be shown.
    """

    wanted = Signal()
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._of: WrittenBoard | None = None
        self._ask = named(QPushButton("By a language m&odel…"), "write_storyboard", _ASK)
        self._ask.setAutoDefault(False)
        self._choice = named(
            ChoiceField([_MARKS]), "storyboard_writer", "Whose scenes are shown", "Scenes by"
        )
        self._choice.hide()
        self._message = ToneLabel()
        rows = FlowLayout(self._choice, self._ask, gap=GAP)
        vbox(rows, self._message, of=self, gap=GAP // 2)
        self._ask.clicked.connect(self.wanted)
        self._choice.edited.connect(self._on_choice)

    @property
    def written(self) -> Storyboard | None:
        """The language model's storyboard, where it is chosen."""
        is_chosen = self._of is not None and self._choice.value() == _WRITTEN
        return self._of.board if self._of is not None and is_chosen else None

    def show_written(self, written: WrittenBoard) -> None:
        """Offer and choose a language model's storyboard."""
        self._of = written
        self._choice.show_choices([_MARKS, Choice(_WRITTEN, f"By {written.writer}")], _WRITTEN)
        self._choice.show()
        self.show_message("")
        self.changed.emit()

    def fit(self, value: StoryboardText) -> None:
        """Let go of a storyboard that was made of another text."""
        if self._of is not None and self._of.value != value:
            self._of = None
            self._choice.show_choices([_MARKS], _MARKS.value)
            self._choice.hide()
            self.show_message("The text was changed since: it is divided by its own marks again.")

    def show_message(self, text: str, tone: Tone = Tone.QUIET) -> None:
        """Say how far the language model is, or why it wrote nothing."""
        self._message.show_message(text, tone)

    def set_possible(self, is_possible: bool) -> None:
        """Whether there is a text to make scenes of, which may be changed."""
        self._ask.setEnabled(is_possible)

    @Slot(object)
    def _on_choice(self, _: object) -> None:
        self.changed.emit()
