from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QPlainTextEdit,
)

from core.project.model.edits import (
    FrameSlot,
    change_scenes,
    delete_scenes,
    duplicate_scenes,
    insert_scenes,
    merge_scenes,
    move_scenes,
    own_duration_s,
    split_scene,
    with_continues,
    with_duration,
    with_frame,
)
from core.project.model.project import Scene, VideoProject, new_id
from core.project.model.status import SceneJob, SceneJobState
from core.video.terms import Role
from gui.project.project_model import ProjectModel
from gui.scenes.scene_delegates import DurationDelegate, PromptDelegate
from gui.scenes.scene_rows import CellImage, SceneColumn
from gui.scenes.scene_table_model import SceneTableModel
from tests.fakes.provider import SMALL
from tests.fakes.scenes import make_project, make_take
from tests.gui.children import carried, child
from tests.gui.frames import slowest_frame_s
from tests.gui.scenes.scene_tables import Table, chosen, key

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

IMAGE_FILE = Path(__file__)
FOLDER = Path("/projects/harbour")
LONGEST_FRAME_S = 0.05


def double_click(qtbot: QtBot, table: Table, row: int, column: SceneColumn) -> None:
    place = table.view.visualRect(table.cell(row, column)).center()
    viewport = table.view.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place)


def test_rows_say_what_the_scenes_are(table: Table) -> None:
    scenes = table.project.project
    scenes = change_scenes(scenes, {"s2"}, lambda s: with_continues(s, True))
    scenes = change_scenes(scenes, {"s3"}, lambda s: with_duration(s, 2.5))
    table.project.edit("Change", scenes)
    table.rows.set_default_duration(4.0)
    assert table.words(0, SceneColumn.NUMBER) == "1"
    assert table.words(0, SceneColumn.PROMPT) == "Title s1\nA boat sails past s1."
    assert [table.words(row, SceneColumn.DURATION) for row in range(3)] == ["4 s", "4 s", "2.5 s"]
    assert table.words(0, SceneColumn.STATUS) == "No clip yet"
    assert not table.rows.row(0).scene.continues
    assert table.rows.row(1).scene.continues
    headings = [
        table.rows.headerData(column, Qt.Orientation.Horizontal)
        for column in range(len(SceneColumn))
    ]
    assert headings == ["#", "Prompt", "Start", "End", "Clip", "Length", "Status"]


def test_images_are_those_of_the_scene_or_of_the_clip_it_goes_on_from(
    tables: Callable[..., Table],
) -> None:
    project = make_project(takes=1)
    project = change_scenes(project, {"s2"}, lambda s: with_continues(s, True))
    image = Path("/pictures/a.png")
    project = change_scenes(project, {"s3"}, lambda s: with_frame(s, FrameSlot.START, image))
    table = tables(project)
    assert table.rows.row(0).start is None
    assert table.rows.row(1).start == CellImage(Path("/clips/s1-take1.mp4"), "end")
    assert table.rows.row(2).start == CellImage(image)
    assert table.rows.row(0).image(SceneColumn.CLIP) == CellImage(Path("/clips/s1-take1.mp4"))
    table.project.add_take("s1", make_take("new"))
    assert table.rows.row(1).start == CellImage(Path("/clips/new.mp4"), "end")


def test_status_follows_jobs_and_fingerprints(tables: Callable[..., Table]) -> None:
    project = make_project().with_takes("s1", make_project(takes=1).takes_of("s1"))
    project = project.with_takes(
        "s1", project.takes_of("s1").with_take(make_take("t", fingerprint="a"))
    )
    table = tables(project)
    table.rows.set_fingerprints({"s1": "b"})
    assert table.words(0, SceneColumn.STATUS) == "Out of date"
    table.rows.set_fingerprints({"s1": "a"})
    assert table.words(0, SceneColumn.STATUS) == "Done"
    table.rows.set_jobs({"s2": SceneJob("s2", SceneJobState.RUNNING, 0.5)})
    assert table.words(1, SceneColumn.STATUS) == "Rendering 50%"
    table.rows.set_jobs({"s2": SceneJob("s2", SceneJobState.FAILED, reason="No memory.")})
    assert table.words(1, SceneColumn.STATUS) == "Failed"
    assert table.cell(1, SceneColumn.STATUS).data(Qt.ItemDataRole.ToolTipRole) == "No memory."
    table.project.wait_for(["s3"])
    assert table.words(2, SceneColumn.STATUS) == "Waits for 2"


def test_only_what_changed_is_told(table: Table) -> None:
    messages: list[tuple[int, int]] = []
    table.rows.dataChanged.connect(lambda first, last: messages.append((first.row(), last.row())))
    table.rows.modelReset.connect(lambda: messages.append((-1, -1)))
    table.rows.set_jobs({"s2": SceneJob("s2", SceneJobState.RUNNING, 0.5)})
    assert messages == [(1, 1)]


def test_prompt_is_edited_in_its_row(qtbot: QtBot, table: Table) -> None:
    double_click(qtbot, table, 1, SceneColumn.PROMPT)
    editor = child(table.view, QPlainTextEdit, "prompt_editor")
    assert editor.toPlainText() == "A boat sails past s2."
    qtbot.keyClicks(editor, "Rain")
    qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(editor, "falls.")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert table.project.project.scenes[1].prompt == "Rain\nfalls."
    assert table.project.undo_stack.undoText() == "Change prompt of scene 2"
    table.project.undo_stack.undo()
    assert table.project.project == make_project()


def test_escape_leaves_the_prompt_as_it_was(qtbot: QtBot, table: Table) -> None:
    table.view.select(("s2",))
    key(qtbot, table, Qt.Key.Key_F2)
    editor = child(table.view, QPlainTextEdit, "prompt_editor")
    qtbot.keyClicks(editor, "Rain")
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert table.project.project == make_project()


def test_progress_does_not_take_away_what_is_being_typed(qtbot: QtBot, table: Table) -> None:
    table.view.select(("s2",))
    key(qtbot, table, Qt.Key.Key_F2)
    editor = child(table.view, QPlainTextEdit, "prompt_editor")
    qtbot.keyClicks(editor, "Rain")
    table.rows.set_jobs({"s2": SceneJob("s2", SceneJobState.RUNNING, 0.5)})
    table.rows.set_default_duration(3.0)
    assert editor.toPlainText() == "Rain"


def test_length_is_edited_in_its_row(qtbot: QtBot, table: Table) -> None:
    table.rows.set_default_duration(4.0)
    double_click(qtbot, table, 0, SceneColumn.DURATION)
    editor = child(table.view, QDoubleSpinBox, "duration_editor")
    assert editor.value() == 4.0
    editor.selectAll()
    qtbot.keyClicks(editor, "2.5")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: own_duration_s(table.project.project.scenes[0]) == 2.5)
    qtbot.waitUntil(lambda: table.view.findChild(QDoubleSpinBox, "duration_editor") is None)
    double_click(qtbot, table, 0, SceneColumn.DURATION)
    editor = child(table.view, QDoubleSpinBox, "duration_editor")
    editor.selectAll()
    qtbot.keyClicks(editor, "0")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: own_duration_s(table.project.project.scenes[0]) is None)


def test_looking_at_a_length_changes_nothing(qtbot: QtBot, table: Table) -> None:
    table.rows.set_default_duration(2.0625)
    double_click(qtbot, table, 0, SceneColumn.DURATION)
    editor = child(table.view, QDoubleSpinBox, "duration_editor")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: table.view.findChild(QDoubleSpinBox, "duration_editor") is None)
    assert table.project.project == make_project()


def test_editors_are_made_by_the_columns_that_can_be_edited(table: Table) -> None:
    editable = {
        column
        for column in SceneColumn
        if table.cell(0, column).flags() & Qt.ItemFlag.ItemIsEditable
    }
    assert editable == {SceneColumn.PROMPT, SceneColumn.DURATION}
    delegate = table.view.itemDelegateForColumn
    assert isinstance(delegate(SceneColumn.PROMPT), PromptDelegate)
    assert isinstance(delegate(SceneColumn.DURATION), DurationDelegate)
    assert not table.rows.setData(table.cell(0, SceneColumn.STATUS), "x")


def test_read_only_project_offers_no_edit(tables: Callable[..., Table]) -> None:
    table = tables(is_read_only=True)
    table.view.select(("s2",))
    for column in SceneColumn:
        assert not table.cell(0, column).flags() & Qt.ItemFlag.ItemIsEditable
    assert not table.rows.setData(table.cell(0, SceneColumn.PROMPT), "x")
    assert not any(action.isEnabled() for action in table.actions.for_scenes() if action.text())
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/a.png")])
    frame = table.cell(0, SceneColumn.START)
    assert not table.rows.dropMimeData(mime, Qt.DropAction.CopyAction, -1, -1, frame)


def test_insert_adds_a_scene_after_the_selected_one(qtbot: QtBot, table: Table) -> None:
    chosen(table, "s1")
    added: list[str] = []
    table.actions.added.connect(added.append)
    key(qtbot, table, Qt.Key.Key_Insert)
    assert table.ids == ["s1", added[0], "s2", "s3"]
    assert table.view.selected_ids == (added[0],)


def test_first_scene_of_an_empty_project(tables: Callable[..., Table], qtbot: QtBot) -> None:
    table = tables(make_project(0))
    assert [a.text() for a in table.actions.for_scenes() if a.isEnabled() and a.text()] == [
        "Add scene", "Add footage…",
    ]  # fmt: skip
    table.view.grab()
    key(qtbot, table, Qt.Key.Key_Insert)
    assert len(table.ids) == 1


def test_delete_selects_what_takes_the_place(qtbot: QtBot, table: Table) -> None:
    chosen(table, "s2")
    key(qtbot, table, Qt.Key.Key_Delete)
    assert table.ids == ["s1", "s3"]
    assert table.view.selected_ids == ("s3",)
    key(qtbot, table, Qt.Key.Key_Delete, Qt.Key.Key_Delete)
    assert table.ids == []
    assert table.view.selected_ids == ()
    assert not table.actions.delete.isEnabled()


def test_duplicate_selects_the_copies(qtbot: QtBot, table: Table) -> None:
    chosen(table, "s1", "s3")
    key(qtbot, table, Qt.Key.Key_D, ctrl=True)
    assert len(table.ids) == 5
    assert table.view.selected_ids == (table.ids[1], table.ids[4])


def test_the_length_is_what_the_film_shows_of_the_clip(tables: Callable[..., Table]) -> None:
    table = tables(make_project(takes=1))
    take = table.project.project.chosen_take("s1")
    assert take is not None
    scene = table.project.project.scenes[0]
    cut = scene.cut.model_copy(update={"start_s": 0.25, "speed": 2.0})
    table.project.edit_scene("Trim", scene.model_copy(update={"cut": cut}))
    shown_s = (take.duration_s - 0.25) / 2
    assert table.words(0, SceneColumn.DURATION) == f"{round(shown_s, 2):g} s"
    told = table.cell(0, SceneColumn.DURATION).data(Qt.ItemDataRole.ToolTipRole)
    assert f"The film shows {shown_s:.2f} s of the clip's {take.duration_s:.2f} s." in told


def test_undo_selects_what_was_selected_before(qtbot: QtBot, table: Table) -> None:
    chosen(table, "s1", "s3")
    key(qtbot, table, Qt.Key.Key_D, ctrl=True)
    told: list[tuple[str, ...]] = []
    table.view.selection_changed.connect(told.append)
    table.project.undo_stack.undo()
    assert table.view.selected_ids == ("s1", "s3")
    assert told[-1] == ("s1", "s3")
    chosen(table, "s2")
    key(qtbot, table, Qt.Key.Key_Insert)
    table.project.undo_stack.undo()
    assert table.view.selected_ids == ("s2",)


def with_prompt_of_first(prompt: str) -> VideoProject:
    return change_scenes(make_project(), {"s1"}, lambda s: s.model_copy(update={"prompt": prompt}))


def test_split_is_where_a_sentence_ends_and_says_so(
    qtbot: QtBot, tables: Callable[..., Table]
) -> None:
    table = tables(with_prompt_of_first("A boat sails past. The gulls cry."))
    said: list[str] = []
    table.actions.message.connect(said.append)
    chosen(table, "s1")
    key(qtbot, table, Qt.Key.Key_K, ctrl=True)
    halves = [s.prompt for s in table.project.project.scenes[:2]]
    assert halves == ["A boat sails past.", "The gulls cry."]
    assert table.view.selected_ids == (table.ids[1],)
    assert said == ["Scene 1 is split where a sentence or a part of it ends."]


def test_split_at_the_cursor_never_cuts_a_word(table: Table) -> None:
    chosen(table, "s2")
    table.actions.set_cursor(5)
    table.actions.split.trigger()
    assert [s.prompt for s in table.project.project.scenes[1:3]] == ["A boat", "sails past s2."]


@pytest.mark.parametrize("prompt", ["Boat", "A blue square spinning at night with a high tone"])
def test_both_halves_keep_words_that_cannot_be_split_and_that_is_said(
    prompt: str, tables: Callable[..., Table]
) -> None:
    table = tables(with_prompt_of_first(prompt))
    said: list[str] = []
    table.actions.message.connect(said.append)
    chosen(table, "s1")
    table.actions.split.trigger()
    assert [s.prompt for s in table.project.project.scenes[:2]] == [prompt, prompt]
    assert said[0].startswith("Scenes 1 and 2 both have the whole prompt")


def test_a_scene_without_words_is_not_split(tables: Callable[..., Table]) -> None:
    table = tables(with_prompt_of_first(" "))
    chosen(table, "s1")
    assert not table.actions.split.isEnabled()


def test_merge_joins_the_selected(qtbot: QtBot, table: Table) -> None:
    chosen(table, "s2")
    assert not table.actions.merge.isEnabled()
    chosen(table, "s1", "s2")
    key(qtbot, table, Qt.Key.Key_M, ctrl=True)
    assert table.ids == ["s1", "s3"]
    assert table.view.selected_ids == ("s1",)


def test_scenes_move_up_and_down_and_stay_selected(qtbot: QtBot, table: Table) -> None:
    chosen(table, "s3")
    key(qtbot, table, Qt.Key.Key_Up, alt=True)
    assert table.ids == ["s1", "s3", "s2"]
    assert table.view.selected_ids == ("s3",)
    key(qtbot, table, Qt.Key.Key_Up, alt=True)
    assert table.ids == ["s3", "s1", "s2"]
    assert not table.actions.move_up.isEnabled()
    key(qtbot, table, Qt.Key.Key_Down, Qt.Key.Key_Down, alt=True)
    assert table.ids == ["s1", "s2", "s3"]
    assert not table.actions.move_down.isEnabled()


def test_scattered_scenes_move_together(table: Table) -> None:
    chosen(table, "s1", "s3")
    table.actions.move_up.trigger()
    assert table.ids == ["s1", "s3", "s2"]
    assert table.view.selected_ids == ("s1", "s3")


def test_link_is_switched_and_shown(qtbot: QtBot, table: Table) -> None:
    chosen(table, "s1")
    assert not table.actions.link.isEnabled()
    chosen(table, "s1", "s2", "s3")
    assert table.actions.link.isEnabled()
    key(qtbot, table, Qt.Key.Key_L, ctrl=True)
    assert [scene.continues for scene in table.project.project.scenes] == [False, True, True]
    assert table.actions.link.isChecked()
    key(qtbot, table, Qt.Key.Key_L, ctrl=True)
    assert not any(scene.continues for scene in table.project.project.scenes)


def test_undo_and_redo_name_the_step(table: Table) -> None:
    chosen(table, "s1", "s2")
    table.actions.delete.trigger()
    assert table.actions.undo.text() == "Undo Delete 2 scenes"
    table.actions.undo.trigger()
    assert table.project.project == make_project()
    table.actions.redo.trigger()
    assert table.ids == ["s3"]
    assert not table.actions.redo.isEnabled()


def test_every_action_explains_itself(table: Table) -> None:
    for action in (*table.actions.for_scenes(), table.actions.undo, table.actions.redo):
        if not action.isSeparator():
            assert action.toolTip()
            assert action.shortcut().toString()
            assert not action.icon().isNull()
    keys = [action.shortcut().toString() for action in table.actions.for_scenes() if action.text()]
    assert len(set(keys)) == len(keys)


def test_selection_stays_with_its_scenes(table: Table) -> None:
    chosen(table, "s2", "s3")
    project = table.project.project
    table.project.edit("Insert", insert_scenes(project, 0, [Scene(id="new")]))
    assert table.view.selected_ids == ("s2", "s3")
    table.project.edit("Move", move_scenes(table.project.project, {"s3"}, 0))
    assert table.view.selected_ids == ("s3", "s2")
    table.project.edit("Delete", delete_scenes(table.project.project, {"s2"}))
    assert table.view.selected_ids == ("s3",)
    table.project.undo_stack.undo()
    assert "s3" in table.view.selected_ids


def test_selection_is_told_once_for_each_change(qtbot: QtBot, table: Table) -> None:
    messages: list[tuple[str, ...]] = []
    table.view.selection_changed.connect(messages.append)
    table.view.select(("s1",))
    table.view.select(("s1",))
    table.project.edit("Delete", delete_scenes(table.project.project, {"s1"}))
    assert messages[0] == ("s1",)
    assert messages[-1] == table.view.selected_ids
    assert all(one != other for one, other in pairwise(messages))


def test_scroll_position_stays_while_scenes_change(tables: Callable[..., Table]) -> None:
    table = tables(make_project(60))
    bar = table.view.verticalScrollBar()
    bar.setValue(800)
    table.project.edit("Delete", delete_scenes(table.project.project, {"s59"}))
    table.rows.set_jobs({"s20": SceneJob("s20", SceneJobState.QUEUED)})
    table.project.edit("Swap", move_scenes(table.project.project, {"s2"}, 0))
    assert bar.value() == 800


def test_clip_is_played_by_a_double_click(qtbot: QtBot, tables: Callable[..., Table]) -> None:
    table = tables(make_project(takes=1))
    with qtbot.waitSignal(table.view.play_wanted) as messages:
        double_click(qtbot, table, 1, SceneColumn.CLIP)
    assert carried(messages) == table.project.project.chosen_take("s2")


def test_end_frames_are_shown_only_where_the_model_takes_them(table: Table) -> None:
    assert table.view.isColumnHidden(SceneColumn.END)
    table.view.set_spec(SMALL.model_copy(update={"inputs": {Role.END: 1}}))
    assert not table.view.isColumnHidden(SceneColumn.END)
    table.view.set_spec(SMALL)
    assert table.view.isColumnHidden(SceneColumn.END)


def test_every_column_is_seen_in_the_room_of_a_small_screen(table: Table) -> None:
    table.view.set_spec(SMALL.model_copy(update={"inputs": {Role.END: 1}}))
    table.view.resize(520, 240)
    assert (
        sum(table.view.columnWidth(column) for column in SceneColumn)
        <= table.view.viewport().width()
    )


def test_table_fits_into_its_room(table: Table) -> None:
    table.view.resize(600, 400)
    assert not table.view.horizontalScrollBar().isVisible()


EDITS: list[Callable[[VideoProject, list[str], int], VideoProject]] = [
    lambda p, ids, at: insert_scenes(p, at, [Scene(id=new_id("scene"))]),
    lambda p, ids, at: delete_scenes(p, ids),
    lambda p, ids, at: move_scenes(p, ids, at),
    lambda p, ids, at: duplicate_scenes(p, ids),
    lambda p, ids, at: split_scene(p, ids[0], at),
    lambda p, ids, at: merge_scenes(p, ids),
    lambda p, ids, at: p.model_copy(update={"scenes": (*p.scenes[at:], Scene(id=new_id("s")))}),
]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(EDITS), st.data(), st.integers(0, 6)), max_size=8))
def test_rows_are_the_scenes_after_whatever_happens(qapp: object, steps: list) -> None:
    model = ProjectModel(make_project(5), FOLDER)
    rows = SceneTableModel(model)
    QAbstractItemModelTester(rows, QAbstractItemModelTester.FailureReportingMode.Fatal, parent=rows)
    for edit, data, at in steps:
        ids = [scene.id for scene in model.project.scenes]
        if ids:
            some = data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
            model.edit("Edit", edit(model.project, some, at))
        assert [rows.row(n).scene for n in range(rows.rowCount())] == list(model.project.scenes)
        assert [rows.row(n).number for n in range(rows.rowCount())] == [
            number + 1 for number in range(len(model.project.scenes))
        ]
    while model.undo_stack.canUndo():
        model.undo_stack.undo()
    assert rows.ids == ("s1", "s2", "s3", "s4", "s5")


@pytest.fixture
def film_of_300(tmp_path: Path) -> VideoProject:
    project = make_project(300)
    frames: dict[str, Path] = {}
    for number, scene in enumerate(project.scenes):
        frames[scene.id] = tmp_path / f"{number}.png"
        Image.new("RGB", (320, 180), (number % 256, 90, 90)).save(frames[scene.id])
    ids = set(frames)
    return change_scenes(project, ids, lambda s: with_frame(s, FrameSlot.START, frames[s.id]))


def test_300_scenes_scroll_without_a_long_frame(
    qtbot: QtBot, tables: Callable[..., Table], film_of_300: VideoProject
) -> None:
    table = tables(film_of_300, is_watched=False)
    slowest_frame_s(table.view, steps=5)
    assert slowest_frame_s(table.view) < LONGEST_FRAME_S
    qtbot.waitUntil(lambda: table.thumbnails.is_idle)


def test_300_scenes_are_edited_without_a_long_frame(
    tables: Callable[..., Table], film_of_300: VideoProject
) -> None:
    table = tables(film_of_300, is_watched=False)
    table.view.selectAll()
    chosen = table.view.selected_ids
    assert len(chosen) == 300

    def timed(act: Callable[[], object]) -> float:
        before = time.thread_time()
        act()
        table.view.viewport().repaint()
        return time.thread_time() - before

    jobs = {"s150": SceneJob("s150", SceneJobState.RUNNING, 0.5)}
    times = {
        "progress": timed(lambda: table.rows.set_jobs(jobs)),
        "prompt": timed(
            lambda: table.rows.setData(table.cell(150, SceneColumn.PROMPT), "New words")
        ),
        "take": timed(lambda: table.project.add_take("s150", make_take("t"))),
        "undo": timed(table.project.undo_stack.undo),
        "select": timed(lambda: table.view.select(("s299",))),
        "delete": timed(table.actions.delete.trigger),
        "move": timed(table.actions.move_up.trigger),
    }
    assert max(times.values()) < LONGEST_FRAME_S, times


def test_image_that_arrives_is_drawn(
    qtbot: QtBot, tables: Callable[..., Table], tmp_path: Path
) -> None:
    path = tmp_path / "red.png"
    Image.new("RGB", (320, 180), "#ff0000").save(path)
    project = change_scenes(make_project(), {"s1"}, lambda s: with_frame(s, FrameSlot.START, path))
    table = tables(project)
    place: QPoint = table.view.visualRect(table.cell(0, SceneColumn.START)).center()

    def is_red() -> bool:
        return table.view.viewport().grab().toImage().pixelColor(place).name() == "#ff0000"

    qtbot.waitUntil(is_red)
