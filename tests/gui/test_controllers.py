"""What the video tab's desks do with the panels: export, player, storyboard, choices, pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, QPoint, Qt, QThread
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QRadioButton,
    QWidget,
)

from core.config.settings import Appearance
from core.video.request import AUTO
from gui.export.export_settings_widget import ExportSettingsWidget
from gui.player.clip_player import ClipPlayer
from gui.player.video_surface import VideoSurface
from gui.render.render_form import RenderForm
from gui.scenes.image_controller import ImageRole
from gui.takes.takes_widget import TakesWidget
from gui.widgets.buttons import NetworkBadge
from tests.fakes.provider import SMALL
from tests.gui.children import child
from tests.gui.conftest import held_to_respond
from tests.gui.dropping import drop, files
from tests.gui.operating import click

if TYPE_CHECKING:
    from pathlib import Path

    from core.project.model.project import FilmChoices
    from tests.gui.whole_window import BoxAnswers, OpenWindow


@pytest.fixture
def filmed(opened: OpenWindow, heard: list[str]) -> OpenWindow:
    """A project of two scenes with their clips, the first one shown."""
    opened.new("one", "two")
    opened.render()
    opened.until(lambda: opened.num_takes() == [1, 1])
    opened.tab.select([opened.model.project.scenes[0].id])
    return opened


def button(window: OpenWindow, name: str) -> QAbstractButton:
    return child(window.tab, QAbstractButton, name)


def says(parent: QWidget, words: str) -> bool:
    """Whether a label that is not hidden says that."""
    return any(words in label.text() and not label.isHidden() for label in labels(parent))


def press(field: QWidget, key: Qt.Key) -> None:
    field.setFocus()
    QTest.keyClick(field, key)


def labels(parent: QWidget) -> list[QLabel]:
    return parent.findChildren(QLabel)


def set_film(window: OpenWindow, **changes: object) -> FilmChoices:
    film = window.model.project.film.model_copy(update=changes)
    window.model.edit("Film", window.model.project.model_copy(update={"film": film}))
    return film


def test_the_export_tells_what_it_would_make(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("one", "")
    panel = child(opened.tab, ExportSettingsWidget)
    opened.until(lambda: says(panel, "No scene has a clip yet."))
    opened.render()
    opened.until(lambda: opened.num_takes() == [1, 0])
    opened.until(lambda: says(panel, "96x64 at 8 frames per second"))
    assert says(panel, "Left out, without a clip: scene 2.")
    assert not says(panel, "No scene has a clip yet.")


def test_what_is_wrong_with_an_export_stands_beside_its_field(
    filmed: OpenWindow, heard: list[str], tmp_path: Path
) -> None:
    panel = child(filmed.tab, ExportSettingsWidget)
    set_film(filmed, path=tmp_path / "film.avi")
    filmed.until(lambda: says(panel, "MP4 files end in .mp4."))
    filmed.tab.export_film()
    filmed.until(lambda: heard)
    assert "MP4 files end in .mp4." in heard[-1]
    assert filmed.model.project.last_export is None

    filmed.model.undo_stack.undo()
    filmed.until(lambda: not says(panel, "MP4 files end"))


def test_an_export_is_shown_and_replaces_nothing_unasked(
    filmed: OpenWindow, answers: BoxAnswers, tmp_path: Path
) -> None:
    place = tmp_path / "film.mp4"
    set_film(filmed, path=place)
    filmed.tab.export_film()
    filmed.until(lambda: filmed.model.project.last_export == place)
    player = child(filmed.tab, ClipPlayer)
    filmed.until(lambda: says(player, "film.mp4"))
    assert button(filmed, "show_file").isEnabled()
    assert answers.heard == []
    made = place.stat().st_mtime_ns

    answers.button = QMessageBox.StandardButton.No
    filmed.tab.export_film()
    assert "'film.mp4' exists. Replace it?" in answers.heard[0]
    filmed.qtbot.wait(500)
    assert place.stat().st_mtime_ns == made

    answers.button = QMessageBox.StandardButton.Yes
    filmed.tab.export_film()
    filmed.until(lambda: place.stat().st_mtime_ns != made)
    filmed.until(lambda: not filmed.window.studio.queue.jobs(0))


def test_an_export_that_ends_after_its_project_was_opened_again_is_known(
    filmed: OpenWindow, heard: list[str]
) -> None:
    filmed.saved()
    folder = filmed.folder
    filmed.tab.export_film()
    filmed.until(lambda: filmed.window.studio.queue.jobs(0))
    filmed.new("other")
    filmed.open(folder)
    filmed.until(lambda: filmed.model.project.last_export or exported(folder))
    assert exported(folder)


def exported(folder: Path) -> bool:
    return any((folder / "exports").glob("*.mp4"))


def test_closing_in_the_middle_of_an_export_leaves_no_half_film(
    filmed: OpenWindow, heard: list[str]
) -> None:
    filmed.tab.export_film()
    filmed.until(lambda: filmed.window.studio.queue.jobs(0))
    folder = filmed.folder
    filmed.close()

    assert not filmed.window.isVisible()
    assert all(path.stat().st_size > 0 for path in (folder / "exports").iterdir())
    assert not [path for path in (folder / "exports").iterdir() if path.suffix != ".mp4"]


def test_editors_get_the_film(filmed: OpenWindow, heard: list[str], tmp_path: Path) -> None:
    panel = child(filmed.tab, ExportSettingsWidget)
    for name in ("film.otio", "film.fcpxml", "film.edl", "film.film.json"):
        panel.buttons.handoff_wanted.emit(tmp_path / name)
        filmed.until((tmp_path / name).is_file)
    filmed.until(lambda: filmed.messages.count("For editors:") >= 3)
    assert heard == []


def test_the_sequence_of_all_scenes_is_played_and_grows_old(
    filmed: OpenWindow, heard: list[str]
) -> None:
    player = child(filmed.tab, ClipPlayer)
    click(button(filmed, "source_sequence"))
    filmed.until(lambda: says(player, "of 18"))
    scene = filmed.model.project.scenes[0]
    cut = scene.cut.model_copy(update={"speed": 2.0})
    filmed.model.edit_scene("Faster", scene.model_copy(update={"cut": cut}))

    assert child(player, VideoSurface).accessibleDescription().startswith("The film has changed.")
    click(button(filmed, "source_sequence"))
    filmed.until(lambda: says(player, "of 14"))


def test_text_becomes_scenes_and_scenes_come_back_with_undo(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new()
    box = child(opened.tab, QPlainTextEdit, "storyboard_text")
    box.setFocus()
    QTest.keyClicks(box, "A boat leaves the harbour.")
    QTest.keyClick(box, Qt.Key.Key_Return)
    QTest.keyClick(box, Qt.Key.Key_Return)
    QTest.keyClicks(box, "The sea is wild.")
    opened.until(lambda: button(opened, "make_scenes").isEnabled())
    click(button(opened, "make_scenes"))

    opened.until(lambda: len(opened.model.project.scenes) == 2)
    opened.model.undo_stack.undo()
    assert opened.model.project.scenes == ()
    assert box.toPlainText().endswith("The sea is wild.")


def test_choices_count_for_all_scenes_or_for_one(filmed: OpenWindow, heard: list[str]) -> None:
    first, second = filmed.model.project.scenes
    resolution = child(filmed.tab, QComboBox, "resolution")
    filmed.until(lambda: resolution.count() > 1)
    press(resolution, Qt.Key.Key_End)
    assert filmed.model.project.render.frame.resolution == "128p"

    child(filmed.tab, QRadioButton, "scope_scene").click()
    press(resolution, Qt.Key.Key_Up)
    scene = filmed.model.project.scenes[0]
    assert scene.own_fields == ("resolution",)
    assert filmed.model.project.render.frame.resolution == "128p"
    assert filmed.model.project.scenes[1] == second

    filmed.tab.select([second.id])
    filmed.until(lambda: resolution.currentText() != "")
    assert filmed.model.project.scenes[1].own_fields == ()
    filmed.model.undo_stack.undo()
    assert filmed.model.project.scenes[0] == first


def test_an_image_becomes_the_start_of_the_shown_scene(
    filmed: OpenWindow, heard: list[str], image: Path
) -> None:
    filmed.tab.use_image(image, ImageRole.START)
    filmed.until(lambda: filmed.model.project.scenes[0].start_image)
    start = filmed.model.project.scenes[0].start_image
    assert start is not None
    assert start.parent == filmed.folder / "inputs"
    filmed.tab.use_image(image, ImageRole.PROJECT_REFERENCE)
    filmed.until(lambda: filmed.model.project.references)
    filmed.tab.select([])
    filmed.tab.use_image(image, ImageRole.END)
    assert "Choose a scene first" in filmed.messages
    broken = filmed.folder / "broken.png"
    broken.write_bytes(b"no picture")
    filmed.tab.use_image(broken, ImageRole.PROJECT_REFERENCE)
    filmed.until(lambda: heard)
    assert "broken.png" in heard[0]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    from PySide6.QtGui import QImage

    image = QImage(96, 64, QImage.Format.Format_RGB32)
    image.fill(0x336699)
    path = tmp_path / "picture.png"
    assert image.save(str(path))
    return path


def test_a_take_brings_its_settings_back(filmed: OpenWindow, heard: list[str]) -> None:
    scene = filmed.model.project.scenes[0]
    take = filmed.model.project.chosen_take(scene.id)
    assert take is not None
    changed = scene.model_copy(update={"prompt": "other"}).with_own("num_inference_steps", 9)
    filmed.model.edit_scene("Change", changed)
    takes = child(filmed.tab, TakesWidget)
    takes.settings_wanted.emit(take)
    filmed.until(lambda: filmed.model.project.scenes[0].prompt == "one")

    again = filmed.model.project.scenes[0].choices(filmed.model.project.render)
    assert again.sampling.seed == take.seed
    assert again.sampling.num_inference_steps != 9


def test_clips_that_are_dropped_on_the_window_become_scenes(
    filmed: OpenWindow, heard: list[str], tmp_path: Path
) -> None:
    take = filmed.model.project.chosen_take(filmed.model.project.scenes[1].id)
    assert take is not None
    stranger = tmp_path / "stranger.mp4"
    stranger.write_bytes(b"no clip")

    assert drop(filmed.window, files(take.path, stranger), QPoint(640, 5), moves=False)
    filmed.until(lambda: len(filmed.model.project.scenes) == 3)
    assert filmed.model.project.scenes[2].prompt == "two"
    filmed.until(lambda: "'stranger.mp4' carries no settings" in filmed.messages or heard)
    filmed.model.undo_stack.undo()
    assert len(filmed.model.project.scenes) == 2


def test_settings_change_the_look_and_the_network_at_once(opened: OpenWindow) -> None:
    opened.new("one")
    window = opened.window
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    lightness: list[int] = []
    for appearance in (Appearance.DARK, Appearance.LIGHT):
        settings = window.studio.settings
        ui = settings.ui.model_copy(update={"appearance": appearance})
        window.tabs.settings.change(settings.model_copy(update={"ui": ui}))
        lightness.append(app.palette().window().color().lightness())
    assert lightness[0] < 100 < lightness[1]
    settings = window.studio.settings
    network = settings.network.model_copy(update={"is_off": True})
    window.tabs.settings.change(settings.model_copy(update={"network": network}))
    assert child(window, NetworkBadge).text().startswith("Offline")


def test_automatic_says_what_it_stands_for(opened: OpenWindow) -> None:
    opened.new("one", model=AUTO)
    models = child(opened.tab, QComboBox, "model")
    opened.until(lambda: models.currentText() == "Automatic: Fake Small")
    form = child(opened.tab, RenderForm)
    opened.until(lambda: says(form, SMALL.summary))
    assert not says(form, "There is no such model")


def is_in_label(part: QObject) -> bool:
    parent = part.parent()
    return parent is not None and (isinstance(parent, QLabel) or is_in_label(parent))


def test_a_window_with_clips_and_projects_grows_by_nothing(
    filmed: OpenWindow, heard: list[str]
) -> None:
    filmed.saved()
    folder = filmed.folder
    filmed.new("other")
    filmed.saved()
    other = filmed.folder

    def count() -> tuple[int, int, int]:
        filmed.qtbot.wait(300)
        window = filmed.window
        threads = [thread for thread in window.findChildren(QThread) if thread.isRunning()]
        dialogs = window.findChildren(QDialog)
        # What Qt sets a label's words with comes and goes with the words.
        objects = [part for part in window.findChildren(QObject) if not is_in_label(part)]
        return len(objects), len(threads), len(dialogs)

    def once() -> None:
        filmed.open(folder)
        filmed.open(other)
        filmed.tab.select([filmed.model.project.scenes[0].id])

    once()
    objects, *others = count()
    for _ in range(4):
        once()
    objects_after, *others_after = count()
    assert others_after == others
    # One that is there for a moment is none that stays; one for each time would be four.
    assert objects_after <= objects + 2


def test_working_with_a_project_holds_nothing_up(filmed: OpenWindow, heard: list[str]) -> None:
    first, second = filmed.model.project.scenes
    filmed.qtbot.wait(500)
    with held_to_respond():
        for _ in range(3):
            filmed.tab.select([second.id])
            filmed.qtbot.wait(50)
            filmed.tab.select([first.id, second.id])
            filmed.qtbot.wait(50)
            filmed.model.edit_scene("W", second.model_copy(update={"prompt": "other"}))
            filmed.qtbot.wait(50)
            filmed.model.undo_stack.undo()
            filmed.qtbot.wait(50)
