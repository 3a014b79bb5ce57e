"""Tables of scenes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtTest import QAbstractItemModelTester

from gui.project.project_model import ProjectModel
from gui.scenes.scene_actions import SceneActions
from gui.scenes.scene_table_model import SceneTableModel
from gui.scenes.scene_table_view import SceneTableView
from gui.widgets.thumbnails import Thumbnails
from tests.fakes.scenes import make_project
from tests.gui.scenes.scene_tables import FOLDER, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from core.project.model.project import VideoProject


@pytest.fixture
def tables(qtbot: QtBot) -> Iterator[Callable[..., Table]]:
    made: list[Table] = []

    def make(
        project: VideoProject | None = None, *, is_read_only: bool = False, is_watched: bool = True
    ) -> Table:
        model = ProjectModel(project or make_project(), FOLDER, is_read_only=is_read_only)
        rows = SceneTableModel(model)
        thumbnails = Thumbnails()
        view = SceneTableView(rows, thumbnails)
        actions = SceneActions(model, view)
        view.addActions(actions.for_scenes())
        view.selection_changed.connect(actions.set_selection)
        actions.select_wanted.connect(view.select)
        table = Table(model, rows, view, actions, thumbnails)
        if is_watched:
            # It ends the test where the model tells the view something that is not so.
            mode = QAbstractItemModelTester.FailureReportingMode.Fatal
            QAbstractItemModelTester(rows, mode, parent=rows)
        qtbot.addWidget(view)
        view.resize(800, 500)
        view.show()
        view.activateWindow()
        view.setFocus()
        qtbot.waitUntil(view.hasFocus)
        made.append(table)
        return table

    yield make
    for table in made:
        table.thumbnails.close()


@pytest.fixture
def table(tables: Callable[..., Table]) -> Table:
    return tables()
