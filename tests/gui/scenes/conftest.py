"""Tables of scenes, and lists of reference images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtTest import QAbstractItemModelTester

from gui.project.project_model import ProjectModel
from gui.scenes.reference_images_widget import ReferenceImagesWidget
from gui.scenes.scene_actions import SceneActions
from gui.scenes.scene_table_model import SceneTableModel
from gui.scenes.scene_table_view import SceneTableView
from gui.widgets.thumbnails import Thumbnails
from tests.fakes.references import make_references
from tests.fakes.scenes import make_project
from tests.gui.scenes.reference_panels import NAMES, list_of
from tests.gui.scenes.scene_tables import FOLDER, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

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


@pytest.fixture
def show_references(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path
) -> Callable[..., ReferenceImagesWidget]:
    """Opens lists of reference images, each with the focus in it."""

    def made(*names: str, is_scene: bool = False) -> ReferenceImagesWidget:
        panel = ReferenceImagesWidget(thumbnails, is_scene=is_scene)
        qtbot.addWidget(panel)
        panel.set_value(make_references(tmp_path, *(names or NAMES)))
        panel.resize(360, 400)
        panel.show()
        panel.activateWindow()
        list_of(panel).setFocus()
        qtbot.waitUntil(list_of(panel).hasFocus)
        return panel

    return made
