"""Scenes that go on from a clip or lead up to one, from wherever its subject and camera are.

A clip of the world has one motion that crosses the picture in its length. What an extension or the
next part of a long clip sees is the end of such a motion, and what it makes begins there: the
subject goes on from its place at the speed it had, as far as the edge, or stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from scripts.ltx_mini.captions import CAMERAS, MOTIONS, PLACES, caption_of, describe
from scripts.ltx_mini.world import PAN_UNITS, ZOOM_RATIO, Course, Floats, extent, subject_path

if TYPE_CHECKING:
    import random

    from scripts.ltx_mini.world import Scene

_LENGTHS = (33, 33, 49, 65, 81)
"""Of the clips that are seen, in frames: how long their motion takes to cross the picture."""
_TO_ITS_END, _SAME_MOTION, _SAME_CAMERA = 0.6, 0.5, 0.75
_SAY_PLACE, _SAY_SETTING, _NEAR_PLACE = 0.4, 0.88, 10.0
# Where a motion ends: most of the largest subject is still in the picture there.
_EDGE = (0.36, 0.31)
_HEADINGS = {
    "still": (0.0, 0.0),
    "move_left": (-1.0, 0.0),
    "move_right": (1.0, 0.0),
    "move_up": (0.0, -1.0),
    "move_down": (0.0, 1.0),
}
_PANS = {"pan_left": -1.0, "pan_right": 1.0}
_ZOOMS = {"zoom_in": 1.0, "zoom_out": -1.0}
_TRAVEL = (0.5, 0.46)


@dataclass(frozen=True)
class Continued:
    """What is to be seen, its caption, and where things are in the frames that were asked for."""

    scene: Scene
    caption: str
    course: Course


def describe_continued(
    rng: random.Random, size: tuple[int, int], frames: Floats, first: int, last: int
) -> Continued:
    """Draw a scene of which some frames are given, and the caption of those before and after.

    Args:
        rng: decides it.
        size: width and height in pixels.
        frames: those to describe, by their numbers.
        first: of the clip's frames that are given.
        last: of the same.
    """
    scene = describe(rng).scene
    motion = scene.motion if rng.random() < _SAME_MOTION else rng.choice(MOTIONS)
    seen = replace(scene, motion=motion, place=rng.choice(PLACES))
    camera = scene.camera if rng.random() < _SAME_CAMERA else rng.choice(CAMERAS)
    length = rng.choice(_LENGTHS) - 1
    # Which part of its motion the clip that is given has left out at the seam.
    left = 0.0 if rng.random() < _TO_ITS_END else rng.uniform(0.0, 0.25)
    goes_on = bool((frames > last).any())
    start = 1 - left - last / length if goes_on else left - first / length
    given = start + np.clip(frames, first, last) / length
    since = (frames - np.clip(frames, first, last)) / length
    x, y = subject_path(seen, *size, given)
    x, y = _onward(scene.motion, size, (x, y), since)

    def moved(rates: dict[str, float]) -> Floats:
        at = rates.get(camera, 0.0) * (given - 0.5) + rates.get(scene.camera, 0.0) * since
        return at.astype(np.float32)

    course = Course(x, y, np.power(np.float32(ZOOM_RATIO), moved(_ZOOMS)), PAN_UNITS * moved(_PANS))
    at_rest = scene.motion == "still"
    place = _place_near(scene, size, (x[-1], y[-1])) if at_rest and goes_on else ""
    says_place = bool(place) and rng.random() < _SAY_PLACE
    if says_place:
        scene = replace(scene, place=place)
    says_setting = rng.random() < _SAY_SETTING
    caption = caption_of(rng, scene, say_place=says_place, say_setting=says_setting)
    return Continued(scene, caption, course)


def _onward(
    motion: str, size: tuple[int, int], seam: tuple[Floats, Floats], since: Floats
) -> tuple[Floats, Floats]:
    """The place at each time since the seam, in lengths of the clip; no farther than the edge."""
    found: list[Floats] = []
    for heading, travel, edge, whole, at in zip(
        _HEADINGS[motion], _TRAVEL, _EDGE, extent(*size), seam, strict=True
    ):
        limit = np.maximum(edge * whole, np.abs(at))
        on = np.clip(at + heading * travel * whole * since, -limit, limit)
        found.append(on.astype(np.float32))
    return found[0], found[1]


def _place_near(scene: Scene, size: tuple[int, int], at: tuple[float, float]) -> str:
    """The name of a place that is as good as this one; empty where none is."""
    middle = np.full(1, 0.5, np.float32)
    for place in PLACES:
        there = replace(scene, place=place, motion="still", jitter=(0.0, 0.0))
        x, y = subject_path(there, *size, middle)
        if np.hypot(x[0] - at[0], y[0] - at[1]) < _NEAR_PLACE:
            return place
    return ""
