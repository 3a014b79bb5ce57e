"""What is measured of a clip: each measure with its unit, and what it says and does not say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING, Any

from core.errors import UnreadableClip
from core.film.sound.loudness import measure_loudness_of_clip
from core.frozen import Frozen
from core.media.ffmpeg import probe_clip
from core.media.media_file import open_media
from core.media.streams import choose_video

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from av.video.frame import VideoFrame
    from numpy import uint8
    from numpy.typing import NDArray

    from core.jobs.job import CancelToken

SHARP_LINES = 720
"""The shorter side, in pixels, to which every frame is brought before its sharpness is measured."""
_SHARP_HZ = 6
STEADY_LINES = 144
"""The same for what is followed from frame to frame, which costs by far the most."""
STEADY_HZ = 12
"""How many frames of a second are followed, whatever the clip's own rate."""
_BLOCK, _REACH = 8, 6


class Better(Enum):
    """Which end of a measure is the good one, where it has any."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


class Measures(Frozen):
    """What was measured of one clip.

    Attributes:
        width, height, num_frames, fps, duration_s: as decoded, whatever the file's head says.
        sharpness: strength of fine detail, in levels of brightness of 255; see `MEASURES`.
        unsteadiness: what of a frame does not follow from the one before; None of too few frames.
        flicker: how far brightness jumps; None of too few frames.
        loudness_lufs: None without sound, and where it is silent or too short to measure.
        true_peak_db: in dB of full scale; None where there is no loudness either.
    """

    width: int
    height: int
    num_frames: int
    fps: float
    duration_s: float
    has_audio: bool
    size_bytes: int
    sharpness: float
    unsteadiness: float | None = None
    flicker: float | None = None
    loudness_lufs: float | None = None
    true_peak_db: float | None = None


@dataclass(frozen=True)
class Measure:
    """One row of the table of measures.

    Attributes:
        value: of a clip; None where it has none.
        digits: behind the point.
        says, omits: a sentence each: what it means, and what must not be read into it.
    """

    name: str
    unit: str
    value: Callable[[Measures], float | None]
    digits: int
    better: Better
    says: str
    omits: str

    def text(self, measures: Measures) -> str:
        """The value with its unit; "none" where there is none."""
        value = self.value(measures)
        return "none" if value is None else f"{value:.{self.digits}f} {self.unit}"


MEASURES: tuple[Measure, ...] = (
    Measure(
        "Sharpness", "levels", lambda clip: clip.sharpness, 1, Better.HIGHER,
        "How strong the finest detail is: the spread of the Laplacian of brightness, in levels of "
        f"255, over frames brought to a shorter side of {SHARP_LINES} pixels; more is sharper.",
        "Noise, grain and hard contrast count as detail too, and a picture that is meant to be "
        "soft is no worse for it.",
    ),
    Measure(
        "Unsteadiness", "levels", lambda clip: clip.unsteadiness, 2, Better.LOWER,
        f"What of a frame is not explained by the one before, {STEADY_HZ} times a second: each "
        f"block of {_BLOCK} pixels is laid where it fits best in the earlier frame, and what "
        "differs still is averaged, in levels of 255; less is steadier.",
        "A cut, fast motion and turning things raise it without being faults, and a clip in which "
        "nothing moves has next to none.",
    ),
    Measure(
        "Flicker", "levels", lambda clip: clip.flicker, 2, Better.LOWER,
        "How far the mean brightness of a frame is from the middle of the two beside it, on "
        "average, in levels of 255; an even fade has none, and less is calmer.",
        "What flickers in a small part alone is hardly seen in it, and lightning or a strobe that "
        "the prompt asks for counts as flicker.",
    ),
    Measure(
        "Loudness", "LUFS", lambda clip: clip.loudness_lufs, 1, Better.NEITHER,
        "How loud the clip sounds as a whole, after EBU R 128; closer to 0 is louder, and programs "
        "for the web are brought to about -14.",
        "Neither end is better, and it tells nothing of whether the sound fits the picture.",
    ),
    Measure(
        "True peak", "dBTP", lambda clip: clip.true_peak_db, 1, Better.NEITHER,
        "The highest point that the sound reaches, in dB of full scale; above -1 it may clip.",
        "A single click is enough for it.",
    ),
)  # fmt: skip
"""Every measure, in the order of the table."""


def measure_clip(path: Path, workdir: Path, cancel: CancelToken) -> Measures:
    """Everything that is measured of a clip; decodes all of it.

    Raises:
        UnreadableClip: it does not decode, or has no frames.
        FFmpegFailed: its sound cannot be measured.
        JobCancelled: asked to stop.
    """
    facts = probe_clip(path, cancel)
    loudness = measure_loudness_of_clip(path, workdir, cancel)
    sharp: list[float] = []
    residues: list[float] = []
    brightness: list[float] = []
    before: NDArray[uint8] | None = None
    for frame in _frames(path, cancel):
        small = grey(frame.image, STEADY_LINES)
        brightness.append(float(small.mean()))
        if frame.is_at(_SHARP_HZ):
            sharp.append(sharpness_of(grey(frame.image, SHARP_LINES)))
        if frame.is_at(STEADY_HZ):
            if before is not None and before.shape == small.shape:
                residues.append(residue_of(before, small))
            before = small
    return Measures(
        width=facts.width,
        height=facts.height,
        num_frames=facts.num_frames,
        fps=facts.fps,
        duration_s=facts.num_frames / facts.fps,
        has_audio=facts.has_audio,
        size_bytes=path.stat().st_size,
        sharpness=median(sharp),
        unsteadiness=sum(residues) / len(residues) if residues else None,
        flicker=flicker_of(brightness),
        loudness_lufs=None if loudness is None else loudness.integrated_lufs,
        true_peak_db=None if loudness is None else loudness.true_peak_db,
    )


def grey(image: VideoFrame, lines: int) -> NDArray[uint8]:
    """A frame's brightness, `(height, width) uint8`, its shorter side brought to `lines` pixels."""
    import numpy as np

    scale = Fraction(lines, min(image.width, image.height))
    width, height = round(image.width * scale), round(image.height * scale)
    small = image.reformat(width=width, height=height, format="gray", interpolation="BICUBIC")
    return np.asarray(small.to_ndarray(), dtype=np.uint8)


def sharpness_of(image: NDArray[uint8]) -> float:
    """The spread of the Laplacian of brightness, in levels.

    Args:
        image: `(height, width) uint8`.
    """
    import numpy as np

    level = image.astype(np.int16)
    centre = level[1:-1, 1:-1]
    beside = level[:-2, 1:-1] + level[2:, 1:-1] + level[1:-1, :-2] + level[1:-1, 2:]
    return float((4 * centre - beside).std(dtype=np.float64))


def residue_of(before: NDArray[uint8], now: NDArray[uint8]) -> float:
    """The mean difference left when each block lies where it fits best in the frame before.

    Args:
        before: `(height, width) uint8`.
        now: of the same size; edges that fill no block are left out.
    """
    import numpy as np

    rows, columns = now.shape[0] // _BLOCK, now.shape[1] // _BLOCK
    height, width = rows * _BLOCK, columns * _BLOCK
    current = now[:height, :width].astype(np.int16)
    around = np.pad(before[:height, :width].astype(np.int16), _REACH, mode="edge")
    best = np.full((rows, columns), np.iinfo(np.int32).max, dtype=np.int32)
    for down in range(2 * _REACH + 1):
        for across in range(2 * _REACH + 1):
            moved = around[down : down + height, across : across + width]
            differences = np.abs(current - moved).reshape(rows, _BLOCK, columns, _BLOCK)
            np.minimum(best, differences.sum(axis=(1, 3), dtype=np.int32), out=best)
    return float(best.mean(dtype=np.float64)) / _BLOCK**2


def flicker_of(brightness: Sequence[float]) -> float | None:
    """How far a frame's mean brightness is from the middle of its neighbours', in levels."""
    if len(brightness) < 3:
        return None
    jumps = [
        abs(now - (before + after) / 2)
        for before, now, after in zip(brightness, brightness[1:], brightness[2:], strict=False)
    ]
    return sum(jumps) / len(jumps)


@dataclass(frozen=True)
class _TimedFrame:
    """A decoded frame with its time; `before_s` is that of the one before, None of the first."""

    image: VideoFrame
    at_s: float
    before_s: float | None

    def is_at(self, hz: int) -> bool:
        """Whether it is the first that is seen in one of so many parts of each second."""
        return self.before_s is None or int(self.at_s * hz) != int(self.before_s * hz)


def _frames(path: Path, cancel: CancelToken) -> Iterator[_TimedFrame]:
    # Imported late: PyAV loads FFmpeg's libraries.
    from av.error import FFmpegError

    try:
        with open_media(path) as container:
            video = choose_video(container)
            if video is None:
                raise UnreadableClip(f"The file {str(path)!r} holds no picture.")
            video.thread_type = "AUTO"
            rate: Any = video.average_rate or 1
            before_s: float | None = None
            for number, image in enumerate(container.decode(video)):
                cancel.check()
                # By its number, since a first frame that comes late would count as a jump.
                at_s = (number + 0.001) / float(rate)
                yield _TimedFrame(image, at_s, before_s)
                before_s = at_s
    except (FFmpegError, OSError) as error:
        raise UnreadableClip(
            f"The clip {str(path)!r} does not decode: {error.strerror or error}."
        ) from error
