"""The menu Edit: the project's undo, and what can be done with the words that have the focus."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Key = QKeySequence.StandardKey


@dataclass(frozen=True)
class _Entry:
    """What the menu says, the key that the focused widget knows, and what texts call it."""

    text: str
    key: QKeySequence.StandardKey
    method: str
    changes: bool


_ENTRIES = (
    _Entry("Cu&t", _Key.Cut, "cut", changes=True),
    _Entry("&Copy", _Key.Copy, "copy", changes=False),
    _Entry("&Paste", _Key.Paste, "paste", changes=True),
    _Entry("Select &all", _Key.SelectAll, "selectAll", changes=False),
)


class EditMenu(QObject):
    """Fills the menu; each entry does what its key does where the focus is.

    The keys themselves stay with the widgets: as shortcuts of the window they would be taken from
    every list and box that has its own use for them.
    """

    def __init__(self, menu: QMenu, find: Callable[[], None]) -> None:
        super().__init__(menu)
        self._menu = menu
        self._focused: QWidget | None = None
        self._actions: dict[_Entry, QAction] = {}
        for entry in _ENTRIES:
            keys = QKeySequence(entry.key).toString(QKeySequence.SequenceFormat.NativeText)
            action = QAction(f"{entry.text}\t{keys}", self)
            action.triggered.connect(partial(self._act, entry))
            self._actions[entry] = action
        self._find = QAction("&Find in History…", self)
        self._find.setShortcut(QKeySequence(_Key.Find))
        self._find.triggered.connect(find)
        menu.aboutToShow.connect(self._offer)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_focus)
        self.show_history(())

    def show_history(self, undo_and_redo: Sequence[QAction]) -> None:
        """Begin with these, or with nothing where no project is open."""
        self._menu.clear()
        self._menu.addActions(list(undo_and_redo))
        if undo_and_redo:
            self._menu.addSeparator()
        self._menu.addActions(list(self._actions.values()))
        self._menu.addSeparator()
        self._menu.addAction(self._find)

    @Slot(QWidget, QWidget)
    def _on_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        # The menu takes the focus while it is used by keys; meant is what had it before.
        if not isinstance(now, QMenuBar | QMenu):
            self._focused = now

    @Slot()
    def _offer(self) -> None:
        for entry, action in self._actions.items():
            action.setEnabled(self._way(entry) is not None)

    def _act(self, entry: _Entry, _: bool = False) -> None:
        way = self._way(entry)
        if way is not None:
            way()

    def _way(self, entry: _Entry) -> Callable[[], object] | None:
        """How the focused widget does it; None where it does not."""
        field = self._focused
        if isinstance(field, QLineEdit | QPlainTextEdit | QTextEdit):
            if entry.changes and field.isReadOnly():
                return None
            return getattr(field, entry.method)
        if field is None:
            return None
        for action in field.actions():
            if action.isEnabled() and QKeySequence(entry.key) in action.shortcuts():
                return action.trigger
        if isinstance(field, QAbstractItemView) and entry.key is _Key.SelectAll:
            return field.selectAll
        return None
