"""Skeletons: each limb and joint in its place, in the colours that IC-LoRAs were taught with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from providers.ltx_video.maps.skeletons import COLOURS, JOINTS, LIMBS, SURE, draw_skeletons

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTH, HEIGHT = 512, 640

# Somebody who faces us: their right is on our left.
PERSON = {
    "nose": (256, 120),
    "left eye": (272, 104),
    "right eye": (240, 104),
    "left ear": (292, 112),
    "right ear": (220, 112),
    "left shoulder": (320, 200),
    "right shoulder": (192, 200),
    "left elbow": (390, 270),
    "right elbow": (122, 270),
    "left wrist": (440, 350),
    "right wrist": (72, 350),
    "left hip": (300, 360),
    "right hip": (212, 360),
    "left knee": (310, 470),
    "right knee": (202, 470),
    "left ankle": (316, 580),
    "right ankle": (196, 580),
}
NECK = (256, 200)


def joints_of(person: Mapping[str, tuple[float, float]], score: float = 0.9) -> np.ndarray:
    return np.array([(*person[name], score) for name in JOINTS], np.float32)


def drawn(*people: np.ndarray, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    image = draw_skeletons(people, width, height)
    assert (image.mode, image.size) == ("RGB", (width, height))
    return np.asarray(image)


def test_each_joint_and_each_limb_has_its_own_colour_at_its_own_place() -> None:
    shown = drawn(joints_of(PERSON))
    places = {**PERSON, "neck": NECK}
    assert len(set(COLOURS.values())) == len(COLOURS) == 18
    for name, (x, y) in places.items():
        assert tuple(shown[y, x]) == COLOURS[name], name
    for limb, colour in zip(LIMBS, COLOURS.values(), strict=False):
        (ax, ay), (bx, by) = (places[name] for name in limb)
        middle = shown[round((ay + by) / 2), round((ax + bx) / 2)]
        assert tuple(middle) == tuple(int(part * 0.6) for part in colour), limb


def test_the_colours_are_those_of_openpose() -> None:
    """As the pages of OpenPose and DWPose list them, from the nose on."""
    steps = [0, 85, 170, 255]
    red_to_green = [(255, step, 0) for step in steps] + [(255 - step, 255, 0) for step in steps[1:]]
    green_to_blue = [(0, 255, step) for step in steps[1:]]
    cyan_to_pink = [(0, 255 - step, 255) for step in steps[1:]]
    last = [(step, 0, 255) for step in steps[1:]] + [(255, 0, 170), (255, 0, 85)]
    assert list(COLOURS.values()) == red_to_green + green_to_blue + cyan_to_pink + last


def test_a_limb_is_as_wide_as_the_image_asks_for_and_the_rest_is_black() -> None:
    alone = np.zeros((17, 3), np.float32)
    for name in ("left elbow", "left wrist"):
        alone[JOINTS.index(name)] = (*PERSON[name], 0.9)
    shown = drawn(alone)
    (ax, ay), (bx, by) = PERSON["left elbow"], PERSON["left wrist"]
    rows, columns = np.nonzero(shown.any(axis=2))
    assert (rows.min(), rows.max()) == (ay - 4, by + 4)
    assert (columns.min(), columns.max()) == (ax - 4, bx + 4)
    small = drawn(alone * [0.5, 0.5, 1], width=WIDTH // 2, height=HEIGHT // 2)
    rows, columns = np.nonzero(small.any(axis=2))
    assert (rows.min(), columns.max()) == (ay // 2 - 2, bx // 2 + 2)


@pytest.mark.parametrize("score", [0.0, SURE])
def test_what_a_model_is_not_sure_of_is_not_drawn(score: float) -> None:
    assert not drawn(joints_of(PERSON, score)).any()
    # Without a shoulder there is no neck, and nothing hangs on it.
    joints = joints_of(PERSON)
    joints[JOINTS.index("left shoulder"), 2] = score
    shown = drawn(joints)
    assert not shown[NECK[1], NECK[0]].any()
    assert not shown[300:340, 230:290].any()
    assert tuple(shown[350, 72]) == COLOURS["right wrist"]


def test_everybody_is_drawn_and_nobody_is_black() -> None:
    moved = joints_of({name: (x / 3 + 340, y / 3) for name, (x, y) in PERSON.items()})
    shown = drawn(joints_of(PERSON), moved)
    assert tuple(shown[120, 256]) == tuple(shown[40, round(256 / 3 + 340)]) == COLOURS["nose"]
    assert not drawn().any()
