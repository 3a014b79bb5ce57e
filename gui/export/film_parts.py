"""What a film has several of: texts and music, each a list with a form for the chosen one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QFontDatabase
from typing_extensions import override

from core.film.model.film import Caption, Music
from gui.export.export_labels import PLACES, caption_text, music_text
from gui.export.music_preview import MusicPreview
from gui.widgets.choice_field import ChoiceField, choices_of
from gui.widgets.colour_field import ColourField
from gui.widgets.fields import SwitchField, TextField
from gui.widgets.file_field import AUDIOS, FileField, FileKind, choose_files, files_in
from gui.widgets.model_form import ModelForm
from gui.widgets.number_field import DECIBELS, PERCENT, SECONDS, NumberLook
from gui.widgets.parts_list import PartsLabels, PartsList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QDragEnterEvent, QDropEvent


_CAPTION_WORDS = PartsLabels(
    "caption",
    "text",
    "Add text",
    "No words on the picture. Add a title, a caption or the credits.",
)


def _caption_form() -> ModelForm[Caption]:
    form = ModelForm(Caption(text=""), "caption_")
    words = TextField()
    words.setPlaceholderText("The words, drawn as they are typed")
    form.add_row("text", "Words", words, "What is written on the picture.")
    form.add_number("start_s", "From", SECONDS, "When the words appear.")
    form.add_number("end_s", "To", _end_look(3.0), "When the words go.")
    place = ChoiceField(choices_of(PLACES))
    form.add_row("place", "Place", place, "Where on the picture the words stand.")
    families = {name: name for name in QFontDatabase.families()}
    fonts = ChoiceField(choices_of({"": "The program's own", **families}))
    form.add_row("font", "Font", fonts, "The letters. The program's own is on every machine.")
    form.add_number("size", "Size", PERCENT, "Height of the letters, of the picture's height.")
    form.add_row("colour", "Colour", ColourField("caption_colour", "Colour of the letters"))
    form.add_number("outline", "Outline", PERCENT, "Width of the outline, of the letters' size.")
    outline_colour = ColourField("caption_outline_colour", "Colour of the outline")
    form.add_row("outline_colour", "Outline colour", outline_colour)
    form.add_number("margin", "Margin", PERCENT, "How much stays free at the edges.")
    form.add_number("fade_in_s", "Fade in", SECONDS, "For how long the words appear.")
    form.add_number("fade_out_s", "Fade out", SECONDS, "For how long the words go.")
    return form


class CaptionsList(PartsList[Caption]):
    """Edits a tuple of `Caption`."""

    def __init__(self) -> None:
        super().__init__(_CAPTION_WORDS, _caption_form(), caption_text)

    @override
    def add(self) -> None:
        """One more text, with the look of the one before."""
        before = self.value()
        look = before[-1] if before else Caption(text="")
        start = (look.end_s or 0.0) if before else 0.0
        words = {"text": "New text", "start_s": start, "end_s": None}
        self.append([look.model_copy(update=words)])
        # What is typed next are the words.
        self.form.focus_row("text")


_FILE = FileKind("a piece of music", (AUDIOS,))
_MUSIC_WORDS = PartsLabels(
    "music",
    "piece of music",
    "Add music…",
    "No music. A piece that you add plays under the whole film.",
)


def _music_form() -> ModelForm[Music]:
    form = ModelForm(Music(path=Path()), "music_")
    form.add_row("path", "File", FileField("music_path", _FILE))
    form.add_number("volume_db", "Volume", DECIBELS, "How loud the piece is.")
    form.add_number("start_s", "Begins at", SECONDS, "When in the film it begins.")
    end = _end_look(10.0)
    form.add_number("end_s", "Ends at", end, "When in the film it ends at the latest.")
    form.add_number("offset_s", "From", SECONDS, "From which second of the piece it plays.")
    again = SwitchField("Begin again at its end")
    form.add_row("is_looped", "", again, "Plays the piece again and again until its time ends.")
    form.add_number("fade_in_s", "Fade in", SECONDS, "For how long it gets louder at first.")
    form.add_number("fade_out_s", "Fade out", SECONDS, "For how long it gets quieter at the end.")
    form.add_number(
        "duck_db",
        "Give way by",
        NumberLook(1, 1.0, " dB"),
        "How much quieter it gets while a clip makes a sound; 0 for never.",
    )
    return form


class MusicList(PartsList[Music]):
    """Edits a tuple of `Music`; files of sound can be dropped on it.

    Attributes:
        preview: the chosen piece's length, and a way to hear it.
    """

    def __init__(self) -> None:
        super().__init__(_MUSIC_WORDS, _music_form(), music_text)
        self.preview = MusicPreview()
        layout = self.layout()
        assert layout is not None, "made by the list"
        layout.addWidget(self.preview)
        self.chosen.connect(self.preview.show_music)
        self.preview.show_music(None)
        self.setAcceptDrops(True)

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files."""
        if files_in(event.mimeData()):
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        """Add the dropped files."""
        self._add_files(files_in(event.mimeData()))

    @override
    def add(self) -> None:
        """Let the person choose files."""
        choose_files(self, _FILE, self._add_files)

    def _add_files(self, paths: Sequence[Path]) -> None:
        if paths:
            self.append([Music(path=path) for path in paths])


def _end_look(first: float) -> NumberLook:
    return NumberLook(suffix=" s", none_text="The film's end", first=first)
