"""Paints on a canvas by the mouse, at places of the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

    from gui.images.mask_editor.mask_canvas import MaskCanvas
    from gui.images.mask_editor.painted_mask import PaintedMask

SIZE = (640, 400)
_NO_KEY, _LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
_NONE = Qt.MouseButton.NoButton
Place = tuple[float, float]


def grey_image(size: tuple[int, int] = SIZE) -> QImage:
    """An image of one colour, on which every other one is seen."""
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(QColor(120, 120, 120))
    return image


def empty_mask(size: tuple[int, int] = SIZE) -> Image.Image:
    return Image.new("L", size, 0)


def pixels(mask: PaintedMask) -> np.ndarray:
    return np.asarray(mask.copy())


def capsule(
    begin: Place, end: Place, width: float, size: tuple[int, int] = SIZE
) -> tuple[np.ndarray, np.ndarray]:
    """Which pixels a round brush covers for certain, and which it may, along a line.

    Their centres are nearer to the line than the brush reaches, by half a pixel at least; or no
    farther than that.
    """
    rows, columns = np.mgrid[: size[1], : size[0]] + 0.5
    along = np.subtract(end, begin)
    length = float(along @ along)
    share = 0.0
    if length:
        share = np.clip(
            ((columns - begin[0]) * along[0] + (rows - begin[1]) * along[1]) / length, 0, 1
        )
    away = np.hypot(columns - begin[0] - share * along[0], rows - begin[1] - share * along[1])
    return away <= width / 2 - 0.75, away <= width / 2 + 0.75


def assert_covers(found: np.ndarray, begin: Place, end: Place, width: float) -> None:
    """Whether exactly the pixels along a line are painted, those at its very rim left open."""
    surely, perhaps = capsule(begin, end, width, (found.shape[1], found.shape[0]))
    assert set(np.unique(found)) <= {0, 255}
    assert np.all(found[surely] == 255)
    assert not found[~perhaps].any()


def mouse(
    canvas: QWidget,
    kind: QEvent.Type,
    place: QPointF,
    button: Qt.MouseButton = _LEFT,
    keys: Qt.KeyboardModifier = _NO_KEY,
) -> None:
    """A mouse event at a place of the widget, which may lie between two pixels."""
    is_move = kind is QEvent.Type.MouseMove
    held = _NONE if kind is QEvent.Type.MouseButtonRelease else button
    event = QMouseEvent(
        kind, place, canvas.mapToGlobal(place), _NONE if is_move else button, held, keys
    )
    QApplication.sendEvent(canvas, event)


def drag(
    canvas: MaskCanvas,
    places: Sequence[Place],
    button: Qt.MouseButton = _LEFT,
    keys: Qt.KeyboardModifier = _NO_KEY,
) -> None:
    """Press at the first place of the image, move through the others, and let go."""
    press(canvas, places, button, keys)
    last = canvas.view.to_widget(QPointF(*places[-1]))
    mouse(canvas, QEvent.Type.MouseButtonRelease, last, button, keys)


def press(
    canvas: MaskCanvas,
    places: Sequence[Place],
    button: Qt.MouseButton = _LEFT,
    keys: Qt.KeyboardModifier = _NO_KEY,
) -> None:
    """The same, without letting go."""
    first, *others = [canvas.view.to_widget(QPointF(*place)) for place in places]
    mouse(canvas, QEvent.Type.MouseButtonPress, first, button, keys)
    for place in others:
        mouse(canvas, QEvent.Type.MouseMove, place, button, keys)


def turn(
    canvas: MaskCanvas,
    notches: int,
    place: QPointF | None = None,
    keys: Qt.KeyboardModifier = _NO_KEY,
) -> None:
    """Turn the wheel over a place of the widget, else its middle."""
    at = QPointF(canvas.rect().center()) if place is None else place
    event = QWheelEvent(
        at,
        canvas.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120 * notches),
        _NONE,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)
