"""The joints of people as coloured skeletons on black, in the colours of OpenPose and DWPose.

The IC-LoRAs for poses were taught with these: a colour for each limb and each joint, limbs darker.
"""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Iterable

JOINTS = (
    *("nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder"),
    *("left elbow", "right elbow", "left wrist", "right wrist", "left hip", "right hip"),
    *("left knee", "right knee", "left ankle", "right ankle"),
)
"""What models find that were taught with COCO, in their order."""

COLOURS = {
    "nose": (255, 0, 0),
    "neck": (255, 85, 0),
    "right shoulder": (255, 170, 0),
    "right elbow": (255, 255, 0),
    "right wrist": (170, 255, 0),
    "left shoulder": (85, 255, 0),
    "left elbow": (0, 255, 0),
    "left wrist": (0, 255, 85),
    "right hip": (0, 255, 170),
    "right knee": (0, 255, 255),
    "right ankle": (0, 170, 255),
    "left hip": (0, 85, 255),
    "left knee": (0, 0, 255),
    "left ankle": (85, 0, 255),
    "right eye": (170, 0, 255),
    "left eye": (255, 0, 255),
    "right ear": (255, 0, 170),
    "left ear": (255, 0, 85),
}
"""Of the joints, the neck between the shoulders among them, in the order of OpenPose."""

LIMBS = (
    ("neck", "right shoulder"),
    ("neck", "left shoulder"),
    ("right shoulder", "right elbow"),
    ("right elbow", "right wrist"),
    ("left shoulder", "left elbow"),
    ("left elbow", "left wrist"),
    ("neck", "right hip"),
    ("right hip", "right knee"),
    ("right knee", "right ankle"),
    ("neck", "left hip"),
    ("left hip", "left knee"),
    ("left knee", "left ankle"),
    ("neck", "nose"),
    ("nose", "right eye"),
    ("right eye", "right ear"),
    ("nose", "left eye"),
    ("left eye", "left ear"),
)
"""In the order in which they are drawn; the first has the first colour, and so on."""

SURE = 0.3
"""How sure a model must be of a joint for it to be drawn."""

_LIMB_LIGHT = 0.6
# Half as wide as a limb, where the shorter side of the image has so many pixels.
_HALF_WIDTH, _OF_SIDE = 4, 512
_TURNS = np.linspace(0, 2 * np.pi, 60, endpoint=False)


def draw_skeletons(people: Iterable[np.ndarray], width: int, height: int) -> Image.Image:
    """All people of an image of that size, RGB.

    Args:
        people: of each its `JOINTS`, (17, 3): x, y, and how sure the model is of it, 0 to 1.
        width: of the image.
        height: of the image.
    """
    placed = [_placed(joints) for joints in people]
    half = max(1.0, _HALF_WIDTH * min(width, height) / _OF_SIDE)
    canvas = Image.new("RGB", (width, height))
    pen = ImageDraw.Draw(canvas)
    for limb, colour in zip(LIMBS, COLOURS.values(), strict=False):
        for person in placed:
            if all(joint in person for joint in limb):
                begin, end = (person[joint] for joint in limb)
                pen.polygon(_ellipse(begin, end, half), fill=colour)
    dark = (np.asarray(canvas) * _LIMB_LIGHT).astype(np.uint8)
    canvas = Image.fromarray(dark)
    pen = ImageDraw.Draw(canvas)
    for joint, colour in COLOURS.items():
        for person in placed:
            if joint in person:
                x, y = person[joint]
                pen.ellipse((x - half, y - half, x + half, y + half), fill=colour)
    return canvas


def _placed(joints: np.ndarray) -> dict[str, np.ndarray]:
    """Where the joints are of which the model is sure, by their names."""
    found = {name: joint[:2] for name, joint in zip(JOINTS, joints, strict=True) if joint[2] > SURE}
    shoulders = [found[name] for name in ("left shoulder", "right shoulder") if name in found]
    if len(shoulders) == 2:
        found["neck"] = (shoulders[0] + shoulders[1]) / 2
    return found


def _ellipse(begin: np.ndarray, end: np.ndarray, half: float) -> list[tuple[float, float]]:
    """The points around an ellipse that reaches from one joint to another."""
    along = (end - begin) / 2
    length = np.hypot(*along)
    across = np.array([-along[1], along[0]]) / max(length, 1e-6) * half
    points = (begin + end) / 2 + np.outer(np.cos(_TURNS), along) + np.outer(np.sin(_TURNS), across)
    return [(float(x), float(y)) for x, y in points]
