"""Looks at films: frames as arrays, and how alike two of them are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
from PIL import Image
from scipy.ndimage import uniform_filter

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def frames_of(path: Path) -> NDArray[np.uint8]:
    """Every frame of a film as (frames, height, width, 3) RGB."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack(frames).astype(np.uint8, copy=False)


def deep_frames_of(path: Path) -> NDArray[np.uint16]:
    """The same with 16 bits a channel, whatever the film has."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb48le") for frame in container.decode(video=0)]
    return np.stack(frames).astype(np.uint16, copy=False)


def image_of(path: Path) -> NDArray[np.uint8]:
    """A picture file as (height, width, 3) RGB."""
    return np.asarray(Image.open(path).convert("RGB"))


def likeness(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """The structural similarity of two pictures: 1 where they are the same."""
    a, b = (image.astype(np.float64).mean(axis=2) for image in (one, other))

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return uniform_filter(values, 7)

    mean_a, mean_b = mean(a), mean(b)
    spread_a, spread_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    common = mean(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * common + c2)
    bottom = (mean_a**2 + mean_b**2 + c1) * (spread_a + spread_b + c2)
    return float((top / bottom).mean())
