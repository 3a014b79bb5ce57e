"""The picture of a sound that LTX-2's audio VAE reads."""

# pyright: standard

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

FFT = 1024
QUIETEST = 1e-5


def log_mel(samples: NDArray[np.float32], rate_hz: int, hop: int, bins: int) -> torch.Tensor:
    """The logarithm of the mel magnitudes, (2, count // hop + 1, bins).

    Args:
        samples: (2, count), more than half a window of `FFT`.
        rate_hz: of the samples.
        hop: samples from one column of the picture to the next.
        bins: of the mel scale, from 0 to half the rate.
    """
    spectrum = torch.stft(
        torch.from_numpy(samples),
        FFT,
        hop,
        window=torch.hann_window(FFT),
        center=True,
        return_complex=True,
    ).abs()
    return torch.log((_mel_filters(rate_hz, bins) @ spectrum).clamp(min=QUIETEST)).transpose(1, 2)


@lru_cache(maxsize=4)
def _mel_filters(rate_hz: int, bins: int) -> torch.Tensor:
    """Mel filters of equal area after Slaney, (bins, FFT / 2 + 1)."""

    def to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(
            hz < 1000, hz / (200 / 3), 15 + np.log(np.maximum(hz, 1000) / 1000) / (np.log(6.4) / 27)
        )

    def to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((np.log(6.4) / 27) * (mel - 15)))

    top = float(to_mel(np.array([rate_hz / 2]))[0])
    edges = to_hz(np.linspace(0, top, bins + 2))
    places = np.linspace(0, rate_hz / 2, FFT // 2 + 1)
    rise = (places[None] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - places[None]) / np.diff(edges)[1:, None]
    filters = np.maximum(0, np.minimum(rise, fall)) * (2 / (edges[2:] - edges[:-2]))[:, None]
    return torch.from_numpy(filters.astype(np.float32))
