"""The music of a film: several pieces, each with its own time and volume."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFileDialog
from typing_extensions import override

from core.film.model.film import Music
from gui.export.export_labels import music_text
from gui.export.parts_editor import PartsEditor
from gui.widgets.fields import SwitchField
from gui.widgets.file_field import FileField, FileKind, file_dialog
from gui.widgets.model_form import ModelForm, part
from gui.widgets.number_field import DECIBELS, SECONDS, NumberField, NumberLook, limits_of
from gui.widgets.parts_list import PartsLabels

if TYPE_CHECKING:
    from PySide6.QtGui import QDragEnterEvent, QDropEvent
    from PySide6.QtWidgets import QWidget

_AUDIOS = "Music (*.mp3 *.m4a *.aac *.wav *.flac *.ogg *.opus *.wma *.aif *.aiff)"
_FILE = FileKind("a piece of music", (_AUDIOS,))
_DAY_S = 86_400.0
_WORDS = PartsLabels(
    "music",
    "piece of music",
    "Add music…",
    "No music. A piece that you add plays under the whole film.",
)


class _MusicForm(ModelForm[Music]):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Music(path=Path()), parent)
        path = FileField("music_path", _FILE)
        path.setObjectName("music_path_row")
        self.add_row("path", "File", path.binding(), part("path"), "")
        self._number("volume_db", "Volume", DECIBELS, "How loud the piece is.")
        self._number("start_s", "Begins at", SECONDS, "When in the film it begins.")
        self._number(
            "end_s",
            "Ends at",
            NumberLook(suffix=" s", none_text="The film's end", first=10.0),
            "When in the film it ends at the latest.",
        )
        self._number("offset_s", "From", SECONDS, "From which second of the piece it plays.")
        loop = SwitchField("Begin again at its end")
        self.add_row(
            "is_looped",
            "",
            loop.binding(),
            part("is_looped"),
            "Plays the piece again and again until its time ends.",
        )
        loop.setObjectName("music_is_looped")
        self._number("fade_in_s", "Fade in", SECONDS, "For how long it gets louder at first.")
        self._number("fade_out_s", "Fade out", SECONDS, "For how long it gets quieter at the end.")
        self._number(
            "duck_db",
            "Give way by",
            NumberLook(1, 1.0, " dB"),
            "How much quieter it gets while a clip makes a sound; 0 for never.",
        )

    def _number(self, name: str, label: str, look: NumberLook, tip: str) -> None:
        field = NumberField(limits_of(Music, name, most=_DAY_S), look)
        field.setObjectName(f"music_{name}")
        self.add_row(name, label, field.binding(), part(name), tip)


class MusicList(PartsEditor[Music]):
    """Edits a tuple of `Music`; files of sound can be dropped on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_WORDS, _MusicForm(), music_text, parent)
        self.setAcceptDrops(True)

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        """Add the dropped files."""
        self._add(*(url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()))

    def add(self) -> None:
        """Let the person choose files."""
        dialog = file_dialog(self, _FILE, None)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._chosen)
        dialog.open()

    @Slot(list)
    def _chosen(self, paths: list[str]) -> None:
        self._add(*paths)

    def _add(self, *paths: str) -> None:
        if paths:
            self.append([Music(path=Path(path)) for path in paths])
