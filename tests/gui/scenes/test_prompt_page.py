"""The prompt of a scene: typed, undone, counted, and left alone by edits elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication, QKeySequence, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from gui import theme
from tests.fakes.provider import FULL
from tests.gui.controls import Heard, controls_of
from tests.gui.scenes.inspectors import activate, inspector, said, second, turn_to

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from gui.project.project_model import ProjectModel
    from gui.widgets.thumbnails import Thumbnails


def test_typing_is_one_step_and_keeps_its_cursor(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    model: ProjectModel = panel.property("model")
    box = controls_of(panel)["scene_prompt"]
    box.setFocus()
    box.moveCursor(box.textCursor().MoveOperation.Start)

    QTest.keyClicks(box, "look: ")

    assert second(panel).prompt == "look: a box"
    assert box.textCursor().position() == len("look: ")
    assert model.undo_stack.count() == 1
    model.undo_stack.undo()
    assert box.toPlainText() == "a box"


def test_the_cursor_is_told_in_letters(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    heard = Heard()
    panel.cursor_moved.connect(heard.take)
    box = controls_of(panel)["scene_prompt"]
    box.setPlainText("\U0001f30a sea")
    box.moveCursor(QTextCursor.MoveOperation.End)
    assert heard.requests[-1] == len("\U0001f30a sea")


def test_edits_elsewhere_leave_the_cursor_and_the_selection(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    model: ProjectModel = panel.property("model")
    # Qt's box writes a hard space as a plain one; only a person's edit may bring it into the film.
    hard_space = model.project.scenes[1].model_copy(update={"prompt": "a\u00a0box of tin"})
    model.edit_scene("Import", hard_space)
    box = controls_of(panel)["scene_prompt"]
    cursor = box.textCursor()
    cursor.setPosition(2)
    cursor.setPosition(5, QTextCursor.MoveMode.KeepAnchor)
    box.setTextCursor(cursor)

    model.edit_scene("Rename", model.project.scenes[0].model_copy(update={"title": "Other"}))

    assert box.textCursor().selectedText() == "box"
    assert second(panel).prompt == "a\u00a0box of tin"


def test_undo_in_the_prompt_is_the_projects(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    model: ProjectModel = panel.property("model")
    undo = model.undo_stack.createUndoAction(panel)
    undo.setShortcut(QKeySequence.StandardKey.Undo)
    panel.addAction(undo)
    box = controls_of(panel)["scene_prompt"]
    activate(qtbot, panel)
    box.setFocus()
    QTest.keyClicks(box, "new ")
    QTest.keySequence(box, QKeySequence.StandardKey.Undo)
    assert second(panel).prompt == box.toPlainText() == "a box"
    assert model.undo_stack.canRedo()


def test_typing_in_another_field_or_scene_is_another_step(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    model: ProjectModel = panel.property("model")
    QTest.keyClicks(controls_of(panel)["scene_prompt"], "xy")
    QTest.keyClicks(controls_of(panel)["scene_title"], "xy")
    panel.show_scenes(("s1",))
    QTest.keyClicks(controls_of(panel)["scene_prompt"], "xy")
    texts = [model.undo_stack.text(step) for step in range(model.undo_stack.count())]
    assert texts == [
        "Change prompt of scene 2", "Change title of scene 2", "Change prompt of scene 1",
    ]  # fmt: skip


def test_a_prompt_that_is_too_long_is_told(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    limit = FULL.max_prompt_tokens
    assert f"2 words. {FULL.label} reads at most {limit} tokens" in said(panel)
    controls_of(panel)["scene_prompt"].setPlainText("word " * (limit + 1))
    (messages,) = [one for one in panel.findChildren(QLabel) if "words. " in one.text()]
    bad = theme.tone(QGuiApplication.palette(), theme.Tone.BAD)
    assert messages.palette().color(messages.foregroundRole()) == bad


def test_the_storyboards_words_are_shown_where_they_say_more(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    assert controls_of(panel)["section_scene_storyboard"].isVisible()
    panel.show_scenes(("s1",))
    assert not controls_of(panel)["section_scene_storyboard"].isVisible()


def test_a_fix_leads_to_the_prompt(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    turn_to(panel, "Cut")
    activate(qtbot, panel)
    panel.focus_prompt()
    assert controls_of(panel)["scene_prompt"].hasFocus()
