"""The tab of the history: found, shown in full, played, removed and read page by page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QFileDialog,
    QLabel,
    QListView,
    QTableView,
    QWidget,
)

from core.film.model.delivery import ExportOrder, ExportSettings
from core.film.model.film import Clip, Film
from core.history.history import History
from core.history.history_entry import HistoryEntry, WorkKind
from core.platform.paths import Paths
from core.studio import Studio
from core.video.request import RenderRequest, Sampling
from core.video.terms import Target
from gui.background import Background
from gui.history.history_facts import facts_of
from gui.history.history_filter_bar import HistoryFilterBar
from gui.history.history_model import PAGE
from gui.history.history_tab import HistoryTab
from tests.fakes.provider import ENTRY
from tests.fakes.stills import as_image
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.history.test_history_filter_bar import choose_days
from tests.gui.operating import choose, choose_index, click, step_up, write
from tests.gui.small_images import SmallImages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio that has made a clip, a still and a film, and remembers a film that is gone."""
    studio = Studio([ENTRY], paths=Paths.below(tmp_path_factory.mktemp("home")))
    target = Target(provider="fake", deployment="local", model="fake-small")
    request = RenderRequest(target=target, prompt="a red ball", sampling=Sampling(seed=5))
    clip = studio.queue.run_job(studio.submit_render(studio.plan(request)))
    studio.queue.run_job(studio.submit_render(studio.plan(as_image(request))))
    assert clip.event == "succeeded"
    order = ExportOrder(
        film=Film(clips=(Clip(path=clip.path),), title="Spring"),
        settings=ExportSettings(),
        path=clip.path.with_name("film.mp4"),
    )
    studio.queue.run_job(studio.submit_export(studio.plan_export(order)))
    studio.history.add(
        HistoryEntry(
            path=clip.path.with_name("gone.mp4"),
            kind=WorkKind.CLIP,
            created_at=NOON,
            prompt="an old cube",
            model="LTX Mini",
            loras=("grain.safetensors",),
            tags=("kept",),
        )
    )
    yield studio
    studio.close()


class Desk:
    """A tab with what it needs, and all that it tells."""

    def __init__(self, history: History, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.history = history
        self.background = Background()
        self.images = SmallImages()
        self.heard: list[tuple[str, object]] = []
        # Qt's stubs know a signal of an instance only as one of its class.
        images = self.images
        self.tab = HistoryTab(history, self.background, images)
        qtbot.addWidget(self.tab, before_close_func=lambda _: self.background.close())
        for name in ("play", "show_file", "again", "edit"):
            getattr(self.tab.details, name).wanted.connect(
                lambda messages, name=name: self.heard.append((name, messages))
            )
        self.tab.resize(1240, 640)
        self.tab.show()

    def begin(self) -> Desk:
        self.tab.begin()
        self.settle()
        return self

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: self.background.is_idle, timeout=5000)

    @property
    def table(self) -> QTableView:
        table = controls_of(self.tab)["table"]
        assert isinstance(table, QTableView)
        return table

    @property
    def shown(self) -> list[str]:
        model = self.tab.model
        return [str(model.index(row, 0).data()) for row in range(model.rowCount())]

    @property
    def words(self) -> str:
        self.qtbot.wait(1)
        labels = self.tab.findChildren(QLabel)
        return "\n".join(label.text() for label in labels if label.isVisibleTo(self.tab))

    def choose(self, title: str) -> None:
        self.table.selectRow(self.shown.index(title))

    def click(self, name: str) -> None:
        click(controls_of(self.tab)[name])
        self.settle()

    def look_for(self, text: str) -> None:
        write(text)(controls_of(self.tab)["search"])
        self.settle()


def add_folder(folder: Path) -> Callable[[QWidget], None]:
    def act(button: QWidget) -> None:
        click(button)
        dialog = child(button.window(), QFileDialog)
        dialog.fileSelected.emit(str(folder))
        dialog.close()

    return act


@pytest.fixture
def controller(studio: Studio, qtbot: QtBot) -> Desk:
    return Desk(studio.history, qtbot).begin()


def test_every_control_has_its_effect(studio: Studio, qtbot: QtBot, tmp_path: Path) -> None:
    controllers: dict[QWidget, Desk] = {}

    def make() -> HistoryTab:
        controller = Desk(studio.history, qtbot).begin()
        choose("Between two days")(controls_of(controller.tab)["span"])
        choose_days(controller.tab, date(2020, 1, 1), date(2040, 1, 1))
        controller.settle()
        controller.choose("a red ball")
        controllers[controller.tab] = controller
        return controller.tab

    def messages(tab: HistoryTab) -> object:
        controllers[tab].settle()
        return list(controllers[tab].heard)

    def chosen(tab: HistoryTab) -> object:
        return tab.details.entry

    def looked_for(tab: HistoryTab) -> object:
        return child(tab, HistoryFilterBar).value()

    def view(tab: HistoryTab) -> object:
        return [controls_of(tab)[name].isVisible() for name in ("table", "tiles")]

    def words(tab: HistoryTab) -> object:
        controllers[tab].settle()
        return controllers[tab].words

    def copied(_: HistoryTab) -> object:
        return QGuiApplication.clipboard().text()

    def there_and_back(button: QWidget) -> None:
        click(controls_of(button.window())["as_tiles"])
        views.append(view_of(button))
        click(button)
        views.append(view_of(button))

    def view_of(button: QWidget) -> bool:
        return controls_of(button.window())["table"].isVisible()

    def move_down(list_view: QWidget) -> None:
        list_view.setFocus()
        QTest.keyClick(list_view, Qt.Key.Key_Down)

    def move_in_tiles(list_view: QWidget) -> None:
        click(controls_of(list_view.window())["as_tiles"])
        QTest.keyClick(list_view, Qt.Key.Key_Right)

    views: list[bool] = []
    before = studio.history.find()
    QGuiApplication.clipboard().setText("other")
    check_every_control(
        make,
        [
            ControlCase("search", write("ball"), looked_for),
            ControlCase("kind", choose("Films"), looked_for),
            ControlCase("model", choose("Fake Small"), looked_for),
            ControlCase("lora", choose("grain.safetensors"), looked_for),
            ControlCase("tag", choose("kept"), looked_for),
            ControlCase("rating", choose_index(3), looked_for),
            ControlCase("favourites", click, looked_for),
            ControlCase("seed", write("5"), looked_for),
            ControlCase("span", choose("Today"), looked_for),
            ControlCase("first", step_up, looked_for),
            ControlCase("last", step_up, looked_for),
            ControlCase("clear", click, looked_for),
            ControlCase("table", move_down, chosen),
            ControlCase("tiles", move_in_tiles, chosen),
            ControlCase("as_tiles", click, view),
            ControlCase("as_table", there_and_back, lambda _: tuple(views)),
            ControlCase("read_folder", add_folder(tmp_path), words),
            ControlCase("play", click, messages),
            ControlCase("show_file", click, messages),
            ControlCase("copy", click, copied),
            ControlCase("again", click, messages),
            ControlCase("edit", click, messages),
            ControlCase("remove", click, lambda tab: (messages(tab), studio.history.count())),
        ],
    )
    assert views == [False, True]
    for entry in before:
        studio.history.add(entry)


def test_newest_is_first_and_shown_in_full(controller: Desk) -> None:
    assert controller.shown == ["Spring", "a red ball", "a red ball", "an old cube"]
    assert "4 entries" in controller.words
    assert controller.tab.details.entry is not None
    assert controller.tab.details.entry.title == "Spring"
    controller.choose("a red ball")
    assert "Seed\n5\n" in controller.words


def test_search_waits_for_a_pause_in_typing(controller: Desk, qtbot: QtBot) -> None:
    messages: list[object] = []
    child(controller.tab, HistoryFilterBar).changed.connect(messages.append)
    search = controls_of(controller.tab)["search"]
    QTest.keyClicks(search, "cube")
    assert messages == []
    qtbot.waitUntil(lambda: len(messages) == 1)
    controller.settle()
    assert controller.shown == ["an old cube"]


def test_filter_bar_finds_by_kind_model_and_time(controller: Desk) -> None:
    controls = controls_of(controller.tab)
    choose("Films")(controls["kind"])
    controller.settle()
    assert controller.shown == ["Spring"]
    controller.click("clear")
    choose("LTX Mini")(controls["model"])
    controller.settle()
    assert controller.shown == ["an old cube"]
    controller.click("clear")
    choose("Today")(controls["span"])
    controller.settle()
    assert "an old cube" not in controller.shown
    assert len(controller.shown) == 3


def test_what_is_empty_says_so(controller: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    controller.look_for("nothing like it")
    assert "Nothing fits" in controller.words
    assert "0 entries" in controller.words
    assert "Choose something" in controller.words
    assert not controls_of(controller.tab)["again"].isEnabled()
    fresh = Desk(History(tmp_path / "history.sqlite"), qtbot).begin()
    assert "Nothing was made yet" in fresh.words


def test_signals_carry_what_makes_it_again(controller: Desk) -> None:
    controller.choose("Spring")
    controller.click("again")
    assert not controls_of(controller.tab)["edit"].isEnabled()
    controller.choose("a red ball")
    still = controller.tab.details.entry
    assert still is not None
    for name in ("again", "edit", "play", "show_file"):
        controller.click(name)
    (_, order), (_, again), (_, edit), (_, played), (_, file) = controller.heard
    assert isinstance(order, ExportOrder)
    assert again == edit == still.clip_record
    assert still.clip_record is not None
    assert still.clip_record.is_image
    assert played == still.path
    assert file == still.path


def test_enter_plays_what_is_chosen_and_nothing_that_is_missing(controller: Desk) -> None:
    controller.choose("a red ball")
    QTest.keyClick(controller.table, Qt.Key.Key_Return)
    assert [name for name, _ in controller.heard] == ["play"]
    controller.choose("an old cube")
    QTest.keyClick(controller.table, Qt.Key.Key_Return)
    assert len(controller.heard) == 1


def test_missing_file_is_grey_and_can_neither_be_played_nor_shown(controller: Desk) -> None:
    controller.choose("an old cube")
    controls = controls_of(controller.tab)
    assert "not there any more" in controller.words
    assert not controls["play"].isEnabled()
    assert not controls["show_file"].isEnabled()
    assert not controls["again"].isEnabled()
    assert controls["copy"].isEnabled()
    assert controls["remove"].isEnabled()
    index = controller.tab.model.index(3, 1)
    grey = index.data(Qt.ItemDataRole.ForegroundRole)
    assert grey is not None
    assert controller.tab.model.index(0, 1).data(Qt.ItemDataRole.ForegroundRole) is None
    assert "Not there any more" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert controller.tab.details.entry is not None
    assert controller.tab.details.entry.path not in controller.images.asked


def test_removing_leaves_the_file_and_chooses_the_next(tmp_path: Path, qtbot: QtBot) -> None:
    history = History(tmp_path / "history.sqlite")
    for number in range(3):
        (tmp_path / f"{number}.mp4").write_bytes(b"")
        history.add(made(number, tmp_path))
    controller = Desk(history, qtbot).begin()
    controller.choose("clip 1")
    controller.click("remove")
    assert controller.shown == ["clip 2", "clip 0"]
    assert controller.tab.details.entry is not None
    assert controller.tab.details.entry.prompt == "clip 0"
    assert (tmp_path / "1.mp4").is_file()
    assert history.count() == 2
    controller.click("remove")
    controller.click("remove")
    assert "Nothing was made yet" in controller.words


def made(number: int, folder: Path = Path("/made")) -> HistoryEntry:
    return HistoryEntry(
        path=folder / f"{number}.mp4",
        kind=WorkKind.CLIP,
        created_at=NOON + timedelta(minutes=number),
        prompt=f"clip {number}",
        model="LTX Mini",
    )


def test_what_is_made_meanwhile_comes_on_top_and_the_choice_stays(
    tmp_path: Path, qtbot: QtBot
) -> None:
    history = History(tmp_path / "history.sqlite")
    for number in range(5):
        history.add(made(number))
    controller = Desk(history, qtbot).begin()
    controller.choose("clip 3")
    for number in (5, 6):
        history.add(made(number))
    controller.tab.reload()
    controller.settle()
    assert controller.shown == [f"clip {number}" for number in (6, 5, 4, 3, 2, 1, 0)]
    assert controller.tab.details.entry is not None
    assert controller.tab.details.entry.prompt == "clip 3"
    history.remove(history.find()[-1].id)
    controller.tab.reload()
    controller.settle()
    assert controller.shown[-1] == "clip 1"


@pytest.fixture
def long_history(tmp_path: Path) -> History:
    history = History(tmp_path / "history.sqlite")
    history.add(*(made(number) for number in range(10_000)))
    return history


def test_ten_thousand_entries_are_read_page_by_page_without_a_stall(
    long_history: History, qtbot: QtBot, request: pytest.FixtureRequest
) -> None:
    controller = Desk(long_history, qtbot)
    qtbot.waitExposed(controller.tab)
    request.getfixturevalue("responsive")
    controller.begin()
    assert "10,000 entries" in controller.words
    assert controller.tab.model.rowCount() == PAGE
    for _ in range(5):
        controller.table.scrollToBottom()
        qtbot.wait(20)
        controller.settle()
    assert PAGE < controller.tab.model.rowCount() <= 6 * PAGE
    for row in range(0, controller.tab.model.rowCount(), 50):
        assert controller.tab.model.index(row, 0).data() == f"clip {9_999 - row}"
    controller.look_for("clip 77")
    assert controller.shown[-1] == "clip 77"
    assert "111 entries" in controller.words


def test_only_rows_on_the_screen_ask_for_images(tmp_path: Path, qtbot: QtBot) -> None:
    history = History(tmp_path / "history.sqlite")
    for number in range(100):
        (tmp_path / f"{number}.mp4").write_bytes(b"")
    history.add(*(made(number, tmp_path) for number in range(100)))
    controller = Desk(history, qtbot).begin()
    controller.tab.grab()
    assert 5 < len(controller.images.asked) < 20


def test_image_that_arrives_later_is_shown(controller: Desk, qtbot: QtBot) -> None:
    controller.images.knows = False
    controller.choose("a red ball")
    controller.tab.grab()
    entry = controller.tab.details.entry
    assert entry is not None
    before = controller.tab.grab().toImage()
    controller.images.arrive(entry.path)
    assert different(before, controller.tab.grab().toImage())


def different(one: QImage, other: QImage) -> bool:
    return one != other


def test_damaged_history_is_told_and_filled_again(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "history.sqlite"
    path.write_bytes(b"no database" * 100)
    controller = Desk(History(path, [studio.paths.output_dir]), qtbot).begin()
    qtbot.waitUntil(lambda: len(controller.shown) == 3)
    assert "damaged" in controller.words
    assert "no file is touched" in controller.words


def test_history_that_cannot_be_opened_is_a_sentence(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "state").write_bytes(b"")
    controller = Desk(History(tmp_path / "state" / "history.sqlite"), qtbot).begin()
    assert "Make it writable" in controller.words


def test_folder_is_read_and_what_was_found_is_told(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    controller = Desk(History(tmp_path / "history.sqlite"), qtbot).begin()
    assert controller.shown == []
    add_folder(studio.paths.output_dir)(controls_of(controller.tab)["read_folder"])
    controller.settle()
    assert len(controller.shown) == 3
    assert "3 new files were found" in controller.words
    assert controls_of(controller.tab)["read_folder"].isEnabled()


def test_prompt_that_looks_like_mark_up_is_shown_as_typed(tmp_path: Path, qtbot: QtBot) -> None:
    history = History(tmp_path / "history.sqlite")
    history.add(made(1).model_copy(update={"prompt": "<b>bold</b> & <img src=x>"}))
    controller = Desk(history, qtbot).begin()
    formats = {
        label.textFormat() for label in controller.tab.findChildren(QLabel) if "<b>" in label.text()
    }
    assert formats == {Qt.TextFormat.PlainText}


def test_facts_tell_every_setting_of_a_clip_and_of_a_film(studio: Studio) -> None:
    entries = {entry.kind: entry for entry in studio.history.find() if entry.record}
    clip = dict(facts_of(entries[WorkKind.CLIP]))
    assert clip["Frames"] == "9 at 8 per second"
    assert (clip["Steps"], clip["Guidance"], clip["Cost"]) == ("4", "3", "free")
    assert clip["Made by"] == "fake/local/fake-small"
    assert "Start frame" not in clip
    still = dict(facts_of(entries[WorkKind.IMAGE]))
    assert "Frames" not in still
    assert "Length" not in still
    film = dict(facts_of(entries[WorkKind.FILM]))
    assert film["File kind"] == "MP4, H264, AAC"
    assert film["Clips"] == "1"
    from core.history.history_index import entry_of

    found = entry_of(entries[WorkKind.FILM].path)
    assert found is not None
    again = dict(facts_of(found))
    assert again["Clips"] == "1"
    assert again["Program"].startswith("ImageAI")


def test_facts_of_a_record_that_cannot_be_read_are_what_the_list_knows() -> None:
    names = [name for name, _ in facts_of(made(1).model_copy(update={"record": "{"}))]
    assert names == ["Kind", "Made", "Folder"]


def test_days_are_asked_for_only_where_they_count(controller: Desk) -> None:
    controls = controls_of(controller.tab)
    assert not controls["first"].isVisible()
    choose_index(4)(controls["span"])
    assert controls["first"].isVisible()
    assert controls["last"].isVisible()


def test_wheel_over_a_box_that_nobody_entered_changes_nothing(controller: Desk) -> None:
    controls_of(controller.tab)["search"].setFocus()
    before = child(controller.tab, HistoryFilterBar).value()
    for name in ("kind", "model", "span"):
        box = controls_of(controller.tab)[name]
        assert isinstance(box, (QComboBox, QDateEdit))
        place = QPoint(5, 5)
        turn = QWheelEvent(
            place,
            box.mapToGlobal(place),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QGuiApplication.sendEvent(box, turn)
    assert child(controller.tab, HistoryFilterBar).value() == before


def test_rows_have_no_children_and_speak_to_a_screen_reader(controller: Desk) -> None:
    model = controller.tab.model
    index = model.index(1, 0)
    assert model.rowCount(index) == 0
    assert model.entry(QModelIndex()) is None
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("Picture, a red ball, Fake Small, ")
    tiles = controls_of(controller.tab)["tiles"]
    assert isinstance(tiles, QListView)
    assert tiles.accessibleName()
