"""What is asked of the tiny models in each conditioning mode, of plain diffusers and of us."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tests.providers.tiny_home import PROMPT, SEED

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

FRAMES, FPS, LAST = 17, 16, 16
# Of a video of 12 frames the model sees 9, and 16 are made.
EXTENDED, SEEN, NEW = 12, 9, 16
# Of 30 frames 10 to 17 are made anew. The model sees 25, of which the first one stands alone.
RETAKEN, RETAKE_FIRST, RETAKE_STOP, RETAKE_SEEN = 30, 10, 18, 1
RETAKE_STAYS = (True, True, False, True)
# Of the second window of a clip, made of the first one's by our own rule.
SECOND_SEED = 890_799_651


class Part(NamedTuple):
    """A part of a clip of several.

    Attributes:
        num_frames: that the model works on.
        seen: how many latent frames of what is there it sees.
        is_begin: whether these begin with the clip.
        audio_begin: with which latent of the clip's sound its own begins.
    """

    prompt: str
    seed: int
    num_frames: int
    seen: int
    is_begin: bool
    audio_begin: int


# Their own frames are 17, 8, 8 and 8.
CHAIN = (
    Part(PROMPT, SEED, 17, 0, True, 0),
    Part("it stops", SECOND_SEED, 25, 3, True, 0),
    Part("a blue box", 1_143_203_452, 33, 4, True, 0),
    Part("it stops", 127_853_370, 33, 3, False, 12),
)


class Given(NamedTuple):
    """An image, which frame it is, where LTX-2 is told to put it, and how strong it is."""

    image: str
    frame: int
    latent: float
    strength: float = 1.0


# Latent frame k begins at frame 8(k - 1) + 1, so frame 9 is where latent frame 2 begins.
KEYFRAMES: dict[str, tuple[Given, ...]] = {
    "first": (Given("a", 0, 0),),
    "second": (Given("a", 1, 1.0),),
    "eighth": (Given("a", 8, 1.875),),
    "ninth": (Given("a", 9, 2.0),),
    "last": (Given("b", LAST, 2.875, 0.7),),
    "references": (Given("a", 5, 1.5, 0.4), Given("b", 11, 2.25, 0.4)),
    "several": (Given("a", 0, 0, 0.5), Given("b", 8, 1.875), Given("a", LAST, 2.875, 0.6)),
}


class Seen(NamedTuple):
    """What of a video is seen, and heard of it at 16 kHz: (2, samples)."""

    images: list[Image.Image]
    sound: np.ndarray | None = None


# How much of a video is made anew.
STRENGTH = 0.8
# The second of two stages.
LARGE = {"height": 128, "width": 192}
