"""Scenes that become clips, through the whole window: links, failures, prices, undo, closing."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QMessageBox, QToolButton

from core.jobs.job_record import JobState
from core.project.files.project_file import read_project
from core.project.model.edits import delete_scenes
from core.project.model.status import (
    Done,
    InQueue,
    LastRenderFailed,
    Missing,
    Rendering,
    Stale,
    WaitingFor,
    project_statuses,
)
from core.studio import Studio
from tests.gui.children import child
from tests.gui.conftest import held_to_respond
from tests.gui.operating import click

if TYPE_CHECKING:
    from core.project.model.status import SceneStatus
    from tests.gui.whole_window import BoxAnswers, OpenWindow

IMAGE = Path(__file__).resolve().parents[3] / "Docs" / "images" / "ltx-mini.png"


def statuses(window: OpenWindow) -> list[SceneStatus]:
    tab = window.tab
    return list(project_statuses(window.model.project, tab.fingerprints, tab.scene_jobs))


def kinds(window: OpenWindow) -> list[type]:
    return [type(status) for status in statuses(window)]


def ids(window: OpenWindow) -> list[str]:
    return [scene.id for scene in window.model.project.scenes]


def link(window: OpenWindow, *places: int) -> None:
    for place in places:
        scene = window.model.project.scenes[place]
        window.model.edit_scene("Link", scene.model_copy(update={"continues": True}))


def write(window: OpenWindow, place: int, prompt: str) -> None:
    scene = window.model.project.scenes[place]
    window.model.edit_scene("Write", scene.model_copy(update={"prompt": prompt}))


def button(window: OpenWindow, request: str) -> QToolButton:
    return child(window.tab, QToolButton, f"render_{request}")


def test_each_button_renders_what_it_says(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("one", "two", "three", "")
    first, second, third, _ = ids(opened)

    opened.tab.select([second])
    click(button(opened, "this"))
    opened.until(lambda: opened.num_takes() == [0, 1, 0, 0])
    opened.tab.select([first, second])
    click(button(opened, "selected"))
    opened.until(lambda: opened.num_takes() == [1, 2, 0, 0])
    opened.tab.select([third])
    opened.until(lambda: button(opened, "missing").text().endswith("(1)"))
    click(button(opened, "missing"))
    opened.until(lambda: opened.num_takes() == [1, 2, 1, 0])
    opened.until(lambda: kinds(opened)[:3] == [Done] * 3)
    assert len(heard) == 1
    assert "Scene 4:" in heard[0]
    assert not button(opened, "missing").isEnabled(), "what is without words is not counted"


def test_all_leaves_out_and_names_what_has_no_words(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("one", "", "three")
    click(button(opened, "all"))
    opened.until(lambda: opened.num_takes() == [1, 0, 1])

    assert len(heard) == 1
    assert "A scene is left out." in heard[0]
    assert "Scene 2:" in heard[0]


def test_many_clips_that_are_done_at_once_all_arrive(opened: OpenWindow, heard: list[str]) -> None:
    opened.new(*(f"scene {number}" for number in range(12)))
    opened.render()
    opened.until(lambda: opened.num_takes() == [1] * 12)
    opened.until(lambda: not opened.tab.scene_jobs)

    assert set(kinds(opened)) == {Done}
    opened.saved()


def test_a_chain_follows_one_by_one(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("slow one", "two", "three", "apart")
    link(opened, 1, 2)
    opened.render()
    opened.until(lambda: list(ids(opened)[1:3]) == list(opened.model.project.to_render))
    opened.until(lambda: kinds(opened)[0] is Rendering)
    assert [status.explanation for status in statuses(opened)[1:3]] == [
        "It goes on from scene 1 and is rendered once that has its clip.",
        "It goes on from scene 2 and is rendered once that has its clip.",
    ]
    opened.until(lambda: opened.num_takes() == [1, 1, 1, 1])

    assert opened.model.project.to_render == ()
    opened.until(lambda: set(kinds(opened)) == {Done})
    assert len(list((opened.folder / "inputs").glob("last-of-*.png"))) == 2


def test_what_follows_a_failure_says_why_and_comes_once_that_is_mended(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new("fail", "two", "three", "apart")
    link(opened, 1, 2)
    opened.render()
    opened.until(lambda: opened.num_takes() == [0, 0, 0, 1])
    opened.until(lambda: kinds(opened)[:3] == [LastRenderFailed] * 3)

    assert opened.model.project.to_render == ()
    reasons = [status.explanation for status in statuses(opened)[:3]]
    assert "The fake was told to fail." in reasons[0]
    assert reasons[1].startswith("It goes on from scene 1, which could not be rendered.")
    assert reasons[2].startswith("It goes on from scene 2, which could not be rendered.")
    assert "Scene 2 is not rendered." in opened.messages

    write(opened, 0, "mended")
    opened.render()
    opened.until(lambda: opened.num_takes() == [1, 1, 1, 1])
    opened.until(lambda: set(kinds(opened)) == {Done})


def test_a_clip_that_is_cancelled_takes_nothing_along_in_vain(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new("slow one", "two", "hang on")
    link(opened, 1)
    opened.render()
    opened.until(lambda: kinds(opened)[0] is Rendering)
    queue = opened.window.studio.queue
    first = next(record.id for record in queue.jobs(0) if record.state is JobState.RUNNING)
    queue.cancel(first)
    opened.until(lambda: kinds(opened)[:2] == [Missing, LastRenderFailed])
    assert "which was cancelled" in statuses(opened)[1].explanation
    assert opened.model.project.to_render == ()

    queue.resume(first)
    for record in queue.jobs(0):
        if record.id != first:
            queue.cancel(record.id)
    opened.until(lambda: opened.num_takes()[0] == 1)


def test_a_scene_that_goes_on_from_nothing_is_refused(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("one", "two")
    link(opened, 1)
    opened.tab.select([ids(opened)[1]])
    click(button(opened, "this"))
    opened.until(lambda: heard)

    assert "Render that one first." in heard[0]
    assert opened.model.project.to_render == ()


def test_what_follows_a_refused_scene_is_refused_with_it(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new("unfit", "two", "three")
    link(opened, 1)
    opened.render()
    opened.until(lambda: opened.num_takes() == [0, 0, 1])

    assert "Scene 1: The fake does not like this prompt." in heard[0]
    assert "Scene 2:" in heard[0]
    assert opened.model.project.to_render == ()


def test_a_new_clip_puts_an_old_failure_out_of_mind(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("fail")
    opened.render()
    opened.until(lambda: kinds(opened) == [LastRenderFailed])
    write(opened, 0, "better")
    opened.render()
    opened.until(lambda: opened.num_takes() == [1])
    opened.until(lambda: kinds(opened) == [Done])


def test_a_price_that_is_not_agreed_to_buys_nothing(
    opened: OpenWindow, answers: BoxAnswers
) -> None:
    answers.button = QMessageBox.StandardButton.Cancel
    opened.new("one", "two", model="fake-full")
    link(opened, 1)
    opened.render()
    opened.until(lambda: answers.heard)
    opened.qtbot.wait(300)

    assert "These 2 clips cost $" in answers.heard[0], "what follows is in the price"
    assert opened.window.studio.queue.jobs(10) == ()
    assert opened.model.project.to_render == ()

    answers.button = QMessageBox.StandardButton.Ok
    opened.render()
    opened.until(lambda: opened.num_takes() == [1, 1])
    assert len(answers.heard) == 2, "the one that follows is not asked about again"


@pytest.mark.parametrize("what", ["prompt", "seed", "start frame"])
def test_what_was_made_from_something_else_is_out_of_date(
    opened: OpenWindow, heard: list[str], what: str
) -> None:
    opened.new("one")
    opened.render()
    opened.until(lambda: kinds(opened) == [Done])
    scene = opened.model.project.scenes[0]
    changed = {
        "prompt": scene.model_copy(update={"prompt": "another"}),
        "seed": scene.with_own("seed", 77),
        "start frame": scene.model_copy(update={"start_image": IMAGE}),
    }
    opened.model.edit_scene("Change", changed[what])

    opened.until(lambda: kinds(opened) == [Stale])
    assert statuses(opened)[0].label == "Out of date"
    opened.until(lambda: button(opened, "missing").isEnabled())
    opened.render()
    opened.until(lambda: opened.num_takes() == [2])
    opened.until(lambda: kinds(opened) == [Done])


def test_undo_loses_no_clip(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("one")
    write(opened, 0, "slow one")
    opened.render()
    opened.until(lambda: kinds(opened) == [Rendering])
    opened.model.undo_stack.undo()
    opened.until(lambda: opened.num_takes() == [1])
    opened.until(lambda: kinds(opened) == [Stale])
    opened.model.undo_stack.redo()
    opened.until(lambda: kinds(opened) == [Done])

    project = opened.model.project
    opened.model.edit("Delete", delete_scenes(project, set(ids(opened))))
    assert opened.num_takes() == []
    opened.model.undo_stack.undo()
    assert opened.num_takes() == [1]


def test_a_clip_of_a_scene_that_was_deleted_comes_back_with_it(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new("slow one", "two")
    opened.render()
    opened.until(lambda: kinds(opened)[0] is Rendering)
    project = opened.model.project
    opened.model.edit("Delete", delete_scenes(project, {ids(opened)[0]}))
    opened.until(lambda: opened.num_takes() == [1])
    opened.until(lambda: not opened.tab.scene_jobs)

    opened.model.undo_stack.undo()

    assert opened.num_takes() == [1, 1]


def test_a_project_that_is_opened_again_knows_its_jobs(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new("slow one", "slow two", "slow three", "four")
    link(opened, 3)
    opened.saved()
    first = opened.folder
    opened.render()
    opened.until(lambda: kinds(opened) == [Rendering, InQueue, InQueue, WaitingFor])
    opened.saved()
    opened.new("something else")
    opened.open(first)
    opened.until(lambda: opened.num_takes() == [1, 1, 1, 1])


def test_what_is_under_way_is_not_missing(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("slow one", "two")
    opened.render()
    opened.until(lambda: kinds(opened) == [Rendering, InQueue])
    assert not button(opened, "missing").isEnabled()
    opened.render()
    opened.until(lambda: opened.num_takes() == [1, 1])
    opened.until(lambda: not opened.tab.scene_jobs)
    opened.qtbot.wait(300)

    assert opened.num_takes() == [1, 1]


def test_waiting_for_what_never_comes_ends_at_the_next_opening(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new("one", "two")
    link(opened, 1)
    opened.qtbot.wait(500)  # it has looked for what is under way
    opened.model.wait_for((ids(opened)[1],))
    opened.saved()
    first = opened.folder
    opened.new("something else")
    opened.open(first)
    opened.until(lambda: opened.model.project.to_render == ())

    assert "which has no clip" in statuses(opened)[1].explanation


@pytest.fixture
def before() -> set[threading.Thread]:
    """The threads that other tests of this process have left, such as a warm engine's."""
    return set(threading.enumerate())


def test_closing_in_the_middle_of_everything_leaves_no_thread(
    before: set[threading.Thread], opened: OpenWindow, answers: BoxAnswers
) -> None:
    opened.new("hang one", "two", "three", "four")
    opened.render()
    opened.until(lambda: kinds(opened)[0] is Rendering)
    opened.saved()
    folder, paths = opened.folder, opened.window.studio.paths
    write(opened, 2, "a plan, an outlook and a save are on their way")
    opened.tab.render_missing()

    opened.close()

    left = set(threading.enumerate()) - before
    assert [thread.name for thread in left if "Dummy" not in thread.name] == [], "nothing works on"
    assert read_project(folder).project.scenes[2].prompt.startswith("a plan")
    studio = Studio([], paths=paths)
    states = [record.state for record in studio.queue.jobs(10)]
    studio.close()
    assert JobState.INTERRUPTED in states
    assert JobState.RUNNING not in states


def test_rendering_holds_nothing_up(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("slow one", "two", "three")
    link(opened, 1)
    opened.tab.select(ids(opened)[:1])
    opened.qtbot.wait(300)
    with held_to_respond():
        opened.render()
        opened.until(lambda: opened.num_takes() == [1, 1, 1])
