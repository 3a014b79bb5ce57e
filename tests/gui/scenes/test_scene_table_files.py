"""What is dropped on the table of scenes, dragged in it, and chosen for its frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QModelIndex, QPoint, Qt, QUrl
from PySide6.QtGui import QDragLeaveEvent, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLineEdit,
)

from core.project.model.edits import (
    FrameSlot,
    change_scenes,
    with_continues,
    with_frame,
)
from gui.scenes.image_controller import ImageRole, ImageUse
from gui.scenes.scene_rows import SceneColumn
from gui.scenes.scene_table_model import FilesDropped
from tests.fakes.scenes import make_project
from tests.gui.children import carried, child
from tests.gui.dropping import files, hover

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from core.project.model.project import Scene
    from tests.gui.scenes.scene_tables import Table


IMAGE_FILE = Path(__file__)
FOLDER = Path("/projects/harbour")
LONGEST_FRAME_S = 0.05


def box_of_start(table: Table, row: int) -> QPoint:
    return table.view.visualRect(table.cell(row, SceneColumn.START)).center()


def test_a_click_on_an_empty_frame_chooses_a_picture_for_it(qtbot: QtBot, table: Table) -> None:
    with qtbot.waitSignal(table.rows.image_dropped) as dropped:
        qtbot.mouseClick(
            table.view.viewport(), Qt.MouseButton.LeftButton, pos=box_of_start(table, 1)
        )
        dialog = child(table.view, QFileDialog)
        child(dialog, QLineEdit, "fileNameEdit").setText(str(IMAGE_FILE))
        dialog.accept()
    assert carried(dropped) == ImageUse((IMAGE_FILE,), ImageRole.START, "s2")


@pytest.mark.parametrize("change", [
    lambda s: with_continues(s, True), lambda s: with_frame(s, FrameSlot.START, IMAGE_FILE),
])  # fmt: skip
def test_a_click_on_a_frame_that_is_taken_opens_nothing(
    change: Callable[[Scene], Scene], qtbot: QtBot, tables: Callable[..., Table]
) -> None:
    table = tables(change_scenes(make_project(), {"s2"}, change))
    qtbot.mouseClick(table.view.viewport(), Qt.MouseButton.LeftButton, pos=box_of_start(table, 1))
    assert table.view.findChild(QFileDialog) is None
    assert table.view.selected_ids == ("s2",)


def test_nothing_is_chosen_in_a_project_that_is_read_only(
    qtbot: QtBot, tables: Callable[..., Table]
) -> None:
    table = tables(is_read_only=True)
    qtbot.mouseClick(table.view.viewport(), Qt.MouseButton.LeftButton, pos=box_of_start(table, 1))
    assert table.view.findChild(QFileDialog) is None


def marked(table: Table, place: QPoint) -> bool:
    highlight = table.view.palette().color(QPalette.ColorRole.Highlight)
    return table.view.viewport().grab().toImage().pixelColor(place) == highlight


def test_the_frame_under_a_file_is_marked(table: Table) -> None:
    cell = table.view.visualRect(table.cell(1, SceneColumn.START))
    edge = QPoint(cell.left() + 1, cell.center().y())
    assert not marked(table, edge)
    mime = files(IMAGE_FILE)
    hover(table.view.viewport(), mime, cell.center())
    assert marked(table, edge)
    QApplication.sendEvent(table.view.viewport(), QDragLeaveEvent())
    assert not marked(table, edge)


def test_a_line_across_the_table_shows_where_a_row_would_go(table: Table) -> None:
    row = table.view.visualRect(table.cell(1, SceneColumn.PROMPT))
    mime = table.rows.mimeData([table.cell(0, SceneColumn.NUMBER)])
    hover(table.view.viewport(), mime, row.bottomLeft() + QPoint(20, -2), Qt.DropAction.MoveAction)
    edges = (row.left() + 40, table.view.viewport().width() - 40)
    assert [marked(table, QPoint(x, row.bottom())) for x in edges] == [True, True]


def dragged(table: Table, *rows: int) -> QMimeData:
    return table.rows.mimeData([table.cell(row, SceneColumn.PROMPT) for row in rows])


@pytest.mark.parametrize(
    ("rows", "where", "order"),
    [
        ((2,), 0, ["s3", "s1", "s2"]),
        ((0,), 3, ["s2", "s3", "s1"]),
        ((0, 2), 1, ["s1", "s3", "s2"]),
        ((0,), -1, ["s2", "s3", "s1"]),
    ],
)
def test_rows_are_dragged_to_another_place(
    table: Table, rows: tuple[int, ...], where: int, order: list[str]
) -> None:
    mime = dragged(table, *rows)
    nowhere = QModelIndex()
    assert table.rows.canDropMimeData(mime, Qt.DropAction.MoveAction, where, 0, nowhere)
    assert table.rows.dropMimeData(mime, Qt.DropAction.MoveAction, where, 0, nowhere)
    assert table.ids == order
    table.project.undo_stack.undo()
    assert table.project.project == make_project()


def test_rows_put_down_on_a_row_come_before_it(table: Table) -> None:
    on = table.cell(1, SceneColumn.START)
    assert table.rows.dropMimeData(dragged(table, 2), Qt.DropAction.MoveAction, -1, -1, on)
    assert table.ids == ["s1", "s3", "s2"]


def test_images_are_dropped_on_frames_one_scene_each(table: Table) -> None:
    messages: list[ImageUse] = []
    table.rows.image_dropped.connect(messages.append)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(f"/p/{name}.png") for name in "abc"])
    on = table.cell(1, SceneColumn.END)
    assert table.rows.dropMimeData(mime, Qt.DropAction.CopyAction, -1, -1, on)
    assert messages == [
        ImageUse((Path("/p/a.png"),), ImageRole.END, "s2"),
        ImageUse((Path("/p/b.png"),), ImageRole.END, "s3"),
    ]


def test_files_that_are_dropped_beside_frames_say_where(table: Table) -> None:
    messages: list[FilesDropped] = []
    table.rows.files_dropped.connect(messages.append)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/p/a.png"), QUrl("https://example.org/a.png")])
    png = (Path("/p/a.png"),)
    for on, row, expected in (
        (table.cell(1, SceneColumn.CLIP), -1, FilesDropped(png, index=2, scene_id="s2")),
        (QModelIndex(), 1, FilesDropped(png, index=1)),
        (QModelIndex(), -1, FilesDropped(png)),
    ):
        assert table.rows.dropMimeData(mime, Qt.DropAction.CopyAction, row, 0, on)
        assert messages.pop() == expected
    film = QMimeData()
    film.setUrls([QUrl.fromLocalFile("/p/a.mov")])
    on = table.cell(0, SceneColumn.START)
    assert table.rows.dropMimeData(film, Qt.DropAction.CopyAction, -1, -1, on)
    assert messages.pop() == FilesDropped((Path("/p/a.mov"),), index=1)
    web = QMimeData()
    web.setUrls([QUrl("https://example.org/a.png")])
    on = table.cell(1, SceneColumn.START)
    assert not table.rows.dropMimeData(web, Qt.DropAction.CopyAction, -1, -1, on)
