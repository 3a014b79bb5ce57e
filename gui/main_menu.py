"""The menu bar: everything that the window can do, by name and key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from gui.edit_menu import EditMenu
from gui.help_window import keys_of
from gui.view_menu import ViewMenu
from gui.widgets.mnemonics import mnemonic_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import SignalInstance
    from PySide6.QtWidgets import QMainWindow, QTabWidget

    from gui.help_window import KeyTable
    from gui.project.project_actions import ProjectActions
    from gui.video.video_project_tab import VideoProjectTab


class MainMenu(QObject):
    """Fills the menu bar; what belongs to a project comes and goes with it.

    Signals:
        comparison_wanted(), training_wanted(), settings_wanted().
        help_wanted(), keys_wanted(), about_wanted().
        save_wanted(): a person asks whether everything is saved.
        find_wanted(): something made earlier is looked for.

    Attributes:
        view: the menu of panels.
    """

    comparison_wanted = Signal()
    training_wanted = Signal()
    settings_wanted = Signal()
    help_wanted = Signal()
    keys_wanted = Signal()
    about_wanted = Signal()
    save_wanted = Signal()
    find_wanted = Signal()

    def __init__(self, window: QMainWindow, projects: ProjectActions, rooms: QTabWidget) -> None:
        super().__init__(window)
        self._bar = window.menuBar()
        bar = window.menuBar()
        file = bar.addMenu("&File")
        file.addActions([projects.new, projects.open])
        file.addMenu(projects.recent_menu)
        file.addActions([projects.sample, projects.import_])
        file.addSeparator()
        self._save = self._make("&Save", "Ctrl+S", self.save_wanted)
        self._export = self._make("&Export…", "Ctrl+E", self._want_export)
        file.addActions([self._save, projects.save_as, projects.package])
        file.addSeparator()
        file.addAction(self._export)
        file.addAction(self._make("&Compare models…", "", self.comparison_wanted))
        file.addAction(self._make("T&rain a LoRA…", "", self.training_wanted))
        file.addSeparator()
        file.addAction(projects.costs)
        settings = self._make("Se&ttings…", "Ctrl+,", self.settings_wanted)
        quit_ = self._make("&Quit", "Ctrl+Q", window.close)
        file.addActions([settings, quit_])
        self._edit = EditMenu(bar.addMenu("&Edit"), self.find_wanted.emit)
        self.view = ViewMenu(bar.addMenu("&View"), window, rooms)
        self._scene = bar.addMenu("&Scene")
        self._render = bar.addMenu("&Render")
        help_ = bar.addMenu("&Help")
        help_.addActions(
            [
                self._make("&User guide", "F1", self.help_wanted),
                self._make("&Keys", "Ctrl+F1", self.keys_wanted),
                self._make("&About ImageAI", "", self.about_wanted),
            ]
        )
        self._tab: VideoProjectTab | None = None
        self._is_video_shown = True
        self.set_project(None)

    def _make(self, text: str, key: str, act: Callable[[], object] | SignalInstance) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        action.triggered.connect(act)
        return action

    def set_project(self, tab: VideoProjectTab | None) -> None:
        """Offer what the open project's tab offers; nothing of it without one."""
        for menu in self._project_menus:
            menu.clear()
        self._edit.show_history(())
        if tab is not None:
            scenes = tab.scene_actions
            self._edit.show_history((scenes.undo, scenes.redo))
            self._scene.addActions(list(scenes.for_scenes()))
            self._render.addActions(list(tab.render_actions))
        self._tab = tab
        self._enable()

    def key_tables(self) -> list[KeyTable]:
        """Every key of the menus, menu by menu."""
        menus = (action.menu() for action in self._bar.actions())
        return [keys_of(menu) for menu in menus if isinstance(menu, QMenu)]

    @property
    def letters(self) -> list[str]:
        """The letters that open the menus."""
        return [mnemonic_of(action.text()) for action in self._bar.actions()]

    @Slot(object)
    def show_project_menus(self, is_video_shown: bool) -> None:
        """Take the project's menus and keys away while another room is shown."""
        self._is_video_shown = is_video_shown
        self._enable()

    @Slot()
    def _want_export(self) -> None:
        if self._tab is not None:
            self._tab.export_film()

    @property
    def _project_menus(self) -> tuple[QMenu, ...]:
        return self._scene, self._render

    def _enable(self) -> None:
        is_on = self._tab is not None and self._is_video_shown
        for menu in self._project_menus:
            menu.menuAction().setEnabled(is_on)
        for action in (self._save, self._export):
            action.setEnabled(self._tab is not None)
        if self._tab is not None:
            # In another room Ctrl+Z would change what is not seen.
            self._tab.scene_actions.set_history_keys(is_on)
