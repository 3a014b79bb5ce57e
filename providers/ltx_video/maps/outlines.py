"""The outlines of what is seen in an image, by Canny's method."""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

# How steep a grey must be to begin an outline, and to go on with one, as the sum of both
# directions' Sobel differences: the usual pair, which the makers' control videos were drawn with.
_BEGINS, _GOES_ON = 200, 100


def outlines(image: Image.Image) -> np.ndarray:
    """White on black and one pixel wide: (h, w) uint8."""
    grey = np.pad(np.asarray(image.convert("L"), np.int32), 1, mode="edge")
    down = grey[:-2] + 2 * grey[1:-1] + grey[2:]
    along = grey[:, :-2] + 2 * grey[:, 1:-1] + grey[:, 2:]
    across = down[:, 2:] - down[:, :-2]
    upright = along[2:] - along[:-2]
    steep = np.abs(across) + np.abs(upright)
    ridge = _is_ridge(steep, across, upright)
    found = _connected(ridge & (steep > _BEGINS), ridge & (steep > _GOES_ON))
    return (found * 255).astype(np.uint8)


def _is_ridge(steep: np.ndarray, across: np.ndarray, upright: np.ndarray) -> np.ndarray:
    """Where it is no steeper on either side, looked at in the direction in which it rises."""
    height, width = steep.shape
    around = np.pad(steep, 1)

    def beside(rows: int, columns: int) -> np.ndarray:
        return around[1 + rows : 1 + rows + height, 1 + columns : 1 + columns + width]

    # Of four directions, each for an eighth of the circle on both sides of it.
    slope, tangent = np.abs(upright), np.tan(np.pi / 8) * np.abs(across)
    is_across = slope <= tangent
    is_upright = ~is_across & (slope * np.tan(np.pi / 8) >= np.abs(across))
    is_falling = ~is_across & ~is_upright & (across * upright > 0)
    is_rising = ~is_across & ~is_upright & ~is_falling
    ridge = np.zeros(steep.shape, bool)
    for here, rows, columns in (
        (is_across, 0, 1),
        (is_upright, 1, 0),
        (is_falling, 1, 1),
        (is_rising, 1, -1),
    ):
        # Of two that are alike the first, so that an outline is one pixel wide.
        ridge |= here & (steep > beside(-rows, -columns)) & (steep >= beside(rows, columns))
    return ridge


def _connected(begins: np.ndarray, goes_on: np.ndarray) -> np.ndarray:
    """What begins an outline, and all that goes on from there without a gap."""
    width = begins.shape[1] + 2
    rest = np.pad(goes_on, 1).ravel()
    found = np.pad(begins, 1).ravel()
    steps = np.array([rows * width + columns for rows in (-1, 0, 1) for columns in (-1, 0, 1)])
    ends = np.flatnonzero(found)
    rest[ends] = False
    while ends.size:
        near = (ends[:, None] + steps).ravel()
        ends = np.unique(near[rest[near]])
        rest[ends], found[ends] = False, True
    return found.reshape(-1, width)[1:-1, 1:-1]
