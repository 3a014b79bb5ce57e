"""The image room in the whole window: pictures are made, found, used, and thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QListView, QMessageBox, QTableView

from core.history import HistoryQuery
from core.history_entry import WorkKind
from core.paths import Paths
from core.project.edits import insert_scenes
from core.project.from_record import request_again
from core.project.project import Scene, new_id
from core.studio import Studio
from core.video.image_order import ImageOrder
from core.video.read_back import read_settings_of
from gui.main_window import MainWindow
from gui.project_wishes import NewProject, OpenProject
from tests.fakes.provider import ENTRY, FULL
from tests.fakes.stills import TARGET, add_still
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.operating import click, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.history_entry import HistoryEntry
    from gui.image_tab import ImageTab
    from gui.stalls import StallWatch
    from gui.video.project_model import ProjectModel

WITHIN_MS = 30_000
Button = QMessageBox.StandardButton


class Open:
    """A window in its image room, and short words for what is done with it."""

    def __init__(self, home: Path, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.studio = Studio([ENTRY], paths=Paths.below(home))
        self.window = MainWindow(self.studio)
        self.window.show()
        self.window.begin(None)
        self.until(lambda: self.window.jobs.is_ready)
        self.show_images()
        self.until(lambda: self.tab.order.model is None and self.offers_are_read())

    def until(self, is_so: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(is_so()), timeout=WITHIN_MS)

    def offers_are_read(self) -> bool:
        box = controls_of(self.tab)["image_model"]
        return box.property("count") > 2

    def show_images(self) -> None:
        self.window.rooms.setCurrentWidget(self.window.rooms.images)

    @property
    def tab(self) -> ImageTab:
        tab = self.window.rooms.images.tab
        assert tab is not None
        return tab

    @property
    def model(self) -> ProjectModel:
        model = self.window.project_model
        assert model is not None
        return model

    @property
    def tiles(self) -> QListView:
        tiles = controls_of(self.tab)["gallery"]
        assert isinstance(tiles, QListView)
        return tiles

    @property
    def count(self) -> int:
        return self.tiles.model().rowCount()

    @property
    def told(self) -> str:
        return self.window.jobs.console.text

    @property
    def said(self) -> str:
        return "\n".join(label.text() for label in self.tab.progress.findChildren(QLabel))

    def press(self, name: str) -> None:
        click(controls_of(self.tab)[name])

    def make(self, prompt: str, *, model: str = "fake-small", seed: int | None = None) -> None:
        target = TARGET.with_model(model)
        self.tab.set_value(ImageOrder(target=target, prompt=prompt, seed=seed))
        self.press("image_make")

    def make_one(self, prompt: str = "a ball", seed: int = 5) -> HistoryEntry:
        before = self.count
        self.make(prompt, seed=seed)
        self.until(lambda: self.count == before + 1)
        self.until(lambda: not self.tab.progress.isVisible())
        entry = self.tab.gallery.entry
        assert entry is not None
        return entry

    def new_project(self, *prompts: str) -> None:
        self.window.fulfil(NewProject("A film"))
        self.until(lambda: self.window.project_model is not None)
        scenes = [Scene(id=new_id("scene"), prompt=prompt) for prompt in prompts]
        self.model.edit("Scenes", insert_scenes(self.model.project, 0, scenes))

    def close(self) -> None:
        self.window.close()
        self.window.deleteLater()


@pytest.fixture
def opened(tmp_path: Path, qtbot: QtBot) -> Iterator[Open]:
    opened = Open(tmp_path / "home", qtbot)
    yield opened
    opened.close()


@pytest.fixture
def answered(qtbot: QtBot) -> Iterator[Callable[[Button], list[str]]]:
    """Answers every message box from now on, and keeps what it said."""
    timer = QTimer()
    timer.setInterval(20)
    heard: list[str] = []

    def begin(button: Button) -> list[str]:
        def look() -> None:
            for widget in QApplication.topLevelWidgets():
                if isinstance(widget, QMessageBox) and widget.isVisible():
                    heard.append(widget.text())
                    widget.button(button).click()

        timer.timeout.connect(look)
        timer.start()
        return heard

    yield begin
    timer.stop()


def test_a_picture_is_made_and_chosen_in_the_gallery(opened: Open, responsive: StallWatch) -> None:
    entry = opened.make_one("a ball", seed=5)

    assert (entry.prompt, entry.seed, entry.kind) == ("a ball", 5, WorkKind.IMAGE)
    assert entry.path.suffix == ".png"
    assert entry.path.is_file()
    assert opened.tab.details.entry == entry


def test_a_picture_becomes_the_start_frame_of_the_shown_scene(opened: Open) -> None:
    picture = opened.make_one()
    opened.new_project("a street", "a house")
    choose_scene(opened, 1)
    opened.show_images()

    opened.press("picture_start")

    opened.until(lambda: opened.model.project.scenes[1].start_image)
    image = opened.model.project.scenes[1].start_image
    assert image is not None
    assert image.read_bytes() == picture.path.read_bytes()
    assert opened.model.folder in image.parents
    assert opened.model.project.scenes[0].start_image is None
    assert opened.window.rooms.currentWidget() is not opened.window.rooms.images


def test_a_picture_becomes_an_end_frame_and_a_reference(opened: Open) -> None:
    opened.make_one()
    opened.new_project("a street")
    choose_scene(opened, 0)

    for name in ("picture_end", "picture_reference"):
        opened.show_images()
        opened.press(name)

    opened.until(lambda: opened.model.project.scenes[0].end_image)
    opened.until(lambda: len(opened.model.project.references) == 1)


def choose_scene(opened: Open, row: int) -> None:
    table = child(opened.window.video_tab, QTableView, "scene_table")
    opened.window.rooms.show_video()
    table.setCurrentIndex(table.model().index(row, 1))


def test_without_a_project_or_a_scene_it_is_said_what_is_missing(opened: Open) -> None:
    opened.make_one()

    opened.press("picture_start")
    assert "Open a project first" in opened.told

    opened.new_project()
    opened.show_images()
    opened.press("picture_start")
    assert "Choose a scene first" in opened.told
    assert opened.window.rooms.currentWidget() is opened.window.rooms.images


def test_a_project_that_is_only_read_takes_no_picture(
    opened: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    opened.new_project("a street")
    folder = opened.model.folder
    other = Open(tmp_path / "other", qtbot)
    other.make_one()
    other.window.fulfil(OpenProject(folder))
    other.until(lambda: other.window.project_model is not None)
    assert other.model.is_read_only
    before = sorted(folder.rglob("*.png"))

    other.show_images()
    other.press("picture_reference")

    assert "reading only" in other.told
    assert sorted(folder.rglob("*.png")) == before
    other.close()


def test_ctrl_return_makes_a_picture_and_renders_no_scene(opened: Open) -> None:
    opened.new_project("a street")
    choose_scene(opened, 0)
    opened.show_images()
    opened.window.activateWindow()
    opened.until(opened.window.isActiveWindow)
    opened.tab.set_value(ImageOrder(target=TARGET, prompt="a ball", seed=5))
    prompt = controls_of(opened.tab)["image_prompt"]

    for place in (prompt, opened.window.rooms.tabBar()):
        before = opened.count
        place.setFocus()
        QTest.keyClick(place, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        opened.until(lambda count=before: opened.count == count + 1)

    assert [job.kind for job in opened.studio.queue.jobs()] == ["still", "still"]


def test_the_project_has_its_keys_again_in_its_own_room(opened: Open) -> None:
    opened.new_project("a street")
    menus = {action.text(): action for action in opened.window.menuBar().actions()}

    opened.show_images()
    assert not any(menus[name].isEnabled() for name in ("&Edit", "&Scene", "&Render"))

    opened.window.rooms.show_video()
    assert all(menus[name].isEnabled() for name in ("&Edit", "&Scene", "&Render"))


def test_the_plan_tells_what_the_pictures_take(opened: Open) -> None:
    order = ImageOrder(target=TARGET.with_model("fake-full"), prompt="", count=3)
    opened.tab.set_value(order)

    write("a ball")(controls_of(opened.tab)["image_prompt"])

    opened.until(lambda: opened.tab.line.text().line)
    line = opened.tab.line.text().line
    assert line.startswith("3 pictures, each 96x64, ")
    assert line.endswith("$0.09 in all"), line


def test_what_speaks_against_it_has_a_button_that_mends_it(opened: Open) -> None:
    opened.tab.set_value(ImageOrder(target=TARGET.with_model("fake-big"), prompt=""))
    write("a ball")(controls_of(opened.tab)["image_prompt"])
    opened.until(lambda: opened.tab.line.text().objections)

    click(controls_of(opened.tab.line)["fix_0"])

    assert opened.window.rooms.currentWidget() is not opened.window.rooms.images


def test_several_pictures_have_the_seeds_that_follow(opened: Open) -> None:
    opened.tab.set_value(ImageOrder(target=TARGET, prompt="a ball", seed=7, count=3))

    opened.press("image_make")

    opened.until(lambda: opened.count == 3)
    entries = opened.studio.history.find(HistoryQuery(kind=WorkKind.IMAGE))
    assert sorted(entry.seed or 0 for entry in entries) == [7, 8, 9]


def test_a_failure_is_said_in_place_and_the_next_one_goes_on(opened: Open) -> None:
    opened.make("fail now")
    opened.until(lambda: "The fake was told to fail." in opened.said)

    opened.make_one()

    assert "fail" not in opened.said


def test_a_model_that_is_not_there_is_said_in_place(opened: Open) -> None:
    opened.make("a ball", model="fake-big")

    opened.until(lambda: "Fake Big is not installed." in opened.said)
    assert opened.studio.queue.jobs() == ()


def test_stop_takes_back_what_is_under_way(opened: Open) -> None:
    opened.make("hang on")
    opened.until(lambda: controls_of(opened.tab)["image_stop"].isVisible())

    opened.press("image_stop")

    opened.until(lambda: not opened.tab.progress.isVisible())
    assert opened.count == 0


def test_make_again_gives_the_very_same_picture(opened: Open) -> None:
    first = opened.make_one(seed=11)

    opened.press("picture_again")

    opened.until(lambda: opened.count == 2)
    opened.until(lambda: opened.tab.gallery.entry != first)
    again = opened.tab.gallery.entry
    assert again is not None
    assert again.path != first.path
    old, new = read_settings_of(first.path), read_settings_of(again.path)
    assert old is not None
    assert new is not None
    assert request_again(new) == request_again(old)
    assert new.still_frame == old.still_frame


def test_the_history_makes_a_picture_again_as_a_picture(opened: Open) -> None:
    entry = opened.make_one()
    record = entry.clip_record
    opened.window.rooms.setCurrentWidget(opened.window.rooms.history)
    opened.until(lambda: "again" in controls_of(opened.window.rooms.history))
    history = opened.window.rooms.history
    opened.until(lambda: controls_of(history)["again"].isEnabled())

    click(controls_of(history)["again"])

    opened.until(lambda: opened.count == 2)
    assert record is not None
    assert [job.kind for job in opened.studio.queue.jobs()] == ["still", "still"]


def test_a_price_is_asked_for_before_anything_is_queued(
    opened: Open, answered: Callable[[Button], list[str]]
) -> None:
    heard = answered(Button.Cancel)

    opened.make("a ball", model=FULL.id)

    opened.until(lambda: heard)
    opened.until(lambda: not opened.tab.progress.isVisible())
    assert heard == ["This costs $0.03."]
    assert opened.studio.queue.jobs() == ()


def test_a_price_that_is_agreed_to_is_paid(
    opened: Open, answered: Callable[[Button], list[str]]
) -> None:
    answered(Button.Ok)

    opened.make("a ball", model=FULL.id)

    opened.until(lambda: opened.count == 1)


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    return tmp_path / "share" / "Trash" / "files"


def test_a_picture_goes_to_the_trash_with_its_record(
    opened: Open, trash: Path, answered: Callable[[Button], list[str]]
) -> None:
    entry = opened.make_one()
    heard = answered(Button.Yes)

    opened.press("picture_trash")

    opened.until(lambda: opened.count == 0)
    assert len(heard) == 1
    assert entry.path.name in heard[0]
    assert not entry.path.exists()
    assert not entry.path.with_suffix(".json").exists()
    assert (trash / entry.path.name).is_file()
    assert opened.studio.history.count() == 0
    assert opened.tab.details.entry is None


def test_a_picture_stays_when_a_person_says_no(
    opened: Open, trash: Path, answered: Callable[[Button], list[str]]
) -> None:
    entry = opened.make_one()
    heard = answered(Button.No)

    opened.press("picture_trash")

    opened.until(lambda: heard)
    assert entry.path.is_file()
    assert opened.count == 1


def test_the_gallery_has_what_was_made_before(tmp_path: Path, qtbot: QtBot) -> None:
    paths = Paths.below(tmp_path / "home")
    with_history = Studio([ENTRY], paths=paths)
    add_still(with_history.history, tmp_path, "an old ball", seed=1)
    with_history.close()

    opened = Open(tmp_path / "home", qtbot)

    opened.until(lambda: opened.count == 1)
    opened.close()
