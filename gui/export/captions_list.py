"""Words on the picture: several texts, each with its own time and look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtGui import QFontDatabase

from core.film.model.film import Caption
from gui.export.export_labels import PLACES, caption_text
from gui.export.parts_editor import PartsEditor
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.colour_field import ColourField
from gui.widgets.fields import TextField
from gui.widgets.model_form import ModelForm, part
from gui.widgets.number_field import PERCENT, SECONDS, NumberField, NumberLook, limits_of
from gui.widgets.parts_list import PartsLabels

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_DAY_S = 86_400.0
_WORDS = PartsLabels(
    "caption",
    "text",
    "Add text",
    "No words on the picture. Add a title, a caption or the credits.",
)


class _CaptionForm(ModelForm[Caption]):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Caption(text=""), parent)
        words = TextField()
        words.setPlaceholderText("The words, drawn as they are typed")
        self._add("text", "Words", words, "What is written on the picture.")
        self._number("start_s", "From", SECONDS, "When the words appear.")
        self._number(
            "end_s",
            "To",
            NumberLook(suffix=" s", none_text="The film's end", first=3.0),
            "When the words go.",
        )
        place = ChoiceField([Choice(place, label) for place, label in PLACES.items()])
        self._add("place", "Place", place, "Where on the picture the words stand.")
        fonts = ChoiceField(
            [
                Choice("", "The program's own"),
                *(Choice(name, name) for name in QFontDatabase.families()),
            ]
        )
        self._add("font", "Font", fonts, "The letters. The program's own is on every machine.")
        self._number("size", "Size", PERCENT, "Height of the letters, of the picture's height.")
        self._colour("colour", "Colour", "Colour of the letters")
        self._number("outline", "Outline", PERCENT, "Width of the outline, of the letters' size.")
        self._colour("outline_colour", "Outline colour", "Colour of the outline")
        self._number("margin", "Margin", PERCENT, "How much stays free at the edges.")
        self._number("fade_in_s", "Fade in", SECONDS, "For how long the words appear.")
        self._number("fade_out_s", "Fade out", SECONDS, "For how long the words go.")

    def _add(
        self, name: str, label: str, field: TextField | ChoiceField | NumberField, tip: str
    ) -> None:
        field.setObjectName(f"caption_{name}")
        self.add_row(name, label, field.binding(), part(name), tip)

    def _number(self, name: str, label: str, look: NumberLook, tip: str) -> None:
        self._add(name, label, NumberField(limits_of(Caption, name, most=_DAY_S), look), tip)

    def _colour(self, name: str, label: str, what: str) -> None:
        field = ColourField(f"caption_{name}", what)
        field.setObjectName(f"caption_{name}_row")
        self.add_row(name, label, field.binding(), part(name), "")


class CaptionsList(PartsEditor[Caption]):
    """Edits a tuple of `Caption`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_WORDS, _CaptionForm(), caption_text, parent)

    @Slot()
    def add(self) -> None:
        """One more text, with the look of the one before."""
        before = self.value()
        look = before[-1] if before else Caption(text="")
        start = (look.end_s or 0.0) if before else 0.0
        words = {"text": "New text", "start_s": start, "end_s": None}
        self.append([look.model_copy(update=words)])
