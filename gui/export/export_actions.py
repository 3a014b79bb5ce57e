"""What is done with the export's choices: export, show the file, hand it to editors."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from core.errors import first_of
from core.film.handoff import HANDOFF_FORMATS
from core.film.model.film_file import NAME
from gui.theme import GAP, Tone
from gui.widgets.fields import named
from gui.widgets.file_field import printable
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.labels import ToneLabel
from gui.widgets.last_folders import keep_folder, start_folder
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_SHOWN = 3
_HANDOFF = "a film for editors"


class ExportActions(QWidget):
    """The buttons under the settings, with the size that is expected and what is wrong.

    Signals:
        export_wanted()
        show_file_wanted()
        handoff_wanted(Path): the film is to be written for other programs, as the suffix says:
            one of `HANDOFF_FORMATS`, or `.json` for a film file.
    """

    export_wanted = Signal()
    show_file_wanted = Signal()
    handoff_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._estimate = ToneLabel()
        self._problems = ToneLabel(Tone.BAD)
        self._outcome = ToneLabel()
        tip = "Makes the film file; runs beside your work.\nCtrl+E"
        self._export = named(QPushButton("Export video"), "export", tip)
        self._export.setDefault(True)
        self._show = named(QPushButton("Show file"), "show_file")
        programs = ", ".join(kind.label for kind in HANDOFF_FORMATS.values())
        handoff = named(
            QPushButton("For editors…"),
            "handoff",
            f"Writes the cuts, transitions and music for another program: {programs}, "
            "or a film file for this one.",
        )
        buttons = FlowLayout(self._export, self._show, handoff, gap=GAP)
        vbox(self._problems, self._estimate, buttons, self._outcome, of=self, gap=GAP // 2)
        self._export.clicked.connect(self._want_export)
        self._show.clicked.connect(self.show_file_wanted)
        handoff.clicked.connect(self._choose_handoff)
        self.set_last_export(None)

    def set_estimate(self, text: str) -> None:
        """Say how large the film will be, or how long."""
        self._estimate.show_message(text)

    def show_written(self, path: Path, lost: Sequence[str] = ()) -> None:
        """Say that a file is written, where, and what of the film it cannot say."""
        done = f"{path.name!r} is written, in {str(path.parent)!r}."
        lines = [done, *(f"• {note}" for note in lost)]
        self._outcome.show_message("\n".join(lines), Tone.WARNING if lost else Tone.GOOD)

    def set_last_export(self, path: Path | None) -> None:
        """Name the newest finished film; None while there is none."""
        self._show.setEnabled(path is not None)
        self._show.setToolTip(
            "Opens the folder of the last export." if path else "There is no export yet."
        )

    def show_problems(self, sentences: Sequence[str]) -> None:
        """Say what is wrong and stands at no field; the first few of many."""
        self._problems.show_message("\n".join(first_of(sentences, _MAX_SHOWN, "And {:,} more.")))

    @Slot()
    def _want_export(self) -> None:
        # What is still being typed elsewhere counts, also where a click moves no focus.
        self._export.setFocus()
        self._outcome.show_message("")
        self.export_wanted.emit()

    @Slot()
    def _choose_handoff(self) -> None:
        dialog = QFileDialog(self, "For editors")
        filters = [f"{kind.label} (*{kind.suffix})" for kind in HANDOFF_FORMATS.values()]
        dialog.setNameFilters([*filters, f"Film file of this program (*{Path(NAME).suffix})"])
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix(next(iter(HANDOFF_FORMATS)).removeprefix("."))
        dialog.setDirectory(printable(start_folder(_HANDOFF)))
        dialog.filterSelected.connect(partial(_take_suffix, dialog))
        dialog.fileSelected.connect(self._chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def _chosen(self, path: str) -> None:
        keep_folder(_HANDOFF, Path(path))
        self.handoff_wanted.emit(Path(path))


def _take_suffix(dialog: QFileDialog, chosen: str) -> None:
    """A name without a suffix gets that of the kind that is chosen: "OpenTimelineIO (*.otio)"."""
    dialog.setDefaultSuffix(chosen.rpartition("*.")[2].rstrip(")"))
