"""The project bar: name, new, open, recent, save as, package, import."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QToolButton,
    QWidget,
)

from gui import theme
from gui.project_wishes import (
    ImportProject,
    NewProject,
    OpenProject,
    PackageProject,
    ProjectWish,
    SaveProjectAs,
    UnpackProject,
)


class ProjectBar(QWidget):
    """Shows which project is open, and takes wishes about projects.

    Signals:
        changed(str): the project's name was changed.
        wanted(ProjectWish): what a person wants done.
    """

    changed = Signal(object)
    wanted = Signal(object)

    def __init__(self, projects_dir: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._projects_dir = projects_dir
        self._name = QLineEdit()
        self._name.setPlaceholderText("Name of the project")
        self._name.setObjectName("project_name")
        self._name.setToolTip("The project's name; also the film's title where it has no other")
        self._name.setAccessibleName("Name of the project")
        self._name.textEdited.connect(self._on_name)
        self._state = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        label = QLabel("&Project")
        label.setBuddy(self._name)
        row.addWidget(label)
        row.addWidget(self._name, 1)
        self.actions_ = _Actions(self)
        for action in self.actions_.in_bar:
            button = QToolButton()
            button.setObjectName(action.objectName().replace("action", "button"))
            button.setDefaultAction(action)
            row.addWidget(button)
        self._recent = QToolButton()
        self._recent.setText("Recent")
        self._recent.setObjectName("recent_button")
        self._recent.setToolTip("Projects that were open before")
        self._recent.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.recent_menu = QMenu("&Recent", self)
        self._recent.setMenu(self.recent_menu)
        row.addWidget(self._recent)
        row.addWidget(self._state)

    def value(self) -> str:
        """The name as it is written."""
        return self._name.text()

    def set_value(self, name: str) -> None:
        """Show this name."""
        if name != self._name.text():
            self._name.setText(name)

    def set_state(self, text: str) -> None:
        """Say whether everything is saved, or that it cannot be changed."""
        self._state.setText(text)

    def set_read_only(self, is_read_only: bool) -> None:
        """Whether the project can be renamed."""
        self._name.setReadOnly(is_read_only)

    def set_recent(self, folders: tuple[Path, ...]) -> None:
        """The projects for the menu, the newest first; missing ones cannot be chosen."""
        self.recent_menu.clear()
        for folder in folders:
            action = self.recent_menu.addAction(f"{folder.name}   {folder.parent}")
            action.triggered.connect(_Wish(self, OpenProject(folder)))
        self.recent_menu.setEnabled(bool(folders))
        self._recent.setEnabled(bool(folders))

    @Slot(str)
    def _on_name(self, name: str) -> None:
        self.changed.emit(name)

    def ask_new(self) -> None:
        """Ask for the name of a new project."""
        name, is_given = QInputDialog.getText(self, "New project", "Name of the project:")
        if is_given and name.strip():
            self.wanted.emit(NewProject(name.strip()))

    def ask_open(self) -> None:
        """Ask for the project to open: its file, or a package."""
        text, _ = QFileDialog.getOpenFileName(
            self,
            "Open project",
            str(self._projects_dir),
            "Projects (project.json *.zip);;All files (*)",
        )
        if text:
            path = Path(text)
            is_zip = path.suffix.lower() == ".zip"
            self.wanted.emit(UnpackProject(path) if is_zip else OpenProject(path.parent))

    def ask_save_as(self) -> None:
        """Ask for the folder of the copy."""
        start = self._projects_dir / f"{self.value() or 'project'} copy"
        text, _ = QFileDialog.getSaveFileName(
            self, "Save the project, with its clips, in a new folder", str(start)
        )
        if text:
            self.wanted.emit(SaveProjectAs(Path(text)))

    def ask_package(self) -> None:
        """Ask for the file of the package."""
        start = self._projects_dir / f"{self.value() or 'project'}.zip"
        text, _ = QFileDialog.getSaveFileName(
            self, "Pack the project into one file", str(start), "Packages (*.zip)"
        )
        if text:
            path = Path(text)
            self.wanted.emit(PackageProject(path if path.suffix else path.with_suffix(".zip")))

    def ask_import(self) -> None:
        """Ask for the ImageAI project to import."""
        text, _ = QFileDialog.getOpenFileName(
            self,
            "Import a project of the earlier ImageAI",
            str(Path.home()),
            "ImageAI projects (*.iaproj.json);;All files (*)",
        )
        if text:
            self.wanted.emit(ImportProject(Path(text)))


class _Actions:
    """The bar's actions, which the menu shows too."""

    def __init__(self, bar: ProjectBar) -> None:
        def make(name: str, text: str, icon: str, tip: str, key: str = "") -> QAction:
            action = QAction(theme.icon(icon, bar.palette()), text, bar)
            action.setObjectName(f"{name}_action")
            action.setToolTip(f"{tip} ({key})" if key else tip)
            if key:
                action.setShortcut(QKeySequence(key))
            return action

        self.new = make("new", "&New…", "file-plus-outline", "Begin an empty project", "Ctrl+N")
        self.open = make("open", "&Open…", "folder-open-outline", "Open a project", "Ctrl+O")
        self.save_as = make(
            "save_as", "Save &as…", "content-copy", "Copy the project and all its clips",
            "Ctrl+Shift+S",
        )  # fmt: skip
        self.package = make(
            "package", "&Package…", "package-variant-closed", "Pack everything into one file"
        )
        self.import_ = make(
            "import", "&Import…", "import", "Take over a project of the earlier ImageAI"
        )
        self.new.triggered.connect(bar.ask_new)
        self.open.triggered.connect(bar.ask_open)
        self.save_as.triggered.connect(bar.ask_save_as)
        self.package.triggered.connect(bar.ask_package)
        self.import_.triggered.connect(bar.ask_import)

    @property
    def in_bar(self) -> tuple[QAction, ...]:
        """In the order in which they are shown."""
        return (self.new, self.open, self.save_as, self.package, self.import_)


class _Wish:
    """Tells a wish when it is called; Qt's own arguments are not looked at."""

    def __init__(self, bar: ProjectBar, wish: ProjectWish) -> None:
        self._bar = bar
        self._wish = wish

    def __call__(self, _: bool = False) -> None:
        self._bar.wanted.emit(self._wish)
