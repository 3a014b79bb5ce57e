"""How a person has arranged the window: kept from one start to the next, with a way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import (
    QAbstractSlider,
    QHeaderView,
    QSplitter,
    QTableView,
    QTabWidget,
    QToolButton,
    QWidget,
)

from gui.player.transport_bar import SourceBar
from gui.widgets.panes import FoldingSection, HeightGrip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtCore import QSettings

State = QByteArray | int
_GROUP = "layout"
_TABS = ("jobs_tabs", "reference_tabs")
_PLAYER = ("loop", "mute", "volume")
HIDEABLE = ("settings_column", "scene_inspector", "player_panel", "takes_panel", "jobs_area")
"""Panels that the menu View shows and hides, by object name."""


class LayoutMemory:
    """Reads and writes the arrangement of named widgets: edges, open sections, tabs, columns.

    What the player shows is remembered with them.
    """

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings
        self._usual: dict[str, State] = {}

    def restore(self, root: QWidget) -> None:
        """Arrange what is inside of `root` as it was left; what is not known stays as it is."""
        for name, part in _parts(root):
            self._usual.setdefault(name, _state(part))
            stored = self._settings.value(f"{_GROUP}/{name}")
            if isinstance(stored, QByteArray):
                _arrange(part, stored)
            elif isinstance(stored, int | str) and str(stored).lstrip("-").isdigit():
                _arrange(part, int(stored))

    def keep(self, root: QWidget) -> None:
        """Remember how what is inside of `root` is arranged."""
        for name, part in _parts(root):
            self._settings.setValue(f"{_GROUP}/{name}", _state(part))

    def reset(self, root: QWidget) -> None:
        """Arrange everything inside of `root` as it was at the very first start."""
        self._settings.remove(_GROUP)
        for name, part in _parts(root):
            if name in self._usual:
                _arrange(part, self._usual[name])


class _Shown:
    """A panel in its role of being shown or hidden."""

    def __init__(self, panel: QWidget) -> None:
        self.panel = panel


_Part = (
    QSplitter
    | FoldingSection
    | QTabWidget
    | QHeaderView
    | QAbstractSlider
    | QToolButton
    | SourceBar
    | HeightGrip
    | _Shown
)


def _parts(root: QWidget) -> Iterator[tuple[str, _Part]]:
    for splitter in root.findChildren(QSplitter):
        if splitter.objectName():
            yield f"edges.{splitter.objectName()}", splitter
    for section in root.findChildren(FoldingSection):
        yield f"open.{section.objectName()}", section
    for grip in root.findChildren(HeightGrip):
        yield f"height.{grip.objectName()}", grip
    for tabs in root.findChildren(QTabWidget):
        if tabs.objectName() in _TABS:
            yield f"tab.{tabs.objectName()}", tabs
    for table in root.findChildren(QTableView):
        if table.objectName():
            yield f"columns.{table.objectName()}", table.horizontalHeader()
    for name in _PLAYER:
        for kind in (QAbstractSlider, QToolButton):
            for control in root.findChildren(kind, name):
                yield f"player.{name}", control
    for sources in root.findChildren(SourceBar):
        if not sources.isHidden():
            yield "player.source", sources
    for name in HIDEABLE:
        for panel in root.findChildren(QWidget, name):
            yield f"shown.{name}", _Shown(panel)


def _state(part: _Part) -> State:
    match part:
        case QSplitter() | QHeaderView():
            return part.saveState()
        case FoldingSection():
            return int(part.is_open)
        case QTabWidget():
            return part.currentIndex()
        case SourceBar():
            return part.number()
        case HeightGrip():
            return part.chosen
        case QAbstractSlider():
            return part.value()
        case QToolButton():
            return int(part.isChecked())
        case _Shown():
            return int(not part.panel.isHidden())


def _arrange(part: _Part, state: State) -> None:
    match part, state:
        case (QSplitter() | QHeaderView(), QByteArray()):
            part.restoreState(state)
        case FoldingSection(), int():
            part.set_open(bool(state))
        case QTabWidget(), int():
            part.setCurrentIndex(state)
        case HeightGrip(), int():
            part.choose(state)
        case SourceBar(), int():
            part.restore(state)
        case QAbstractSlider(), int():
            part.setValue(state)
        case QToolButton(), int():
            part.setChecked(bool(state))
        case _Shown(), int():
            part.panel.setVisible(bool(state))
        case _:
            # Written by a version in which the part was another kind of thing.
            return
