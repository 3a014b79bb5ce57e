"""New, open, save as, package, import: asked for in the menu or in the project bar."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from gui import theme
from gui.project.new_project_dialog import NewProjectDialog
from gui.widgets.file_field import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.project.files.recent import RecentProject

_MOST_RECENT = 10


class ProjectActions(QObject):
    """One action for each thing to do; dialogs ask for what is missing.

    Signals:
        new_wanted(NewProject): an empty project of that name, there.
        open_wanted(Path): the project of that folder.
        unpack_wanted(Path): the project that is in that package.
        import_wanted(Path): the ImageAI project of that file.
        save_as_wanted(Path): a copy in that folder, which does not exist yet.
        package_wanted(Path): the project in that one file.
        sample_wanted(): the sample project, rendered.
        costs_wanted(): what was spent, and the caps.
    """

    new_wanted = Signal(object)
    open_wanted = Signal(object)
    unpack_wanted = Signal(object)
    import_wanted = Signal(object)
    save_as_wanted = Signal(object)
    package_wanted = Signal(object)
    sample_wanted = Signal()
    costs_wanted = Signal()

    def __init__(self, projects_dir: Path, window: QWidget) -> None:
        super().__init__(window)
        self._projects_dir = projects_dir
        self._window = window
        make = self._make
        self.new = make("new", "&New…", "file-plus-outline", "Begin an empty project", "Ctrl+N")
        self.open = make("open", "&Open…", "folder-open-outline", "Open a project", "Ctrl+O")
        self.save_as = make(
            "save_as", "Save &as…", "content-copy",
            "Copy the project with all its clips and go on in the copy", "Ctrl+Shift+S",
        )  # fmt: skip
        self.package = make(
            "package", "&Package…", "package-variant-closed", "Pack everything into one file"
        )
        self.import_ = make(
            "import", "&Import…", "import", "Take over a project of the earlier ImageAI"
        )
        self.sample = make(
            "sample", "Make the &sample film", "movie-open-star-outline",
            "A project of four scenes, rendered on this machine",
        )  # fmt: skip
        self.costs = make(
            "costs", "&Costs…", "cash-multiple",
            "What was spent, and the caps of a day, a month and this project",
        )  # fmt: skip
        self.recent_menu = QMenu("Open &recent", window)
        self.recent_menu.setToolTipsVisible(True)
        self.new.triggered.connect(self._ask_new)
        self.open.triggered.connect(self._ask_open)
        self.save_as.triggered.connect(self._ask_save_as)
        self.package.triggered.connect(self._ask_package)
        self.import_.triggered.connect(self._ask_import)
        self.sample.triggered.connect(self.sample_wanted)
        self.costs.triggered.connect(self.costs_wanted)
        self.set_project("")

    def _make(self, name: str, text: str, icon: str, tip: str, key: str = "") -> QAction:
        action = QAction(theme.icon(icon), text, self)
        action.setObjectName(f"{name}_project")
        action.setToolTip(f"{tip} ({key})" if key else tip)
        action.setStatusTip(tip)
        if key:
            action.setShortcut(QKeySequence(key))
        return action

    def set_project(self, name: str) -> None:
        """Tell which project is open; empty for none."""
        self._name = name
        for action in (self.save_as, self.package):
            action.setEnabled(bool(name))

    def set_recent(self, entries: Sequence[RecentProject]) -> None:
        """The projects of the menu, the newest first; missing ones are shown and not chosen."""
        self.recent_menu.clear()
        for entry in entries[:_MOST_RECENT]:
            action = self.recent_menu.addAction(entry.name.replace("&", "&&"))
            action.setToolTip(printable(entry.folder))
            action.setEnabled(not entry.is_missing)
            action.triggered.connect(partial(self._open, entry.folder))
        self.recent_menu.setEnabled(bool(entries))

    def _open(self, folder: Path, _: bool) -> None:
        self.open_wanted.emit(folder)

    @Slot()
    def _ask_new(self) -> None:
        dialog = NewProjectDialog(self._projects_dir, self._window)
        dialog.finished.connect(dialog.deleteLater)
        dialog.accepted.connect(lambda: self.new_wanted.emit(dialog.value()))
        dialog.open()

    @Slot()
    def _ask_open(self) -> None:
        path = self._existing("Open project", "Projects (project.json *.zip);;All files (*)")
        if path is not None:
            if path.suffix.lower() == ".zip":
                self.unpack_wanted.emit(path)
            else:
                self.open_wanted.emit(path.parent)

    @Slot()
    def _ask_save_as(self) -> None:
        start = self._projects_dir / f"{self._name} copy"
        text, _ = QFileDialog.getSaveFileName(
            self._window, "Save the project, with its clips, in a new folder", str(start)
        )
        if text:
            self.save_as_wanted.emit(Path(text))

    @Slot()
    def _ask_package(self) -> None:
        start = self._projects_dir / f"{self._name}.zip"
        text, _ = QFileDialog.getSaveFileName(
            self._window, "Pack the project into one file", str(start), "Packages (*.zip)"
        )
        if text:
            path = Path(text)
            self.package_wanted.emit(path if path.suffix else path.with_suffix(".zip"))

    @Slot()
    def _ask_import(self) -> None:
        kinds = "ImageAI projects (*.iaproj.json);;All files (*)"
        path = self._existing("Import a project of the earlier ImageAI", kinds)
        if path is not None:
            self.import_wanted.emit(path)

    def _existing(self, title: str, kinds: str) -> Path | None:
        text, _ = QFileDialog.getOpenFileName(self._window, title, str(self._projects_dir), kinds)
        return Path(text) if text else None
