"""Two pictures in one frame: the divider, zooming and moving, by mouse and keys, seen in pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPixmap, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.widgets.split_view import SplitSide, SplitView

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

LEFT = Qt.MouseButton.LeftButton
NO_KEY = Qt.KeyboardModifier.NoModifier


def plain(colour: str, size: QSize) -> QPixmap:
    pixmap = QPixmap(size)
    pixmap.fill(QColor(colour))
    return pixmap


@pytest.fixture
def view(qtbot: QtBot) -> SplitView:
    """Red on the left and blue on the right, both twice as wide as high, as is the widget."""
    view = SplitView()
    qtbot.addWidget(view)
    view.resize(800, 400)
    view.show_sides(
        SplitSide("one", plain("#ff0000", QSize(1600, 800))),
        SplitSide("other", plain("#0000ff", QSize(400, 200))),
    )
    view.show()
    view.setFocus()
    return view


def colour_at(view: SplitView, x: int, y: int = 300) -> str:
    return view.grab().toImage().pixelColor(x, y).name()


def drag(view: SplitView, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(view, LEFT, NO_KEY, start)
    for step in range(1, 5):
        QTest.mouseMove(view, start + (end - start) * (step / 4))
    QTest.mouseRelease(view, LEFT, NO_KEY, end)


def turn(view: SplitView, place: QPoint, notches: int) -> None:
    at = QPointF(place)
    event = QWheelEvent(
        at, view.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
        NO_KEY, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_each_side_shows_its_own_however_large_it_is(view: SplitView) -> None:
    assert (colour_at(view, 100), colour_at(view, 700)) == ("#ff0000", "#0000ff")
    assert (colour_at(view, 10), colour_at(view, 790)) == ("#ff0000", "#0000ff")


def test_the_divider_follows_the_mouse_that_took_hold_of_it(view: SplitView) -> None:
    drag(view, QPoint(view.divider_x() + 3, 100), QPoint(200, 120))
    assert view.divider_x() == pytest.approx(200, abs=2)
    assert (colour_at(view, 180), colour_at(view, 300)) == ("#ff0000", "#0000ff")
    drag(view, QPoint(view.divider_x(), 100), QPoint(-50, 100))
    assert view.split == 0.0
    assert colour_at(view, 30) == "#0000ff"


def test_keys_move_the_divider(view: SplitView) -> None:
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.split == pytest.approx(0.49)
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert view.split == pytest.approx(0.59)
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert (view.split, colour_at(view, 100)) == (0.0, "#0000ff")
    QTest.keyClick(view, Qt.Key.Key_End)
    assert (view.split, colour_at(view, 700)) == (1.0, "#ff0000")


def test_the_wheel_zooms_about_what_it_points_at(view: SplitView) -> None:
    marked = plain("#ff0000", QSize(1600, 800))
    image = marked.toImage()
    for x in range(380, 420):
        for y in range(180, 220):
            image.setPixelColor(x, y, QColor("#00ff00"))
    view.show_sides(SplitSide("one", QPixmap.fromImage(image)), SplitSide("other"))
    view.set_split(1.0)
    assert colour_at(view, 200, 100) == "#00ff00"
    before = view.scale
    for _ in range(4):
        turn(view, QPoint(200, 100), 1)
        assert colour_at(view, 200, 100) == "#00ff00"
    assert view.scale > 2 * before
    turn(view, QPoint(200, 100), -40)
    assert view.scale == pytest.approx(before), "no smaller than all of it"


def test_dragging_the_picture_moves_both_and_not_the_divider(view: SplitView) -> None:
    QTest.keyClick(view, Qt.Key.Key_1)
    assert view.scale == pytest.approx(1.0)
    centre = view.centre
    drag(view, QPoint(600, 200), QPoint(500, 160))
    assert view.split == 0.5
    assert view.centre.x() - centre.x() == pytest.approx(100 / 1600, abs=0.002)
    assert view.centre.y() - centre.y() == pytest.approx(40 / 800, abs=0.002)
    QTest.keyClick(view, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert view.centre.x() - centre.x() == pytest.approx(60 / 1600, abs=0.002)
    QTest.keyClick(view, Qt.Key.Key_0)
    assert view.scale == pytest.approx(0.5)
    assert view.centre == QPointF(0.5, 0.5)


def test_a_double_click_shows_each_pixel_and_all_of_it_again(view: SplitView) -> None:
    QTest.mouseDClick(view, LEFT, NO_KEY, QPoint(600, 200))
    assert view.scale == pytest.approx(1.0)
    QTest.mouseDClick(view, LEFT, NO_KEY, QPoint(600, 200))
    assert view.scale == pytest.approx(0.5)


def test_one_that_cannot_be_read_says_why_beside_the_other(view: SplitView) -> None:
    view.show_sides(
        SplitSide("one", plain("#ff0000", QSize(1600, 800))),
        SplitSide("other", problem="It is gone."),
    )
    assert colour_at(view, 100) == "#ff0000"
    assert colour_at(view, 700) not in ("#ff0000", "#0000ff")
    assert view.labels == ("one", "other")
