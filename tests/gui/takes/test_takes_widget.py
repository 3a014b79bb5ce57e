from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import QItemSelectionModel, QObject, QPoint, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QInputDialog,
    QLabel,
    QListView,
    QWidget,
)

from core.platform.paths import Paths
from core.project.model.edits import delete_scenes
from core.project.model.project import RenderChoices, SceneTakes, VideoProject
from core.studio import Studio
from core.video.request import RenderRequest
from core.video.terms import Target
from gui.background import Background
from gui.project.project_model import ProjectModel
from gui.scenes.scene_states import SceneStates
from gui.takes.compare_dialog import CompareDialog
from gui.takes.takes_controller import TakesController
from gui.takes.takes_delegate import IMAGE
from gui.takes.takes_widget import TakesWidget
from gui.theme import Appearance, apply
from gui.widgets.cells import ICON, PAD
from tests.fakes.provider import ENTRY
from tests.fakes.records import record_of
from tests.fakes.scenes import make_project, make_take
from tests.gui.children import carried, child
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.operating import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtCore import QRect
    from PySide6.QtGui import QImage
    from pytestqt.qtbot import QtBot

    from core.project.model.project import Take
    from gui.widgets.thumbnails import Thumbnails

IN_IMAGE = QPoint(PAD + IMAGE.width() // 2, PAD + IMAGE.height() // 2)
TARGET = Target(provider="fake", deployment="local", model="fake-small")
FOLDER = Path("/projects/harbour")
_Flag = QItemSelectionModel.SelectionFlag
_Left = Qt.MouseButton.LeftButton


@pytest.fixture
def make(qtbot: QtBot, thumbnails: Thumbnails) -> Callable[..., Shown]:
    def make_one(project: VideoProject | None = None, *, is_read_only: bool = False) -> Shown:
        shown = project or make_project(takes=3)
        model = ProjectModel(shown, FOLDER, is_read_only=is_read_only)
        widget = TakesWidget(model, thumbnails)
        qtbot.addWidget(widget)
        widget.resize(480, 170)
        widget.show()
        widget.activateWindow()
        widget.show_scene("s1")
        strip = child(widget, QListView)
        if strip.isVisible():
            strip.setFocus()
            qtbot.waitUntil(strip.hasFocus)
        return Shown(model, widget, qtbot)

    return make_one


class Shown:
    def __init__(self, model: ProjectModel, widget: TakesWidget, qtbot: QtBot) -> None:
        self.model = model
        self.widget = widget
        self.strip = child(widget, QListView)
        self.qtbot = qtbot
        self.played: list[Take] = []
        self.looked_at: list[Take] = []
        widget.show_wanted.connect(self.looked_at.append)
        widget.play_wanted.connect(self.played.append)

    @property
    def chosen(self) -> str | None:
        return self.model.project.takes_of("s1").chosen

    @property
    def names(self) -> list[str]:
        model = self.strip.model()
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    def tip(self, row: int) -> str:
        return self.strip.model().index(row, 0).data(Qt.ItemDataRole.ToolTipRole)

    def select(self, *rows: int) -> None:
        self.strip.clearSelection()
        for row in rows:
            index = self.strip.model().index(row, 0)
            self.strip.selectionModel().setCurrentIndex(index, _Flag.Select)

    def click(self, row: int, *, twice: bool = False) -> None:
        index = self.strip.model().index(row, 0)
        self.strip.scrollTo(index)
        place = self.strip.visualRect(index).center()
        viewport = self.strip.viewport()
        self.qtbot.mouseClick(viewport, _Left, pos=place)
        if twice:
            self.qtbot.mouseDClick(viewport, _Left, pos=place)

    def button(self, name: str) -> QWidget:
        return controls_of(self.widget)[name]

    def is_enabled(self, name: str) -> bool:
        return self.button(name).isEnabled()


def test_takes_stand_in_a_row_newest_last_with_the_chosen_one_selected(
    make: Callable[..., Shown],
) -> None:
    shown = make()
    assert shown.names == ["Take 1", "Take 2", "Take 3"]
    assert [take.id for take in shown.widget.selected] == ["s1-take3"]
    assert "It is the one in the film." in shown.tip(2)
    assert "It is the one in the film." not in shown.tip(0)


def test_click_shows_and_double_click_chooses(make: Callable[..., Shown]) -> None:
    shown = make()
    shown.click(0)
    assert [take.id for take in shown.looked_at] == ["s1-take1"]
    assert shown.played == []
    assert shown.chosen == "s1-take3"
    shown.click(1, twice=True)
    assert shown.chosen == "s1-take2"
    shown.model.undo_stack.undo()
    assert shown.chosen == "s1-take3"


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_chooses_and_space_plays(make: Callable[..., Shown], key: Qt.Key) -> None:
    shown = make()
    shown.qtbot.keyClick(shown.strip, Qt.Key.Key_Left)
    shown.qtbot.keyClick(shown.strip, Qt.Key.Key_Space)
    assert [take.id for take in shown.played] == ["s1-take2"]
    shown.qtbot.keyClick(shown.strip, key)
    assert shown.chosen == "s1-take2"


def test_new_take_comes_last_and_is_selected(make: Callable[..., Shown]) -> None:
    shown = make()
    shown.select(0)
    shown.model.add_take("s1", make_take("new"))
    assert shown.names == ["Take 1", "Take 2", "Take 3", "Take 4"]
    assert [take.id for take in shown.widget.selected] == ["new"]


def test_take_of_another_scene_leaves_the_selection(make: Callable[..., Shown]) -> None:
    shown = make()
    shown.select(0)
    shown.model.add_take("s2", make_take("new"))
    assert [take.id for take in shown.widget.selected] == ["s1-take1"]


def test_takes_of_another_request_are_out_of_date(make: Callable[..., Shown]) -> None:
    takes = SceneTakes().with_take(make_take("a", fingerprint="x"))
    project = make_project().with_takes("s1", takes.with_take(make_take("b", fingerprint="y")))
    shown = make(project)
    messages = "The scene was changed after it was made."
    assert messages not in shown.tip(0) + shown.tip(1)
    shown.widget.set_fingerprints({"s1": "y"})
    assert messages in shown.tip(0)
    assert messages not in shown.tip(1)


@pytest.mark.parametrize(
    ("scene", "words"),
    [("", "Choose one scene to see its takes."), ("s1", "No clip yet. Render the scene.")],
)
def test_empty_strip_says_why(make: Callable[..., Shown], scene: str, words: str) -> None:
    shown = make(make_project())
    shown.widget.show_scene(scene)
    assert not shown.strip.isVisible()
    texts = [label.property("text") for label in shown.widget.findChildren(QWidget)]
    assert words in texts
    buttons = shown.widget.findChildren(QAbstractButton)
    assert not any(button.isEnabled() for button in buttons)


def test_scene_that_is_deleted_takes_its_takes_along(make: Callable[..., Shown]) -> None:
    shown = make()
    shown.model.edit("Delete", delete_scenes(shown.model.project, {"s1"}))
    assert shown.names == []
    shown.model.undo_stack.undo()
    assert shown.names == ["Take 1", "Take 2", "Take 3"]


def test_buttons_are_there_for_what_is_selected(make: Callable[..., Shown]) -> None:
    shown = make()
    assert not shown.is_enabled("take_use"), "it is the one in the film"
    assert not shown.is_enabled("take_compare")
    shown.select(0)
    assert shown.is_enabled("take_use")
    assert shown.is_enabled("take_compare")
    shown.select(0, 1)
    assert shown.is_enabled("take_compare")
    assert not shown.is_enabled("take_use")
    shown.select(0, 1, 2)
    assert not shown.is_enabled("take_compare")


def test_read_only_project_plays_and_compares_but_chooses_nothing(
    make: Callable[..., Shown],
) -> None:
    shown = make(is_read_only=True)
    shown.select(0)
    for name in ("take_use", "take_seed", "take_settings"):
        assert not shown.is_enabled(name)
    for name in ("take_play", "take_compare", "take_copy", "take_file"):
        assert shown.is_enabled(name)
    shown.qtbot.keyClick(shown.strip, Qt.Key.Key_Return)
    assert shown.chosen == "s1-take3"


class Desktop(QObject):
    """Takes the place of the desktop's file manager."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[Path] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(Path(url.toLocalFile()))


@pytest.fixture
def desktop(qtbot: QtBot) -> Iterator[Desktop]:
    desktop = Desktop()
    QDesktopServices.setUrlHandler(
        "file",
        desktop,
        "open",  # pyright: ignore[reportArgumentType] - it takes a str, whatever the stubs say
    )
    yield desktop
    QDesktopServices.unsetUrlHandler("file")


def test_every_control_has_its_effect(make: Callable[..., Shown], desktop: Desktop) -> None:
    made: list[Shown] = []
    requests: list[Take] = []

    def fresh() -> TakesWidget:
        shown = make()
        shown.select(0)
        shown.widget.settings_wanted.connect(requests.append)
        made.append(shown)
        QGuiApplication.clipboard().clear()
        return shown.widget

    def seed(_: TakesWidget) -> object:
        return made[-1].model.project.scenes[0].own.sampling.seed

    def dialogs(widget: TakesWidget) -> int:
        found = widget.findChildren(CompareDialog)
        for dialog in found:
            dialog.reject()
        return len(found)

    def inputs(widget: TakesWidget) -> int:
        found = widget.findChildren(QInputDialog)
        for dialog in found:
            dialog.reject()
        return len(found)

    def choose_first(strip: QWidget) -> None:
        made[-1].qtbot.keyClick(strip, Qt.Key.Key_Return)

    def asked(_: TakesWidget) -> int:
        return len(requests)

    check_every_control(
        fresh,
        [
            ControlCase("take_strip", choose_first, lambda _: made[-1].chosen),
            ControlCase("take_use", click, lambda _: made[-1].chosen),
            ControlCase("take_play", click, lambda _: len(made[-1].played)),
            ControlCase("take_compare", click, dialogs),
            ControlCase("take_star", click, lambda _: made[-1].names),
            ControlCase("take_rename", click, inputs),
            ControlCase("take_delete", click, lambda _: made[-1].names),
            ControlCase("take_seed", click, seed),
            ControlCase("take_settings", click, asked),
            ControlCase("take_copy", click, lambda _: QGuiApplication.clipboard().text()),
            ControlCase("take_file", click, lambda _: len(desktop.opened)),
        ],
    )
    assert all(take.id == "s1-take1" for take in requests)
    assert set(desktop.opened) == {made[0].model.project.takes_of("s1").takes[0].path.parent}


def test_menu_has_what_the_buttons_have(make: Callable[..., Shown]) -> None:
    shown = make()
    shown.select(0)
    actions = shown.strip.actions()
    assert len(actions) == 10
    assert all(action.text() and action.isEnabled() for action in actions)
    next(action for action in actions if action.text() == "Use in film").trigger()
    assert shown.chosen == "s1-take1"


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK])
def test_strip_is_drawn_with_images_marks_and_missing_files(
    make: Callable[..., Shown],
    thumbnails: Thumbnails,
    tmp_path: Path,
    appearance: Appearance,
    qapp: QApplication,
) -> None:
    apply(qapp, appearance)
    image = tmp_path / "t.png"
    Image.new("RGB", (160, 90), "#00ff00").save(image)
    takes = SceneTakes().with_take(make_take("gone", tmp_path / "gone.mp4", fingerprint="x"))
    takes = takes.with_take(make_take("there", image, fingerprint="x"))
    shown = make(make_project().with_takes("s1", takes))
    shown.widget.set_fingerprints({"s1": "y"})

    def is_drawn() -> bool:
        shown.widget.grab()
        image = shown.strip.viewport().grab().toImage()
        index = shown.strip.model().index(1, 0)
        middle = shown.strip.visualRect(index).topLeft() + IN_IMAGE
        return image.pixelColor(middle).name() == "#00ff00"

    shown.qtbot.waitUntil(is_drawn)
    shown.qtbot.waitUntil(lambda: thumbnails.is_idle)


def test_missing_file_is_greyed_and_says_why_until_it_is_back(
    make: Callable[..., Shown], thumbnails: Thumbnails, tmp_path: Path
) -> None:
    path = tmp_path / "gone.png"
    takes = SceneTakes().with_take(make_take("a", path))
    shown = make(make_project().with_takes("s1", takes))

    def tile() -> QImage:
        return shown.strip.viewport().grab(shown.strip.visualRect(first)).toImage()

    first = shown.strip.model().index(0, 0)
    shown.widget.grab()
    shown.qtbot.waitUntil(lambda: "gone.png" in shown.tip(0).splitlines()[-1])
    shown.widget.show_scene("s2")
    shown.widget.show_scene("s1")
    assert "gone.png" in shown.tip(0).splitlines()[-1], "it is known of a scene shown before"
    missing = tile()
    Image.new("RGB", (160, 90), "#00ff00").save(path)
    thumbnails.forget(path)
    shown.widget.grab()
    shown.qtbot.waitUntil(lambda: "gone.png" not in shown.tip(0).splitlines()[-1])
    assert tile() != missing
    assert tile().pixelColor(IN_IMAGE).name() == "#00ff00"


def test_marks_are_words_and_change_nothing_else(make: Callable[..., Shown]) -> None:
    takes = SceneTakes().with_take(make_take("a", fingerprint="x"))
    shown = make(make_project().with_takes("s1", takes))
    shown.strip.clearSelection()
    index = shown.strip.model().index(0, 0)
    place = shown.strip.visualRect(index)
    # Only the words, without the icons before them.
    first = place.adjusted(PAD + IMAGE.width() + PAD + ICON, 0, 0, 0)
    first.setHeight(PAD + ICON)
    second = first.translated(0, ICON + PAD)

    def seen(rect: QRect) -> QImage:
        return shown.strip.viewport().grab(rect).toImage()

    in_film, nothing = seen(first), seen(second)
    shown.widget.set_fingerprints({"s1": "y"})
    assert seen(first) == in_film
    assert seen(second) != nothing


@pytest.fixture
def controller(make: Callable[..., Shown], tmp_path: Path, qtbot: QtBot) -> Iterator[Desk]:
    studio = Studio([ENTRY], paths=Paths.below(tmp_path / "home"))
    background = Background()
    take = make_take("t", tmp_path / "take.mp4", fingerprint="of another scene")
    project = make_project().with_takes("s1", SceneTakes().with_take(take))
    project = project.model_copy(update={"render": RenderChoices(target=TARGET)})
    shown = make(project)
    states = SceneStates(studio, shown.model, background, shown.widget)
    controller = TakesController(shown.model, shown.widget, background, shown.widget)
    states.changed.connect(lambda: shown.widget.set_fingerprints(states.fingerprints))
    yield Desk(shown, controller, take)
    background.close()
    studio.close()


@dataclass(frozen=True)
class Desk:
    shown: Shown
    controller: TakesController
    take: Take


def test_settings_of_a_take_come_back_from_its_file(controller: Desk, qtbot: QtBot) -> None:
    record = record_of(RenderRequest(target=TARGET, prompt="A red boat."))
    controller.take.path.with_suffix(".json").write_text(record.model_dump_json(), encoding="utf-8")
    click(controller.shown.button("take_settings"))
    model = controller.shown.model
    qtbot.waitUntil(lambda: model.project.scenes[0].prompt == "A red boat.")
    assert model.project.scenes[0].own.sampling.seed == record.seed
    assert model.undo_stack.undoText() == "Set up scene 1 as its take was"


def test_take_that_says_nothing_is_told(controller: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(controller.controller.failed) as failed:
        click(controller.shown.button("take_settings"))
    assert "'take.mp4' does not say how it was made" in str(carried(failed))
    assert not controller.shown.model.undo_stack.canUndo()


def test_take_is_marked_when_the_scene_is_known_to_ask_for_something_else(
    controller: Desk, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: "changed after it was made" in controller.shown.tip(0))


def with_clips(folder: Path, *, takes: int = 3) -> VideoProject:
    """A project whose takes have files."""
    folder.mkdir()
    project = make_project(takes=takes)
    clips = tuple(
        take.model_copy(update={"path": folder / f"take-{number}.mp4"})
        for number, take in enumerate(project.takes_of("s1").takes)
    )
    for number, take in enumerate(clips):
        take.path.write_bytes(b"clip %d" % number)
    held = project.takes_of("s1").model_copy(update={"takes": clips})
    return project.with_takes("s1", held)


def test_a_take_is_starred_and_named_and_both_can_be_undone(make: Callable[..., Shown]) -> None:
    shown = make()
    shown.select(1)
    click(shown.button("take_star"))
    assert shown.names[1] == "★ Take 2"
    QTest.keyClick(shown.strip, Qt.Key.Key_F2)
    dialog = child(shown.widget, QInputDialog)
    dialog.setTextValue("the  calm one")
    dialog.accept()
    assert shown.names[1] == "★ 2 · the calm one"
    undo = shown.model.undo_stack
    assert undo.undoText() == "Name take 2 of scene 1"
    undo.undo()
    assert undo.undoText() == "Star take 2 of scene 1"
    undo.undo()
    assert shown.names[1] == "Take 2"


def test_a_deleted_take_goes_to_the_trash_and_comes_back_whole(
    make: Callable[..., Shown], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    project = with_clips(tmp_path / "clips")
    shown = make(project)
    paths = [take.path for take in project.takes_of("s1").takes]
    shown.select(0)
    QTest.keyClick(shown.strip, Qt.Key.Key_Delete)

    assert [path.exists() for path in paths] == [False, True, True]
    assert len(shown.names) == 2
    assert shown.model.undo_stack.undoText() == "Delete take 1"
    shown.model.undo_stack.undo()
    assert paths[0].read_bytes() == b"clip 0"
    assert shown.model.project.takes_of("s1") == project.takes_of("s1")
    shown.model.undo_stack.redo()
    assert not paths[0].exists()


def test_the_newest_take_that_is_left_takes_the_place_of_the_deleted_one(
    make: Callable[..., Shown], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    project = with_clips(tmp_path / "clips")
    shown = make(project)
    ids = [take.id for take in project.takes_of("s1").takes]
    shown.model.choose_take("s1", ids[2])
    shown.select(2)
    click(shown.button("take_delete"))
    assert shown.chosen == ids[1]
    shown.model.undo_stack.undo()
    assert shown.chosen == ids[2]


def test_a_clip_that_another_scene_uses_stays_on_disk(
    make: Callable[..., Shown], tmp_path: Path
) -> None:
    project = with_clips(tmp_path / "clips")
    shown = make(project.with_takes("copy", project.takes_of("s1")))
    shown.select(0)
    click(shown.button("take_delete"))
    assert len(shown.names) == 2
    assert project.takes_of("s1").takes[0].path.exists()


def test_a_take_that_was_chosen_by_hand_stays_when_a_newer_one_arrives(
    make: Callable[..., Shown],
) -> None:
    shown = make()
    first = shown.model.project.takes_of("s1").takes[0]
    shown.model.choose_take("s1", first.id)
    newest = first.model_copy(update={"id": "newest"})
    shown.model.add_take("s1", newest)

    assert shown.chosen == first.id
    said = [label.text() for label in shown.widget.findChildren(QLabel) if label.isVisible()]
    assert "Take 4 is newer. The film keeps the one that you chose." in said

    shown.model.choose_take("s1", "newest")
    shown.model.add_take("s1", first.model_copy(update={"id": "later"}))
    assert shown.chosen == "later", "the newest one gives way to the next"
