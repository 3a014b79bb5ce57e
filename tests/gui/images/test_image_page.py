"""The image room in the whole window: pictures are made, found, used, and thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QListView, QMessageBox, QTableView

from core.history.history import HistoryQuery
from core.history.history_entry import WorkKind
from core.platform.paths import Paths
from core.project.render.from_record import request_again
from core.studio import Studio
from core.video.image_batch import ImageOrder
from core.video.read_metadata import read_settings_of
from tests.fakes.provider import ENTRY, FULL
from tests.fakes.stills import TARGET, add_still
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.operating import click, write
from tests.gui.whole_window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.history.history_entry import HistoryEntry
    from gui.images.image_tab import ImageTab
    from gui.ui_watchdog import StallWatch
    from tests.gui.whole_window import BoxAnswers

Button = QMessageBox.StandardButton


class Room(OpenWindow):
    """A window in its image room, and short words for what is done there."""

    def __init__(self, home: Path, qtbot: QtBot) -> None:
        super().__init__(home, qtbot)
        self.show_images()
        self.until(self.offers_are_read)

    def offers_are_read(self) -> bool:
        return child(self.images, QComboBox, "image_model").count() > 2

    def show_images(self) -> None:
        self.window.rooms.setCurrentWidget(self.window.rooms.images)

    @property
    def images(self) -> ImageTab:
        tab = self.window.rooms.images.tab
        assert tab is not None
        return tab

    @property
    def tiles(self) -> QListView:
        return child(self.images, QListView, "gallery")

    @property
    def count(self) -> int:
        return self.tiles.model().rowCount()

    @property
    def said(self) -> str:
        return "\n".join(label.text() for label in self.images.progress.findChildren(QLabel))

    def press(self, name: str) -> None:
        click(controls_of(self.images)[name])

    def make(self, prompt: str, *, model: str = "fake-small", seed: int | None = None) -> None:
        target = TARGET.with_model(model)
        self.images.set_value(ImageOrder(target=target, prompt=prompt, seed=seed))
        self.press("image_make")

    def make_one(self, prompt: str = "a ball", seed: int = 5) -> HistoryEntry:
        before = self.count
        self.make(prompt, seed=seed)
        self.until(lambda: self.count == before + 1)
        self.until(lambda: not self.images.progress.isVisible())
        entry = self.images.gallery.entry
        assert entry is not None
        return entry


@pytest.fixture
def room(tmp_path: Path, qtbot: QtBot) -> Iterator[Room]:
    room = Room(tmp_path / "home", qtbot)
    yield room
    room.close()


def test_a_picture_is_made_and_chosen_in_the_gallery(room: Room, responsive: StallWatch) -> None:
    entry = room.make_one("a ball", seed=5)

    assert (entry.prompt, entry.seed, entry.kind) == ("a ball", 5, WorkKind.IMAGE)
    assert entry.path.suffix == ".png"
    assert entry.path.is_file()
    assert room.images.details.entry == entry


def test_a_picture_becomes_the_start_frame_of_the_shown_scene(room: Room) -> None:
    picture = room.make_one()
    room.new("a street", "a house")
    choose_scene(room, 1)
    room.show_images()

    room.press("picture_start")

    room.until(lambda: room.model.project.scenes[1].start_image)
    image = room.model.project.scenes[1].start_image
    assert image is not None
    assert image.read_bytes() == picture.path.read_bytes()
    assert room.model.folder in image.parents
    assert room.model.project.scenes[0].start_image is None
    assert room.window.rooms.currentWidget() is not room.window.rooms.images


def test_a_picture_becomes_an_end_frame_and_a_reference(room: Room) -> None:
    room.make_one()
    room.new("a street")
    choose_scene(room, 0)

    for name in ("picture_end", "picture_reference"):
        room.show_images()
        room.press(name)

    room.until(lambda: room.model.project.scenes[0].end_image)
    room.until(lambda: len(room.model.project.references) == 1)


def choose_scene(room: Room, row: int) -> None:
    table = child(room.tab, QTableView, "scene_table")
    room.window.rooms.show_video()
    table.setCurrentIndex(table.model().index(row, 1))


def test_without_a_project_or_a_scene_it_is_said_what_is_missing(room: Room) -> None:
    room.make_one()

    room.press("picture_start")
    assert "Open a project first" in room.told

    room.new()
    room.show_images()
    room.press("picture_start")
    assert "Choose a scene first" in room.told
    assert room.window.rooms.currentWidget() is room.window.rooms.images


def test_a_project_that_is_only_read_takes_no_picture(
    room: Room, tmp_path: Path, qtbot: QtBot
) -> None:
    room.new("a street")
    folder = room.model.folder
    other = Room(tmp_path / "other", qtbot)
    other.make_one()
    other.open(folder)
    assert other.model.is_read_only
    before = sorted(folder.rglob("*.png"))

    other.show_images()
    other.press("picture_reference")

    assert "reading only" in other.told
    assert sorted(folder.rglob("*.png")) == before
    other.close()


def test_ctrl_return_makes_a_picture_and_renders_no_scene(room: Room) -> None:
    room.new("a street")
    choose_scene(room, 0)
    room.show_images()
    room.window.activateWindow()
    room.until(room.window.isActiveWindow)
    room.images.set_value(ImageOrder(target=TARGET, prompt="a ball", seed=5))
    prompt = controls_of(room.images)["image_prompt"]

    for place in (prompt, room.window.rooms.tabBar()):
        before = room.count
        place.setFocus()
        QTest.keyClick(place, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        room.until(lambda count=before: room.count == count + 1)

    assert [job.kind for job in room.window.studio.queue.jobs()] == ["still", "still"]


def test_the_project_has_its_keys_again_in_its_own_room(room: Room) -> None:
    room.new("a street")
    menus = {action.text(): action for action in room.window.menuBar().actions()}

    room.show_images()
    assert not any(menus[name].isEnabled() for name in ("&Edit", "&Scene", "&Render"))

    room.window.rooms.show_video()
    assert all(menus[name].isEnabled() for name in ("&Edit", "&Scene", "&Render"))


def test_the_plan_tells_what_the_pictures_take(room: Room) -> None:
    order = ImageOrder(target=TARGET.with_model("fake-full"), prompt="", count=3)
    room.images.set_value(order)

    write("a ball")(controls_of(room.images)["image_prompt"])

    room.until(lambda: room.images.line.text().line)
    line = room.images.line.text().line
    assert line.startswith("3 pictures, each 96x64, ")
    assert line.endswith("$0.09 in all"), line


def test_what_speaks_against_it_has_a_button_that_mends_it(room: Room) -> None:
    room.images.set_value(ImageOrder(target=TARGET.with_model("fake-big"), prompt=""))
    write("a ball")(controls_of(room.images)["image_prompt"])
    room.until(lambda: room.images.line.text().objections)

    click(controls_of(room.images.line)["fix_0"])

    assert room.window.rooms.currentWidget() is not room.window.rooms.images


def test_several_pictures_have_the_seeds_that_follow(room: Room) -> None:
    room.images.set_value(ImageOrder(target=TARGET, prompt="a ball", seed=7, count=3))

    room.press("image_make")

    room.until(lambda: room.count == 3)
    entries = room.window.studio.history.find(HistoryQuery(kind=WorkKind.IMAGE))
    assert sorted(entry.seed or 0 for entry in entries) == [7, 8, 9]


def test_a_failure_is_said_in_place_and_the_next_one_goes_on(room: Room) -> None:
    room.make("fail now")
    room.until(lambda: "The fake was told to fail." in room.said)

    room.make_one()

    assert "fail" not in room.said


def test_a_model_that_is_not_there_is_said_in_place(room: Room) -> None:
    room.make("a ball", model="fake-big")

    room.until(lambda: "Fake Big is not installed." in room.said)
    assert room.window.studio.queue.jobs() == ()


def test_stop_takes_back_what_is_under_way(room: Room) -> None:
    room.make("hang on")
    room.until(lambda: controls_of(room.images)["image_stop"].isVisible())

    room.press("image_stop")

    room.until(lambda: not room.images.progress.isVisible())
    assert room.count == 0


def test_make_again_gives_the_very_same_picture(room: Room) -> None:
    first = room.make_one(seed=11)

    room.press("picture_again")

    room.until(lambda: room.count == 2)
    room.until(lambda: room.images.gallery.entry != first)
    again = room.images.gallery.entry
    assert again is not None
    assert again.path != first.path
    old, new = read_settings_of(first.path), read_settings_of(again.path)
    assert old is not None
    assert new is not None
    assert request_again(new) == request_again(old)
    assert new.still_frame == old.still_frame


def test_the_history_makes_a_picture_again_as_a_picture(room: Room) -> None:
    entry = room.make_one()
    record = entry.clip_record
    room.window.rooms.setCurrentWidget(room.window.rooms.history)
    room.until(lambda: "again" in controls_of(room.window.rooms.history))
    history = room.window.rooms.history
    room.until(lambda: controls_of(history)["again"].isEnabled())

    click(controls_of(history)["again"])

    room.until(lambda: room.count == 2)
    assert record is not None
    assert [job.kind for job in room.window.studio.queue.jobs()] == ["still", "still"]


def test_a_price_is_asked_for_before_anything_is_queued(room: Room, answers: BoxAnswers) -> None:
    answers.button = Button.Cancel

    room.make("a ball", model=FULL.id)

    room.until(lambda: answers.heard)
    room.until(lambda: not room.images.progress.isVisible())
    assert [said.strip() for said in answers.heard] == ["This costs $0.03."]
    assert room.window.studio.queue.jobs() == ()


def test_a_price_that_is_agreed_to_is_paid(room: Room, answers: BoxAnswers) -> None:
    answers.button = Button.Ok

    room.make("a ball", model=FULL.id)

    room.until(lambda: room.count == 1)


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    return tmp_path / "share" / "Trash" / "files"


def test_a_picture_goes_to_the_trash_with_its_record(
    room: Room, trash: Path, answers: BoxAnswers
) -> None:
    entry = room.make_one()
    answers.button = Button.Yes

    room.press("picture_trash")

    room.until(lambda: room.count == 0)
    assert len(answers.heard) == 1
    assert entry.path.name in answers.heard[0]
    assert not entry.path.exists()
    assert not entry.path.with_suffix(".json").exists()
    assert (trash / entry.path.name).is_file()
    assert room.window.studio.history.count() == 0
    assert room.images.details.entry is None


def test_a_picture_stays_when_a_person_says_no(
    room: Room, trash: Path, answers: BoxAnswers
) -> None:
    entry = room.make_one()
    answers.button = Button.No

    room.press("picture_trash")

    room.until(lambda: answers.heard)
    assert entry.path.is_file()
    assert room.count == 1


def test_the_gallery_has_what_was_made_before(tmp_path: Path, qtbot: QtBot) -> None:
    paths = Paths.below(tmp_path / "home")
    with_history = Studio([ENTRY], paths=paths)
    add_still(with_history.history, tmp_path, "an old ball", seed=1)
    with_history.close()

    room = Room(tmp_path / "home", qtbot)

    room.until(lambda: room.count == 1)
    room.close()
