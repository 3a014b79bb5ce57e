"""A clip that another one is made from: what it is, its frames at any rate, and its sound."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from core.media.frames import FrameReader
from core.media.media_file import input_words, open_media
from core.media.streams import choose_audio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL import Image

    from core.media.frames import ClipFrames

_US = 1_000_000
# How far frames of a steady rate may be from their places, in frames: containers round times.
_STEADY = 0.25


@dataclass(frozen=True)
class VideoFacts:
    """What is known of a clip once its packets were read.

    Attributes:
        width, height: as it is seen: upright, with square pixels.
        fps: its steady rate; None where its frames come at no steady rate.
        duration_s: how long the picture lasts.
    """

    width: int
    height: int
    num_frames: int
    fps: float | None
    duration_s: float
    has_audio: bool

    @property
    def size(self) -> str:
        """Such as "1280x736"."""
        return f"{self.width}x{self.height}"

    def frames_at(self, fps: int) -> int:
        """How many frames it has when it is read at a rate."""
        if self.fps is not None and round(self.fps, 2) == fps:
            return self.num_frames
        return max(1, int(self.duration_s * fps + _STEADY))


def read_video_facts(path: Path) -> VideoFacts:
    """What a clip is; nothing but its first frame is decoded.

    Raises:
        UnreadableClip: it is missing, damaged or has no picture.
        OSError: it cannot be looked at.
    """
    found = path.stat()
    return _facts(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=64)
def _facts(path: Path, _modified_ns: int, _size: int) -> VideoFacts:
    # Each change of a plan asks again, and the packets of a long film take a while.
    cancel = CancelToken()
    with closing(FrameReader(path, cancel)) as reader:
        frames = reader.frames
        width, height = reader.read(0, cancel).size
    with open_media(path) as container:
        has_audio = choose_audio(container) is not None
    fps, duration_s = _steady_rate(frames), frames.duration_s
    return VideoFacts(width, height, frames.count, fps, duration_s, has_audio)


def _steady_rate(frames: ClipFrames) -> float | None:
    if frames.count < 2:
        return None
    first, last = frames.starts_us[0], frames.starts_us[-1]
    each = (last - first) / (frames.count - 1)
    if each <= 0:
        return None
    places = (first + number * each for number in range(frames.count))
    gaps = (abs(start - place) for start, place in zip(frames.starts_us, places, strict=True))
    return _US / each if max(gaps) <= _STEADY * each else None


def sample_frames(
    path: Path, num_frames: int, fps: int, cancel: CancelToken
) -> Iterator[Image.Image]:
    """The frames that are seen in the middle of each frame of another rate, upright, as RGB.

    Raises:
        UnreadableClip: it cannot be read.
        JobCancelled: asked to stop.
    """
    with closing(FrameReader(path, cancel)) as reader:
        begin_us = reader.frames.starts_us[0]
        for number in range(num_frames):
            cancel.check()
            moment_us = begin_us + round((number + 0.5) / fps * _US)
            yield reader.read(reader.frames.number_at(moment_us), cancel)


def read_frames(path: Path, numbers: range, cancel: CancelToken) -> Iterator[Image.Image]:
    """Frames by their numbers, from 0, upright, as RGB.

    Raises:
        UnreadableClip: it cannot be read.
        JobCancelled: asked to stop.
    """
    with closing(FrameReader(path, cancel)) as reader:
        for number in numbers:
            cancel.check()
            yield reader.read(number, cancel)


def write_clip_audio(
    path: Path, destination: Path, duration_s: float, rate_hz: int, cancel: CancelToken
) -> None:
    """Write the sound from the first frame on: float32, two channels in turn.

    It is filled with silence to its length.

    Raises:
        UnreadableClip: the clip cannot be read.
        FFmpegFailed: its sound does not decode, or the disk is full.
        JobCancelled: asked to stop.
    """
    with closing(FrameReader(path, cancel)) as reader:
        begin_s = reader.frames.starts_us[0] / _US
    with open_media(path) as container:
        stream = choose_audio(container)
        index = 0 if stream is None else stream.index
    steps = [
        f"aresample={rate_hz}:async=1:first_pts=0",
        "aformat=sample_fmts=flt:channel_layouts=stereo",
        "apad",
        f"atrim=start={max(0.0, begin_s):.6f}:duration={duration_s:.6f}",
    ]
    arguments = [*input_words(path), "-map", f"0:{index}", "-af", ",".join(steps)]
    arguments += ["-f", "f32le", "-ar", str(rate_hz), "-ac", "2", str(destination)]
    run_ffmpeg(arguments, cancel)
