"""Asks for all that a new project needs: its name and its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)
from typing_extensions import override

from core.media.output import slug
from gui import theme
from gui.theme import Tone
from gui.widgets.fields import named
from gui.widgets.file_field import choose_folder, printable
from gui.widgets.labels import ToneLabel, label_of
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

_WIDTH = 480
_NO_NAME = "Give the project a name: it names its folder, and the film where it has no other."


@dataclass(frozen=True)
class NewProject:
    """A project to be made: what it is called, and in which folder its own folder comes to be."""

    name: str
    parent: Path

    @property
    def folder(self) -> Path:
        """Its own folder, where that name is still free."""
        return self.parent / slug(self.name)


class NewProjectDialog(QDialog):
    """Gives a `NewProject` once it is accepted."""

    def __init__(self, projects_dir: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("New project")
        self.setMinimumWidth(_WIDTH)
        self._parent_dir = projects_dir
        self._name = named(QLineEdit(), "new_project_name", "What the project is called", "Name")
        self._name.setPlaceholderText("A film about…")
        self._place = named(
            QLineEdit(printable(projects_dir)),
            "new_project_place",
            "The folder in which the project gets a folder of its own",
            "Place",
        )
        choose = named(
            QPushButton("C&hoose…"), "new_project_choose", "Choose another folder", "Choose a place"
        )
        choose.setAutoDefault(False)
        self._message = ToneLabel()
        rows = QFormLayout()
        rows.addRow("&Name", self._name)
        place = hbox(self._place, choose, gap=theme.GAP, grows=self._place)
        rows.addRow(label_of(self._place, "&In"), place)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText("&Make project")
        vbox(rows, self._message, None, buttons, of=self, gap=theme.GAP, margin=theme.EDGE)
        self._name.textChanged.connect(self._show_folder)
        self._place.textChanged.connect(self._show_folder)
        choose.clicked.connect(self._choose)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._show_folder()

    def value(self) -> NewProject:
        """What was asked for."""
        return NewProject(self._name.text().strip(), Path(self._place.text().strip()).expanduser())

    @override
    def accept(self) -> None:
        """Close where there is a name and a place; else say what is missing."""
        problem = self._problem()
        if not problem:
            super().accept()
            return
        self._message.show_message(problem, Tone.BAD)
        (self._name if not self._name.text().strip() else self._place).setFocus()

    def _problem(self) -> str:
        if not self._name.text().strip():
            return _NO_NAME
        place = self.value().parent
        if not place.is_absolute():
            return f"{str(place)!r} is no whole path. Choose a folder, or write it from its root."
        if place.exists() and not place.is_dir():
            return f"{str(place)!r} is a file. Choose a folder."
        return ""

    @Slot()
    def _show_folder(self) -> None:
        name = self._name.text().strip()
        folder = printable(self.value().folder) if name else ""
        self._message.show_message(f"Its folder will be {folder}" if folder else "", Tone.QUIET)

    @Slot()
    def _choose(self) -> None:
        choose_folder(self, "Make the project in", self._place.text(), self._take_place)

    def _take_place(self, folder: Path) -> None:
        self._place.setText(printable(folder))

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._name.setFocus()
