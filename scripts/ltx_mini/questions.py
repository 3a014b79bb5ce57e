"""Captions for measuring LTX Mini, in words that its training never used, and what they ask for."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scripts.ltx_mini.captions import PLACES, SOUNDS, describe

if TYPE_CHECKING:
    from scripts.ltx_mini.world import Scene

# No training caption begins like one of these, so every question is a text never seen before. The
# other words are as a person might put them, and most of them are strange to training as well.
_BEGINNINGS = ("a clip of", "a scene with", "a video showing", "there is", "a shot of")
_SAY: dict[str, tuple[str, ...]] = {
    "red": ("crimson", "scarlet"),
    "orange": ("tangerine",),
    "yellow": ("golden", "gold"),
    "green": ("emerald",),
    "blue": ("azure",),
    "purple": ("violet", "purple"),
    "pink": ("magenta", "rose"),
    "ball": ("ball", "orb", "globe", "circle"),
    "box": ("box", "crate", "block"),
    "triangle": ("triangle", "cone"),
    "star": ("star", "star shape"),
    "ring": ("ring", "donut"),
    "medium": ("",),
    "small": ("small", "tiny"),
    "big": ("big", "giant"),
    "still": ("is at rest", "stands still", "hangs motionless"),
    "move_left": ("gliding left", "is heading to the left", "flies left"),
    "move_right": ("gliding right", "is heading to the right", "flies right"),
    "move_up": ("climbing", "is flying upwards", "rises slowly"),
    "move_down": ("descending", "dropping", "sinks slowly"),
    "place_left": ("on the left side", "near the left edge"),
    "place_right": ("on the right side", "near the right edge"),
    "place_top": ("near the top", "in the upper half"),
    "place_bottom": ("near the bottom", "in the lower half"),
    "place_centre": ("in the centre of the frame", "centred"),
    "sunset": ("at sunrise", "in the evening"),
    "night": ("in the moonlight", "at midnight"),
    "field": ("in the countryside", "on a sunny day"),
    "sea": ("at the beach", "on the shore"),
    "desert": ("over the dunes", "in the sahara"),
    "snow": ("in a snowy landscape", "in winter"),
    "camera_still": ("locked camera", "fixed shot"),
    "pan_left": ("pan left", "the camera turns left"),
    "pan_right": ("pan right", "the camera turns right"),
    "zoom_in": ("dolly in", "the camera pushes in"),
    "zoom_out": ("dolly out", "the camera pulls back"),
    "silence": ("without sound", "silent"),
    "tone": ("with a steady note", "with a tone"),
    "low_tone": ("with a bass note", "with a low note"),
    "high_tone": ("with a shrill note", "with whistling"),
    "hum": ("with humming", "with a buzz"),
    "beeps": ("with beeping sounds", "beeps"),
}
_LANDSCAPE, _PORTRAIT, _SQUARE = (192, 128), (128, 192), (160, 160)
# Of ten questions six ask for the usual clip of two seconds, one for the longest.
_FORMATS = (
    *[(_LANDSCAPE, 33)] * 3,
    (_PORTRAIT, 33),
    *[(_LANDSCAPE, 33)] * 3,
    (_SQUARE, 33),
    (_PORTRAIT, 33),
    (_LANDSCAPE, 81),
)


@dataclass(frozen=True)
class Question:
    """One clip to be made: the caption is what the model is told, the scene is the right answer.

    `says_setting` is False where the caption leaves the setting to the model. What else it leaves
    out has a meaning: the middle, at rest, of medium size, a camera that holds still, silence.
    """

    caption: str
    scene: Scene
    says_setting: bool
    width: int
    height: int
    num_frames: int
    seed: int


def make_questions(count: int, seed: int, *, usual_format: bool = False) -> list[Question]:
    """As many questions as asked for; the same seed asks the same."""
    rng = random.Random(seed)
    return [_question(rng, _FORMATS[0 if usual_format else i % 10]) for i in range(count)]


def _question(rng: random.Random, form: tuple[tuple[int, int], int]) -> Question:
    says_place = rng.random() < 0.6
    says_setting = rng.random() < 0.9
    scene = replace(
        describe(rng).scene,
        place=rng.choice(PLACES) if says_place else "place_centre",
        sound=rng.choice(SOUNDS),
    )

    def say(value: str) -> str:
        return rng.choice(_SAY[value])

    def is_said(value: str, default: str) -> bool:
        return value != default or rng.random() < 0.3

    subject = [say(scene.size), say(scene.colour), say(scene.kind)]
    if is_said(scene.motion, "still"):
        subject.append(say(scene.motion))
    if says_place:
        subject.append(say(scene.place))
    if says_setting:
        subject.append(say(scene.setting))
    ending = [
        say(value)
        for value, default in ((scene.camera, "camera_still"), (scene.sound, "silence"))
        if is_said(value, default)
    ]
    words = " ".join(word for word in subject if word)
    article = "an" if words[0] in "aeiou" else "a"
    (width, height), num_frames = form
    return Question(
        caption=", ".join([f"{rng.choice(_BEGINNINGS)} {article} {words}", *ending]),
        scene=scene,
        says_setting=says_setting,
        width=width,
        height=height,
        num_frames=num_frames,
        seed=rng.randrange(2**31),
    )
