"""The prompts of several scenes, edited together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui.controls import controls_of
from tests.gui.operating import tick, write
from tests.gui.scenes.inspectors import BULK, check_page, inspector, said, scenes_of, turn_to

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from gui.scenes.scene_inspector import SceneInspector
    from gui.widgets.thumbnails import Thumbnails


def test_each_control_of_several_scenes(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    def make() -> SceneInspector:
        panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
        turn_to(panel, "Together")
        for name, text in (("bulk_append", "in June"), ("bulk_find", "a b")):
            QTest.keyClicks(controls_of(panel)[name], text)
        return panel

    check_page(make, "Together", BULK)


def test_several_continue_but_for_the_first_of_the_film(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
    turn_to(panel, "Together")
    link = controls_of(panel)["bulk_continues"]
    tick(link)
    assert [scene.continues for scene in scenes_of(panel)] == [False, True, True]
    assert link.checkState() == Qt.CheckState.Checked
    tick(link)
    assert not any(scene.continues for scene in scenes_of(panel))


def test_words_are_added_once(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s3"))
    turn_to(panel, "Together")
    controls = controls_of(panel)
    write("at dawn")(controls["bulk_append"])
    assert [s.prompt for s in scenes_of(panel)] == ["a ball at dawn", "a box", "a ball too at dawn"]
    assert not controls["bulk_append"].text()
    assert not controls["bulk_add"].isEnabled()


def test_matches_are_counted_before_they_are_replaced(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
    turn_to(panel, "Together")
    controls = controls_of(panel)
    write("BALL")(controls["bulk_find"])
    assert "Found 2 times in 3 prompts." in said(panel)
    tick(controls["bulk_case"])
    assert "Found 0 times in 3 prompts." in said(panel)
    assert not controls["bulk_replace"].isEnabled()
    tick(controls["bulk_case"])
    write("[1]\\g")(controls["bulk_replacement"])
    assert [s.prompt for s in scenes_of(panel)] == ["a [1]\\g", "a box", "a [1]\\g too"]
