"""Draws scenes of LTX Mini's world at random and says them in English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.ltx_video.mini.caption import said
from providers.ltx_video.mini.vocabulary import Attribute, read
from scripts.ltx_mini.world import COLOURS, Scene

if TYPE_CHECKING:
    import random

KINDS = ("ball", "box", "triangle", "star", "ring")
SETTINGS = ("sunset", "night", "field", "sea", "desert", "snow")
PLACES = ("place_left", "place_right", "place_top", "place_bottom", "place_centre")
MOTIONS = ("still", "move_left", "move_right", "move_up", "move_down")
CAMERAS = ("camera_still", "pan_left", "pan_right", "zoom_in", "zoom_out")
# Where the landmarks of a setting may stand: a seed picks one of these. Free phases would be most
# of what there is to learn, and the least of what a caption asks for.
LANDSCAPES = ((0.08, 0.31), (0.87, 0.57))
SOUNDS = ("silence", "tone", "low_tone", "high_tone", "hum", "beeps")

_SAY: dict[str, tuple[str, ...]] = {
    "medium": ("",),
    "small": ("small", "little", "tiny"),
    "big": ("big", "large", "huge"),
    "ball": ("ball", "sphere"),
    "box": ("box", "cube", "square"),
    "triangle": ("triangle", "pyramid"),
    "star": ("star",),
    "ring": ("ring", "hoop"),
    "purple": ("purple", "violet"),
    "still": ("standing still", "staying still", "motionless"),
    "move_left": ("moving left", "moves to the left", "drifting left"),
    "move_right": ("moving right", "rolls to the right", "drifting right"),
    "move_up": ("moving up", "rising", "floating upwards"),
    "move_down": ("moving down", "falling", "sinking"),
    "place_left": ("on the left",),
    "place_right": ("on the right",),
    "place_top": ("at the top",),
    "place_bottom": ("at the bottom",),
    "place_centre": ("in the middle", "in the centre"),
    "sunset": ("at sunset", "at dusk"),
    "night": ("at night", "under a starry sky"),
    "field": ("over a green field", "in a meadow"),
    "sea": ("by the sea", "over the ocean"),
    "desert": ("in the desert", "over sand dunes"),
    "snow": ("in the snow", "in a winter landscape"),
    "camera_still": ("static camera", "the camera holds still"),
    "pan_left": ("the camera pans left", "camera panning to the left"),
    "pan_right": ("the camera pans right", "camera panning to the right"),
    "zoom_in": ("the camera zooms in", "slow zoom in"),
    "zoom_out": ("the camera zooms out", "slow zoom out"),
    "silence": ("in silence", "no sound"),
    "tone": ("with a steady tone", "a clear tone"),
    "low_tone": ("with a low tone", "a deep tone"),
    "high_tone": ("with a high tone", "a shrill tone"),
    "hum": ("with a hum", "a low hum"),
    "beeps": ("with beeps", "beeping"),
}
# What an image shows as well as a caption says it.
_SHOWN = frozenset((Attribute.KIND, Attribute.COLOUR, Attribute.SETTING))


@dataclass(frozen=True)
class Described:
    """A scene and a caption of it; what the caption leaves open the scene decides."""

    scene: Scene
    caption: str


def describe(rng: random.Random) -> Described:
    """Draws a scene and a caption of it; both are decided by the generator's state alone."""
    say_place = rng.random() < 0.5
    say_setting = rng.random() < 0.88
    size = rng.choices(("medium", "small", "big"), (0.6, 0.2, 0.2))[0]
    scene = Scene(
        kind=rng.choice(KINDS),
        colour=rng.choice(tuple(COLOURS)),
        size=size,
        setting=rng.choice(SETTINGS),
        place=rng.choice(PLACES) if say_place else "place_centre",
        motion=rng.choices(MOTIONS, (0.2, 0.2, 0.2, 0.2, 0.2))[0],
        camera=rng.choices(CAMERAS, (0.36, 0.16, 0.16, 0.16, 0.16))[0],
        sound=rng.choices(SOUNDS, (0.3, 0.14, 0.14, 0.14, 0.14, 0.14))[0],
        jitter=(rng.uniform(-3, 3), rng.uniform(-2, 2)),
        radius_factor=rng.uniform(0.97, 1.03),
        phase=rng.choice(LANDSCAPES),
        turn=rng.uniform(-0.06, 0.06),
    )
    return Described(scene, caption_of(rng, scene, say_place=say_place, say_setting=say_setting))


def caption_of(rng: random.Random, scene: Scene, *, say_place: bool, say_setting: bool) -> str:
    """Says a scene in one of many ways."""

    def say(value: str) -> str:
        return rng.choice(_SAY.get(value, (value,)))

    subject = " ".join(
        word for word in ("a", say(scene.size), say(scene.colour), say(scene.kind)) if word
    )
    parts = [
        f"{subject} {say(scene.motion)}"
        if scene.motion != "still" or rng.random() < 0.6
        else subject
    ]
    # Nothing said means: the middle, a camera that holds still, silence.
    if say_place and (scene.place != "place_centre" or rng.random() < 0.5):
        parts.append(say(scene.place))
    if say_setting:
        parts.append(say(scene.setting))
    ending = [
        say(value)
        for value, default in ((scene.camera, "camera_still"), (scene.sound, "silence"))
        if value != default or rng.random() < 0.3
    ]
    rng.shuffle(ending)
    return ", ".join([" ".join(parts), *ending])


def leave_open(rng: random.Random, caption: str) -> str:
    """The same caption without some of what an image shows as well: thing, colour and setting.

    The model reads a set of words, so what is left needs no grammar.
    """
    kept = [
        value
        for attribute, values in read(caption).values.items()
        if attribute not in _SHOWN or rng.random() < 0.5
        for value in values
    ]
    return ", ".join(map(said, kept))
