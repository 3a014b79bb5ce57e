"""Characters by mouse and keys: kept, renamed, removed, and offered while an @ is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QToolButton,
    QWidget,
)

from core.project.model.characters import Character, CharacterKind
from gui.characters.characters_panel import CharactersPanel
from gui.characters.mention_box import MentionBox
from gui.images.image_details import ImageRole
from gui.scenes.scene_rows import SceneColumn
from gui.scenes.scene_table_view import SceneTableView
from gui.widgets.choice_field import ChoiceField
from gui.widgets.fields import SwitchField
from gui.widgets.panes import FoldingSection
from tests.fakes.references import make_image
from tests.gui.children import child
from tests.gui.controls import ControlCase, controls_of
from tests.gui.operating import choose_index, choose_row, click, write
from tests.gui.scenes.reference_panels import drop

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from gui.widgets.thumbnails import Thumbnails
    from tests.gui.whole_window import BoxAnswers, OpenWindow


def made(qtbot: QtBot, thumbnails: Thumbnails) -> CharactersPanel:
    """A panel of three, of which the second, a style, is chosen."""
    found = CharactersPanel(thumbnails)
    qtbot.addWidget(found)
    names = ("Anna", "Noir", "Bob")
    kinds = (CharacterKind.CHARACTER, CharacterKind.STYLE, CharacterKind.THING)
    found.set_value(
        tuple(
            Character(id=name, name=name, kind=kind)
            for name, kind in zip(names, kinds, strict=True)
        )
    )
    child(found, QListWidget, "characters_list").setCurrentRow(1)
    found.show()
    found.activateWindow()
    return found


def kept(found: CharactersPanel) -> object:
    return found.list.value(), found.chosen_id


CASES = (
    ControlCase("characters_list", choose_row(0), kept),
    ControlCase("characters_add", click, kept),
    ControlCase("characters_up", click, kept),
    ControlCase("characters_down", click, kept),
    ControlCase("characters_remove", click, kept),
    ControlCase("character_name", write("Sepia"), kept),
    ControlCase("character_kind", choose_index(0), kept),
    ControlCase("character_sentence", write("brown film"), kept),
    ControlCase("character_is_everywhere", click, kept),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_control_has_its_effect(
    qtbot: QtBot, thumbnails: Thumbnails, case: ControlCase
) -> None:
    found = made(qtbot, thumbnails)
    before = case.seen(found)
    case.act(controls_of(found)[case.name])
    assert case.seen(found) != before


def test_every_control_has_a_case(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    names = set(controls_of(made(qtbot, thumbnails)))
    # The images have the list of references, which is held elsewhere.
    assert {name for name in names if not name.startswith("reference_")} == {
        case.name for case in CASES
    }


def panel(window: OpenWindow) -> CharactersPanel:
    return child(window.tab, CharactersPanel)


def open_panel(window: OpenWindow) -> CharactersPanel:
    found = panel(window)
    section = child(window.tab, FoldingSection, "folding_references")
    section.open()
    child(window.tab, QTabWidget, "reference_tabs").setCurrentIndex(2)
    window.until(found.isVisible)
    return found


def type_name(window: OpenWindow, name: str) -> None:
    line = child(panel(window), QLineEdit, "character_name")
    focus(window, line)
    line.selectAll()
    QTest.keyClicks(line, name)
    QTest.keyClick(line, Qt.Key.Key_Return)


def focus(window: OpenWindow, widget: QWidget) -> None:
    window.window.activateWindow()
    widget.setFocus()
    window.until(widget.hasFocus)


def add(window: OpenWindow, name: str) -> None:
    click(child(panel(window), QPushButton, "characters_add"))
    type_name(window, name)


def names(window: OpenWindow) -> list[str]:
    return [one.name for one in window.model.project.characters]


def keep(window: OpenWindow, *names: str) -> None:
    characters = tuple(Character(id=f"id-{name}", name=name) for name in names)
    project = window.model.project.model_copy(update={"characters": characters})
    window.model.edit("Characters", project)


def test_a_character_is_kept_with_images_and_a_sentence(opened: OpenWindow, tmp_path: Path) -> None:
    opened.new("@Anna walks.")
    shown = open_panel(opened)
    add(opened, "Anna")
    assert names(opened) == ["Anna"]
    sentence = child(shown, QPlainTextEdit, "character_sentence")
    focus(opened, sentence)
    QTest.keyClicks(sentence, "a tall woman")
    opened.until(lambda: opened.model.project.characters[0].sentence == "a tall woman")
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(make_image(tmp_path / "face.png")))])
    drop(shown, files, QPoint(20, 20))
    opened.until(lambda: len(opened.model.project.characters[0].images) == 1)
    (image,) = opened.model.project.characters[0].images
    assert image.path.parent == opened.folder / "inputs"
    assert opened.model.undo_stack.undoText() == "Add reference of Anna"
    opened.model.undo_stack.undo()
    assert opened.model.project.characters[0].images == ()


def test_a_new_name_is_that_of_every_prompt_in_one_step(opened: OpenWindow) -> None:
    opened.new("@Anna walks.", "A gull", "@anna sleeps.")
    open_panel(opened)
    keep(opened, "Anna", "Bob")
    child(panel(opened), QListWidget, "characters_list").setCurrentRow(0)
    type_name(opened, "Bertha")
    assert [scene.prompt for scene in opened.model.project.scenes] == [
        "@Bertha walks.", "A gull", "@Bertha sleeps.",
    ]  # fmt: skip
    assert opened.model.undo_stack.undoText() == "Rename Anna to Bertha"
    opened.model.undo_stack.undo()
    assert [scene.prompt for scene in opened.model.project.scenes] == [
        "@Anna walks.", "A gull", "@anna sleeps.",
    ]  # fmt: skip
    assert names(opened) == ["Anna", "Bob"]
    type_name(opened, "bob")
    assert names(opened) == ["Anna", "Bob"]
    assert child(panel(opened), QLineEdit, "character_name").text() == "Anna"


def test_whoever_is_in_a_scene_is_asked_about_before_it_goes(
    opened: OpenWindow, answers: BoxAnswers
) -> None:
    opened.new("@Anna walks.", "A gull")
    open_panel(opened)
    keep(opened, "Anna", "Bob")
    listed = child(panel(opened), QListWidget, "characters_list")
    listed.setCurrentRow(0)
    answers.button = QMessageBox.StandardButton.Cancel
    click(child(panel(opened), QToolButton, "characters_remove"))
    assert names(opened) == ["Anna", "Bob"]
    assert listed.count() == 2
    assert "@Anna is in scene 1." in answers.heard[-1]
    answers.button = QMessageBox.StandardButton.Ok
    listed.setCurrentRow(0)
    click(child(panel(opened), QToolButton, "characters_remove"))
    assert names(opened) == ["Bob"]
    assert opened.model.project.scenes[0].prompt == "Anna walks."
    listed.setCurrentRow(0)
    click(child(panel(opened), QToolButton, "characters_remove"))
    assert names(opened) == []
    assert len(answers.heard) == 2


def test_a_style_can_be_in_every_scene(opened: OpenWindow) -> None:
    opened.new("A gull")
    shown = open_panel(opened)
    add(opened, "Noir")
    everywhere = child(shown, SwitchField, "character_is_everywhere")
    assert not everywhere.isVisible()
    kind = child(shown, ChoiceField, "character_kind")
    row = kind.index_of(CharacterKind.STYLE)
    assert row is not None
    kind.setCurrentIndex(row)
    kind.activated.emit(row)
    assert everywhere.isVisible()
    click(everywhere)
    assert opened.model.project.characters[0].is_everywhere


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Tab])
def test_names_are_offered_while_an_at_is_typed(opened: OpenWindow, key: Qt.Key) -> None:
    opened.new("")
    keep(opened, "Anna", "Anton", "Old Sailor")
    opened.tab.select([opened.model.project.scenes[0].id])
    box = child(opened.tab, MentionBox, "scene_prompt")
    focus(opened, box)
    QTest.keyClicks(box, "see @an")
    assert box.is_completing
    QTest.keyClick(box.popup, Qt.Key.Key_Down)
    QTest.keyClick(box.popup, key)
    assert not box.is_completing
    assert box.toPlainText() == "see @Anton"
    box.insertPlainText(" and 🎈")
    QTest.keyClicks(box, "@old")
    assert box.is_completing
    QTest.keyClick(box.popup, Qt.Key.Key_Return)
    assert opened.model.project.scenes[0].prompt == "see @Anton and 🎈@Old Sailor"
    QTest.keyClicks(box, ", a@an")
    assert not box.is_completing


def test_names_are_offered_in_the_table(opened: OpenWindow) -> None:
    opened.new("A gull")
    keep(opened, "Anna")
    table = child(opened.tab, SceneTableView)
    table.edit(table.model().index(0, SceneColumn.PROMPT))
    box = child(table, MentionBox, "prompt_editor")
    focus(opened, box)
    QTest.keyClicks(box, "@a")
    assert box.is_completing
    QTest.keyClick(box.popup, Qt.Key.Key_Return)
    assert box.toPlainText() == "@Anna"
    assert box.isVisible()
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert opened.model.project.scenes[0].prompt == "@Anna"


def test_a_picture_of_the_gallery_becomes_an_image_of_the_chosen_one(
    opened: OpenWindow, tmp_path: Path
) -> None:
    opened.new("A gull")
    open_panel(opened)
    image = make_image(tmp_path / "face.png")
    assert opened.tab.use_image(image, ImageRole.CHARACTER)
    opened.until(lambda: names(opened) == ["New character"])
    keep(opened, "Anna", "Bob")
    child(panel(opened), QListWidget, "characters_list").setCurrentRow(1)
    opened.tab.use_image(image, ImageRole.CHARACTER)
    opened.until(lambda: [len(one.images) for one in opened.model.project.characters] == [0, 1])
