"""A place for one picture: empty, filled by a click or a drop, with what cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDragLeaveEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from gui.widgets.image_slot import ImageSlot, SlotImage
from tests.gui.children import child
from tests.gui.dropping import files, hover

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from gui.widgets.thumbnails import Thumbnails

IMAGE = Path(__file__).resolve().parents[3] / "Docs" / "images" / "ltx-mini.png"


@pytest.fixture
def slot(qtbot: QtBot, thumbnails: Thumbnails) -> ImageSlot:
    slot = ImageSlot("frame", "Start frame", "tip", thumbnails)
    qtbot.addWidget(slot)
    slot.resize(240, 180)
    slot.show()
    return slot


def click_on(slot: ImageSlot) -> None:
    QTest.mouseClick(child(slot, QWidget, "frame_picture"), Qt.MouseButton.LeftButton)


def test_a_click_on_an_empty_place_chooses_a_picture(slot: ImageSlot) -> None:
    brought: list[object] = []
    slot.brought.connect(brought.append)
    click_on(slot)
    dialog = child(slot, QFileDialog)
    child(dialog, QLineEdit, "fileNameEdit").setText(str(IMAGE))
    dialog.accept()
    assert brought == [IMAGE]


@pytest.mark.parametrize("shown", [SlotImage(IMAGE), SlotImage(words="Linked", is_own=False)])
def test_a_click_on_a_place_that_is_taken_opens_nothing(shown: SlotImage, slot: ImageSlot) -> None:
    slot.show_image(shown)
    click_on(slot)
    assert slot.findChild(QFileDialog) is None


def test_a_click_changes_nothing_where_it_is_only_looked_at(slot: ImageSlot) -> None:
    slot.set_read_only(True)
    click_on(slot)
    assert slot.findChild(QFileDialog) is None


def test_a_file_that_hovers_over_it_marks_it(slot: ImageSlot) -> None:
    place = child(slot, QWidget, "frame_picture")
    before = place.grab().toImage()
    mime = files(IMAGE)
    hover(slot, mime, QPoint(5, 5))
    assert place.grab().toImage() != before
    QApplication.sendEvent(slot, QDragLeaveEvent())
    assert place.grab().toImage() == before


def test_a_frame_that_cannot_be_read_is_told_in_its_place(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    slot = ImageSlot("frame", "Start frame", "tip", thumbnails)
    qtbot.addWidget(slot)
    slot.resize(240, 180)
    slot.show()
    slot.show_image(SlotImage(Path("/nowhere/a.png")))
    slot.grab()
    qtbot.waitUntil(lambda: thumbnails.is_idle, timeout=20_000)
    messages = slot.grab().toImage()
    slot.show_image(SlotImage(words="There is no picture at '/nowhere/a.png'."))
    frame = slot.findChild(QWidget, "frame_picture")
    assert frame is not None
    place = frame.geometry()
    assert messages.copy(place) == slot.grab().toImage().copy(place)


def test_an_image_is_read_once_for_every_size(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    slot = ImageSlot("frame", "Start frame", "tip", thumbnails)
    qtbot.addWidget(slot)
    slot.show_image(SlotImage(IMAGE))
    slot.resize(240, 180)
    slot.grab()
    qtbot.waitUntil(lambda: thumbnails.is_idle, timeout=20_000)
    kept = thumbnails.size_bytes
    assert kept
    for width in range(240, 300, 7):
        slot.resize(width, 200)
        slot.grab()
    qtbot.waitUntil(lambda: thumbnails.is_idle, timeout=20_000)
    assert thumbnails.size_bytes == kept
