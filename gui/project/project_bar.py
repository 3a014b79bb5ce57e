"""The project bar: the name of the open project, what can be done with projects, and its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from gui import theme
from gui.widgets.fields import LineField, named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox

if TYPE_CHECKING:
    from gui.project.project_actions import ProjectActions


class ProjectBar(QWidget):
    """Shows which project is open.

    Signals:
        changed(str): the project's name was changed.
    """

    changed = Signal(object)

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
        label = QLabel("P&roject")
        label.setBuddy(self._name)
        self._read_only = named(ToneLabel(theme.Tone.WARNING), "read_only")
        self._read_only.setWordWrap(False)
        row = hbox(label, self._name, self._read_only, of=self, gap=theme.GAP, grows=self._name)
        for action in (
            actions.new, actions.open, actions.save_as, actions.package, actions.import_,
        ):  # fmt: skip
            button = named(QToolButton(), f"{action.objectName()}_button")
            button.setDefaultAction(action)
            button.setAutoRaise(True)
            button.setToolButtonStyle(theme.BESIDE)
            row.addWidget(button)
        recent = named(QToolButton(), "recent_projects_button", "Projects that were open before")
        recent.setText("Recent")
        recent.setAutoRaise(True)
        recent.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        recent.setMenu(actions.recent_menu)
        row.addWidget(recent)

    def value(self) -> str:
        """The name as it is written."""
        return self._name.text()

    def set_value(self, name: str) -> None:
        """Show this name."""
        self._name.show_value(name)

    def set_read_only(self, is_read_only: bool) -> None:
        """Whether the project cannot be renamed."""
        self._name.setReadOnly(is_read_only)
        self._read_only.show_message("Read-only" if is_read_only else "")
        self._read_only.setToolTip("Another window has this project open; nothing is changed here.")
