"""Every mode of LTX as a command line for LTX Mini, and what is measured of the clip it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import numpy as np
from PIL import Image

from providers.ltx_video.engine.clip import Audio, write_clip
from scripts.ltx_mini.captions import COLOURS, LANDSCAPES, SETTINGS
from scripts.ltx_mini.sounds import WAVE_RATE_HZ, wave
from scripts.ltx_mini.world import Scene
from tests.ltx_mini_analyser import Seen, analyse, on_event

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Images = NDArray[np.uint8]

FPS, FRAMES = 16, 33
MIDDLE = FRAMES // 2
_PEAK = 255.0
_SIDES = ("move_right", "move_left")


@dataclass(frozen=True)
class Asked:
    """What a clip is to show, and how a person says it."""

    scene: Scene

    @property
    def side(self) -> str:
        """Where the subject moves."""
        return self.scene.motion.removeprefix("move_")

    @property
    def caption(self) -> str:
        """All that is to be seen."""
        subject = f"a big {self.scene.colour} {self.scene.kind}"
        return f"{subject} moves {self.side} {_AT[self.scene.setting]}"


@dataclass(frozen=True)
class Given(Asked):
    """A clip that LTX Mini made of it: what the modes go on from.

    Attributes:
        frames: (frames, height, width, 3) uint8.
    """

    frames: Images

    @classmethod
    def of(cls, asked: Asked, clip: Path) -> Given:
        """The clip in its file, which gets the same with a sound and three images beside it."""
        frames = read_made(clip).frames
        samples = wave("beeps", WAVE_RATE_HZ * len(frames) // FPS, WAVE_RATE_HZ)
        sound = Audio(samples, WAVE_RATE_HZ)
        write_clip(clip.with_name("beeps.mp4"), frames, FPS, sound, lambda _: None)
        for name, number in (("first", 0), ("middle", MIDDLE), ("last", FRAMES - 1)):
            Image.fromarray(frames[number]).save(clip.with_name(f"{name}.png"))
        return cls(asked.scene, frames)


_AT = {
    "sunset": "at sunset",
    "night": "at night",
    "field": "in the field",
    "sea": "over the sea",
    "desert": "in the desert",
    "snow": "in the snow",
}


def choose_scene(rng: random.Random) -> Asked:
    """Something big that crosses the picture before a camera that holds still."""
    return Asked(
        Scene(
            kind=rng.choice(("ball", "box", "star")),
            colour=rng.choice(tuple(COLOURS)),
            size="big",
            setting=rng.choice(SETTINGS),
            place="place_centre",
            motion=rng.choice(_SIDES),
            camera="camera_still",
            sound="silence",
            jitter=(0.0, 0.0),
            radius_factor=1.0,
            phase=rng.choice(LANDSCAPES),
            turn=0.0,
        )
    )


@dataclass(frozen=True)
class Made:
    """A clip as it is in its file.

    Attributes:
        samples: (channels, count) float32; empty where it has no sound.
    """

    frames: Images
    samples: NDArray[np.float32]
    rate_hz: int

    def sound(self, first: int = 0, stop: int | None = None) -> str:
        """Which of the world's sounds is heard in a part of its frames."""
        begin, end = (
            round(frame / FPS * self.rate_hz) for frame in (first, stop or len(self.frames))
        )
        return on_event(self.samples[:, begin:end], self.rate_hz) if self.rate_hz else ""


def read_made(path: Path) -> Made:
    """Read frames and sound."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    samples, rate_hz = np.zeros((2, 0), np.float32), 0
    with av.open(str(path)) as container:
        if container.streams.audio:
            stream = container.streams.audio[0]
            parts = [frame.to_ndarray() for frame in container.decode(stream)]
            samples, rate_hz = np.concatenate(parts, axis=1).astype(np.float32), int(stream.rate)
    return Made(np.stack(frames).astype(np.uint8), samples, rate_hz)


def psnr_db(made: Images, true: Images) -> float:
    """How near pictures are, or the frames of two clips."""
    error = np.mean((made.astype(np.float64) - true.astype(np.float64)) ** 2)
    return float(10 * np.log10(_PEAK**2 / max(float(error), 1e-3)))


def steps(frames: Images) -> NDArray[np.float64]:
    """How much each frame but the first differs from the one before, of 255."""
    return np.abs(np.diff(frames.astype(np.float64), axis=0)).mean(axis=(1, 2, 3))


def _seam(frames: Images, at: int) -> float:
    """How many times as much frame `at` differs from the one before as frames around it do."""
    found = steps(frames)
    around = [*found[max(0, at - 5) : at - 1], *found[at : at + 4]]
    return float(found[at - 1] / np.median(around))


@dataclass(frozen=True)
class Mode:
    """A mode: its words behind the prompt, and figures by name of what it made.

    Attributes:
        prompt: put in the place of the caption, where it is not empty; "{side}" in it is where
            the subject moves.
        measure: gets the clip and what it was made from; PSNRs end in dB, the rest is a ratio or
            whether something is so.
    """

    name: str
    words: tuple[str, ...]
    measure: Callable[[Made, Given], dict[str, float]]
    prompt: str = ""

    def words_for(self, asked: Asked) -> list[str]:
        """All of them, the prompt among them."""
        return ["-p", self.prompt.format(side=asked.side) or asked.caption, *self.words]


def _looks_like(seen: Seen, given: Given) -> bool:
    return (seen.colour, seen.setting) == (given.scene.colour, given.scene.setting)


def _keyframes(made: Made, given: Given) -> dict[str, float]:
    seen = analyse(made.frames)
    return {
        "middle, dB": psnr_db(made.frames[MIDDLE], given.frames[MIDDLE]),
        "end, dB": psnr_db(made.frames[-1], given.frames[-1]),
        "shows what the images show": _looks_like(seen, given),
        "moves as the prompt says": seen.motion == given.scene.motion,
    }


def _start_and_end(made: Made, given: Given) -> dict[str, float]:
    seen = analyse(made.frames)
    return {
        "start, dB": psnr_db(made.frames[0], given.frames[0]),
        "end, dB": psnr_db(made.frames[-1], given.frames[-1]),
        "shows what the images show": _looks_like(seen, given),
        "moves as the prompt says": seen.motion == given.scene.motion,
    }


def _extended(made: Made, given: Given) -> dict[str, float]:
    new = len(made.frames) - FRAMES
    return {
        "kept, dB": min(map(psnr_db, made.frames[:FRAMES], given.frames)),
        "seam": _seam(made.frames, FRAMES),
        "goes on as it was": _looks_like(analyse(made.frames[-new:]), given),
    }


def _extended_backward(made: Made, given: Given) -> dict[str, float]:
    new = len(made.frames) - FRAMES
    return {
        "kept, dB": min(map(psnr_db, made.frames[new:], given.frames)),
        "seam": _seam(made.frames, new),
        "begins as it goes on": _looks_like(analyse(made.frames[:new]), given),
    }


def _extended_at_both_ends(made: Made, given: Given) -> dict[str, float]:
    half = (len(made.frames) - FRAMES) // 2
    begins, ends = (
        _looks_like(analyse(part), given) for part in (made.frames[:half], made.frames[-half:])
    )
    return {
        "kept, dB": min(map(psnr_db, made.frames[half:-half], given.frames)),
        "first seam": _seam(made.frames, half),
        "second seam": _seam(made.frames, half + FRAMES),
        "both ends as the clip": begins and ends,
        "its beeps go on at both ends": (made.sound(stop=half), made.sound(half + FRAMES))
        == ("beeps", "beeps"),
    }


def _anew(made: Made, given: Given) -> dict[str, float]:
    return {"near the source, dB": psnr_db(made.frames, given.frames[: len(made.frames)])}


def _retaken(made: Made, given: Given) -> dict[str, float]:
    near = list(map(psnr_db, made.frames, given.frames))
    stays, anew = near[: FPS // 2] + near[3 * FPS // 2 :], near[FPS // 2 : 3 * FPS // 2]
    seen = analyse(made.frames[FPS // 2 : 3 * FPS // 2])
    return {
        "kept, dB": min(stays),
        "made anew, dB": float(np.mean(anew)),
        "seam": max(_seam(made.frames, FPS // 2), _seam(made.frames, 3 * FPS // 2)),
        "fits in": _looks_like(seen, given),
    }


def _following(made: Made, given: Given) -> dict[str, float]:
    seen = analyse(made.frames)
    return {
        "has the sound of the file": made.sound() == "beeps",
        "shows what the prompt says": _looks_like(seen, given),
    }


def _referring(made: Made, given: Given) -> dict[str, float]:
    seen = analyse(made.frames)
    return {
        "colour as in the image": seen.colour == given.scene.colour,
        "setting as in the image": seen.setting == given.scene.setting,
    }


_ANEW_AS = "a small ring at rest on the left"
MODES: tuple[Mode, ...] = (
    Mode(
        "keyframes",
        ("--keyframe", "1:middle.png", "--keyframe", "end:last.png"),
        _keyframes,
        "moves {side}",
    ),
    Mode(
        "start and end image",
        ("--image", "first.png", "--end-image", "last.png"),
        _start_and_end,
        "moves {side}",
    ),
    Mode("extend", ("--extend", "clip.mp4", "--duration", "1"), _extended),
    Mode(
        "extend backward",
        ("--extend", "clip.mp4", "--extend-direction", "backward", "--duration", "1"),
        _extended_backward,
    ),
    Mode(
        "extend at both ends",
        ("--extend", "beeps.mp4", "--extend-direction", "both", "--duration", "2"),
        _extended_at_both_ends,
        "moves {side}, with beeps",
    ),
    *(
        Mode(
            f"video to video, strength {strength}",
            ("--source-video", "clip.mp4", "--strength", strength),
            _anew,
            _ANEW_AS,
        )
        for strength in ("0.2", "0.5", "0.9")
    ),
    Mode("retake", ("--retake", "clip.mp4", "--from", "0.5", "--to", "1.5"), _retaken),
    Mode("audio to video", ("--audio-file", "beeps.mp4"), _following),
    Mode("reference image", ("--reference", "middle.png"), _referring, "a thing at rest"),
)
"""In the order of the guide."""


def figure_text(name: str, values: Sequence[float]) -> str:
    """The values of several clips in one cell."""
    if all(isinstance(value, bool) for value in values):
        return f"{name}: {sum(map(int, values))} of {len(values)}"
    if name.endswith("dB"):
        worst = min(values)
        return f"{name.removesuffix(', dB')}: {np.median(values):.1f} dB (worst {worst:.1f})"
    return f"{name}: {np.median(values):.1f}× (most {max(values):.1f}×)"
