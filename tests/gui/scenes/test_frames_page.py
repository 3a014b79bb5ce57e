"""The first and the last frame of a scene: chosen, pasted, dropped, or taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest

from gui.scenes.image_controller import ImageRole, ImageUse
from tests.fakes.provider import SMALL
from tests.fakes.scenes import make_take
from tests.gui.controls import controls_of
from tests.gui.dropping import drop, files
from tests.gui.operating import click
from tests.gui.scenes.inspectors import IMAGE, activate, inspector, paste, previews, said, turn_to

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from gui.project.project_model import ProjectModel
    from gui.widgets.thumbnails import Thumbnails


def test_an_image_from_the_clipboard_is_brought_for_its_place(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    turn_to(panel, "Frames")

    paste(controls_of(panel)["end_frame_paste"])

    (brought,) = panel.property("brought").requests
    assert isinstance(brought, ImageUse)
    assert (brought.scene_id, brought.role) == ("s2", ImageRole.END)


def test_only_what_the_model_takes_is_offered(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    turn_to(panel, "Frames")
    panel.set_spec(SMALL)
    assert not controls_of(panel)["end_frame_choose"].isVisible()
    assert controls_of(panel)["start_frame_choose"].isVisible()


def test_the_first_scene_has_none_before_it(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s1",))
    assert not controls_of(panel)["scene_continues"].isEnabled()


def test_a_linked_scene_shows_the_last_frame_before_it(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s3",))
    model: ProjectModel = panel.property("model")
    turn_to(panel, "Frames")
    controls = controls_of(panel)
    assert not controls["start_frame_preview"].isEnabled()
    model.add_take("s2", make_take("t", IMAGE))
    assert controls["start_frame_preview"].isEnabled()
    assert not controls["start_frame_clear"].isEnabled()
    click(controls["start_frame_preview"])
    assert previews(panel) == 1


def test_images_are_dropped_and_pasted_by_key(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    turn_to(panel, "Frames")
    choose_button = controls_of(panel)["end_frame_choose"]
    slot = choose_button.parentWidget()
    assert drop(slot, files(IMAGE), QPoint(20, 30))
    words = QMimeData()
    words.setText("no picture")
    assert not drop(slot, words, QPoint(20, 30))
    brought = panel.property("brought").requests
    assert brought == [ImageUse((IMAGE,), ImageRole.END, "s2")]

    QGuiApplication.clipboard().setText("no picture")
    activate(qtbot, panel)
    choose_button.setFocus()
    QTest.keySequence(choose_button, QKeySequence.StandardKey.Paste)
    assert "The clipboard holds no picture." in said(panel)
    QGuiApplication.clipboard().setMimeData(files(IMAGE))
    QTest.keySequence(choose_button, QKeySequence.StandardKey.Paste)
    assert len(brought) == 2
    assert "The clipboard holds no picture." not in said(panel)
