"""Sees the events of whatever has the focus inside of a panel, and of nothing else."""

from __future__ import annotations

from contextlib import suppress

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication, QWidget


class FocusFilter(QObject):
    """An event filter that goes with the focus; each event of a filter costs a call of Python."""

    def __init__(self, panel: QWidget) -> None:
        super().__init__(panel)
        self._panel = panel
        self._watched: QWidget | None = None
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._watch)

    def is_wanted(self, widget: QWidget) -> bool:
        """Whether a widget of the panel is to be watched while it has the focus."""
        return True

    @Slot(QWidget, QWidget)
    def _watch(self, _: QWidget | None, now: QWidget | None) -> None:
        # What is being destroyed loses the focus before it says so, and can be asked nothing more.
        if self._watched is not None:
            with suppress(RuntimeError):
                self._watched.removeEventFilter(self)
                self._watched.destroyed.disconnect(self._forget)
        self._watched = None
        if now is not None and self._panel.isAncestorOf(now) and self.is_wanted(now):
            self._watched = now
            now.installEventFilter(self)
            now.destroyed.connect(self._forget)

    @Slot()
    def _forget(self) -> None:
        self._watched = None
