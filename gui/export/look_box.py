"""What lies over the whole film: subtitles, a colour table, a watermark; each from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.film.model.film import Lut, Subtitles, Watermark
from gui.export.export_labels import PLACES
from gui.theme import GAP
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import Binding
from gui.widgets.file_field import IMAGES, FileField, FileKind
from gui.widgets.model_form import ModelForm, part
from gui.widgets.number_field import PERCENT, NumberField, limits_of

if TYPE_CHECKING:
    from pydantic import BaseModel

P = TypeVar("P", bound="BaseModel")


class FilePart(QWidget, Generic[P]):
    """Edits a part that is there when its file is chosen; its other values rest until then.

    Signals:
        edited(P | None)
    """

    edited = Signal(object)

    def __init__(
        self,
        file: FileField,
        form: ModelForm[P],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._file = file
        self._form = form
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP // 2)
        layout.addWidget(file)
        layout.addWidget(form)
        self.setFocusProxy(file)
        file.edited.connect(self._set_file)
        form.changed.connect(self._change)
        form.hide()

    def binding(self) -> Binding:
        """This field as a form takes it."""
        return Binding(self, self.show_value, self.edited)

    def show_value(self, value: object) -> None:
        """Show a part or that there is none; tells nobody."""
        part_ = value if isinstance(value, type(self._form.value())) else None
        self._form.setVisible(part_ is not None)
        if part_ is None:
            self._file.show_value(None)
        else:
            self._file.show_value(getattr(part_, "path", None))
            self._form.set_value(part_)

    @Slot(object)
    def _set_file(self, path: object) -> None:
        self._form.setVisible(path is not None)
        if path is None:
            self.edited.emit(None)
        else:
            self._form.set_value(self._form.value().model_copy(update={"path": path}))
            self.edited.emit(self._form.value())

    @Slot(object)
    def _change(self, value: P) -> None:
        self.edited.emit(value)


def subtitles_part() -> FilePart[Subtitles]:
    """Subtitles: drawn or as a track."""
    form = ModelForm(Subtitles(path=Path()))
    modes = [
        Choice("burn", "Drawn on the picture"),
        Choice("track", "As a track to switch on"),
    ]
    mode = ChoiceField(modes)
    tip = "Drawn words are always seen; a track is switched on in the player."
    mode.setObjectName("subtitles_mode")
    form.add_row("mode", "Shown", mode.binding(), part("mode"), tip)
    kind = FileKind("a file of subtitles", ("Subtitles (*.srt *.vtt *.ass *.ssa)",), "None")
    return FilePart(FileField("subtitles_file", kind), form)


def lut_part() -> FilePart[Lut]:
    """A colour table and how much of it."""
    form = ModelForm(Lut(path=Path()))
    strength = NumberField(limits_of(Lut, "strength"), PERCENT)
    strength.setObjectName("lut_strength")
    tip = "0 leaves the picture alone, 100 applies all of the table."
    form.add_row(
        "strength",
        "Strength",
        strength.binding(),
        part("strength"),
        tip,
    )
    kind = FileKind("a colour table", ("Colour tables (*.cube)",), "None")
    return FilePart(FileField("lut_file", kind), form)


def watermark_part() -> FilePart[Watermark]:
    """A picture on the picture: where, how large, how clear."""
    form = ModelForm(Watermark(path=Path()))
    place = ChoiceField([Choice(place, label) for place, label in PLACES.items()])
    place.setObjectName("watermark_place")
    form.add_row(
        "place",
        "Place",
        place.binding(),
        part("place"),
        "Where it stands.",
    )
    for name, label, tip in (
        ("size", "Size", "Its width, of the film's width."),
        ("opacity", "Opacity", "100 covers the picture, 0 cannot be seen."),
        ("margin", "Margin", "Free space between it and the edge, of the film's width."),
    ):
        number = NumberField(limits_of(Watermark, name), PERCENT)
        number.setObjectName(f"watermark_{name}")
        form.add_row(name, label, number.binding(), part(name), tip)
    kind = FileKind("a watermark", (IMAGES,), "None")
    return FilePart(FileField("watermark_file", kind), form)
