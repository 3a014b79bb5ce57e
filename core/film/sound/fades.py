"""Rising and falling volumes that keep the power of the sum, for joins, fades and loops."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray


def gain_of(volume_db: float) -> float:
    """The factor that a change of volume in dB means."""
    return math.pow(10, volume_db / 20)


def rise(first: int, count: int, length: int) -> NDArray[float64]:
    """The samples from `first` on of a fade in over `length`: a quarter of a sine, then 1.

    Every sample's value is that of its middle, so the fade is the mirror of `fall`, and the
    squares of both add up to 1.
    """
    import numpy as np

    return np.sin(_angles(first, count, length))


def fall(first: int, count: int, length: int) -> NDArray[float64]:
    """The samples from `first` on of a fade out over `length`; those below 0 come before it."""
    import numpy as np

    return np.cos(_angles(first, count, length))


def _angles(first: int, count: int, length: int) -> NDArray[float64]:
    import numpy as np

    if length <= 0:
        return np.full(count, np.pi / 2)
    done = (np.arange(first, first + count) + 0.5) / length
    return np.clip(done, 0.0, 1.0) * (np.pi / 2)
