"""LTX Mini's latents by arithmetic: low frequencies of every eighth frame.

A latent frame of the LTX-2 video VAE covers eight frames, the first one covers one. Mini's holds
the blockwise cosine transform of the last frame of its eight: 46 luma and 18 chroma coefficients of
each 32x32 block, scaled so that fine detail is not lost beside brightness. The encoder learns to
compute it, the decoder to paint all frames from it. Fixing the latents beforehand lets decoder,
encoder and transformer be trained side by side.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 32
FRAMES_A_LATENT = 8
LUMA, CHROMA = 46, 9
CHANNELS = LUMA + 2 * CHROMA
# The spread of a coefficient over the world falls with its frequency; growing the gain almost in
# step keeps coarse structure in front without drowning fine structure.
_DECAY = 1.05
_GAIN = 8.0
_BRIGHTNESS_GAIN = 3.2


# What the transformer sees has its fine structure turned down and its colours up: noise then hides
# detail first, and what a caption speaks of, colours and coarse forms, is decided before it.
_FINE_FALL = 0.45
_COARSE_STRENGTH = 1.3
_COLOUR_STRENGTH = 1.6


def _frequencies() -> list[tuple[int, int]]:
    """The waves along height and width that are kept, coarsest first."""
    return sorted(
        ((u, v) for u in range(BLOCK) for v in range(BLOCK)), key=lambda f: (math.hypot(*f), f)
    )[:LUMA]


def _basis() -> tuple[torch.Tensor, torch.Tensor]:
    """The lowest cosine waves (46, 32, 32) of a block, and a gain (46) for each."""
    position = (torch.arange(BLOCK, dtype=torch.float64) + 0.5) / BLOCK
    wave = torch.stack(
        [
            torch.cos(math.pi * k * position) * (1.0 if k == 0 else math.sqrt(2))
            for k in range(BLOCK)
        ]
    )
    order = _frequencies()
    flat = torch.stack([torch.outer(wave[u], wave[v]) for u, v in order]) / BLOCK**2
    gain = torch.tensor(
        [_GAIN * (1 + math.hypot(*f)) ** _DECAY if f != (0, 0) else _BRIGHTNESS_GAIN for f in order]
    )
    return flat.float(), gain.float()


_FLAT, _GAINS = _basis()
_TO_YCC = torch.tensor([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])


def spreads() -> torch.Tensor:
    """What latents are divided by before noise is added, for each channel (64)."""
    strength = [_COARSE_STRENGTH * (1 + math.hypot(*f)) ** -_FINE_FALL for f in _frequencies()]
    colour = [_COLOUR_STRENGTH * value for value in strength[:CHROMA]]
    return 1 / torch.tensor([*strength, *colour, *colour])


def keyframes(num_frames: int) -> list[int]:
    """The frames that the latents of a clip of 8k+1 frames are read from."""
    return list(range(0, num_frames, FRAMES_A_LATENT))


def latents_of(pictures: torch.Tensor) -> torch.Tensor:
    """Latents (n, 64, frames, height/32, width/32) of key pictures.

    The pictures are (n, 3, frames, height, width) in -1..1.
    """
    n, _, frames, height, width = pictures.shape
    ycc = torch.einsum("ij,njfhw->nifhw", _TO_YCC, pictures)
    blocks = ycc.reshape(n, 3, frames, height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    coefficients = (
        torch.einsum("nifaybx,kyx->nikfab", blocks, _FLAT) * _GAINS[None, None, :, None, None, None]
    )
    luma, blue, red = coefficients[:, 0], coefficients[:, 1, :CHROMA], coefficients[:, 2, :CHROMA]
    return torch.cat([luma, blue, red], dim=1)


def to_tensor(clips: NDArray[np.uint8]) -> torch.Tensor:
    """Clips (n, frames, height, width, 3) as (n, 3, frames, height, width) in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(clips)).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
