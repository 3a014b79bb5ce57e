"""Asks for a checkpoint of a person's own: its files, its name, and which model it is run like."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QWidget,
)
from typing_extensions import override

from gui import theme
from gui.theme import Tone
from gui.widgets.fields import named
from gui.widgets.file_field import FileKind, choose_folder, file_dialog, printable
from gui.widgets.labels import ToneLabel, label_of
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.video.spec import ModelSpec

_WIDTH = 520
_KIND = FileKind("a checkpoint", ("Checkpoints (*.safetensors *.gguf)",))
_ABOUT = (
    "A folder in the layout of diffusers, or one .safetensors or .gguf file with the "
    "transformer of a model whose other parts are installed. The files are linked and stay where "
    "they are."
)


@dataclass(frozen=True)
class NewModel:
    """A checkpoint that is to become a model; `like` is None where its files decide."""

    path: Path
    name: str
    like: str | None


class AddModelDialog(QDialog):
    """Stays open while the checkpoint is read; closing it stops that.

    Signals:
        wanted(NewModel): the person wants it added.
    """

    wanted = Signal(object)

    def __init__(self, models: Sequence[ModelSpec], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Add a checkpoint")
        self.setMinimumWidth(_WIDTH)
        self._path = named(QLineEdit(), "add_path", "The file or folder to add", "Files")
        file = named(QPushButton("&File…"), "add_file", "Choose one file", "Choose a file")
        folder = named(QPushButton("F&older…"), "add_folder", "Choose a folder", "Choose a folder")
        self._name = named(QLineEdit(), "add_name", "What the model is to be called", "Name")
        self._like = named(
            QComboBox(),
            "add_like",
            "Whose steps, guidance and other settings it is run with, and whose other parts a "
            "single file gets",
            "Run like",
        )
        self._like.addItem("As its files and their name say", None)
        for spec in models:
            self._like.addItem(spec.label, spec.id)
        about = ToneLabel(Tone.QUIET, self)
        about.show_message(_ABOUT)
        self._message = ToneLabel(Tone.BAD, self)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("How much of the files is read")
        self._bar.hide()
        rows = QFormLayout()
        files = hbox(self._path, file, folder, gap=theme.GAP, grows=self._path)
        rows.addRow(label_of(self._path, "F&iles"), files)
        rows.addRow("&Name", self._name)
        rows.addRow("&Run like", self._like)
        buttons = QDialogButtonBox()
        self._add = named(
            buttons.addButton("&Add", QDialogButtonBox.ButtonRole.AcceptRole),
            "add_checkpoint",
            "Read the files and make them a model",
        )
        cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        named(cancel, "cancel_add", "Add nothing; what is being read is left")
        parts = (about, rows, self._bar, self._message, None, buttons)
        vbox(*parts, of=self, gap=theme.GAP, margin=theme.EDGE)
        for button in (file, folder):
            button.setAutoDefault(False)
        file.clicked.connect(self._choose_file)
        folder.clicked.connect(self._choose_folder)
        self._path.textChanged.connect(self._show_what_is_missing)
        self._name.textChanged.connect(self._show_what_is_missing)
        buttons.accepted.connect(self._ask)
        buttons.rejected.connect(self.reject)
        self._show_what_is_missing()

    def show_fraction(self, fraction: float) -> None:
        """Show how much is read."""
        self._bar.setValue(round(1000 * fraction))

    def show_problem(self, text: str) -> None:
        """Say why it cannot be added; everything may be changed and tried again."""
        self._message.show_message(text)
        self._be_busy(False)

    @override
    def done(self, result: int) -> None:
        """Close, and go."""
        super().done(result)
        self.deleteLater()

    def _be_busy(self, is_busy: bool) -> None:
        self._bar.setVisible(is_busy)
        self._bar.setValue(0)
        for field in (self._path, self._name, self._like):
            field.setEnabled(not is_busy)
        self._add.setEnabled(not is_busy)

    @Slot()
    def _show_what_is_missing(self) -> None:
        self._add.setEnabled(bool(self._path.text().strip() and self._name.text().strip()))

    @Slot()
    def _choose_file(self) -> None:
        dialog = file_dialog(self, _KIND, None)
        dialog.fileSelected.connect(self._path.setText)
        dialog.open()

    @Slot()
    def _choose_folder(self) -> None:
        choose_folder(self, "A folder in the layout of diffusers", self._path.text(), self._take)

    def _take(self, folder: Path) -> None:
        self._path.setText(printable(folder))

    @Slot()
    def _ask(self) -> None:
        self._message.show_message("")
        self._be_busy(True)
        path = Path(self._path.text().strip())
        self.wanted.emit(NewModel(path, self._name.text().strip(), self._like.currentData()))
