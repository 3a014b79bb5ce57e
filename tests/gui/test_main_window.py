"""The whole window with the fake provider: projects, renders, exports, and what goes wrong."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QObject, QThread
from PySide6.QtWidgets import QScrollArea, QWidget
from typing_extensions import override

from core.project.files.project_file import NAME
from core.project.model.status import LastRenderFailed, Stale, project_statuses
from gui.jobs.jobs_area import RenderWorker
from gui.jobs.jobs_panel import JobsPanel
from gui.player.video_surface import VideoSurface
from gui.widgets.buttons import NetworkBadge
from tests.gui.children import child
from tests.gui.conftest import held_to_respond

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.gui.whole_window import OpenWindow


def test_scenes_become_takes_and_a_film(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("one", "two")
    with held_to_respond():
        opened.render()
        opened.until(lambda: opened.num_takes() == [1, 1])
        opened.tab.export_film()
        opened.until(lambda: opened.model.project.last_export)

    assert opened.model.project.last_export is not None
    assert opened.model.project.last_export.is_file()
    assert heard == [], "a free render and an export ask nothing"
    opened.saved()


class Requests(QObject):
    """Counts how often a widget is asked to lay out anew what is in it."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.count = 0
        widget.installEventFilter(self)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() is QEvent.Type.LayoutRequest
        return False


def test_what_counts_while_a_clip_is_made_moves_nothing_around_it(
    opened: OpenWindow, heard: list[str]
) -> None:
    """A page of tabs draws itself anew for each such request, with everything on it."""
    opened.new("slow one")
    surface = child(opened.window, VideoSurface, "video_surface")
    told: set[str] = set()

    def has_counted(times: int) -> bool:
        told.add(surface.accessibleDescription())
        return len(told) > times

    opened.render()
    # What is shown with the first of it takes its room.
    opened.until(lambda: has_counted(4))
    requests = Requests(opened.window.tabs)
    opened.until(lambda: has_counted(12))
    # Once or twice something else may have come that takes its room, such as the plan.
    assert requests.count < 3
    opened.until(lambda: opened.num_takes() == [1])
    opened.until(lambda: requests.count)


def test_a_failed_scene_says_why_and_stops_no_other(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("fail", "two", "three")
    opened.render()
    opened.until(lambda: opened.num_takes() == [0, 1, 1])
    project = opened.model.project
    opened.until(
        lambda: any(
            isinstance(status, LastRenderFailed)
            for status in project_statuses(project, {}, opened.tab.scene_jobs)
        )
    )

    assert "The fake was told to fail." in opened.messages


def test_a_linked_scene_waits_and_follows(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("slow one", "two")
    second = opened.model.project.scenes[1]
    opened.model.edit_scene("Link", second.model_copy(update={"continues": True}))
    opened.render()
    opened.until(lambda: opened.model.project.to_render == (second.id,))
    opened.until(lambda: opened.num_takes() == [1, 1])

    assert opened.model.project.to_render == ()
    assert list((opened.folder / "inputs").glob("last-of-*.png"))


def test_scenes_that_cannot_be_rendered_are_told_all_at_once(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new("one", "")
    first = opened.model.project.scenes[0]
    opened.model.edit_scene("Long", first.with_own("duration_s", 400.0))
    opened.render()
    opened.until(lambda: heard)

    assert len(heard) == 1
    assert "Scene 1:" in heard[0]
    assert "Scene 2:" in heard[0]
    assert opened.num_takes() == [0, 0]


def test_what_costs_money_is_asked_about_once_for_everything(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new("one", "two", model="fake-full")
    opened.render()
    opened.until(lambda: opened.num_takes() == [1, 1])

    assert len(heard) == 1
    assert "These 2 clips cost $" in heard[0]


def test_a_changed_scene_is_out_of_date(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("one")
    opened.render()
    opened.until(lambda: opened.num_takes() == [1])
    scene = opened.model.project.scenes[0]
    opened.model.edit_scene("Write", scene.model_copy(update={"prompt": "another"}))

    def statuses() -> tuple[object, ...]:
        return project_statuses(opened.model.project, opened.tab.fingerprints, {})

    opened.until(lambda: isinstance(statuses()[0], Stale))
    opened.model.undo_stack.undo()
    opened.until(lambda: not isinstance(statuses()[0], Stale))
    assert opened.num_takes() == [1]


def test_a_clip_that_arrives_while_another_project_is_open_is_found_later(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new("slow one")
    opened.saved()
    first = opened.folder
    opened.render()
    opened.until(lambda: opened.tab.scene_jobs)
    opened.new("something else")
    opened.until(lambda: list((first / "clips").glob("*.mp4")))
    opened.until(lambda: "Done" in opened.messages)

    opened.open(first)

    assert opened.num_takes() == [1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"schema_version": 99, "project": {}}', "newer"),
        ('{"schema": "imageai.video_project.v1"}', "Import"),
        ("no project at all", "cannot be"),
    ],
)
def test_a_project_that_cannot_be_read_is_told_calmly(
    opened: OpenWindow, heard: list[str], tmp_path: Path, content: str, words: str
) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / NAME).write_text(content, encoding="utf-8")
    opened.window.projects.open(folder)
    opened.until(lambda: heard)

    assert words.lower() in heard[0].lower()
    assert opened.window.project_model is None
    opened.new("the window goes on")


def test_a_second_window_on_a_project_is_read_only(
    opened: OpenWindow, heard: list[str], open_window: Callable[[str], OpenWindow]
) -> None:
    opened.new("one")
    opened.saved()
    other = open_window("other")
    other.open(opened.folder)

    assert other.model.is_read_only
    assert "open for reading only" in other.messages
    before = other.model.project
    other.model.edit("Rename", before.model_copy(update={"name": "mine now"}))
    assert other.model.project == before


def test_save_as_and_a_package_carry_the_clips(
    opened: OpenWindow, heard: list[str], tmp_path: Path
) -> None:
    opened.new("one")
    opened.render()
    opened.until(lambda: opened.num_takes() == [1])
    opened.saved()
    original = opened.folder

    opened.window.projects.save_as(tmp_path / "copy")
    opened.until(lambda: opened.folder == tmp_path / "copy")
    opened.window.projects.package(tmp_path / "packed.zip")
    opened.until((tmp_path / "packed.zip").is_file)
    opened.until(lambda: "packed" in opened.messages)
    shutil.rmtree(original)
    opened.window.projects.unpack(tmp_path / "packed.zip")
    opened.until(lambda: opened.folder not in (original, tmp_path / "copy"))

    take = opened.model.project.chosen_take(opened.model.project.scenes[0].id)
    assert take is not None
    assert take.path.is_file()
    assert take.path.is_relative_to(opened.folder)


def test_missing_clips_are_named_and_the_project_opens(
    opened: OpenWindow, heard: list[str], tmp_path: Path
) -> None:
    opened.new("one")
    opened.render()
    opened.until(lambda: opened.num_takes() == [1])
    opened.saved()
    first = opened.folder
    opened.new("other")
    for clip in (first / "clips").glob("*.mp4"):
        clip.unlink()
    opened.open(first)
    opened.until(lambda: heard)

    assert "scene_001_take_01.mp4" in heard[0]
    assert opened.num_takes() == [1]


def test_projects_come_and_go_without_leaving_anything(
    opened: OpenWindow, heard: list[str], qtbot: QtBot
) -> None:
    def count() -> int:
        qtbot.wait(200)
        return len(opened.window.findChildren(QThread))

    opened.new("one")
    before = count()
    for _ in range(3):
        opened.new("next")

    assert count() == before


def test_settings_take_effect_at_once(opened: OpenWindow) -> None:
    settings = opened.window.studio.settings
    network = settings.network.model_copy(update={"is_off": True})
    opened.window.tabs.settings.change(settings.model_copy(update={"network": network}))

    assert opened.window.studio.registry.network.is_off
    assert child(opened.window, NetworkBadge).text().startswith("Offline")


def test_more_jobs_at_once_get_more_threads(opened: OpenWindow) -> None:
    def threads() -> int:
        return sum(worker.isRunning() for worker in opened.window.findChildren(RenderWorker))

    cloud = opened.window.studio.settings.cloud
    before = threads()
    more = cloud.model_copy(update={"parallel_jobs": cloud.parallel_jobs + 3})
    opened.window.tabs.settings.change(
        opened.window.studio.settings.model_copy(update={"cloud": more})
    )

    assert threads() == before + 3


def test_the_window_fits_a_small_screen(opened: OpenWindow, qtbot: QtBot) -> None:
    opened.new("one")
    opened.window.resize(1280, 720)
    qtbot.wait(300)

    assert opened.window.minimumSizeHint().width() <= 1280
    assert opened.window.minimumSizeHint().height() <= 720
    left = child(opened.tab, QScrollArea, "video_left")
    content = left.widget()
    assert content is not None
    assert content.minimumSizeHint().width() <= left.width()


def test_the_curve_of_a_training_gets_room_and_gives_it_back(
    opened: OpenWindow, qtbot: QtBot
) -> None:
    opened.new("one")
    opened.render()
    panel = child(opened.window, JobsPanel, "jobs_panel")
    opened.until(lambda: not panel.is_empty)
    qtbot.wait(300)
    before = opened.window.jobs.height()
    panel.is_tall_wanted.emit(True)

    assert opened.window.jobs.height() > before + 100
    assert opened.window.height() == 800
    panel.is_tall_wanted.emit(False)
    assert opened.window.jobs.height() == before
