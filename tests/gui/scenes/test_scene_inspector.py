"""The inspector: every control of it, one scene or several, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtTest import QTest

from tests.gui.controls import controls_of
from tests.gui.scenes.inspectors import (
    ALL,
    PAGES,
    check_page,
    inspector,
    said,
    scenes_of,
    select_all,
    three,
    turn_to,
)

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from gui.widgets.thumbnails import Thumbnails


def test_every_control_has_a_case(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    inner = {"scroll_left", "scroll_right"}
    names = {name for name in controls_of(panel) if "Scroll" not in name} - inner
    assert names == {case.name for case in ALL}


@pytest.mark.parametrize("page", list(PAGES))
def test_each_control_of_one_scene(qtbot: QtBot, thumbnails: Thumbnails, page: str) -> None:
    check_page(lambda: inspector(qtbot, thumbnails, ("s2",)), page, PAGES[page])


def test_a_read_only_project_can_be_read_and_not_edited(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",), is_read_only=True)
    controls = controls_of(panel)
    can = {
        "scene_title", "scene_prompt", "section_scene_storyboard", "scene_storyboard_words",
        "start_frame_preview", "end_frame_preview", "scene_enhanced_prompt",
    }  # fmt: skip
    assert {case.name for case in ALL if controls[case.name].isEnabled()} == can
    QTest.keyClicks(controls["scene_prompt"], "nothing")
    QTest.keyClicks(controls["scene_title"], "nothing")
    select_all(controls["scene_prompt"])
    assert controls["scene_prompt"].textCursor().selectedText() == "a box"
    turn_to(panel, "Frames")
    assert not controls["start_frame_choose"].parentWidget().acceptDrops()
    assert scenes_of(panel) == three()
    assert not panel.property("brought").requests


def test_without_a_scene_it_says_what_to_do(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ())
    assert not controls_of(panel)["scene_prompt"].isVisible()
    assert "Choose a scene" in said(panel)


def test_the_heading_names_what_is_edited(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    assert "Scene 2 of 3" in said(panel)
    panel.show_scenes(("s1", "s3"))
    assert "2 scenes" in said(panel)
