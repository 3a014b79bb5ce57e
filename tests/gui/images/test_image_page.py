"""The image room in the whole window: pictures are made, found, used, and thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QListView,
    QMessageBox,
    QTableView,
    QTabWidget,
)

from core.history.history import HistoryQuery
from core.history.history_entry import HistoryEntry, WorkKind
from core.history.marks import marks_file
from core.platform.paths import Paths
from core.project.render.rerender import request_again
from core.studio import Studio
from core.video.record import read_settings_of
from gui.history.history_model import ENTRY as ENTRY_ROLE
from gui.images.image_batch import ImageBatch
from gui.widgets.image_slot import ImageSlot
from tests.fakes.provider import ENTRY, FULL
from tests.fakes.stills import TARGET, add_still
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.dropping import drop, hover
from tests.gui.operating import click, write
from tests.gui.whole_window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.video.provider import ProviderEntry
    from gui.images.image_tab import ImageTab
    from gui.ui_watchdog import UiWatchdog
    from tests.gui.whole_window import BoxAnswers

Button = QMessageBox.StandardButton


class ImageWindow(OpenWindow):
    """A window in its image room, and short words for what is done there."""

    def __init__(self, home: Path, qtbot: QtBot, others: Sequence[ProviderEntry] = ()) -> None:
        super().__init__(home, qtbot, others=others)
        self.show_images()
        self.until(self.offers_are_read)

    def offers_are_read(self) -> bool:
        return child(self.images, QComboBox, "image_model").count() > 2

    def show_images(self) -> None:
        self.window.tabs.setCurrentWidget(self.window.tabs.images)

    @property
    def images(self) -> ImageTab:
        tab = self.window.tabs.images.tab
        assert tab is not None
        return tab

    @property
    def tiles(self) -> QListView:
        return child(self.images, QListView, "gallery")

    @property
    def count(self) -> int:
        """How many are made; those that are on their way stand among them."""
        model = self.tiles.model()
        rows = [model.index(row, 0) for row in range(model.rowCount())]
        return sum(isinstance(row.data(ENTRY_ROLE), HistoryEntry) for row in rows)

    @property
    def said(self) -> str:
        return "\n".join(label.text() for label in self.images.progress.findChildren(QLabel))

    def press(self, name: str) -> None:
        click(controls_of(self.images)[name])

    def make(self, prompt: str, *, model: str = "fake-small", seed: int | None = None) -> None:
        target = TARGET.with_model(model)
        self.images.set_value(ImageBatch(target=target, prompt=prompt, seed=seed))
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
def window(tmp_path: Path, qtbot: QtBot) -> Iterator[ImageWindow]:
    window = ImageWindow(tmp_path / "home", qtbot)
    yield window
    window.close()


def test_an_image_is_made_and_chosen_in_the_gallery(
    window: ImageWindow, responsive: UiWatchdog
) -> None:
    entry = window.make_one("a ball", seed=5)

    assert (entry.prompt, entry.seed, entry.kind) == ("a ball", 5, WorkKind.IMAGE)
    assert entry.path.suffix == ".png"
    assert entry.path.is_file()
    assert window.images.details.entry == entry


def test_an_image_becomes_the_start_frame_of_the_shown_scene(window: ImageWindow) -> None:
    made = window.make_one()
    window.new("a street", "a house")
    choose_scene(window, 1)
    window.show_images()

    window.press("picture_start")

    window.until(lambda: window.model.project.scenes[1].start_image)
    image = window.model.project.scenes[1].start_image
    assert image is not None
    assert image.read_bytes() == made.path.read_bytes()
    assert window.model.folder in image.parents
    assert window.model.project.scenes[0].start_image is None
    assert window.window.tabs.currentWidget() is not window.window.tabs.images


def test_an_image_becomes_an_end_frame_and_a_reference(window: ImageWindow) -> None:
    window.make_one()
    window.new("a street")
    choose_scene(window, 0)

    for name in ("picture_end", "picture_reference"):
        window.show_images()
        window.press(name)

    window.until(lambda: window.model.project.scenes[0].end_image)
    window.until(lambda: len(window.model.project.references) == 1)


def choose_scene(window: ImageWindow, row: int) -> None:
    table = child(window.tab, QTableView, "scene_table")
    window.window.tabs.show_video()
    table.setCurrentIndex(table.model().index(row, 1))


def test_without_a_project_or_a_scene_it_is_said_what_is_missing(window: ImageWindow) -> None:
    window.make_one()

    window.press("picture_start")
    assert "Open a project first" in window.messages
    # Also where the console lies behind the queue.
    assert "Open a project first" in window.window.statusBar().currentMessage()

    window.new()
    window.show_images()
    window.press("picture_start")
    assert "Choose a scene first" in window.messages
    assert window.window.tabs.currentWidget() is window.window.tabs.images


def test_a_project_that_is_only_read_takes_no_image(
    window: ImageWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window.new("a street")
    folder = window.model.folder
    other = ImageWindow(tmp_path / "other", qtbot)
    other.make_one()
    other.open(folder)
    assert other.model.is_read_only
    before = sorted(folder.rglob("*.png"))

    other.show_images()
    other.press("picture_reference")

    assert "reading only" in other.messages
    assert sorted(folder.rglob("*.png")) == before
    other.close()


def test_ctrl_return_makes_an_image_and_renders_no_scene(window: ImageWindow) -> None:
    window.new("a street")
    choose_scene(window, 0)
    window.show_images()
    window.window.activateWindow()
    window.until(window.window.isActiveWindow)
    window.images.set_value(ImageBatch(target=TARGET, prompt="a ball", seed=5))
    prompt = controls_of(window.images)["image_prompt"]

    for place in (prompt, window.window.tabs.tabBar()):
        before = window.count
        place.setFocus()
        QTest.keyClick(place, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        window.until(lambda count=before: window.count == count + 1)

    assert [job.kind for job in window.window.studio.queue.jobs()] == ["render", "render"]


def test_the_project_has_its_keys_again_in_its_own_room(window: ImageWindow) -> None:
    window.new("a street")
    menus = {action.text(): action for action in window.window.menuBar().actions()}

    window.show_images()
    assert not any(menus[name].isEnabled() for name in ("&Scene", "&Render"))
    assert menus["&Edit"].isEnabled(), "words are cut and pasted here too"
    assert window.tab.scene_actions.undo.shortcuts() == [], "what is not seen is not undone"

    window.window.tabs.show_video()
    assert all(menus[name].isEnabled() for name in ("&Edit", "&Scene", "&Render"))
    assert window.tab.scene_actions.undo.shortcuts() != []


def test_the_plan_tells_what_the_images_take(window: ImageWindow) -> None:
    order = ImageBatch(target=TARGET.with_model("fake-full"), prompt="", count=3)
    window.images.set_value(order)

    write("a ball")(controls_of(window.images)["image_prompt"])

    window.until(lambda: window.images.line.text().line)
    line = window.images.line.text().line
    assert line.startswith("3 pictures, each 96x64 · ")
    assert line.endswith("$0.06 in all · about 3 s in all"), line


def test_the_price_of_all_stands_on_the_button(window: ImageWindow) -> None:
    order = ImageBatch(target=TARGET.with_model("fake-full"), prompt="", count=3)
    window.images.set_value(order)
    button = controls_of(window.images)["image_make"]
    write("a ball")(controls_of(window.images)["image_prompt"])
    window.until(lambda: button.text() == "Ma&ke 3 pictures · $0.06")
    write("1")(controls_of(window.images)["image_count"])
    assert button.text() == "Ma&ke picture", "the price was that of three"
    window.until(lambda: button.text() == "Ma&ke picture · $0.02")


def test_images_that_pass_a_cap_together_are_refused_before_the_first(
    window: ImageWindow, answers: BoxAnswers
) -> None:
    studio = window.window.studio
    cloud = studio.settings.cloud.model_copy(update={"daily_cap_usd": 0.05})
    studio.apply_settings(studio.settings.model_copy(update={"cloud": cloud}))
    order = ImageBatch(target=TARGET.with_model("fake-full"), prompt="a ball", count=3)
    window.images.set_value(order)
    write("a ball")(controls_of(window.images)["image_prompt"])
    window.until(lambda: window.images.line.text().issues)
    (issue,) = window.images.line.text().issues
    assert "Together these 3 pictures cost $0.06" in issue.message
    window.press("image_make")
    window.until(lambda: "would pass the day's cap of $0.05" in window.said)
    assert studio.queue.jobs() == ()


def test_what_speaks_against_it_has_a_button_that_mends_it(window: ImageWindow) -> None:
    window.images.set_value(ImageBatch(target=TARGET, prompt="", resolution="9000p"))
    write("a ball")(controls_of(window.images)["image_prompt"])
    window.until(lambda: window.images.line.text().issues)

    click(controls_of(window.images.line)["fix_0"])

    window.until(lambda: window.images.line.text().line)
    assert "96x64" in window.images.line.text().line


def test_several_images_have_the_seeds_that_follow(window: ImageWindow) -> None:
    window.images.set_value(ImageBatch(target=TARGET, prompt="a ball", seed=7, count=3))

    window.press("image_make")

    window.until(lambda: window.count == 3)
    entries = window.window.studio.history.find(HistoryQuery(kind=WorkKind.IMAGE))
    assert sorted(entry.seed or 0 for entry in entries) == [7, 8, 9]


def test_a_failure_is_said_in_place_and_the_next_one_goes_on(window: ImageWindow) -> None:
    window.make("fail now")
    window.until(lambda: "The fake was told to fail." in window.said)

    window.make_one()

    assert "fail" not in window.said


def test_a_model_that_is_not_there_is_said_in_place(window: ImageWindow) -> None:
    window.make("a ball", model="fake-big")

    window.until(lambda: "Fake Big is not installed." in window.said)
    assert window.window.studio.queue.jobs() == ()


def test_stop_takes_back_what_is_under_way(window: ImageWindow) -> None:
    window.make("hang on")
    window.until(lambda: controls_of(window.images)["image_stop"].isVisible())

    window.press("image_stop")

    window.until(lambda: not window.images.progress.isVisible())
    assert window.count == 0


def test_make_again_gives_the_very_same_image(window: ImageWindow) -> None:
    first = window.make_one(seed=11)

    window.press("picture_again")

    window.until(lambda: window.count == 2)
    window.until(lambda: window.images.gallery.entry != first)
    again = window.images.gallery.entry
    assert again is not None
    assert again.path != first.path
    old, new = read_settings_of(first.path), read_settings_of(again.path)
    assert old is not None
    assert new is not None
    assert request_again(new) == request_again(old)
    assert new.still_frame == old.still_frame


def test_variations_fill_the_form_and_are_ordered_as_one(
    window: ImageWindow, answers: BoxAnswers
) -> None:
    window.make("a ball", seed=11)
    window.until(lambda: window.count == 1)
    window.until(lambda: not window.images.progress.isVisible())
    window.images.set_value(ImageBatch(target=TARGET, prompt="something else"))

    window.press("picture_vary")

    window.until(lambda: window.images.value().prompt == "a ball")
    order = window.images.value()
    assert (order.count, order.seed, order.target) == (4, 12, TARGET.with_model(FULL.id))
    window.until(lambda: window.images.line.text().line.startswith("4 pictures"))
    answers.button = Button.Ok
    window.press("image_make")
    window.until(lambda: window.count == 5)
    entries = window.window.studio.history.find(HistoryQuery(kind=WorkKind.IMAGE))
    batches = [entry.batch for entry in entries]
    assert [batch.number for batch in batches if batch] == [1, 2, 3, 4]
    assert len({batch.id for batch in batches if batch}) == 1
    assert batches[-1] is None, "the first was ordered alone"
    assert len({entry.seed for entry in entries}) == 5


def test_a_picture_of_an_order_made_again_stands_alone(window: ImageWindow) -> None:
    window.images.set_value(ImageBatch(target=TARGET, prompt="a ball", seed=7, count=2))
    window.press("image_make")
    window.until(lambda: window.count == 2)
    window.until(lambda: not window.images.progress.isVisible())

    window.press("picture_again")

    window.until(lambda: window.count == 3)
    newest = window.window.studio.history.find(limit=1)[0]
    assert newest.batch is None


def test_what_is_made_stands_among_the_prompts_of_before(window: ImageWindow) -> None:
    window.make_one("a ball", seed=5)
    window.images.set_value(ImageBatch(target=TARGET, prompt=""))
    window.until(lambda: controls_of(window.images)["prompt_back"].isEnabled())

    window.press("prompt_back")

    assert window.images.value() == ImageBatch(target=TARGET, prompt="a ball")


def test_several_go_to_the_trash_at_once_with_their_stars(
    window: ImageWindow, trash: Path, answers: BoxAnswers
) -> None:
    for seed in (1, 2, 3):
        window.make_one(f"ball {seed}", seed=seed)
    history = window.window.studio.history
    marked = history.mark(history.find(), lambda marks: marks.with_rating(5))
    window.tiles.selectAll()
    answers.button = Button.Yes

    window.press("picture_trash")

    window.until(lambda: window.count == 0)
    assert "3 pictures" in answers.heard[0]
    assert all(not marks_file(entry.path).exists() for entry in marked)
    assert (trash / marks_file(marked[0].path).name).is_file()
    assert history.count() == 0


def test_a_tile_is_dragged_to_the_scene_in_the_other_tab(window: ImageWindow) -> None:
    made = window.make_one()
    window.new("a street")
    choose_scene(window, 0)
    window.show_images()
    model = window.tiles.model()
    mime = model.mimeData([model.index(0, 0)])
    tabs = window.window.tabs
    assert tabs.currentWidget() is window.window.tabs.images

    hover(tabs.tabBar(), mime, tabs.tabBar().tabRect(0).center())

    window.until(lambda: tabs.currentIndex() == 0)
    pages = child(window.tab, QTabWidget, "inspector_pages")
    frames = next(page for page in range(pages.count()) if "Frames" in pages.tabText(page))
    hover(pages.tabBar(), mime, pages.tabBar().tabRect(frames).center())
    window.until(lambda: pages.currentIndex() == frames)
    start, end = window.tab.findChildren(ImageSlot)[:2]
    for slot in (start, end):
        assert drop(slot, mime, slot.rect().center(), moves=False)
    section = child(window.tab, QAbstractButton, "section_references")
    hover(section, mime, section.rect().center())
    window.until(section.isChecked)
    references = child(window.tab, QTabWidget, "reference_tabs")
    listed = child(references.currentWidget(), QListView, "reference_list")
    assert drop(listed.viewport(), mime, QPoint(10, 10))
    window.until(lambda: window.model.project.scenes[0].start_image)
    window.until(lambda: window.model.project.scenes[0].end_image)
    window.until(lambda: window.model.project.references)
    assert made.path.is_file(), "it was copied"


def test_a_tile_that_is_dropped_where_it_was_goes_nowhere(window: ImageWindow) -> None:
    window.make_one()
    model = window.tiles.model()
    mime = model.mimeData([model.index(0, 0)])
    assert not drop(window.tiles.viewport(), mime, QPoint(30, 30))


def test_the_history_makes_an_image_again_as_an_image(window: ImageWindow) -> None:
    entry = window.make_one()
    record = entry.clip_record
    window.window.tabs.setCurrentWidget(window.window.tabs.history)
    window.until(lambda: "again" in controls_of(window.window.tabs.history))
    history = window.window.tabs.history
    window.until(lambda: controls_of(history)["again"].isEnabled())

    click(controls_of(history)["again"])

    window.until(lambda: window.count == 2)
    assert record is not None
    assert [job.kind for job in window.window.studio.queue.jobs()] == ["render", "render"]


def test_a_price_is_asked_for_before_anything_is_queued(
    window: ImageWindow, answers: BoxAnswers
) -> None:
    answers.button = Button.Cancel

    window.make("a ball", model=FULL.id)

    window.until(lambda: answers.heard)
    window.until(lambda: not window.images.progress.isVisible())
    assert [said.strip() for said in answers.heard] == ["This picture costs $0.02."]
    assert window.window.studio.queue.jobs() == ()


def test_a_price_that_is_agreed_to_is_paid(window: ImageWindow, answers: BoxAnswers) -> None:
    answers.button = Button.Ok

    window.make("a ball", model=FULL.id)

    window.until(lambda: window.count == 1)


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    return tmp_path / "share" / "Trash" / "files"


def test_an_image_goes_to_the_trash_with_its_record(
    window: ImageWindow, trash: Path, answers: BoxAnswers
) -> None:
    entry = window.make_one()
    answers.button = Button.Yes

    window.press("picture_trash")

    window.until(lambda: window.count == 0)
    assert len(answers.heard) == 1
    assert entry.path.name in answers.heard[0]
    assert not entry.path.exists()
    assert not entry.path.with_suffix(".json").exists()
    assert (trash / entry.path.name).is_file()
    assert window.window.studio.history.count() == 0
    assert window.images.details.entry is None


def test_an_image_stays_when_a_person_says_no(
    window: ImageWindow, trash: Path, answers: BoxAnswers
) -> None:
    entry = window.make_one()
    answers.button = Button.No

    window.press("picture_trash")

    window.until(lambda: answers.heard)
    assert entry.path.is_file()
    assert window.count == 1


def test_the_gallery_has_what_was_made_before(tmp_path: Path, qtbot: QtBot) -> None:
    paths = Paths.below(tmp_path / "home")
    with_history = Studio([ENTRY], paths=paths)
    add_still(with_history.history, tmp_path, "an old ball", seed=1)
    with_history.close()

    window = ImageWindow(tmp_path / "home", qtbot)

    window.until(lambda: window.count == 1)
    window.close()
