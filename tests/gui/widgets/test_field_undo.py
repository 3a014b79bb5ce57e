"""Ctrl+Z with the focus in a field: the project's step, or what is only half typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTabWidget, QWidget

from core.video.control_row import Control
from core.video.controls import ROWS
from gui.widgets.number_field import NumberField
from tests.gui.children import child

if TYPE_CHECKING:
    from tests.gui.whole_window import OpenWindow

_CTRL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier


def focused(opened: OpenWindow, widget: QWidget) -> None:
    opened.window.activateWindow()
    widget.setFocus()
    opened.until(lambda: QApplication.focusWidget() is widget)


def press(keys: Qt.Key, modifiers: Qt.KeyboardModifier = _CTRL) -> None:
    # As the keyboard does it: through the window, where shortcuts are looked for.
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget.window().windowHandle(), keys, modifiers)


def seed_of(opened: OpenWindow) -> object:
    return ROWS[Control.SEED].value(opened.model.project.render)


def length_of(opened: OpenWindow) -> NumberField:
    pages = child(opened.tab, QTabWidget, "inspector_pages")
    pages.setCurrentIndex(pages.count() - 1)
    return child(opened.tab, NumberField, "cut_speed")


def test_a_number_that_was_taken_over_is_undone_from_its_field(opened: OpenWindow) -> None:
    opened.new("one")
    field = length_of(opened)
    focused(opened, field)
    field.selectAll()
    QTest.keyClicks(field, "2")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert opened.model.project.scenes[0].cut.speed == 2.0

    press(Qt.Key.Key_Z)

    assert opened.model.project.scenes[0].cut.speed == 1.0
    assert field.number() == 1.0
    press(Qt.Key.Key_Z, _CTRL | _SHIFT)
    assert field.number() == 2.0


def test_a_number_that_is_half_typed_is_taken_back_first(opened: OpenWindow) -> None:
    opened.new("one")
    steps = opened.model.undo_stack.index()
    field = length_of(opened)
    focused(opened, field)
    field.selectAll()
    QTest.keyClicks(field, "3")

    press(Qt.Key.Key_Z)

    assert field.text() == "1.00×", "what was typed is gone"
    assert opened.model.undo_stack.index() == steps, "and no step of the project with it"


@pytest.mark.parametrize("name", ["scene_title", "project_name"])
def test_a_line_that_tells_each_letter_has_the_undo_of_the_project(
    opened: OpenWindow, name: str
) -> None:
    opened.new("one")
    field = child(opened.tab, QLineEdit, name)
    before = field.text()
    focused(opened, field)
    field.setCursorPosition(len(before))
    QTest.keyClicks(field, " more")
    step = opened.model.undo_stack.undoText()

    press(Qt.Key.Key_Z)

    assert field.text() == before
    assert opened.model.undo_stack.redoText() == step


def test_a_seed_is_undone_where_it_is_typed(opened: OpenWindow) -> None:
    opened.new("one")
    heading = child(opened.tab, QWidget, "section_advanced")
    QTest.mouseClick(heading, Qt.MouseButton.LeftButton)
    opened.until(lambda: opened.tab.findChild(QLineEdit, "seed_number"))
    seed = child(opened.tab, QLineEdit, "seed_number")
    seed.setFocus()
    QTest.keyClicks(seed, "77")
    assert seed_of(opened) == 77

    focused(opened, seed)
    press(Qt.Key.Key_Z)

    assert seed_of(opened) is None


def test_a_draft_is_taken_back_before_the_project(opened: OpenWindow) -> None:
    opened.new("one", "two")
    opened.tab.select([scene.id for scene in opened.model.project.scenes])
    field = child(opened.tab, QLineEdit, "bulk_append")
    pages = child(opened.tab, QTabWidget, "inspector_pages")
    page = field.parentWidget()
    assert page is not None
    pages.setCurrentWidget(page)
    focused(opened, field)
    QTest.keyClicks(field, "at night")
    steps = opened.model.undo_stack.index()

    press(Qt.Key.Key_Z)
    assert field.text() == ""
    assert opened.model.undo_stack.index() == steps

    press(Qt.Key.Key_Z)
    assert opened.model.undo_stack.index() == steps - 1, "nothing of its own is left"


def test_the_prompt_has_the_undo_of_the_project(opened: OpenWindow) -> None:
    opened.new("one")
    box = child(opened.tab, QPlainTextEdit, "scene_prompt")
    focused(opened, box)
    QTest.keyClicks(box, "x")
    press(Qt.Key.Key_Z)
    assert opened.model.project.scenes[0].prompt == "one"
