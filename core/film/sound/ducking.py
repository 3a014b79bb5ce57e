"""How far music steps back while the clips make a sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.film.model.timeline import SAMPLE_RATE_HZ
from core.film.sound.fades import gain_of
from core.film.sound.stems import CHANNELS

if TYPE_CHECKING:
    from numpy import float32, float64
    from numpy.typing import NDArray

WINDOW = SAMPLE_RATE_HZ // 100
"""Samples over which the loudness of the clips is judged: 10 ms."""
THRESHOLD_DB = -40.0
"""Loud enough to make music step back: RMS of both sides, 0 dB for samples that are all 1."""
ATTACK_S = 0.05
RELEASE_S = 0.4


class Ducking:
    """Follows the clips' sound block by block; every block but the last is whole windows long."""

    def __init__(self) -> None:
        self._depth = 0.0

    def follow(self, block: NDArray[float32]) -> NDArray[float64]:
        """How far music steps back at each sample: 0 not at all, 1 by all of its dB.

        It goes back and forth evenly in dB, down within `ATTACK_S` and up within `RELEASE_S`.
        """
        import numpy as np

        edges = np.append(np.arange(0, block.size, WINDOW * CHANNELS), block.size)
        power = np.add.reduceat(np.square(block, dtype=np.float64).ravel(), edges[:-1])
        is_loud = power / np.diff(edges) > gain_of(THRESHOLD_DB) ** 2
        down = WINDOW / (ATTACK_S * SAMPLE_RATE_HZ)
        up = WINDOW / (RELEASE_S * SAMPLE_RATE_HZ)
        depths = [self._depth]
        for loud in is_loud.tolist():
            depths.append(min(1.0, depths[-1] + down) if loud else max(0.0, depths[-1] - up))
        self._depth = depths[-1]
        steps = np.diff(depths)[:, None] * (np.arange(WINDOW) / WINDOW)
        return (np.array(depths[:-1])[:, None] + steps).ravel()[: len(block)]
