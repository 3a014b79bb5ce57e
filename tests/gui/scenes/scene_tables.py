"""A table of scenes with all that belongs to it, and a person's keys on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from gui.project.project_model import ProjectModel
    from gui.scenes.scene_actions import SceneActions
    from gui.scenes.scene_rows import SceneColumn
    from gui.scenes.scene_table_model import SceneTableModel
    from gui.scenes.scene_table_view import SceneTableView
    from gui.widgets.thumbnails import Thumbnails

FOLDER = Path("/projects/harbour")


@dataclass(frozen=True)
class Table:
    project: ProjectModel
    rows: SceneTableModel
    view: SceneTableView
    actions: SceneActions
    thumbnails: Thumbnails

    @property
    def ids(self) -> list[str]:
        return [scene.id for scene in self.project.project.scenes]

    def cell(self, row: int, column: SceneColumn) -> QModelIndex:
        return self.rows.index(row, column)

    def words(self, row: int, column: SceneColumn) -> str:
        return self.cell(row, column).data()


def key(qtbot: QtBot, table: Table, *keys: Qt.Key, ctrl: bool = False, alt: bool = False) -> None:
    modifiers = Qt.KeyboardModifier.NoModifier
    if ctrl:
        modifiers |= Qt.KeyboardModifier.ControlModifier
    if alt:
        modifiers |= Qt.KeyboardModifier.AltModifier
    for one in keys:
        qtbot.keyClick(table.view, one, modifiers)


def chosen(table: Table, *ids: str) -> None:
    table.view.select(ids)
    assert table.view.selected_ids == ids
