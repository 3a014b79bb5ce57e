"""Outlines are where an image has edges, as Canny's method has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter, label

from providers.ltx_video.maps.outlines import outlines


def picture(width: int = 48, height: int = 40) -> np.ndarray:
    """A bright box on dark ground."""
    grey = np.full((height, width), 20, np.uint8)
    grey[10:30, 12:36] = 220
    return grey


def drawn(grey: np.ndarray) -> np.ndarray:
    """Whether each pixel is of an outline."""
    found = outlines(Image.fromarray(grey).convert("RGB"))
    assert found.shape == grey.shape
    assert set(np.unique(found)) <= {0, 255}
    return found > 0


def test_a_map_has_outlines_where_the_picture_has_edges_and_nowhere_else() -> None:
    found = drawn(picture())
    rows, columns = np.nonzero(found)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (9, 29, 11, 35)
    # One pixel wide along each side, and nothing within.
    assert found[15, 5:20].sum() == found[15, 30:40].sum() == found[5:15, 20].sum() == 1
    assert not found[12:27, 15:32].any()
    assert not drawn(np.full((40, 48), 90, np.uint8)).any()


def test_a_faint_edge_is_drawn_only_where_it_goes_on_from_a_clear_one() -> None:
    grey = np.full((60, 40), 20, np.uint8)
    # Clear at the top, and fainter and fainter downwards.
    grey[:, 20:] += np.linspace(80, 30, 60).astype(np.uint8)[:, None]
    assert drawn(grey)[:, 15:25].any(axis=1).all()
    alone = np.full((60, 40), 20, np.uint8)
    alone[:, 20:] += 35
    assert not drawn(alone).any()
    alone[:, 20:] -= 25
    assert not drawn(alone).any()


def by_the_book(grey: np.ndarray) -> np.ndarray:
    """Canny's method pixel by pixel."""
    height, width = grey.shape
    padded = np.pad(grey.astype(int), 1, mode="edge")
    across, upright = np.zeros(grey.shape, int), np.zeros(grey.shape, int)
    for row in range(height):
        for column in range(width):
            window = padded[row : row + 3, column : column + 3]
            across[row, column] = (window * [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]).sum()
            upright[row, column] = (window * [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]).sum()
    steep = np.abs(across) + np.abs(upright)
    around = np.pad(steep, 1)
    ridge = np.zeros(grey.shape, bool)
    for row in range(height):
        for column in range(width):
            angle = np.degrees(np.arctan2(upright[row, column], across[row, column])) % 180
            step = [(0, 1), (1, 1), (1, 0), (1, -1)][int((angle + 22.5) // 45) % 4]
            before = around[row + 1 - step[0], column + 1 - step[1]]
            behind = around[row + 1 + step[0], column + 1 + step[1]]
            ridge[row, column] = before < steep[row, column] >= behind
    labelled: Any = label(ridge & (steep > 100), np.ones((3, 3)))
    labels = labelled[0]
    begun = np.unique(labels[ridge & (steep > 200)])
    return np.isin(labels, begun[begun > 0])


@pytest.mark.parametrize("seed", range(3))
def test_outlines_are_those_of_the_method_step_by_step(seed: int) -> None:
    random = np.random.default_rng(seed)
    grey = gaussian_filter(random.normal(size=(50, 70)), 2.0)
    grey = ((grey - grey.min()) / np.ptp(grey) * 255).astype(np.uint8)
    found = drawn(grey)
    assert found.any()
    assert np.array_equal(found, by_the_book(grey))
