"""*Generate Images* by mouse: scenes get images to start from, bought once and never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QLabel,
    QListWidget,
    QPushButton,
    QRadioButton,
    QTabWidget,
    QToolButton,
)

from core.project.files.project_file import read_project, write_project
from core.project.model.characters import Character
from gui.start_frames.start_frames_dialog import StartFramesDialog
from gui.widgets.choice_field import ChoiceField
from tests.fakes.references import make_references
from tests.fakes.services.google_images_server import google_images_entry, google_images_server
from tests.gui.children import child
from tests.gui.operating import click
from tests.gui.whole_window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.fakes.services.google_images_server import GoogleImageService


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleImageService]:
    with google_images_server(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def window(tmp_path: Path, qtbot: QtBot, google: GoogleImageService) -> Iterator[OpenWindow]:
    window = OpenWindow(tmp_path / "home", qtbot, others=[google_images_entry()])
    yield window
    window.close()


def ask(window: OpenWindow) -> StartFramesDialog:
    click(child(window.tab, QToolButton, "start_frames"))
    window.until(lambda: window.tab.findChildren(StartFramesDialog))
    dialog = window.tab.findChildren(StartFramesDialog)[-1]
    window.until(lambda: dialog.isVisible())
    return dialog


def choose_google(window: OpenWindow, dialog: StartFramesDialog) -> None:
    field = child(dialog, ChoiceField, "frames_model")
    window.until(lambda: field.count() > 1)
    labels = [field.itemText(row) for row in range(field.count())]
    row = next(row for row, text in enumerate(labels) if text.startswith("Gemini Nano"))
    field.setCurrentIndex(row)
    field.activated.emit(row)


def button(dialog: StartFramesDialog) -> QPushButton:
    return child(dialog, QPushButton, "frames_make")


def words(dialog: StartFramesDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel) if label.text())


def starts(window: OpenWindow) -> list[bool]:
    return [scene.start_image is not None for scene in window.model.project.scenes]


def buy(window: OpenWindow) -> None:
    dialog = ask(window)
    choose_google(window, dialog)
    window.until(lambda: button(dialog).isEnabled())
    click(button(dialog))


def test_images_are_ordered_once_with_the_whole_price_and_shown_in_the_table(
    window: OpenWindow, google: GoogleImageService, tmp_path: Path
) -> None:
    window.new("@Anna walks home.", "A gull", "")
    images = make_references(tmp_path / "pictures", "face")
    anna = Character(id="anna", name="Anna", sentence="a tall woman", images=images)
    window.model.edit("Anna", window.model.project.model_copy(update={"characters": (anna,)}))
    dialog = ask(window)
    choose_google(window, dialog)
    window.until(lambda: "$0.07" in button(dialog).text())
    assert "Generate 2 images · $0.07" in button(dialog).text().replace("&", "")
    assert "Scene 1: @Anna goes along as reference image 1." in words(dialog)
    assert google.purchases == 0
    click(button(dialog))
    window.until(lambda: starts(window) == [True, True, False])
    assert google.purchases == 2
    first = window.model.project.scenes[0].start_image
    assert first is not None
    assert first.parent == window.folder / "frames"
    assert window.model.undo_stack.undoText().startswith("Take a new start frame")
    window.saved()
    assert read_project(window.folder).project.images == window.model.project.images


def test_undo_takes_an_image_out_and_loses_none(
    window: OpenWindow, google: GoogleImageService
) -> None:
    window.new("A gull")
    buy(window)
    window.until(lambda: starts(window) == [True])
    first = window.model.project.scenes[0].start_image
    dialog = ask(window)
    window.until(lambda: child(dialog, QRadioButton, "frames_all").isEnabled())
    click(child(dialog, QRadioButton, "frames_all"))
    window.until(lambda: button(dialog).isEnabled())
    click(button(dialog))
    window.until(lambda: window.model.project.scenes[0].start_image != first)
    second = window.model.project.scenes[0].start_image
    window.model.undo_stack.undo()
    assert window.model.project.scenes[0].start_image == first
    assert set(window.model.project.start_frames.values()) == {(first, second)}
    # The other one is a click away.
    window.tab.select([window.model.project.scenes[0].id])
    pages = child(window.tab, QTabWidget, "inspector_pages")
    pages.setCurrentIndex(1)
    others = child(window.tab, QListWidget, "other_frames")
    window.until(others.isVisible)
    place = others.visualItemRect(others.item(0)).center()

    QTest.mouseClick(others.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.model.project.scenes[0].start_image == second
    assert window.model.undo_stack.undoText() == "Choose start frame of scene 1"


def test_one_that_fails_is_told_and_the_next_dialog_offers_it_again(
    window: OpenWindow, google: GoogleImageService
) -> None:
    window.new("A gull", "A boat")
    google.habits.end = "IMAGE_SAFETY"
    buy(window)
    window.until(lambda: "gets no start frame" in window.messages)
    window.until(lambda: window.messages.count("gets no start frame") == 2)
    assert starts(window) == [False, False]
    google.habits.end = "STOP"
    dialog = ask(window)
    assert "(2)" in child(dialog, QRadioButton, "frames_missing").text()
    window.until(lambda: button(dialog).isEnabled())
    click(button(dialog))
    window.until(lambda: starts(window) == [True, True])


def test_a_lost_order_is_told_before_it_is_bought_again(
    window: OpenWindow, google: GoogleImageService
) -> None:
    window.new("A gull")
    google.habits.drops_answers = 1
    buy(window)
    window.until(lambda: "gets no start frame" in window.messages)
    dialog = ask(window)
    window.until(lambda: "the answer to an earlier order was lost" in words(dialog))
    click(child(dialog, QPushButton, "frames_cancel"))
    assert google.purchases == 1


def test_an_unknown_name_is_told_and_nothing_is_bought(
    window: OpenWindow, google: GoogleImageService
) -> None:
    window.new("@Ana walks home.")
    dialog = ask(window)
    choose_google(window, dialog)
    window.until(lambda: "There is no character named 'Ana'" in words(dialog))
    assert not button(dialog).isEnabled()
    assert google.purchases == 0


def test_an_image_that_was_made_and_not_saved_is_found_when_the_project_is_opened(
    window: OpenWindow, google: GoogleImageService
) -> None:
    window.new("A gull", "A boat")
    before, folder = window.model.project, window.folder
    buy(window)
    window.until(lambda: starts(window) == [True, True])
    window.saved()
    made = window.model.project.start_frames
    window.new("Another film")
    # As it would be had the program ended before it could save; the second has one meanwhile.
    own = next(iter(folder.glob("frames/scene_002*.png")))
    second = before.scenes[1].model_copy(update={"start_image": own.with_name("own.png")})
    write_project(before.with_scene(second), folder)
    window.open(folder)
    window.until(lambda: set(window.model.project.start_frames) == set(made))
    first, second = window.model.project.scenes
    assert first.start_image == made[first.id][0]
    assert second.start_image == own.with_name("own.png")
    assert made[second.id][0] in window.model.project.start_frames[second.id]
    assert google.purchases == 2
