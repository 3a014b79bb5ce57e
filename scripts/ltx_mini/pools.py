# pyright: standard, reportPrivateImportUsage=false
"""What the transformer learns from: described latents, drawn ahead and renewed on the way."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from scripts.ltx_mini.captions import SOUNDS, describe
from scripts.ltx_mini.continued import describe_continued
from scripts.ltx_mini.given import draw_keys, kept_side
from scripts.ltx_mini.keyframe_latents import (
    BLOCK,
    FRAMES_A_LATENT,
    keyframes,
    latents_of,
    spreads,
    to_tensor,
)
from scripts.ltx_mini.world import RADII, UNITS_ON_SHORT_SIDE, Course, draw

if TYPE_CHECKING:
    from scripts.ltx_mini.world import Scene

# (width, height), frames, and how often a batch has that shape. The first one is what most people
# ask for; for the first share of the steps it is the only one.
SHAPES: tuple[tuple[tuple[int, int], int, float], ...] = (
    ((192, 128), 33, 0.44),
    ((128, 192), 33, 0.17),
    ((160, 160), 33, 0.12),
    ((192, 128), 17, 0.05),
    ((192, 128), 49, 0.06),
    ((192, 128), 81, 0.12),
    ((192, 128), 1, 0.04),
)
# The same of clips that go on from what is given of them: as much as is worked on at a time.
CONTINUED_SHAPES: tuple[tuple[tuple[int, int], int, float], ...] = (
    ((192, 128), 33, 0.15),
    ((192, 128), 41, 0.2),
    ((192, 128), 57, 0.35),
    ((192, 128), 81, 0.1),
    ((128, 192), 57, 0.1),
    ((160, 160), 57, 0.1),
)
# Errors where the caption puts the subject count so many times as much as elsewhere.
SUBJECT_WEIGHT = 3.0


@dataclass
class Sample:
    """What is kept of a drawn clip.

    `video` are its latents as tokens (tokens, channels), `weight` (tokens) says how much an error
    in each of them counts. `keys` (keys, tokens of a frame, channels) are more of its frames, by
    themselves, and `key_frames` which ones.
    """

    video: torch.Tensor
    keys: torch.Tensor
    key_frames: list[int]
    weight: torch.Tensor
    sound: int
    caption: str


class LatentPool:
    """Described latents for every shape, drawn ahead and renewed one by one."""

    def __init__(self, size: int, seed: int) -> None:
        self._rng = random.Random(seed)
        self._samples: list[list[Sample]] = [
            [self._draw(shape, frames) for _ in range(max(1, int(size * share)))]
            for shape, frames, share in SHAPES
        ]

    def _draw(self, shape: tuple[int, int], num_frames: int) -> Sample:
        described = describe(self._rng)
        timed, alone = keyframes(num_frames), draw_keys(self._rng, num_frames)
        pictures = draw(described.scene, *shape, num_frames, [*timed, *alone])
        latents = latents_of(to_tensor(pictures[None]))[0] / spreads()[:, None, None, None]
        return Sample(
            latents[:, : len(timed)].flatten(1).T.contiguous(),
            latents[:, len(timed) :].flatten(2).permute(1, 2, 0).contiguous(),
            alone,
            subject_weights(described.scene, shape, num_frames),
            SOUNDS.index(described.scene.sound),
            described.caption,
        )

    def renew(self, count: int) -> None:
        """Replaces samples at random places by newly drawn ones."""
        for _ in range(count):
            number = self._rng.choices(range(len(SHAPES)), [share for *_, share in SHAPES])[0]
            samples = self._samples[number]
            samples[self._rng.randrange(len(samples))] = self._draw(*SHAPES[number][:2])

    def batch(self, size: int, *, usual: bool) -> tuple[int, list[Sample]]:
        """Samples of one shape, the usual one or any, and the shape's number."""
        number = self._rng.choices(range(len(SHAPES)), [share for *_, share in SHAPES])[0]
        number = 0 if usual else number
        frames = SHAPES[number][1]
        return number, self._rng.choices(
            self._samples[number], k=max(8, min(2 * size, size * 33 // frames))
        )


@dataclass
class Group:
    """Clips of one shape that are given the same of their frames.

    Attributes:
        stays: latent frames (frames), 1 for those that are given.
    """

    shape: tuple[int, int]
    num_frames: int
    stays: torch.Tensor
    samples: list[Sample]


class ContinuedPool:
    """Described latents of clips that go on from a part of them, a batch of one kind each."""

    def __init__(self, groups: int, batch_size: int, seed: int) -> None:
        self._rng = random.Random(seed)
        shares = [share for *_, share in CONTINUED_SHAPES]
        self._groups: list[Group] = []
        for _ in range(groups):
            shape, frames, _ = self._rng.choices(CONTINUED_SHAPES, shares)[0]
            group = Group(shape, frames, kept_side(self._rng, len(keyframes(frames))), [])
            group.samples = [self._draw(group) for _ in range(max(6, batch_size * 33 // frames))]
            self._groups.append(group)

    def _draw(self, group: Group) -> Sample:
        places = keyframes(group.num_frames)
        kept = group.stays.nonzero().flatten().tolist()
        # Latents are those of the last of their eight frames.
        first = places[kept[0]] - FRAMES_A_LATENT + 1 if kept[0] else 0
        drawn = describe_continued(
            self._rng, group.shape, np.array(places, np.float32), first, places[kept[-1]]
        )
        pictures = draw(drawn.scene, *group.shape, group.num_frames, places, drawn.course)
        latents = latents_of(to_tensor(pictures[None]))[0] / spreads()[:, None, None, None]
        return Sample(
            latents.flatten(1).T.contiguous(),
            torch.zeros(0),
            [],
            course_weights(drawn.scene, group.shape, drawn.course),
            SOUNDS.index(drawn.scene.sound),
            drawn.caption,
        )

    def batch(self, renewed: int) -> Group:
        """One of the groups, some of its clips drawn anew."""
        group = self._rng.choice(self._groups)
        for _ in range(renewed):
            group.samples[self._rng.randrange(len(group.samples))] = self._draw(group)
        return group


def subject_weights(scene: Scene, shape: tuple[int, int], num_frames: int) -> torch.Tensor:
    """How much an error in each token (tokens) counts; 1 on average.

    Where the subject is follows from the caption alone, not from what a seed moves: weights that
    knew the seed would teach the model to draw subjects larger than they are.
    """
    frames = np.array(keyframes(num_frames), dtype=np.float32)
    calm = replace(scene, jitter=(0.0, 0.0))
    return course_weights(scene, shape, Course.whole(calm, *shape, frames, num_frames))


def course_weights(scene: Scene, shape: tuple[int, int], course: Course) -> torch.Tensor:
    """The same of a subject that is where a course says."""
    width, height = shape
    scale = min(width, height) / UNITS_ON_SHORT_SIDE
    bigger = scale * course.zoom[:, None, None]
    x, y = course.x, course.y
    across = np.arange(BLOCK / 2, width, BLOCK, dtype=np.float32) - width / 2
    down = np.arange(BLOCK / 2, height, BLOCK, dtype=np.float32) - height / 2
    away = np.maximum(
        np.abs(across[None, None, :] - bigger * x[:, None, None]),
        np.abs(down[None, :, None] - bigger * y[:, None, None]),
    )
    is_near = away < bigger * 1.1 * RADII[scene.size] + BLOCK / 2
    weights = torch.from_numpy(np.where(is_near, SUBJECT_WEIGHT, 1.0).astype(np.float32)).flatten()
    return weights / weights.mean()
