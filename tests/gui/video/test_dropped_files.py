"""Files from outside find their use in the window, or are refused where one looks."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QPlainTextEdit

from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from core.project.files.package import package
from gui.player.clip_player import ClipPlayer
from gui.scenes.scene_rows import SceneColumn
from gui.scenes.scene_table_view import SceneTableView
from tests.gui.children import child
from tests.gui.dropping import drop, files
from tests.gui.operating import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.gui.whole_window import OpenWindow


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A clip of 15 frames that another program made."""
    path = tmp_path / "beach.mp4"
    source = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=1.5"]
    run_ffmpeg([*source, "-pix_fmt", "yuv420p", str(path)], CancelToken())
    return path


@pytest.fixture
def music(tmp_path: Path) -> Path:
    path = tmp_path / "song.wav"
    run_ffmpeg(["-f", "lavfi", "-i", "sine=d=1", str(path)], CancelToken())
    return path


def table_of(window: OpenWindow) -> SceneTableView:
    return child(window.tab, SceneTableView)


def cell(window: OpenWindow, row: int, column: SceneColumn) -> QPoint:
    table = table_of(window)
    return table.visualRect(table.model().index(row, column)).center()


def drop_on_window(window: OpenWindow, *paths: Path) -> None:
    assert drop(window.window, files(*paths), QPoint(640, 5), moves=False)


def words(window: OpenWindow) -> list[str]:
    return [scene.title or scene.prompt for scene in window.model.project.scenes]


def test_a_clip_dropped_on_the_window_is_a_scene_of_the_film(
    opened: OpenWindow, heard: list[str], own: Path
) -> None:
    opened.new("one")
    drop_on_window(opened, own)
    opened.until(lambda: words(opened) == ["one", "beach"])
    scene = opened.model.project.scenes[1]
    take = opened.model.project.chosen_take(scene.id)
    assert take is not None
    assert (take.path, take.num_frames) == (own, 15)
    assert table_of(opened).selected_ids == (scene.id,)
    player = child(opened.tab, ClipPlayer)
    opened.until(lambda: any("of 15" in label.text() for label in player.findChildren(QLabel)))
    model = table_of(opened).model()
    assert model.index(1, SceneColumn.STATUS).data() == "Own clip"
    assert "Scene 2 is made of 'beach.mp4'." in opened.window.statusBar().currentMessage()

    opened.render()
    opened.until(lambda: opened.num_takes() == [1, 1])
    click(child(opened.tab, QAbstractButton, "source_sequence"))
    # The scene of 9 frames at 8 per second, and the clip: at the rate of one of them.
    opened.until(lambda: player.source().value == "sequence" and player.scene_number == 0)
    opened.model.undo_stack.undo()
    assert words(opened) == ["one"]
    opened.model.undo_stack.redo()
    assert opened.num_takes() == [1, 1]
    assert heard == []


def test_clips_come_in_where_they_are_let_go(
    opened: OpenWindow, heard: list[str], own: Path
) -> None:
    opened.new("one", "two")
    opened.until(lambda: table_of(opened).model().rowCount() == 2)
    place = cell(opened, 1, SceneColumn.PROMPT)
    place.setY(table_of(opened).visualRect(table_of(opened).model().index(1, 1)).top() + 1)
    assert drop(table_of(opened).viewport(), files(own), place)
    opened.until(lambda: words(opened) == ["one", "beach", "two"])
    assert drop(table_of(opened).viewport(), files(own), cell(opened, 2, SceneColumn.CLIP))
    opened.until(lambda: opened.num_takes() == [0, 1, 1])
    assert words(opened) == ["one", "beach", "two"]
    take = opened.model.project.chosen_take(opened.model.project.scenes[2].id)
    assert take is not None
    assert take.path == own
    # On a frame, where only pictures have a place, it is a scene behind that row.
    assert drop(table_of(opened).viewport(), files(own), cell(opened, 0, SceneColumn.START))
    opened.until(lambda: words(opened) == ["one", "beach", "beach", "two"])


def test_footage_is_added_behind_the_selected_scene_by_its_button(
    opened: OpenWindow, heard: list[str], own: Path
) -> None:
    opened.new("one", "two")
    opened.tab.select([opened.model.project.scenes[0].id])
    opened.tab.scene_actions.footage.trigger()
    dialog = opened.tab.findChild(QFileDialog)
    assert dialog is not None
    dialog.filesSelected.emit([str(own)])
    dialog.reject()
    opened.until(lambda: words(opened) == ["one", "beach", "two"])


def test_each_file_goes_where_it_belongs(
    opened: OpenWindow, heard: list[str], own: Path, music: Path, tmp_path: Path
) -> None:
    opened.new("one")
    captions, story, colours = (tmp_path / name for name in ("a.srt", "story.md", "warm.cube"))
    captions.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n", encoding="utf-8")
    story.write_text("A boat.\n\nA storm.", encoding="utf-8")
    colours.write_text("LUT_3D_SIZE 2\n" + "0 0 0\n" * 8, encoding="utf-8")
    strange = tmp_path / "paper.pdf"
    strange.write_bytes(b"%PDF-1.4 nothing")
    drop_on_window(opened, music, captions, story, colours, strange, own)
    opened.until(lambda: heard)

    film = opened.model.project.film.film
    assert [item.path for item in film.music] == [music]
    assert film.subtitles is not None
    assert film.subtitles.path == captions
    assert film.lut is not None
    assert film.lut.path == colours
    assert child(opened.tab, QPlainTextEdit, "storyboard_text").toPlainText() == story.read_text()
    assert words(opened) == ["one", "beach"]
    assert child(opened.tab, QAbstractButton, "export").isVisible()
    (said,) = heard
    assert "'paper.pdf' cannot be used here: it is nothing that can be shown or heard." in said
    opened.model.undo_stack.undo()
    assert opened.model.project.film.film.music == ()
    assert words(opened) == ["one"]


def test_a_picture_is_a_frame_or_a_still_and_which_is_said(
    opened: OpenWindow, heard: list[str], image: Path
) -> None:
    opened.new("one")
    opened.until(lambda: table_of(opened).model().rowCount() == 1)
    assert drop(table_of(opened).viewport(), files(image), cell(opened, 0, SceneColumn.START))
    opened.until(lambda: opened.model.project.scenes[0].start_image)
    message = opened.window.statusBar().currentMessage
    assert message() == "'picture.png' is the start frame of scene 1 now."
    drop_on_window(opened, image)
    opened.until(lambda: words(opened) == ["one", "picture"])
    assert message() == "Scene 2 holds the picture 'picture.png' as a still."
    take = opened.model.project.chosen_take(opened.model.project.scenes[1].id)
    assert take is not None
    assert (take.is_still, take.is_footage) == (True, True)
    assert take.path == opened.model.project.scenes[0].start_image
    model = table_of(opened).model()
    assert model.index(1, SceneColumn.STATUS).data() == "Own clip"
    assert model.index(1, SceneColumn.DURATION).data() == "4 s"
    player = child(opened.tab, ClipPlayer)
    opened.until(lambda: any("A still." in label.text() for label in player.findChildren(QLabel)))

    click(child(opened.tab, QAbstractButton, "source_sequence"))
    opened.until(lambda: player.source().value == "sequence" and player.scene_number == 0)
    opened.model.undo_stack.undo()
    assert words(opened) == ["one"]
    assert heard == []


def test_a_picture_dropped_on_a_clip_is_a_still_of_that_scene(
    opened: OpenWindow, heard: list[str], image: Path
) -> None:
    opened.new("one")
    opened.until(lambda: table_of(opened).model().rowCount() == 1)
    assert drop(table_of(opened).viewport(), files(image), cell(opened, 0, SceneColumn.CLIP))
    opened.until(lambda: opened.num_takes() == [1])
    assert words(opened) == ["one"]
    message = opened.window.statusBar().currentMessage()
    assert message == "Scene 1 shows 'picture.png' now, held as a still."


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    run_ffmpeg(["-f", "lavfi", "-i", "color=red:s=96x64:d=0.04", "-frames:v", "1", str(path)],
               CancelToken())  # fmt: skip
    return path


def test_a_clip_of_ours_brings_its_prompt_and_itself(
    opened: OpenWindow, heard: list[str], tmp_path: Path
) -> None:
    opened.new("a rare prompt")
    opened.render()
    opened.until(lambda: opened.num_takes() == [1])
    made = opened.model.project.chosen_take(opened.model.project.scenes[0].id)
    assert made is not None
    copy = tmp_path / "elsewhere.mp4"
    shutil.copy(made.path, copy)
    opened.new()
    drop_on_window(opened, copy)
    opened.until(lambda: opened.num_takes() == [1])
    (scene,) = opened.model.project.scenes
    assert scene.prompt == "a rare prompt"
    assert scene.own.sampling.seed == made.seed
    take = opened.model.project.chosen_take(scene.id)
    assert take is not None
    assert (take.path, take.num_frames) == (copy, made.num_frames)


@pytest.mark.parametrize("kind", ["folder", "file", "package"])
def test_a_project_that_is_dropped_opens(
    kind: str, opened: OpenWindow, heard: list[str], tmp_path: Path
) -> None:
    opened.new("one")
    opened.saved()
    first, model = opened.folder, opened.model
    zipped = tmp_path / "film.zip"
    package(opened.model.project, first, zipped, CancelToken())
    opened.new()
    path = {"folder": first, "file": first / "project.json", "package": zipped}[kind]
    drop_on_window(opened, path)
    opened.until(lambda: words(opened) == ["one"])
    assert opened.model is not model
    assert (opened.folder == first) is (kind != "package")


def test_without_a_project_files_are_told_what_is_missing(
    open_window: Callable[[str], OpenWindow], heard: list[str], own: Path
) -> None:
    window = open_window("home")
    drop_on_window(window, own)
    window.until(lambda: heard)
    assert "'beach.mp4' has no project to come into." in heard[0]
    assert "Begin or open a project first" in heard[0]
