"""Where the settings of the form for pictures can come from: a file of any known program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QWidget
from typing_extensions import override

from core.metadata.reading import PROGRAMS
from gui import theme
from gui.theme import Tone
from gui.widgets.fields import named
from gui.widgets.file_field import IMAGES, FileKind, file_dialog, files_in
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QDragEnterEvent, QDropEvent

_KIND = FileKind("a file with settings", (IMAGES, "Settings (*.json *.txt)"))
_TIP = (
    "Fill the form with what an image was made with; it can be dropped here too. Files of "
    f"{', '.join(PROGRAMS[:-1])} and of this program are read"
)


class SettingsSource(QWidget):
    """A button and a place to drop files on, with what the last file said.

    Signals:
        chosen(Path): the settings of this file are wanted.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        choose = named(QPushButton("Settings from a file…"), "image_settings_from", _TIP)
        self._said = ToneLabel()
        vbox(hbox(choose, None), self._said, of=self, gap=theme.GAP // 2)
        self.setAcceptDrops(True)
        choose.clicked.connect(self._open_dialog)

    def show_notes(self, notes: Sequence[str], tone: Tone = Tone.QUIET) -> None:
        """Say what could not be taken over, or why nothing could."""
        self._said.show_message("\n".join(notes), tone)

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files."""
        if files_in(event.mimeData()):
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        """Take the first of the dropped files."""
        paths = files_in(event.mimeData())
        if paths:
            self.chosen.emit(paths[0])

    @Slot()
    def _open_dialog(self) -> None:
        dialog = file_dialog(self, _KIND, None)
        dialog.fileSelected.connect(self._on_chosen)
        dialog.open()

    @Slot(str)
    def _on_chosen(self, path: str) -> None:
        self.chosen.emit(Path(path))
