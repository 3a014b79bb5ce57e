"""What the video tab's desks do with the panels: export, player, storyboard, choices, pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, Qt, QThread
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QListView,
    QMessageBox,
    QPlainTextEdit,
    QRadioButton,
    QWidget,
)

from core.config.settings import Appearance
from core.video.terms import AUTO
from gui.export.export_settings_widget import ExportSettingsWidget
from gui.player.clip_player import ClipPlayer
from gui.player.player_text import PlayerSource
from gui.player.video_surface import VideoSurface
from gui.render.render_form import RenderForm
from gui.scenes.image_controller import ImageRole
from gui.scenes.prompt_page import PromptPage
from gui.scenes.scene_rows import SceneColumn
from gui.scenes.scene_table_view import SceneTableView
from gui.storyboard.storyboard_preview import PreviewTable
from gui.takes.takes_widget import TakesWidget
from gui.widgets.buttons import NetworkBadge
from gui.widgets.labels import ElidedLabel
from tests.fakes.provider import SMALL
from tests.gui.children import child
from tests.gui.conftest import held_to_respond
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


def focus(window: OpenWindow, field: QWidget) -> None:
    window.window.activateWindow()
    field.setFocus()
    window.until(field.hasFocus)


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
    filmed: OpenWindow, heard: list[str]
) -> None:
    panel = child(filmed.tab, ExportSettingsWidget)
    set_film(filmed, path=filmed.model.folder / "film.avi")
    filmed.until(lambda: says(panel, "MP4 files end in .mp4."))
    filmed.tab.export_film()
    filmed.until(lambda: heard)
    assert "MP4 files end in .mp4." in heard[-1]
    assert filmed.model.project.last_export is None

    filmed.model.undo_stack.undo()
    filmed.until(lambda: not says(panel, "MP4 files end"))


@pytest.mark.parametrize("way", ["absolute", "upwards", "link"])
def test_a_film_leaves_its_projects_folder_only_where_a_person_says_so(
    filmed: OpenWindow, answers: BoxAnswers, tmp_path: Path, way: str
) -> None:
    folder = filmed.model.folder
    (folder / "linked").symlink_to(tmp_path, target_is_directory=True)
    ways = {"absolute": tmp_path, "upwards": folder / ".." / ".." / tmp_path.name}
    place = ways.get(way, folder / "linked") / "elsewhere.mp4"
    place.parent.mkdir(parents=True, exist_ok=True)
    set_film(filmed, path=place)
    answers.button = QMessageBox.StandardButton.No
    filmed.tab.export_film()
    assert "outside of its own folder" in answers.heard[0]
    assert repr(str(place.resolve())) in answers.heard[0]
    filmed.qtbot.wait(500)
    assert not place.exists()
    assert not filmed.window.studio.queue.jobs(0)

    answers.button = QMessageBox.StandardButton.Yes
    filmed.tab.export_film()
    filmed.until(place.exists)
    filmed.until(lambda: not filmed.window.studio.queue.jobs(0))
    # Asked once.
    answers.button = QMessageBox.StandardButton.No
    filmed.tab.export_film()
    assert "Replace it?" in answers.heard[-1]


def test_an_exports_folder_that_leads_elsewhere_is_not_written_to(
    filmed: OpenWindow, heard: list[str], tmp_path: Path
) -> None:
    exports = filmed.model.folder / "exports"
    for item in exports.iterdir():
        item.unlink()
    exports.rmdir()
    (tmp_path / "victim").mkdir()
    exports.symlink_to(tmp_path / "victim", target_is_directory=True)
    filmed.tab.export_film()
    filmed.until(lambda: heard)
    assert "'exports' of the project is a link that leads out of it" in heard[-1]
    assert list((tmp_path / "victim").iterdir()) == []


def test_an_export_is_shown_and_replaces_nothing_unasked(
    filmed: OpenWindow, answers: BoxAnswers
) -> None:
    place = filmed.model.folder / "film.mp4"
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
    filmed.until(lambda: filmed.messages.count("is written.") == 4)
    assert heard == []


def test_what_was_written_and_lost_stands_where_the_export_is(
    filmed: OpenWindow, heard: list[str], tmp_path: Path
) -> None:
    buttons = child(filmed.tab, ExportSettingsWidget).buttons
    film = filmed.model.project.film.film.model_copy(update={"has_chapters": True})
    set_film(filmed, film=film)
    buttons.handoff_wanted.emit(tmp_path / "film.edl")
    filmed.until(lambda: says(buttons, "'film.edl' is written, in "))
    assert says(buttons, "• EDL has no chapters.")
    click(button(filmed, "export"))
    assert not says(buttons, "is written")
    filmed.until(lambda: says(buttons, "a-film.mp4' is written, in "))
    assert not says(buttons, "• ")


def test_what_a_plan_leaves_out_stands_at_the_prompt(
    filmed: OpenWindow, heard: list[str], image: Path
) -> None:
    page = child(filmed.tab, PromptPage)
    filmed.tab.use_image(image, ImageRole.SCENE_REFERENCE)
    filmed.until(lambda: says(page, "is not sent: Fake Small takes no reference images."))
    filmed.model.undo_stack.undo()
    filmed.until(lambda: not says(page, "is not sent"))


def test_the_sequence_of_all_scenes_follows_the_film(filmed: OpenWindow, heard: list[str]) -> None:
    player = child(filmed.tab, ClipPlayer)
    click(button(filmed, "source_sequence"))
    filmed.until(lambda: says(player, "of 18"))
    scene = filmed.model.project.scenes[0]
    cut = scene.cut.model_copy(update={"speed": 2.0})
    filmed.model.edit_scene("Faster", scene.model_copy(update={"cut": cut}))

    filmed.until(lambda: says(player, "of 14"))
    assert player.source() is PlayerSource.SEQUENCE


def test_what_is_selected_follows_the_sequence_and_the_sequence_what_is_selected(
    filmed: OpenWindow, heard: list[str]
) -> None:
    first, second = (scene.id for scene in filmed.model.project.scenes)
    player, table = child(filmed.tab, ClipPlayer), child(filmed.tab, SceneTableView)
    filmed.tab.select([second])
    click(button(filmed, "source_sequence"))
    filmed.until(lambda: says(player, "Scene 1"))
    assert table.selected_ids == (first,)
    player.toggle_play()
    filmed.until(lambda: table.selected_ids == (second,))
    filmed.until(lambda: not player.is_playing)
    assert says(player, "Scene 2")
    filmed.tab.select([first])
    filmed.until(lambda: player.frame_number == 0)
    filmed.tab.select([second])
    filmed.until(lambda: player.frame_number == 9)
    assert child(filmed.tab, TakesWidget).scene_id == second

    # A field that somebody writes in stays that of its scene.
    focus(filmed, child(filmed.tab, QPlainTextEdit, "scene_prompt"))
    player.go_to(0)
    assert table.selected_ids == (second,)


def test_a_change_of_the_film_keeps_the_place_where_it_stands(
    filmed: OpenWindow, heard: list[str]
) -> None:
    player = child(filmed.tab, ClipPlayer)
    click(button(filmed, "source_sequence"))
    filmed.until(lambda: says(player, "of 18"))
    player.go_to(11)
    scene = filmed.model.project.scenes[0]
    cut = scene.cut.model_copy(update={"start_s": 0.5})
    filmed.model.edit_scene("Trim", scene.model_copy(update={"cut": cut}))
    filmed.until(lambda: says(player, "of 14"))
    assert player.frame_number == 7
    assert child(filmed.tab, SceneTableView).selected_ids == (filmed.model.project.scenes[1].id,)


def test_what_is_called_play_plays(filmed: OpenWindow, heard: list[str]) -> None:
    player = child(filmed.tab, ClipPlayer)
    click(button(filmed, "take_play"))
    filmed.until(lambda: player.frame_number > 2)
    filmed.until(lambda: not player.is_playing)
    strip = child(filmed.tab, QListView, "take_strip")
    focus(filmed, strip)
    QTest.keyClick(strip, Qt.Key.Key_Space)
    filmed.until(lambda: 2 < player.frame_number < 7)
    filmed.until(lambda: not player.is_playing)
    table = child(filmed.tab, SceneTableView)
    place = table.visualRect(table.model().index(1, SceneColumn.CLIP)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    filmed.until(lambda: player.frame_number > 2)
    assert "scene_002_take_01.mp4" in [
        label.toolTip() for label in player.findChildren(ElidedLabel)
    ]


def test_making_the_same_scenes_again_changes_nothing(opened: OpenWindow, heard: list[str]) -> None:
    opened.new()
    box = child(opened.tab, QPlainTextEdit, "storyboard_text")
    box.setPlainText("A boat leaves the harbour.\n\nThe sea is wild.")
    preview = child(opened.tab, PreviewTable)
    # What is usual for the model of this project, with no scene there to plan.
    opened.until(lambda: [preview.model().index(r, 1).data() for r in (0, 1)] == ["1 s"] * 2)
    click(button(opened, "make_scenes"))
    opened.until(lambda: len(opened.model.project.scenes) == 2)
    opened.render()
    opened.until(lambda: opened.num_takes() == [1, 1])
    made = opened.model.project
    opened.until(lambda: button(opened, "make_scenes").isEnabled())
    click(button(opened, "make_scenes"))
    opened.qtbot.wait(500)
    assert opened.model.project == made
    table = child(opened.tab, SceneTableView).model()
    opened.until(lambda: table.index(0, SceneColumn.STATUS).data() == "Done")
    assert table.index(0, SceneColumn.DURATION).data() == "1.12 s"


def test_a_scene_that_waits_in_the_queue_says_so(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("hang", "one")
    surface = child(opened.tab, VideoSurface)
    opened.render()
    opened.until(lambda: "Rendering" in surface.accessibleDescription())
    opened.tab.select((opened.model.project.scenes[1].id,))
    opened.until(lambda: surface.accessibleDescription() == "In the queue")


def test_a_scene_that_is_rendered_is_seen_while_it_is_made(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new("one")
    surface = child(opened.tab, VideoSurface)
    opened.until(lambda: "no clip yet" in surface.accessibleDescription())
    told: list[str] = []

    def look() -> bool:
        words = surface.accessibleDescription()
        if not told or told[-1] != words:
            told.append(words)
        return opened.num_takes() == [1]

    opened.render()
    opened.until(look)
    assert any(text.startswith("Rendering: ") and "%" in text for text in told), told
    opened.until(lambda: surface.image is not None)


def test_the_first_film_is_shown_and_says_how_to_export_it(
    opened: OpenWindow, heard: list[str]
) -> None:
    opened.new("one", "two")
    opened.tab.render_sample()
    player = child(opened.tab, ClipPlayer)
    opened.until(lambda: opened.num_takes() == [1, 1])
    opened.until(lambda: says(player, "of 18"))
    assert player.source() is PlayerSource.SEQUENCE
    assert player.frame_number == 0
    assert says(player, "press Export video, at the left under 4 Export")
    assert child(opened.tab, QAbstractButton, "export").isVisible()


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
