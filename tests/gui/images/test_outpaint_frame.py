"""The frame that is pulled beyond an image: what is added at each side, and its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtTest import QTest

from core.errors import UnsupportedRequest
from core.video.request import Margins
from core.video.terms import Task
from gui.images.image_batch import ImageBatch
from gui.images.image_form import ImageForm
from gui.images.outpaint_frame import FramedImage, FrameSide, OutpaintFrame, read_framed
from tests.fakes.stills import TARGET
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.images.models import IMAGE, with_images
from tests.gui.images.painting import grey_image, mouse
from tests.gui.operating import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.video.listing import ModelListing

FRAMED = FramedImage(grey_image((64, 40)), QSize(1600, 1000))
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def frame(qtbot: QtBot) -> OutpaintFrame:
    frame = OutpaintFrame()
    qtbot.addWidget(frame)
    frame.resize(300, frame.height())
    frame.set_most(2000)
    frame.show_image(FRAMED)
    frame.show()
    return frame


def margins(frame: OutpaintFrame) -> list[Margins]:
    """What it tells from now on."""
    told: list[Margins] = []
    frame.edited.connect(told.append)
    return told


def pull(frame: OutpaintFrame, begin: QPointF, by: QPointF) -> None:
    mouse(frame, QEvent.Type.MouseButtonPress, begin)
    for share in (0.3, 0.6, 1.0):
        mouse(frame, QEvent.Type.MouseMove, begin + by * share)
    mouse(frame, QEvent.Type.MouseButtonRelease, begin + by)


def scale(frame: OutpaintFrame) -> float:
    return frame.image_rect().width() / 1600


@pytest.mark.parametrize(
    ("at", "by", "expected"),
    [
        (lambda rect: QPointF(rect.left(), rect.center().y()), (-30, 9), {"left": 30}),
        (lambda rect: QPointF(rect.right(), rect.center().y()), (25, -9), {"right": 25}),
        (lambda rect: QPointF(rect.center().x(), rect.top()), (9, -20), {"up": 20}),
        (lambda rect: QPointF(rect.center().x(), rect.bottom()), (9, 15), {"down": 15}),
        (lambda rect: rect.topLeft(), (-10, -20), {"left": 10, "up": 20}),
        (lambda rect: rect.bottomRight(), (10, 20), {"right": 10, "down": 20}),
        (lambda rect: rect.topRight(), (10, -20), {"right": 10, "up": 20}),
        (lambda rect: rect.center(), (10, 20), {}),
    ],
)
def test_a_side_is_pulled_as_far_as_the_mouse_goes(
    frame: OutpaintFrame,
    at: Callable[..., QPointF],
    by: tuple[float, float],
    expected: dict[str, int],
) -> None:
    told, factor = margins(frame), scale(frame)
    pull(frame, at(frame.frame_rect()), QPointF(*by))
    found = told[-1] if told else Margins()
    wanted = {name: round(px / factor) for name, px in expected.items()}
    assert found == Margins(**wanted)
    # What was pulled lies in the widget, with room to go on.
    inside = frame.frame_rect().adjusted(-8, -8, 8, 8)
    assert frame.rect().toRectF().contains(inside)


def test_the_frame_never_cuts_into_the_image_nor_reaches_beyond_what_the_model_adds(
    frame: OutpaintFrame,
) -> None:
    told = margins(frame)
    frame.set_most(120)
    right = QPointF(frame.frame_rect().right(), frame.frame_rect().center().y())
    pull(frame, right, QPointF(500, 0))
    assert told[-1] == Margins(right=120)
    right = QPointF(frame.frame_rect().right(), frame.frame_rect().center().y())
    pull(frame, right, QPointF(-500, 0))
    assert told[-1] == Margins()


def test_the_arrow_keys_add_to_a_side_and_take_away_with_shift(frame: OutpaintFrame) -> None:
    told = margins(frame)
    for key, side in (
        (Qt.Key.Key_Left, "left"),
        (Qt.Key.Key_Right, "right"),
        (Qt.Key.Key_Up, "up"),
        (Qt.Key.Key_Down, "down"),
    ):
        QTest.keyClick(frame, key)
        QTest.keyClick(frame, key)
        assert told[-1] == Margins(**{side: 32})
        QTest.keyClick(frame, key, SHIFT)
        QTest.keyClick(frame, key, SHIFT)
        assert told[-1] == Margins()


def test_it_says_what_becomes_of_the_image(frame: OutpaintFrame) -> None:
    assert frame.accessibleDescription() == "1600x1000"
    frame.show_value(Margins(left=100, up=50, down=50))
    assert frame.accessibleDescription() == "1600x1000 becomes 1700x1100"


def test_the_cursor_says_what_can_be_pulled(frame: OutpaintFrame) -> None:
    rect = frame.frame_rect()
    assert frame.side_at(rect.center()) is FrameSide.NONE
    assert frame.side_at(rect.topLeft()) == FrameSide.LEFT | FrameSide.UP
    mouse(frame, QEvent.Type.MouseMove, rect.topLeft(), Qt.MouseButton.NoButton)
    assert frame.cursor().shape() is Qt.CursorShape.SizeFDiagCursor
    mouse(frame, QEvent.Type.MouseMove, rect.center(), Qt.MouseButton.NoButton)
    assert frame.cursor().shape() is Qt.CursorShape.ArrowCursor


def test_without_an_image_nothing_is_pulled(frame: OutpaintFrame) -> None:
    told = margins(frame)
    frame.show_waiting()
    pull(frame, QPointF(150, 90), QPointF(60, 0))
    QTest.keyClick(frame, Qt.Key.Key_Left)
    assert told == []
    frame.grab()


def test_an_image_is_read_upright_with_its_full_size(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (1200, 800), "olive").save(tmp_path / "a.jpg", exif=exif)
    framed = read_framed(tmp_path / "a.jpg")
    assert framed.size == QSize(800, 1200)
    assert max(framed.preview.width(), framed.preview.height()) == 512
    assert framed.preview.width() < framed.preview.height()
    with pytest.raises(UnsupportedRequest, match="There is no image"):
        read_framed(tmp_path / "gone.jpg")


def test_frame_and_numbers_of_the_form_are_the_same_margins(
    qtbot: QtBot, offers: ModelListing
) -> None:
    form = ImageForm()
    qtbot.addWidget(form)
    form.set_listing(with_images(offers))
    wanted: list[Path] = []
    form.preview_wanted.connect(wanted.append)
    form.set_value(ImageBatch(target=TARGET, prompt="a hat", images=(IMAGE,)))
    frame = child(form, OutpaintFrame)
    assert not frame.isVisibleTo(form)
    assert wanted == [], "nothing is read that is not shown"

    form.put("tool", Task.OUTPAINT)
    assert frame.isVisibleTo(form)
    assert wanted == [IMAGE]
    form.show_preview(IMAGE.parent, None)
    form.show_preview(IMAGE, FRAMED)
    QTest.keyClick(frame, Qt.Key.Key_Left)
    assert form.value().choices.editing.margins == Margins(left=16)
    assert controls_of(form)["image_left"].value() == 16
    (request,) = form.value().requests
    assert (request.task, request.editing.margins.left) == (Task.OUTPAINT, 16)

    write("150")(controls_of(form)["image_up"])
    assert frame.accessibleDescription() == "1600x1000 becomes 1616x1150"
    QTest.keyClick(frame, Qt.Key.Key_Up)
    QTest.keyClick(frame, Qt.Key.Key_Up)
    QTest.keyClick(frame, Qt.Key.Key_Up)
    QTest.keyClick(frame, Qt.Key.Key_Up)
    assert form.value().choices.editing.margins == Margins(left=16, up=200), "the model's most"
    assert wanted == [IMAGE], "read once"
