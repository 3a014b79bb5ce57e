"""Projects through the window: made, opened, saved, moved, damaged, shared, and on full disks."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QPlainTextEdit,
    QWidget,
)

from core.project.files.lock import NAME as LOCK
from core.project.files.lock import ProjectLock
from core.project.files.project_file import NAME, read_project
from core.project.model.edits import insert_scenes
from core.project.model.project import Scene, new_id
from core.project.render.rerender import choices_of
from core.video.record import read_settings_of
from gui.scenes.image_controller import ImageRole
from gui.scenes.scene_table_view import SceneTableView
from tests.gui.children import child

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.project.model.project import VideoProject
    from tests.gui.whole_window import BoxAnswers, OpenWindow

_Button = QMessageBox.StandardButton
IMAGE = Path(__file__).resolve().parents[3] / "Docs" / "images" / "ltx-mini.png"
# One control of each panel that changes the project.
CHANGING = (
    "scope_project", "model", "deployment", "container", "cut_speed", "scene_continues",
)  # fmt: skip


@pytest.fixture
def beside(open_window: Callable[[str], OpenWindow]) -> OpenWindow:
    """Another window, with another home."""
    return open_window("beside")


def rename(window: OpenWindow, name: str) -> VideoProject:
    renamed = window.model.project.model_copy(update={"name": name})
    window.model.edit("Rename", renamed)
    return renamed


def with_clip(window: OpenWindow) -> Path:
    """A project of one scene with its clip, saved; gives its folder."""
    window.new("one")
    window.render()
    window.until(lambda: window.num_takes() == [1])
    window.saved()
    return window.folder


def break_saving(folder: Path) -> Path:
    """Let no project file be written, whoever asks; gives where the file is kept."""
    kept = folder / "kept"
    (folder / NAME).rename(kept)
    (folder / NAME).mkdir()
    (folder / NAME / "in the way").touch()
    return kept


def mend_saving(folder: Path) -> None:
    shutil.rmtree(folder / NAME)
    (folder / "kept").rename(folder / NAME)


@pytest.mark.parametrize("name", ["../../elsewhere", "Ü / ? * :", ". . .", "x" * 300, "con"])
def test_a_project_of_any_name_lies_where_projects_lie(opened: OpenWindow, name: str) -> None:
    opened.window.projects.create(name)
    opened.until(lambda: opened.window.project_model)

    assert opened.model.project.name == name
    assert opened.folder.parent == opened.window.studio.paths.projects_dir
    assert read_project(opened.folder).project.name == name


def test_projects_of_one_name_are_two(opened: OpenWindow) -> None:
    opened.new()
    first = opened.folder
    opened.new()
    assert opened.folder != first


def test_the_last_project_comes_back_and_a_moved_one_does_not(
    tmp_path: Path, opened: OpenWindow, open_window: Callable[[str], OpenWindow]
) -> None:
    opened.new("one")
    folder = opened.folder
    opened.close()
    again = open_window("home")
    again.until(lambda: again.window.project_model)
    assert again.folder == folder
    again.close()
    folder.rename(tmp_path / "moved")

    without = open_window("home")
    recent = child(without.window, QListWidget, "welcome_recent")
    without.until(lambda: recent.count() == 1)
    assert without.window.project_model is None


def test_opening_the_open_project_keeps_it_as_it_is(opened: OpenWindow) -> None:
    opened.new("one")
    opened.saved()
    model = opened.model

    opened.window.projects.open(opened.folder)
    opened.window.projects.open(opened.folder / NAME)
    opened.qtbot.wait(300)

    assert opened.window.project_model is model
    assert not model.is_read_only
    assert "open already" in opened.messages


def test_of_two_wishes_in_a_row_the_last_one_counts_and_the_other_stays_free(
    opened: OpenWindow,
) -> None:
    opened.new("one")
    first = opened.folder
    opened.new("two")
    second = opened.folder
    opened.new("three")
    for _ in range(5):
        opened.window.projects.open(first)
        opened.window.projects.open(second)
    opened.until(lambda: opened.folder == second)
    opened.qtbot.wait(200)

    assert opened.folder == second
    assert not opened.model.is_read_only
    opened.open(first)
    assert not opened.model.is_read_only


def test_a_damaged_project_is_opened_from_its_copy_and_says_so(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new("one")
    opened.saved()
    folder = opened.folder
    project = opened.model.project
    opened.new("other")
    shutil.copy(folder / NAME, folder / f"{NAME}.1")
    (folder / NAME).write_text('{"schema_version": 1, "proj', encoding="utf-8")

    opened.open(folder)

    assert opened.model.project == project
    assert "was damaged" in opened.messages
    assert heard == []


@pytest.mark.parametrize("content", ["", "{}", "[]", "\x00\x01", '{"schema_version": 1}'])
def test_a_file_that_is_no_project_leaves_the_open_one_alone(
    opened: OpenWindow, heard: list[str], tmp_path: Path, content: str
) -> None:
    opened.new("one")
    model = opened.model
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / NAME).write_text(content, encoding="utf-8")

    opened.window.projects.open(tmp_path / "bad")
    opened.until(lambda: heard)

    assert "backup" in heard[0]
    assert opened.window.project_model is model


def test_wishes_that_cannot_be_fulfilled_are_sentences(
    opened: OpenWindow, heard: list[str], tmp_path: Path
) -> None:
    opened.new("one")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    (tmp_path / "no.zip").write_bytes(b"no zip")
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as evil:
        evil.writestr("../../outside", "x")
        evil.writestr(NAME, "{}")
    projects = opened.window.projects
    requests = (
        (projects.open, tmp_path / "nowhere", "There is no project in"),
        (projects.save_as, tmp_path / "full", "already"),
        (projects.save_as, opened.folder / "inside", "inside the project itself"),
        (projects.package, tmp_path / "no" / "such" / "folder.zip", "cannot be written"),
        (projects.unpack, tmp_path / "no.zip", "damaged or no zip file"),
        (projects.unpack, tmp_path / "evil.zip", "no plain file inside it"),
        (projects.unpack, tmp_path / "none.zip", "cannot be read"),
        (projects.import_from, tmp_path / "no.zip", "no.zip"),
    )
    model = opened.model
    for number, (act, path, words) in enumerate(requests, start=1):
        act(path)
        opened.until(lambda count=number: len(heard) == count)
        assert words in heard[-1]
        assert "Traceback" not in heard[-1]

    assert opened.window.project_model is model
    assert not (tmp_path.parent / "outside").exists()
    rename(opened, "it goes on")
    opened.saved()


def test_a_project_of_the_earlier_program_is_taken_over(
    opened: OpenWindow, tmp_path: Path, heard: list[str]
) -> None:
    theirs = tmp_path / "Storm"
    theirs.mkdir()
    document = {
        "schema": "imageai.video_project.v1",
        "name": "Storm",
        "scenes": [{"id": "a", "order": 0, "prompt": "a storm", "duration_sec": 4.0}],
    }
    (theirs / "project.iaproj.json").write_text(json.dumps(document), encoding="utf-8")

    opened.window.projects.import_from(theirs / "project.iaproj.json")
    opened.until(lambda: opened.window.project_model)

    assert opened.model.project.name == "Storm"
    assert [scene.prompt for scene in opened.model.project.scenes] == ["a storm"]
    assert heard == []


def test_a_project_whose_folder_was_moved_has_all_its_clips(
    opened: OpenWindow, tmp_path: Path, heard: list[str]
) -> None:
    first = with_clip(opened)
    opened.new("other")
    shutil.move(first, tmp_path / "moved here")

    opened.open(tmp_path / "moved here")

    take = opened.model.project.chosen_take(opened.model.project.scenes[0].id)
    assert take is not None
    assert take.path.is_file()
    assert heard == []


def test_missing_clips_are_looked_for_in_a_folder(
    opened: OpenWindow, tmp_path: Path, answers: BoxAnswers
) -> None:
    first = with_clip(opened)
    opened.new("other")
    elsewhere = tmp_path / "elsewhere" / "deep"
    elsewhere.mkdir(parents=True)
    for file in (first / "clips").iterdir():
        shutil.move(file, elsewhere / file.name)
    answers.role = QMessageBox.ButtonRole.AcceptRole
    opened.open(first)
    opened.until(lambda: opened.window.findChild(QFileDialog))
    dialog = opened.window.findChild(QFileDialog)
    assert dialog is not None
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    assert field is not None
    field.setText(str(tmp_path / "elsewhere"))
    dialog.accept()
    opened.until(lambda: "found" in opened.messages)

    take = opened.model.project.chosen_take(opened.model.project.scenes[0].id)
    assert take is not None
    assert take.path.is_relative_to(elsewhere)
    opened.saved()


def test_a_save_that_fails_is_told_and_tried_again_and_nothing_is_lost(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new("one")
    opened.saved()
    break_saving(opened.folder)
    changed = rename(opened, "changed")
    opened.until(lambda: "cannot be saved" in opened.messages)
    assert "tried again" in opened.messages
    assert any(
        "Not saved" in label.text() for label in opened.window.statusBar().findChildren(QLabel)
    )
    assert heard == [], "a box would stop the person's work"

    mend_saving(opened.folder)
    opened.until(lambda: read_project(opened.folder).project == changed)
    opened.until(
        lambda: any(label.text() == "Saved" for label in opened.window.findChildren(QLabel))
    )


def test_closing_what_cannot_be_saved_asks_and_goes_on_if_that_is_wanted(
    opened: OpenWindow, answers: BoxAnswers
) -> None:
    opened.new("one")
    opened.saved()
    folder = opened.folder
    break_saving(folder)
    changed = rename(opened, "changed")
    answers.button = _Button.Cancel

    assert not opened.window.close()
    assert "lose its last changes" in answers.heard[-1]
    opened.window.projects.create("other")
    opened.until(lambda: len(answers.heard) == 2)
    assert opened.folder == folder
    assert opened.window.isVisible()

    mend_saving(folder)
    opened.until(lambda: read_project(folder).project == changed)
    later = rename(opened, "later")
    opened.until(lambda: read_project(folder).project == later)


def test_changes_can_be_given_up_and_the_lock_with_them(
    opened: OpenWindow, answers: BoxAnswers
) -> None:
    opened.new("one")
    opened.saved()
    folder = opened.folder
    break_saving(folder)
    rename(opened, "given up")
    answers.button = _Button.Discard
    opened.new("other")
    mend_saving(folder)

    opened.open(folder)

    assert opened.model.project.name == "A film"
    assert not opened.model.is_read_only


def test_a_folder_that_cannot_be_written_is_opened_for_reading_and_says_why(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new("one")
    opened.saved()
    folder = opened.folder
    opened.new("other")
    (folder / LOCK).unlink()
    (folder / LOCK).mkdir()  # what no permission could be taken from: root writes anywhere

    opened.open(folder)

    assert opened.model.is_read_only
    assert "cannot be written" in opened.messages
    assert "another window" not in opened.messages
    assert "(read-only)" in opened.window.windowTitle()


def test_a_read_only_project_refuses_every_edit_and_renders_nothing(
    opened: OpenWindow, beside: OpenWindow, heard: list[str]
) -> None:
    folder = with_clip(opened)
    before = (folder / NAME).read_bytes()
    beside.open(folder)
    beside.tab.select([beside.model.project.scenes[0].id])
    project = beside.model.project

    for name in (*CHANGING, *(f"render_{request}" for request in ("this", "missing", "all"))):
        assert not child(beside.tab, QWidget, name).isEnabled(), f"{name} can be operated"
    record = read_settings_of(next((folder / "clips").glob("*.mp4")))
    assert record is not None
    beside.window.tabs.history.recipe_wanted.emit(choices_of(record, None))
    beside.until(lambda: "it gets no scene" in beside.messages)
    beside.tab.use_image(IMAGE, ImageRole.START)
    assert "it takes no picture" in beside.messages
    beside.tab.render_missing()
    assert "nothing is rendered" in beside.messages
    beside.qtbot.wait(1500)

    assert beside.model.project == project
    assert beside.num_takes() == [1]
    assert (folder / NAME).read_bytes() == before


def test_a_project_is_free_again_when_its_window_lets_go_of_it(
    opened: OpenWindow, beside: OpenWindow
) -> None:
    opened.new("one")
    opened.saved()
    folder = opened.folder
    beside.open(folder)
    assert beside.model.is_read_only
    opened.new("other")

    beside.open(folder)

    assert not beside.model.is_read_only
    mine = rename(beside, "mine now")
    beside.until(lambda: read_project(folder).project == mine)


def test_clips_found_at_the_opening_are_saved(opened: OpenWindow, heard: list[str]) -> None:
    folder = with_clip(opened)
    opened.new("other")
    stored = json.loads((folder / NAME).read_text(encoding="utf-8"))
    stored["project"]["takes"] = {}
    (folder / NAME).write_text(json.dumps(stored), encoding="utf-8")

    opened.open(folder)

    assert opened.num_takes() == [1]
    assert "A finished clip was found" in opened.messages
    opened.saved()


def test_the_window_gives_every_lock_back(opened: OpenWindow) -> None:
    opened.new("one")
    opened.saved()
    folder = opened.folder
    opened.close()
    QApplication.processEvents()
    lock = ProjectLock(folder)
    assert lock.acquire()
    lock.release()


def test_a_project_opens_with_its_first_scene_in_every_panel(opened: OpenWindow) -> None:
    opened.new("one", "two")
    opened.saved()
    folder, first = opened.folder, opened.model.project.scenes[0]
    opened.new("other")

    opened.open(folder)

    assert child(opened.tab, SceneTableView).selected_ids == (first.id,)
    assert child(opened.tab, QPlainTextEdit, "scene_prompt").toPlainText() == "one"


def test_the_first_scenes_of_a_project_are_turned_to_and_no_later_ones(opened: OpenWindow) -> None:
    opened.new("one", "two")
    first, second = (scene.id for scene in opened.model.project.scenes)
    table = child(opened.tab, SceneTableView)
    assert table.selected_ids == (first,)

    opened.tab.select((second,))
    project = opened.model.project
    opened.model.edit("More", insert_scenes(project, 0, [Scene(id=new_id("scene"))]))

    assert table.selected_ids == (second,)
