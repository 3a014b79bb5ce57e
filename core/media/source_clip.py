"""A clip that another one is made from: what it is, its frames at any rate, and its sound."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from core.errors import UnreadableClip
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from core.media.frames import FrameReader
from core.media.media_file import input_words, open_media
from core.media.promised_bytes import promised_bytes
from core.media.streams import choose_audio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import InputContainer
    from PIL import Image

    from core.media.frames import ClipFrames

_US = 1_000_000
# How far frames of a steady rate may be from their places, in frames: containers round times.
_STEADY = 0.25
# As much of a sound is listened to, to know whether there is any: more than any clip is long.
_LISTENED_S = 60.0
_LISTEN_RATE_HZ = 16_000
_INAUDIBLE = 1e-4
# Formats whose head says how long the file is.
_PROMISING = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "flac", "aiff")
_TOLERANCE_S = 0.3
# Less of a file than its own head promises was cut off; encoders count their last block or not.
_LEAST_SHARE = 0.98


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
        UnreadableClip: it is missing, damaged, cut off or has no picture.
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
        _check_whole(path, container, frames.duration_s, cancel)
    fps, duration_s = _steady_rate(frames), frames.duration_s
    return VideoFacts(width, height, frames.count, fps, duration_s, has_audio)


def _check_whole(
    path: Path, container: InputContainer, found_s: float, cancel: CancelToken
) -> None:
    """Refuse a file whose head promises more than lies in it.

    Args:
        path: of the file.
        container: opened, its packets not read yet.
        found_s: to where the stream goes on that is used.
        cancel: stops it.

    Raises:
        UnreadableClip: it is cut off.
        JobCancelled: asked to stop.
    """
    promised_s = (container.duration or 0) / _US
    # Of other formats FFmpeg only guesses the length, by the size of the file.
    if container.format.name not in _PROMISING or promised_s - found_s <= _TOLERANCE_S:
        return
    # Only the longest of the streams is as long as promised.
    end_s = 0.0
    for packet in container.demux():
        cancel.check()
        if packet.pts is not None:
            end_s = max(end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    if promised_s - end_s > _TOLERANCE_S:
        raise UnreadableClip(
            f"{path.name!r} is cut off: {end_s:.2f} of its {promised_s:.2f} s are there.",
            hint="Get a whole copy of it.",
        )


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


@dataclass(frozen=True)
class AudioFacts:
    """What is known of a sound once its packets were read.

    Attributes:
        duration_s: from the beginning of its file on.
        silent_s: how long nothing is heard at its beginning; infinite where that is all of it, or
            a minute.
    """

    duration_s: float
    silent_s: float = 0.0


def read_audio_facts(path: Path) -> AudioFacts:
    """What the sound of a file is; it is decoded up to where something is heard.

    Raises:
        UnreadableClip: it is cut off.
        FFmpegError: it cannot be decoded.
        OSError: it cannot be looked at.
    """
    found = path.stat()
    return _audio_facts(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=64)
def _audio_facts(path: Path, _modified_ns: int, size: int) -> AudioFacts:
    promised = promised_bytes(path)
    if promised is not None and size < _LEAST_SHARE * promised:
        raise UnreadableClip(
            f"{path.name!r} is cut off: {size / promised:.0%} of it are there.",
            hint="Get a whole copy of it.",
        )
    with open_media(path) as container:
        stream = choose_audio(container)
        if stream is None:
            return AudioFacts(0.0, math.inf)
        begin_s = (container.start_time or 0) / _US
        end_s = 0.0
        for packet in container.demux(stream):
            if packet.pts is not None:
                end_s = max(end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    with open_media(path) as container:
        _check_whole(path, container, end_s, CancelToken())
    return AudioFacts(max(0.0, end_s - begin_s), _silent_s(path))


def _silent_s(path: Path) -> float:
    # Imported late, as in `open_media`.
    import numpy as np
    from av import AudioResampler

    quiet_s, resampler = 0.0, AudioResampler("fltp", "stereo", _LISTEN_RATE_HZ)
    with open_media(path) as container:
        stream = choose_audio(container)
        assert stream is not None, "its packets were read"
        for frame in container.decode(stream):
            for part in resampler.resample(frame):
                loud = np.flatnonzero(np.abs(part.to_ndarray()).max(axis=0) > _INAUDIBLE)
                if loud.size:
                    return quiet_s + float(loud[0]) / _LISTEN_RATE_HZ
                quiet_s += part.samples / _LISTEN_RATE_HZ
            if quiet_s >= _LISTENED_S:
                break
    return math.inf


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
    path: Path,
    destination: Path,
    duration_s: float,
    rate_hz: int,
    cancel: CancelToken,
    *,
    begin_s: float = 0.0,
) -> None:
    """As `write_audio`, but that the beginning is counted from the clip's first frame.

    Raises:
        UnreadableClip: the clip cannot be read.
    """
    with closing(FrameReader(path, cancel)) as reader:
        first_s = reader.frames.starts_us[0] / _US
    write_audio(path, destination, max(0.0, first_s) + begin_s, duration_s, rate_hz, cancel)


def write_audio(
    path: Path,
    destination: Path,
    begin_s: float,
    duration_s: float,
    rate_hz: int,
    cancel: CancelToken,
) -> None:
    """Write a part of a file's sound: float32, two channels in turn, little-endian.

    It is filled with silence to its length.

    Raises:
        FFmpegFailed: its sound does not decode, or the disk is full.
        JobCancelled: asked to stop.
    """
    with open_media(path) as container:
        stream = choose_audio(container)
        index = 0 if stream is None else stream.index
    steps = [
        f"aresample={rate_hz}:async=1:first_pts=0",
        "aformat=sample_fmts=flt:channel_layouts=stereo",
        "apad",
        f"atrim=start={begin_s:.6f}:duration={duration_s:.6f}",
    ]
    arguments = [*input_words(path), "-map", f"0:{index}", "-af", ",".join(steps)]
    arguments += ["-f", "f32le", "-ar", str(rate_hz), "-ac", "2", str(destination)]
    run_ffmpeg(arguments, cancel)
