"""The menu bar: everything that the window can do, by name and key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import SignalInstance
    from PySide6.QtWidgets import QMainWindow, QMenu

    from gui.project.project_actions import ProjectActions
    from gui.video.video_project_tab import VideoProjectTab


class MainMenu(QObject):
    """Fills the menu bar; what belongs to a project comes and goes with it.

    Signals:
        settings_wanted(), help_wanted(), about_wanted().
    """

    settings_wanted = Signal()
    help_wanted = Signal()
    about_wanted = Signal()

    def __init__(self, window: QMainWindow, projects: ProjectActions) -> None:
        super().__init__(window)
        bar = window.menuBar()
        file = bar.addMenu("&File")
        file.addActions([projects.new, projects.open])
        file.addMenu(projects.recent_menu)
        file.addActions([projects.sample, projects.import_])
        file.addSeparator()
        file.addActions([projects.save_as, projects.package])
        file.addSeparator()
        settings = self._make("&Settings…", "Ctrl+,", self.settings_wanted)
        quit_ = self._make("&Quit", "Ctrl+Q", window.close)
        file.addActions([settings, quit_])
        self._edit = bar.addMenu("&Edit")
        self._scene = bar.addMenu("&Scene")
        self._render = bar.addMenu("&Render")
        help_ = bar.addMenu("&Help")
        help_.addActions(
            [
                self._make("&User guide", "F1", self.help_wanted),
                self._make("&About ImageAI", "", self.about_wanted),
            ]
        )
        self._has_project = False
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
        if tab is not None:
            scenes = tab.scene_actions
            self._edit.addActions([scenes.undo, scenes.redo])
            self._scene.addActions(list(scenes.for_scenes()))
            self._render.addActions(list(tab.render_actions))
        self._has_project = tab is not None
        self._enable()

    @Slot(object)
    def show_project_menus(self, is_video_shown: bool) -> None:
        """Take the project's menus and keys away while another room is shown."""
        self._is_video_shown = is_video_shown
        self._enable()

    @property
    def _project_menus(self) -> tuple[QMenu, ...]:
        return self._edit, self._scene, self._render

    def _enable(self) -> None:
        for menu in self._project_menus:
            menu.menuAction().setEnabled(self._has_project and self._is_video_shown)
