"""The menu View: which panels are shown, the rooms, the whole screen, the usual arrangement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMainWindow, QMenu, QTabWidget

_PANELS = (
    ("settings_column", "Storyboard and &settings", "F6"),
    ("scene_inspector", "Scene &inspector", "F7"),
    ("player_panel", "&Player", "F8"),
    ("takes_panel", "&Takes", "F9"),
    ("jobs_area", "&Jobs and console", "F10"),
)


class ViewMenu(QObject):
    """Fills the menu.

    Signals:
        reset_wanted(): everything shall stand where it stood at the first start.
    """

    reset_wanted = Signal()

    def __init__(self, menu: QMenu, window: QMainWindow, rooms: QTabWidget) -> None:
        super().__init__(menu)
        self._window = window
        self._panels: dict[str, QAction] = {}
        for number in range(rooms.count()):
            action = QAction(rooms.tabText(number), self)
            action.setShortcut(QKeySequence(f"Ctrl+{number + 1}"))
            action.triggered.connect(lambda _=False, at=number: rooms.setCurrentIndex(at))
            menu.addAction(action)
        menu.addSeparator()
        for name, text, key in _PANELS:
            action = QAction(text, self)
            action.setCheckable(True)
            action.setShortcut(QKeySequence(key))
            action.triggered.connect(lambda _=False, name=name: self._switch_panel(name))
            menu.addAction(action)
            self._panels[name] = action
        menu.addSeparator()
        self._full = QAction("&Full screen", self)
        self._full.setCheckable(True)
        self._full.setShortcut(QKeySequence("F11"))
        self._full.triggered.connect(self._show_full)
        menu.addAction(self._full)
        reset = QAction("&Usual layout", self)
        reset.triggered.connect(self.reset_wanted)
        menu.addAction(reset)
        menu.aboutToShow.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Tick what is shown now."""
        for name, action in self._panels.items():
            panel = self._window.findChild(QWidget, name)
            action.setEnabled(panel is not None)
            action.setChecked(panel is not None and not panel.isHidden())
        self._full.setChecked(self._window.isFullScreen())

    def _switch_panel(self, name: str) -> None:
        panel = self._window.findChild(QWidget, name)
        if panel is not None:
            # By its own state: the tick may be of a time before the panel came or went.
            panel.setVisible(panel.isHidden())
        self.refresh()

    @Slot(bool)
    def _show_full(self, _: bool) -> None:
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)
        self.refresh()
