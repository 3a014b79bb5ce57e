"""FFmpeg: where it is, what a clip holds, and running it with progress and cancel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from core.errors import FFmpegFailed, FFmpegMissing, UnreadableClip
from core.jobs.job import CancelToken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from av.container import InputContainer

FFMPEG_VARIABLE = "IMAGEAI_FFMPEG"
_LAST_LINES = 20
_POLL_S = 0.05
_GRACE_S = 1.0
_START_S = 30.0
_ENCODER = re.compile(r"^ [VASFXBD.]{6} (\S+)", re.MULTILINE)
_FRAME = re.compile(r"frame=\s*(\d+)")


@dataclass(frozen=True)
class ClipFacts:
    """What a clip holds, counted by decoding all of it; `fps` is the exact average rate."""

    width: int
    height: int
    num_frames: int
    fps: float
    has_audio: bool
    audio_duration_s: float | None


def find_ffmpeg() -> Path:
    """The FFmpeg program: IMAGEAI_FFMPEG, else the system's, else the one of imageio-ffmpeg.

    Raises:
        FFmpegMissing: there is none, or IMAGEAI_FFMPEG names none.
    """
    named = os.environ.get(FFMPEG_VARIABLE, "").strip()
    if named:
        found = shutil.which(named)
        if found is None:
            raise FFmpegMissing(
                f"{FFMPEG_VARIABLE} names {named!r}, which is no program.",
                hint="Correct the variable or unset it.",
            )
        return Path(found)
    found = shutil.which("ffmpeg")
    if found is not None:
        return Path(found)
    try:
        # Imported late: only machines without an FFmpeg of their own need it.
        import imageio_ffmpeg  # pyright: ignore[reportMissingTypeStubs] - it has none

        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise FFmpegMissing(
            "There is no FFmpeg on this machine, and clips cannot be written without it.",
            hint=f"Run 'pip install imageio-ffmpeg', install FFmpeg, or set {FFMPEG_VARIABLE}.",
        ) from error


def ffmpeg_version() -> str:
    """The first line in which FFmpeg names its version.

    Raises:
        FFmpegMissing: there is none, or it does not start.
    """
    return _answer(find_ffmpeg(), "-version").partition("\n")[0].strip()


def ffmpeg_encoders() -> frozenset[str]:
    """The names of the encoders that were built into FFmpeg.

    Raises:
        FFmpegMissing: there is none, or it does not start.
    """
    return frozenset(_ENCODER.findall(_answer(find_ffmpeg(), "-hide_banner", "-encoders")))


@cache
def _answer(program: Path, *question: str) -> str:
    try:
        return subprocess.run(
            [str(program), *question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_START_S,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise FFmpegMissing(
            f"The FFmpeg at {str(program)!r} does not start: {error}.",
            hint=f"Install another, or name one in {FFMPEG_VARIABLE}.",
        ) from error


def probe_clip(path: Path, cancel: CancelToken | None = None) -> ClipFacts:
    """What the clip holds; decodes every frame, so that damage anywhere in it is found.

    Raises:
        UnreadableClip: it is missing, damaged, cut off or has no picture.
        JobCancelled: asked to stop while decoding.
    """
    # Imported late: PyAV loads FFmpeg's libraries, which only a finished render needs.
    import av
    from av.error import FFmpegError

    token = cancel or CancelToken()
    try:
        with av.open(str(path)) as container:
            return _count(path, container, token)
    except FileNotFoundError as error:
        raise UnreadableClip(f"There is no clip at {str(path)!r}.") from error
    except FFmpegError as error:
        raise UnreadableClip(
            f"The clip {str(path)!r} does not decode: {error.strerror or error}.",
            hint="It is damaged or cut off; render it again.",
        ) from error


def _count(path: Path, container: InputContainer, cancel: CancelToken) -> ClipFacts:
    if not container.streams.video:
        raise UnreadableClip(f"The file {str(path)!r} holds no picture.")
    video = container.streams.video[0]
    audio = container.streams.audio[0] if container.streams.audio else None
    num_frames = 0
    samples = 0
    for packet in container.demux(*([video, audio] if audio else [video])):
        cancel.check()
        if packet.is_corrupt:
            raise UnreadableClip(f"The clip {str(path)!r} is damaged after frame {num_frames}.")
        if packet.stream is video:
            num_frames += len(packet.decode())
        elif audio is not None:
            samples += sum(getattr(frame, "samples", 0) for frame in packet.decode())
    rate = video.average_rate
    if num_frames == 0 or not rate:
        raise UnreadableClip(f"The clip {str(path)!r} has no frames.")
    return ClipFacts(
        width=video.width,
        height=video.height,
        num_frames=num_frames,
        fps=float(rate),
        has_audio=audio is not None,
        audio_duration_s=samples / audio.rate if audio is not None and audio.rate else None,
    )


def run_ffmpeg(
    arguments: Sequence[str],
    cancel: CancelToken,
    on_progress: Callable[[int], None] | None = None,
) -> tuple[str, ...]:
    """Run FFmpeg to its end; gives the errors that it told and went on from.

    `on_progress` gets the number of frames written so far.

    Raises:
        FFmpegMissing: there is no FFmpeg.
        FFmpegFailed: it ended with an error.
        JobCancelled: asked to stop; FFmpeg has ended, its half-written file may be there.
    """
    command = [str(find_ffmpeg()), "-hide_banner", "-nostdin", "-loglevel", "error"]
    command += ["-progress", "pipe:1", "-nostats", "-y", *arguments]
    cancel.check()
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        # A Ctrl-C in the terminal is for us; we end FFmpeg ourselves.
        start_new_session=sys.platform != "win32",
    ) as process:
        last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        readers = [
            threading.Thread(target=_follow, args=(process.stdout, on_progress), daemon=True),
            threading.Thread(target=_keep, args=(process.stderr, last_lines), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            exit_code = _wait(process, cancel)
        finally:
            _end(process)
            for reader in readers:
                reader.join()
    if exit_code != 0:
        raise FFmpegFailed(command, exit_code, tuple(last_lines))
    return tuple(last_lines)


def _wait(process: subprocess.Popen[str], cancel: CancelToken) -> int:
    while True:
        cancel.check()
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=_POLL_S)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _follow(stream: IO[str] | None, on_progress: Callable[[int], None] | None) -> None:
    # Frames and not the time, which runs ahead with the sound.
    for line in stream or ():
        match = _FRAME.match(line)
        if match and on_progress is not None:
            on_progress(int(match[1]))


def _keep(stream: IO[str] | None, lines: deque[str]) -> None:
    lines.extend(line.rstrip() for line in stream or () if line.strip())
