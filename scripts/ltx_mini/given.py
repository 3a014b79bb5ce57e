# pyright: standard, reportPrivateImportUsage=false
"""What of a training clip is given clean: nothing, frames, keyframes between them, the sound.

As the pipelines do it: a start image and what is kept of a clip lie in their own places without
noise, an image for any other frame is added behind the clip's tokens with coordinates of its own,
and of a softer image so much noise is left as it is weak.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from scripts.ltx_mini.keyframe_latents import BLOCK, FRAMES_A_LATENT

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

KEYS = 2
"""How many frames beside those of its latents are drawn of each clip, to be keyframes."""

_TEXT, _FIRST, _KEPT, _KEYFRAMES, _SOUND = 0.33, 0.1, 0.15, 0.35, 0.07
_LAST_FRAME, _WITH_FIRST, _SOFT = 0.4, 0.5, 0.3
_WHOLE_SOUND, _WITH_SOUND = 0.2, 0.6
_SOFTEST = 0.3
# What is seen of a clip that goes on: in latent frames, and to which side it goes.
_MOST_SEEN, _USUALLY_SEEN = 4, 0.6
_FORWARD, _BACKWARD, _BOTH = 0.55, 0.3, 0.15


@dataclass(frozen=True)
class Given:
    """How clean each part of a batch is: 1 is given, 0 is to be made.

    Attributes:
        video: (tokens,) of the clip itself.
        audio: (tokens,) of its sound.
        keys: how many keyframes are added.
        strength: how clean they are.
    """

    video: torch.Tensor
    audio: torch.Tensor
    keys: int = 0
    strength: float = 1.0

    @property
    def shows(self) -> bool:
        """Whether any of the picture is given."""
        return bool(self.keys or self.video.any())

    @property
    def is_nothing(self) -> bool:
        """Whether all of it is to be made from the caption alone."""
        return not (self.shows or self.audio.any())


def draw_keys(rng: random.Random, num_frames: int) -> list[int]:
    """The frames of a clip that are drawn to be keyframes; often the last one."""
    if num_frames == 1:
        return []
    return [
        num_frames - 1 if rng.random() < _LAST_FRAME else rng.randrange(1, num_frames)
        for _ in range(KEYS)
    ]


def choose_given(
    rng: random.Random, grid: tuple[int, int, int], audio_tokens: int, latents_per_frame: float
) -> Given:
    """What the clips of one batch are given.

    Whole batches, not single samples: one noise level for all tokens of a sample is a third
    cheaper.

    Args:
        rng: decides it.
        grid: frames, height and width of the latents.
        audio_tokens: latents of the sound.
        latents_per_frame: how many of them go by in a frame of the picture.
    """
    frames, a_frame = grid[0], grid[1] * grid[2]
    video, audio = torch.zeros(frames * a_frame), torch.zeros(audio_tokens)
    kinds = (_TEXT, _FIRST, _KEPT, _KEYFRAMES, _SOUND)
    kind = rng.choices(range(len(kinds)), kinds)[0] if frames > 1 else 0
    keys, strength = 0, 1.0
    if kind == 1:
        video[:a_frame] = 1
    elif kind == 2:
        stays = _kept_frames(rng, frames)
        return give_kept(rng, stays, grid, audio_tokens, latents_per_frame)
    elif kind == 3:
        keys = rng.randint(1, KEYS)
        if rng.random() < _WITH_FIRST:
            video[:a_frame] = 1
        if rng.random() < _SOFT:
            strength = rng.uniform(_SOFTEST, 1.0)
    elif kind == 4:
        audio[:] = 1
    return Given(video, audio, keys, strength)


def give_kept(
    rng: random.Random,
    stays: torch.Tensor,
    grid: tuple[int, int, int],
    audio_tokens: int,
    latents_per_frame: float,
) -> Given:
    """The clips of a batch are given some of their latent frames, often with their sound.

    Args:
        rng: decides what of the sound.
        stays: 1 for the latent frames (frames) that are given.
        grid: as of `choose_given`.
        audio_tokens: as of `choose_given`.
        latents_per_frame: as of `choose_given`.
    """
    frames, audio = grid[0], torch.zeros(audio_tokens)
    if rng.random() < _WHOLE_SOUND:
        audio[:] = 1
    elif rng.random() < _WITH_SOUND:
        at = (torch.arange(audio_tokens) / latents_per_frame).ceil().long()
        audio = stays[((at + FRAMES_A_LATENT - 1) // FRAMES_A_LATENT).clamp(max=frames - 1)]
    return Given(stays.repeat_interleave(grid[1] * grid[2]), audio)


def kept_side(rng: random.Random, frames: int) -> torch.Tensor:
    """Which latent frames (frames) of a clip that is extended stay: as its pipelines see it."""
    stays = torch.zeros(frames)
    most = min(_MOST_SEEN, frames - 1)
    count = most if rng.random() < _USUALLY_SEEN else rng.randint(1, most)
    match rng.choices(range(3), (_FORWARD, _BACKWARD, _BOTH))[0]:
        case 0:
            stays[:count] = 1
        case 1:
            stays[-count:] = 1
        case _:
            before = rng.randint(1, frames - 2) if frames > 2 else 1
            stays[before : rng.randint(before + 1, frames - 1)] = 1
    return stays


def _kept_frames(rng: random.Random, frames: int) -> torch.Tensor:
    """Which latent frames (frames) stay: a beginning, an end, or both around what is made anew."""
    stays = torch.zeros(frames)
    begin = rng.randrange(1, frames)
    match rng.randrange(3):
        case 0:
            stays[:begin] = 1
        case 1:
            stays[begin:] = 1
        case _:
            stays[:] = 1
            stays[begin : rng.randint(begin + 1, frames)] = 0
    return stays


def key_places(
    frames: Sequence[Sequence[int]], grid: tuple[int, int, int], fps: float
) -> torch.Tensor:
    """Where keyframes lie (n, 3, tokens, 2): from and to, in seconds and in pixels down and across.

    Args:
        frames: of each sample, which frames they are.
        grid: frames, height and width of the latents.
        fps: frames a second.
    """
    _, height, width = grid
    down, across = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    space = torch.stack((down.flatten(), across.flatten())).float() * BLOCK
    space = torch.stack((space, space + BLOCK), dim=-1)
    places: list[torch.Tensor] = []
    for sample in frames:
        tokens: list[torch.Tensor] = []
        for frame in sample:
            time = torch.tensor([frame, frame + 1]) / fps
            tokens.append(torch.cat((time.expand(1, height * width, 2), space)))
        places.append(torch.cat(tokens, dim=1))
    return torch.stack(places)
