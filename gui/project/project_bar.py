"""The project bar: the name of the open project, what can be done with projects, and its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QPushButton, QToolButton, QWidget

from gui import theme
from gui.theme import Tone
from gui.widgets.fields import LineField, named
from gui.widgets.labels import ToneLabel, label_of
from gui.widgets.layouts import hbox

if TYPE_CHECKING:
    from gui.project.project_actions import ProjectActions

_READ_ONLY = (
    "Read-only: another window has this project open, so nothing is changed or rendered here. "
    "Close it there and open it again here, or go on in a copy."
)


class ProjectBar(QWidget):
    """Shows which project is open.

    Attributes:
        read_only: says that nothing can be changed, and what to do; hidden where all can be.

    Signals:
        changed(str): the project's name was changed.
        again_wanted(): a project that is read-only shall be opened again.
    """

    changed = Signal(object)
    again_wanted = Signal()

    def __init__(self, actions: ProjectActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = named(
            LineField(),
            "project_name",
            "The project's name; also the film's title where it has no other",
            "Name of the project",
        )
        self._name.setPlaceholderText("Name of the project")
        self._name.edited.connect(self.changed)
        label = label_of(self._name, "P&roject")
        self._projects = named(
            QToolButton(),
            "projects_button",
            "Begin, open, copy, pack and import projects",
            "Projects",
        )
        self._projects.setText("Open, save…")
        self._projects.setIcon(theme.icon("folder-open-outline"))
        self._projects.setToolButtonStyle(theme.BESIDE)
        self._projects.setAutoRaise(True)
        self._projects.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = named(QMenu(self._projects), "projects_menu")
        menu.setToolTipsVisible(True)
        menu.addActions([actions.new, actions.open])
        menu.addMenu(actions.recent_menu)
        menu.addSeparator()
        menu.addActions([actions.save_as, actions.package, actions.import_])
        menu.addSeparator()
        menu.addAction(actions.costs)
        self._projects.setMenu(menu)
        hbox(label, self._name, self._projects, of=self, gap=theme.GAP, grows=self._name)
        self.read_only = named(QWidget(), "read_only")
        words = ToneLabel(Tone.WARNING)
        words.show_message(_READ_ONLY)
        again = named(QPushButton("Open again"), "open_again", "See whether it is free by now")
        again.clicked.connect(self.again_wanted)
        copy = named(QPushButton("Go on in a copy…"), "read_only_copy", "Save it in another folder")
        copy.clicked.connect(actions.save_as.trigger)
        hbox(words, again, copy, of=self.read_only, gap=theme.GAP, grows=words)
        self.read_only.hide()

    def value(self) -> str:
        """The name as it is written."""
        return self._name.text()

    def set_value(self, name: str) -> None:
        """Show this name."""
        self._name.show_value(name)

    def set_read_only(self, is_read_only: bool) -> None:
        """Whether the project cannot be renamed."""
        self._name.setReadOnly(is_read_only)
        self.read_only.setVisible(is_read_only)
