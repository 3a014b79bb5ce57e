"""What lies over the whole film: subtitles, a colour table, a watermark; each from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from core.film.model.film import Lut, Subtitles, Watermark
from core.platform.text_files import ENCODINGS
from gui.export.export_labels import PLACES
from gui.theme import GAP
from gui.widgets.choice_field import Choice, ChoiceField, choices_of
from gui.widgets.file_field import IMAGES, FileField, FileKind
from gui.widgets.layouts import vbox
from gui.widgets.model_form import ModelForm
from gui.widgets.number_field import PERCENT

if TYPE_CHECKING:
    from pydantic import BaseModel

P = TypeVar("P", bound="BaseModel")


class FilePart(QWidget, Generic[P]):
    """Edits a part that is there when its file is chosen; its other values rest until then.

    Signals:
        edited(P | None)
    """

    edited = Signal(object)

    def __init__(self, file: FileField, form: ModelForm[P]) -> None:
        super().__init__()
        self._file = file
        self._form = form
        vbox(file, form, of=self, gap=GAP // 2)
        self.setFocusProxy(file)
        file.edited.connect(self._set_file)
        form.changed.connect(self.edited)
        form.hide()

    def show_value(self, value: object) -> None:
        """Show a part or that there is none; tells nobody."""
        self._form.setVisible(value is not None)
        self._file.show_value(getattr(value, "path", None))
        if isinstance(value, type(self._form.value())):
            self._form.set_value(value)

    @Slot(object)
    def _set_file(self, path: object) -> None:
        self._form.setVisible(path is not None)
        if path is None:
            self.edited.emit(None)
        else:
            self._form.set_value(self._form.value().model_copy(update={"path": path}))
            self.edited.emit(self._form.value())


def subtitles_part() -> FilePart[Subtitles]:
    """Subtitles: drawn or as a track."""
    form = ModelForm(Subtitles(path=Path()), "subtitles_")
    modes = ChoiceField(
        choices_of({"burn": "Drawn on the picture", "track": "As a track to switch on"})
    )
    tip = "Drawn words are always seen; a track is switched on in the player."
    form.add_row("mode", "Shown", modes, tip)
    encodings = ChoiceField([Choice(None, "Told by its letters"), *choices_of(ENCODINGS)])
    form.add_row(
        "encoding", "Encoding", encodings, "Choose it where letters of the file come out wrong."
    )
    kind = FileKind("a file of subtitles", ("Subtitles (*.srt *.vtt *.ass *.ssa)",), "None")
    return FilePart(FileField("subtitles_file", kind), form)


def lut_part() -> FilePart[Lut]:
    """A colour table and how much of it."""
    form = ModelForm(Lut(path=Path()), "lut_")
    tip = "0 leaves the picture alone, 100 applies all of the table."
    form.add_number("strength", "Strength", PERCENT, tip)
    kind = FileKind("a colour table", ("Colour tables (*.cube)",), "None")
    return FilePart(FileField("lut_file", kind), form)


def watermark_part() -> FilePart[Watermark]:
    """A picture on the picture: where, how large, how clear."""
    form = ModelForm(Watermark(path=Path()), "watermark_")
    form.add_row("place", "Place", ChoiceField(choices_of(PLACES)), "Where it stands.")
    form.add_number("size", "Size", PERCENT, "Its width, of the film's width.")
    form.add_number("opacity", "Opacity", PERCENT, "100 covers the picture, 0 cannot be seen.")
    tip = "Free space between it and the edge, of the film's width."
    form.add_number("margin", "Margin", PERCENT, tip)
    kind = FileKind("a watermark", (IMAGES,), "None")
    return FilePart(FileField("watermark_file", kind), form)
