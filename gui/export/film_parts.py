"""What a film has several of: texts and music, each a list with a form for the chosen one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget
from typing_extensions import override

from core.film.model.film import Caption, Music
from gui.export.export_labels import PLACES, caption_text, music_text
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.colour_field import ColourField
from gui.widgets.fields import Binding, SwitchField, TextField
from gui.widgets.file_field import FileField, FileKind, file_dialog, files_in
from gui.widgets.model_form import ModelForm, part
from gui.widgets.number_field import DECIBELS, PERCENT, SECONDS, NumberField, NumberLook, limits_of
from gui.widgets.parts_list import PartsLabels, PartsList

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QDragEnterEvent, QDropEvent


P = TypeVar("P")


class PartsEditor(QWidget, Generic[P]):
    """Edits a tuple of parts.

    Signals:
        edited(tuple[P, ...])
    """

    edited = Signal(object)

    def __init__(
        self,
        words: PartsLabels,
        form: ModelForm[P],
        label: Callable[[P], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._parts: tuple[P, ...] = ()
        self._label = label
        self._form = form
        self._list = PartsList(words)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._list)
        layout.addWidget(form)
        self._list.add_wanted.connect(self.add)
        self._list.remove_wanted.connect(self._remove)
        self._list.move_wanted.connect(self._move)
        self._list.current_changed.connect(self._choose)
        form.changed.connect(self._change)
        self._show(-1)

    def value(self) -> tuple[P, ...]:
        """The parts as they are now."""
        return self._parts

    def binding(self) -> Binding:
        """This field as a form takes it."""
        return Binding(self, self.show_value, self.edited)

    def show_value(self, value: object) -> None:
        """Show other parts; tells nobody."""
        if isinstance(value, tuple) and value != self._parts:
            current = self._list.current
            self._parts = value
            self._show(min(max(current, 0), len(self._parts) - 1))

    @Slot()
    def add(self) -> None:
        """Called when a person wants one more part."""

    def append(self, parts: Sequence[P]) -> None:
        """Add parts at the end and choose the last."""
        self._take((*self._parts, *parts), len(self._parts) + len(parts) - 1)

    @Slot(object)
    def _remove(self, row: object) -> None:
        assert isinstance(row, int)
        rest = self._parts[:row] + self._parts[row + 1 :]
        self._take(rest, min(row, len(rest) - 1))

    @Slot(object)
    def _move(self, by: object) -> None:
        assert isinstance(by, int)
        row = self._list.current
        parts = list(self._parts)
        parts.insert(row + by, parts.pop(row))
        self._take(tuple(parts), row + by)

    @Slot(object)
    def _change(self, value: P) -> None:
        row = self._list.current
        self._take((*self._parts[:row], value, *self._parts[row + 1 :]), row)

    @Slot(object)
    def _choose(self, row: object) -> None:
        assert isinstance(row, int)
        self._show(row)

    def _take(self, parts: tuple[P, ...], current: int) -> None:
        self._parts = parts
        self._show(current)
        self.edited.emit(parts)

    def _show(self, current: int) -> None:
        self._list.show_labels([self._label(part) for part in self._parts], current)
        self._form.setVisible(current >= 0)
        if current >= 0 and self._form.value() != self._parts[current]:
            self._form.set_value(self._parts[current])


_DAY_S = 86_400.0
_Part = TypeVar("_Part", Caption, Music)


class _PartForm(ModelForm[_Part]):
    """Its fields are called by the kind of part and their own name."""

    def __init__(self, value: _Part, kind: str) -> None:
        super().__init__(value)
        self._kind = kind

    def _add(
        self,
        name: str,
        label: str,
        field: TextField | ChoiceField | NumberField | SwitchField,
        tip: str,
    ) -> None:
        field.setObjectName(f"{self._kind}_{name}")
        self.add_row(name, label, field.binding(), part(name), tip)

    def _number(self, name: str, label: str, look: NumberLook, tip: str) -> None:
        limits = limits_of(type(self.value()), name, most=_DAY_S)
        self._add(name, label, NumberField(limits, look), tip)

    def _end(self, label: str, first: float, tip: str) -> None:
        look = NumberLook(suffix=" s", none_text="The film's end", first=first)
        self._number("end_s", label, look, tip)


_CAPTION_WORDS = PartsLabels(
    "caption",
    "text",
    "Add text",
    "No words on the picture. Add a title, a caption or the credits.",
)


class _CaptionForm(_PartForm[Caption]):
    def __init__(self) -> None:
        super().__init__(Caption(text=""), "caption")
        words = TextField()
        words.setPlaceholderText("The words, drawn as they are typed")
        self._add("text", "Words", words, "What is written on the picture.")
        self._number("start_s", "From", SECONDS, "When the words appear.")
        self._end("To", 3.0, "When the words go.")
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

    def _colour(self, name: str, label: str, what: str) -> None:
        field = ColourField(f"caption_{name}", what)
        field.setObjectName(f"caption_{name}_row")
        self.add_row(name, label, field.binding(), part(name), "")


class CaptionsList(PartsEditor[Caption]):
    """Edits a tuple of `Caption`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_CAPTION_WORDS, _CaptionForm(), caption_text, parent)

    @Slot()
    def add(self) -> None:
        """One more text, with the look of the one before."""
        before = self.value()
        look = before[-1] if before else Caption(text="")
        start = (look.end_s or 0.0) if before else 0.0
        words = {"text": "New text", "start_s": start, "end_s": None}
        self.append([look.model_copy(update=words)])


_AUDIOS = "Music (*.mp3 *.m4a *.aac *.wav *.flac *.ogg *.opus *.wma *.aif *.aiff)"
_FILE = FileKind("a piece of music", (_AUDIOS,))
_MUSIC_WORDS = PartsLabels(
    "music",
    "piece of music",
    "Add music…",
    "No music. A piece that you add plays under the whole film.",
)


class _MusicForm(_PartForm[Music]):
    def __init__(self) -> None:
        super().__init__(Music(path=Path()), "music")
        path = FileField("music_path", _FILE)
        path.setObjectName("music_path_row")
        self.add_row("path", "File", path.binding(), part("path"), "")
        self._number("volume_db", "Volume", DECIBELS, "How loud the piece is.")
        self._number("start_s", "Begins at", SECONDS, "When in the film it begins.")
        self._end("Ends at", 10.0, "When in the film it ends at the latest.")
        self._number("offset_s", "From", SECONDS, "From which second of the piece it plays.")
        self._add(
            "is_looped",
            "",
            SwitchField("Begin again at its end"),
            "Plays the piece again and again until its time ends.",
        )
        self._number("fade_in_s", "Fade in", SECONDS, "For how long it gets louder at first.")
        self._number("fade_out_s", "Fade out", SECONDS, "For how long it gets quieter at the end.")
        self._number(
            "duck_db",
            "Give way by",
            NumberLook(1, 1.0, " dB"),
            "How much quieter it gets while a clip makes a sound; 0 for never.",
        )


class MusicList(PartsEditor[Music]):
    """Edits a tuple of `Music`; files of sound can be dropped on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_MUSIC_WORDS, _MusicForm(), music_text, parent)
        self.setAcceptDrops(True)

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files."""
        if files_in(event.mimeData()):
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        """Add the dropped files."""
        self._add(files_in(event.mimeData()))

    def add(self) -> None:
        """Let the person choose files."""
        dialog = file_dialog(self, _FILE, None)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._chosen)
        dialog.open()

    @Slot(list)
    def _chosen(self, paths: list[str]) -> None:
        self._add([Path(path) for path in paths])

    def _add(self, paths: Sequence[Path]) -> None:
        if paths:
            self.append([Music(path=path) for path in paths])
