"""What is done with the export's choices: export, show the file, hand it to editors."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.film.handoff import HANDOFF_FORMATS
from core.film.model.film_file import NAME
from gui.theme import GAP, Tone
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_SHOWN = 3


class ExportActions(QWidget):
    """The buttons under the settings, with the size that is expected and what is wrong.

    Signals:
        export_wanted()
        show_file_wanted()
        handoff_wanted(Path): a file for other programs, of the kind that its suffix names.
    """

    export_wanted = Signal()
    show_file_wanted = Signal()
    handoff_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._estimate = ToneLabel()
        self._problems = ToneLabel(Tone.BAD)
        self._export = named(QPushButton("Export video"), "export")
        self._export.setToolTip("Makes the film file; runs beside your work.\nCtrl+E")
        self._export.setShortcut("Ctrl+E")
        self._export.setDefault(True)
        self._show = named(QPushButton("Show file"), "show_file")
        self._handoff = named(QPushButton("For editors…"), "handoff")
        self._handoff.setToolTip(
            "Writes the cuts, transitions and music for another program: "
            + ", ".join(kind.label for kind in HANDOFF_FORMATS.values())
            + ", or a film file for this one."
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP)
        buttons.addWidget(self._export, 1)
        buttons.addWidget(self._show)
        buttons.addWidget(self._handoff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP // 2)
        layout.addWidget(self._problems)
        layout.addWidget(self._estimate)
        layout.addLayout(buttons)
        self._export.clicked.connect(self._want_export)
        self._show.clicked.connect(self.show_file_wanted)
        self._handoff.clicked.connect(self._choose_handoff)
        self.set_last_export(None)

    def set_estimate(self, text: str) -> None:
        """Say how large the film will be, or how long."""
        self._estimate.show_message(text)

    def set_last_export(self, path: Path | None) -> None:
        """Name the newest finished film; None while there is none."""
        self._show.setEnabled(path is not None)
        self._show.setToolTip(
            "Opens the folder of the last export." if path else "There is no export yet."
        )

    def show_problems(self, sentences: Sequence[str]) -> None:
        """Say what is wrong and stands at no field; the first few of many."""
        lines = list(sentences[:_MAX_SHOWN])
        if len(sentences) > _MAX_SHOWN:
            lines.append(f"And {len(sentences) - _MAX_SHOWN} more.")
        self._problems.show_message("\n".join(lines))

    @Slot()
    def _want_export(self) -> None:
        # What is still being typed elsewhere counts, also where a click moves no focus.
        self._export.setFocus()
        self.export_wanted.emit()

    @Slot()
    def _choose_handoff(self) -> None:
        dialog = QFileDialog(self, "For editors")
        filters = [f"{kind.label} (*{kind.suffix})" for kind in HANDOFF_FORMATS.values()]
        dialog.setNameFilters([*filters, f"Film file of this program (*{Path(NAME).suffix})"])
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix(next(iter(HANDOFF_FORMATS)).removeprefix("."))
        dialog.filterSelected.connect(partial(_take_suffix, dialog))
        dialog.fileSelected.connect(self._chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def _chosen(self, path: str) -> None:
        self.handoff_wanted.emit(Path(path))


def _take_suffix(dialog: QFileDialog, chosen: str) -> None:
    """A name without a suffix gets that of the kind that is chosen: "OpenTimelineIO (*.otio)"."""
    dialog.setDefaultSuffix(chosen.rpartition("*.")[2].rstrip(")"))
