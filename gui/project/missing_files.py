"""Files that a project names and that are not there: told, and looked for where a person says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from core.platform.units import count_text
from core.project.files.media import relink
from gui.widgets.file_field import choose_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.project.files.media import Relinked
    from core.project.files.media_uses import MediaUse
    from gui.background import Background
    from gui.project.project_model import ProjectModel

_MOST_SHOWN = 8


class MissingFiles(QObject):
    """Names missing files in a box that holds up nothing, and finds them again.

    Signals:
        message(str): how many were found.
        failed(StudioError): the folder cannot be searched.
    """

    message = Signal(object)
    failed = Signal(object)

    def __init__(self, model: ProjectModel, background: Background, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._background = background
        self._window = parent

    def show_missing(self, missing: Sequence[MediaUse]) -> None:
        """Name the files that are not there, and look for them in a folder if that is wanted."""
        lines = [
            f"{item.what}{f' of scene {item.scene}' if item.scene else ''}: {item.path.name}"
            for item in missing[:_MOST_SHOWN]
        ]
        more = len(missing) - len(lines)
        box = QMessageBox(QMessageBox.Icon.Warning, "Missing files", "", parent=self._window)
        count = "A file is" if len(missing) == 1 else f"{len(missing)} files are"
        box.setText(f"{count} not where the project expects it. Everything else works.")
        box.setInformativeText("\n".join([*lines, *([f"and {more} more"] if more > 0 else [])]))
        search = box.addButton("Look in a folder…", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Go on without", QMessageBox.ButtonRole.RejectRole)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        search.clicked.connect(self._ask_where)
        # Not modal to the program: nothing waits for the answer.
        box.open()

    @Slot()
    def _ask_where(self) -> None:
        choose_folder(self._window, "Look for the missing files in", "", self._look_in)

    def _look_in(self, folder: Path) -> None:
        project = self._model.project

        def search(cancel: CancelToken) -> Relinked:
            return relink(project, folder, cancel)

        self._background.run(search, self._relinked, self.failed.emit)

    def _relinked(self, relinked: Relinked) -> None:
        self._model.take_over(relinked.project)
        found, left = len(relinked.found), len(relinked.still_missing)
        files = count_text(found, "missing file was", "missing files were")
        rest = f", {left} {'is' if left == 1 else 'are'} still missing" if left else ""
        self.message.emit(f"{files} found{rest}.")
