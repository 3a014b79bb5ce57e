"""The canvas: what the mouse does on it at any size, and that it shows what the mask is."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.images.mask_editor.image_view import levels_of
from gui.images.mask_editor.mask_canvas import MaskCanvas, MaskTool
from gui.images.mask_editor.painted_mask import PaintedMask
from tests.fakes.program import ROOT, environment
from tests.gui.images.painting import (
    SIZE,
    Place,
    assert_covers,
    drag,
    empty_mask,
    grey_image,
    mouse,
    pixels,
    press,
    turn,
)

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

SPOT = (421, 233)
_SPOT_SIDE = 25
ZOOMS = (0.21, 0.5, 0.813, 1.0, 1.37, 3.0, 7.9)


def spotted() -> QImage:
    """A grey image with a blue spot whose centre is `SPOT`."""
    image = grey_image()
    painter = QPainter(image)
    half = _SPOT_SIDE // 2
    painter.fillRect(SPOT[0] - half, SPOT[1] - half, _SPOT_SIDE, _SPOT_SIDE, QColor("#0000ff"))
    painter.end()
    return image


@pytest.fixture
def mask(qtbot: QtBot) -> PaintedMask:
    return PaintedMask(empty_mask())


@pytest.fixture
def canvas(qtbot: QtBot, mask: PaintedMask) -> MaskCanvas:
    canvas = MaskCanvas(levels_of(spotted()), mask)
    qtbot.addWidget(canvas)
    canvas.resize(500, 420)
    canvas.set_colour(QColor("red"))
    canvas.set_brush_size(40)
    canvas.show()
    qtbot.waitExposed(canvas)
    QApplication.processEvents()
    return canvas


def shown(canvas: MaskCanvas) -> np.ndarray:
    """What is on the screen, `(height, width, 3)` in its own pixels; without the brush's ring."""
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def spot_on_screen(canvas: MaskCanvas) -> QPointF:
    """Where the middle of the spot is seen, in the widget's own measure."""
    seen = shown(canvas).astype(int)
    rows, columns = np.nonzero((seen[..., 2] > 190) & (seen[..., 1] < 80))
    assert len(rows), "the spot is out of sight"
    ratio = canvas.devicePixelRatioF()
    return QPointF((columns.mean() + 0.5) / ratio, (rows.mean() + 0.5) / ratio)


@pytest.mark.parametrize("zoom", ZOOMS)
def test_what_is_clicked_is_painted_at_any_size(
    canvas: MaskCanvas, mask: PaintedMask, zoom: float
) -> None:
    canvas.zoom_to(zoom)
    press(canvas, [(0, 0)], Qt.MouseButton.MiddleButton)
    middle = QPointF(canvas.rect().center())
    moved = canvas.view.to_widget(QPointF(0, 0)) + middle - canvas.view.to_widget(QPointF(*SPOT))
    mouse(canvas, QEvent.Type.MouseMove, moved, Qt.MouseButton.MiddleButton)
    mouse(canvas, QEvent.Type.MouseButtonRelease, moved, Qt.MouseButton.MiddleButton)
    place = spot_on_screen(canvas)

    mouse(canvas, QEvent.Type.MouseButtonPress, place)
    mouse(canvas, QEvent.Type.MouseButtonRelease, place)

    rows, columns = np.nonzero(pixels(mask))
    found = np.array([columns.mean(), rows.mean()])
    assert np.abs(found - SPOT).max() <= max(0.75, 0.75 / zoom)
    assert len(rows) == pytest.approx(np.pi * 20**2, rel=0.05), "the brush is as wide as it says"


FINE_SCREEN = """
from PySide6.QtWidgets import QApplication
app = QApplication([])
import numpy as np
from tests.gui.images.painting import empty_mask, pixels
from tests.gui.images.test_mask_canvas import SPOT, is_drawn_alike, shown, spot_on_screen, spotted
from gui.images.mask_editor.image_view import levels_of
from gui.images.mask_editor.mask_canvas import MaskCanvas
from gui.images.mask_editor.painted_mask import PaintedMask
from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor
from tests.gui.images.painting import mouse
mask = PaintedMask(empty_mask())
canvas = MaskCanvas(levels_of(spotted()), mask)
canvas.resize(500, 420)
canvas.set_brush_size(40)
canvas.set_colour(QColor("red"))
canvas.show()
app.processEvents()
ratio = canvas.devicePixelRatioF()
for zoom in (canvas.view.zoom, 0.63, 1.0, 1.7):
    canvas.zoom_to(zoom)
    app.processEvents()
    assert shown(canvas).shape[:2] == (round(420 * ratio), round(500 * ratio))
    place = spot_on_screen(canvas)
    mouse(canvas, QEvent.Type.MouseButtonPress, place)
    mouse(canvas, QEvent.Type.MouseButtonRelease, place)
    rows, columns = np.nonzero(pixels(mask))
    off = np.abs(np.array([columns.mean(), rows.mean()]) - SPOT).max()
    assert off <= max(0.75, 0.75 / zoom), (zoom, off)
    assert is_drawn_alike(canvas), zoom
    mask.undo()
print("ratio", ratio)
"""


@pytest.mark.parametrize("ratio", ["2", "1.5"])
def test_what_is_clicked_is_painted_on_a_fine_screen(ratio: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FINE_SCREEN],
        cwd=ROOT,
        env=environment(QT_QPA_PLATFORM="offscreen", QT_SCALE_FACTOR=ratio),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"ratio {float(ratio)}" in done.stdout


def is_drawn_alike(canvas: MaskCanvas) -> bool:
    """Whether what is on the screen is what would be drawn anew now.

    Drawn smaller, pixels are mixed, and Qt counts from the edge of what is drawn: shades too near
    to be told apart.
    """
    by_pieces = shown(canvas).astype(int)
    canvas.set_colour(QColor("red"))
    most = np.abs(shown(canvas) - by_pieces).max()
    return bool(most <= (4 if canvas.view.zoom < 1 else 0))


Stroke = tuple[Place, Place, int, bool]
STROKES = st.lists(
    st.tuples(
        st.tuples(st.floats(0, SIZE[0]), st.floats(0, SIZE[1])),
        st.tuples(st.floats(0, SIZE[0]), st.floats(0, SIZE[1])),
        st.integers(1, 150),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(strokes=STROKES, zoom=st.sampled_from(ZOOMS) | st.floats(0.1, 8))
def test_what_was_drawn_piece_by_piece_is_what_is_drawn_at_once(
    canvas: MaskCanvas, mask: PaintedMask, strokes: list[Stroke], zoom: float
) -> None:
    canvas.zoom_to(zoom)
    for begin, end, size, is_edited in strokes:
        canvas.set_brush_size(size)
        canvas.set_tool(MaskTool.BRUSH if is_edited else MaskTool.ERASER)
        press(canvas, [begin])
        QApplication.processEvents()
        mouse(canvas, QEvent.Type.MouseMove, canvas.view.to_widget(QPointF(*end)))
        QApplication.processEvents()
        mouse(canvas, QEvent.Type.MouseButtonRelease, canvas.view.to_widget(QPointF(*end)))
    assert is_drawn_alike(canvas)


def test_the_mask_is_seen_where_it_is_and_goes_with_undo(
    canvas: MaskCanvas, mask: PaintedMask
) -> None:
    before = shown(canvas)
    drag(canvas, [(100, 100), (200, 100)])
    after = shown(canvas).astype(int)

    at = canvas.view.to_widget(QPointF(150, 100)).toPoint()
    red, green, blue = after[at.y(), at.x()]
    assert red > green + 60
    assert red > blue + 60
    away = canvas.view.to_widget(QPointF(150, 200)).toPoint()
    assert np.array_equal(after[away.y() :], before[away.y() :])
    mask.undo()
    assert np.array_equal(shown(canvas), before)


def test_the_ring_of_the_brush_is_where_the_mouse_is_and_leaves_with_it(canvas: MaskCanvas) -> None:
    before = shown(canvas)
    mouse(canvas, QEvent.Type.MouseMove, QPointF(250, 210), Qt.MouseButton.NoButton)
    QApplication.processEvents()
    with_ring = canvas.grab().toImage()
    radius = 20 * canvas.view.zoom
    assert with_ring.pixelColor(round(250 + radius), 210) != QColor(
        *before[210, round(250 + radius)]
    )
    assert np.array_equal(shown(canvas), before)


def test_a_stroke_is_one_step_and_passes_every_place(canvas: MaskCanvas, mask: PaintedMask) -> None:
    canvas.zoom_to(1.0)
    drag(canvas, [(250, 150), (300, 180), (350, 150)])
    assert mask.undo_stack.count() == 1
    found = pixels(mask)
    for begin, end in (((250, 150), (300, 180)), ((300, 180), (350, 150))):
        only = PaintedMask(empty_mask())
        only.draw_line(QPointF(*begin), QPointF(*end), 40, is_edited=True)
        assert np.all(found >= pixels(only))
        assert_covers(pixels(only), begin, end, 40)


def test_the_right_button_does_the_contrary(canvas: MaskCanvas, mask: PaintedMask) -> None:
    line = [(100.0, 100.0), (300.0, 200.0)]
    drag(canvas, line)
    drag(canvas, line, Qt.MouseButton.RightButton)
    assert mask.share == 0
    canvas.set_tool(MaskTool.ERASER)
    drag(canvas, line, Qt.MouseButton.RightButton)
    assert mask.share > 0
    drag(canvas, line)
    assert mask.share == 0


def test_shift_joins_the_last_stroke_by_a_straight_line(
    canvas: MaskCanvas, mask: PaintedMask
) -> None:
    drag(canvas, [(100, 100)])
    drag(canvas, [(400, 300)], keys=Qt.KeyboardModifier.ShiftModifier)
    assert_covers(pixels(mask), (100, 100), (400, 300), 40)


def test_the_lasso_fills_and_takes_away(canvas: MaskCanvas, mask: PaintedMask) -> None:
    canvas.set_tool(MaskTool.LASSO)
    around = [(100.0, 100.0), (400.0, 100.0), (400.0, 300.0), (100.0, 300.0)]
    drag(canvas, around)
    share = mask.share
    assert share == pytest.approx(300 * 200 / (SIZE[0] * SIZE[1]), rel=0.02)
    drag(canvas, [(200, 150), (300, 150), (250, 250)], Qt.MouseButton.RightButton)
    assert mask.share == pytest.approx(share - 5000 / (SIZE[0] * SIZE[1]), rel=0.05)
    mask.undo()
    assert mask.share == share


def test_escape_calls_a_stroke_off(canvas: MaskCanvas, mask: PaintedMask) -> None:
    for tool in (MaskTool.BRUSH, MaskTool.LASSO):
        canvas.set_tool(tool)
        press(canvas, [(100, 100), (300, 200), (100, 300)])
        QTest.keyClick(canvas, Qt.Key.Key_Escape)
        mouse(canvas, QEvent.Type.MouseButtonRelease, QPointF(10, 10))
        assert mask.share == 0
        assert mask.undo_stack.count() == 0


def test_the_wheel_makes_it_larger_around_the_mouse(canvas: MaskCanvas) -> None:
    place = canvas.view.to_widget(QPointF(*SPOT))
    before = canvas.view.zoom
    for notches in (1, 2, -1):
        turn(canvas, notches, place)
        # The image lies at whole pixels of the screen, so up to a half of one is lost each time.
        assert (canvas.view.to_widget(QPointF(*SPOT)) - place).manhattanLength() < 3
    assert canvas.view.zoom == pytest.approx(before * 1.25**2)


def test_ctrl_and_the_wheel_change_the_brush(canvas: MaskCanvas, qtbot: QtBot) -> None:
    zoom = canvas.view.zoom
    with qtbot.waitSignal(canvas.size_edited) as told:
        turn(canvas, 1, keys=Qt.KeyboardModifier.ControlModifier)
    assert told.args == [46]
    assert (canvas.brush_size, canvas.view.zoom) == (46, zoom)
    canvas.set_brush_size(1)
    turn(canvas, 1, keys=Qt.KeyboardModifier.ControlModifier)
    assert canvas.brush_size == 2
    turn(canvas, -1, keys=Qt.KeyboardModifier.ControlModifier)
    turn(canvas, -1, keys=Qt.KeyboardModifier.ControlModifier)
    assert canvas.brush_size == 1


def test_it_is_moved_by_the_middle_button_the_space_bar_and_the_arrows(
    canvas: MaskCanvas, mask: PaintedMask
) -> None:
    canvas.zoom_to(3.0)

    def moved(act: object) -> tuple[float, float]:
        before = canvas.view.origin
        assert callable(act)
        act()
        by = canvas.view.origin - before
        return by.x(), by.y()

    def pull(button: Qt.MouseButton) -> None:
        mouse(canvas, QEvent.Type.MouseButtonPress, QPointF(200, 200), button)
        mouse(canvas, QEvent.Type.MouseMove, QPointF(230, 190), button)
        mouse(canvas, QEvent.Type.MouseButtonRelease, QPointF(230, 190), button)

    def with_space() -> None:
        QTest.keyPress(canvas, Qt.Key.Key_Space)
        pull(Qt.MouseButton.LeftButton)
        QTest.keyRelease(canvas, Qt.Key.Key_Space)

    assert moved(lambda: pull(Qt.MouseButton.MiddleButton)) == (30, -10)
    assert moved(with_space) == (30, -10)
    assert moved(lambda: QTest.keyClick(canvas, Qt.Key.Key_Left))[0] > 0
    assert mask.share == 0
    pull(Qt.MouseButton.LeftButton)
    assert mask.share > 0, "without the space bar it paints"


def test_it_fits_until_a_person_chooses_a_size(canvas: MaskCanvas) -> None:
    def is_all_seen() -> bool:
        whole = canvas.view.in_widget(canvas.view.seen(QRect(QPoint(4, 4), canvas.view.image / 2)))
        return canvas.rect().contains(whole)

    assert canvas.view.zoom == pytest.approx(484 / 640)
    canvas.resize(900, 700)
    assert canvas.view.zoom == 1.0, "no larger than it is"
    canvas.resize(400, 300)
    assert canvas.view.zoom == pytest.approx(384 / 640)
    assert is_all_seen()
    canvas.zoom_to(2.0)
    canvas.resize(500, 420)
    assert canvas.view.zoom == 2.0
    canvas.fit()
    assert canvas.view.zoom == pytest.approx(484 / 640)


def test_the_image_never_gets_lost(canvas: MaskCanvas) -> None:
    for _ in range(200):
        QTest.keyClick(canvas, Qt.Key.Key_Left)
    turn(canvas, -40)
    turn(canvas, 60, QPointF(0, 0))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down):
        for _ in range(2000):
            QTest.keyClick(canvas, key)
    corner = canvas.view.to_widget(QPointF(*SIZE))
    assert corner.x() > 0
    assert corner.y() > 0


def pen(
    canvas: MaskCanvas,
    kind: QEvent.Type,
    place: QPointF,
    pressure: float,
    end: QPointingDevice.PointerType,
) -> bool:
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    device = QPointingDevice.primaryPointingDevice()
    is_move = kind is QEvent.Type.TabletMove
    event = QTabletEvent(
        kind, device, place, canvas.mapToGlobal(place), pressure, 0, 0, 0, 0, 0,
        Qt.KeyboardModifier.NoModifier, none if is_move else left,
        none if kind is QEvent.Type.TabletRelease else left,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)
    return event.isAccepted()


def test_a_pen_paints_as_wide_as_it_is_pressed(canvas: MaskCanvas, mask: PaintedMask) -> None:
    tip = QPointingDevice.PointerType.Pen
    begin, end = (QPointF(100, 200), QPointF(300, 200))
    assert pen(canvas, QEvent.Type.TabletPress, begin, 0.5, tip)
    assert pen(canvas, QEvent.Type.TabletMove, end, 0.5, tip)
    assert pen(canvas, QEvent.Type.TabletRelease, end, 0.0, tip)
    first, last = (canvas.view.to_image(place) for place in (begin, end))
    assert_covers(pixels(mask), (first.x(), first.y()), (last.x(), last.y()), 20)
    assert mask.undo_stack.count() == 1
