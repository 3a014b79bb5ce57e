"""FFmpeg: what a clip holds, and running it with progress and cancel."""

from __future__ import annotations

import re
import subprocess
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from core.errors import FFmpegCrashed, FFmpegFailed, FFmpegMissing, UnreadableClip
from core.jobs.job import CancelToken
from core.media.ffmpeg_check import crash_of, surroundings, version_of
from core.media.ffmpeg_choice import FFMPEG_VARIABLE
from core.media.ffmpeg_program import find_ffmpeg, way_to_bundled
from core.media.media_file import open_media
from core.media.streams import choose_audio, choose_video
from core.platform.child import start_child

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from av.container import InputContainer

    from core.platform.child import Child

_LAST_LINES = 20
_POLL_S = 0.05
# After these FFmpeg 5 ends as if nothing had happened.
_UNFINISHED = ("Error writing trailer", "Error closing file")
_FRAME = re.compile(rb"frame=\s*(\d+)")


@dataclass(frozen=True)
class ClipFacts:
    """What a clip holds, counted by decoding all of it; `fps` is the exact average rate."""

    width: int
    height: int
    num_frames: int
    fps: float
    has_audio: bool
    audio_duration_s: float | None


def probe_clip(path: Path, cancel: CancelToken | None = None) -> ClipFacts:
    """What the clip holds; decodes every frame, so that damage anywhere in it is found.

    Raises:
        UnreadableClip: it is missing, damaged, cut off or has no picture.
        JobCancelled: asked to stop while decoding.
    """
    # Imported late: PyAV loads FFmpeg's libraries, which only a finished render needs.
    from av.error import FFmpegError

    token = cancel or CancelToken()
    try:
        with open_media(path) as container:
            return _count(path, container, token)
    except FileNotFoundError as error:
        raise UnreadableClip(f"There is no clip at {str(path)!r}.") from error
    except (FFmpegError, OSError) as error:
        raise UnreadableClip(
            f"The clip {str(path)!r} does not decode: {error.strerror or error}.",
            hint="It is damaged or cut off; render it again.",
        ) from error


def _count(path: Path, container: InputContainer, cancel: CancelToken) -> ClipFacts:
    video = choose_video(container)
    if video is None:
        raise UnreadableClip(f"The file {str(path)!r} holds no picture.")
    audio = choose_audio(container)
    # Two frames at a time, where the codec can: whoever waits for a clip waits for this. More
    # threads hold more frames, and those of large clips are large.
    video.thread_type, video.codec_context.thread_count = "AUTO", 2
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
    program: Path | None = None,
    *,
    cwd: Path | None = None,
) -> tuple[str, ...]:
    """Run FFmpeg to its end; gives the errors that it told and went on from.

    Args:
        arguments: all but what every run gets.
        cancel: the wish to stop.
        on_progress: gets the number of frames written so far.
        program: another FFmpeg than the one in use.
        cwd: the folder in which it runs; None for that of this program.

    Raises:
        FFmpegMissing: there is no FFmpeg, or it cannot be used.
        FFmpegCrashed: it was ended by a fault of its own.
        FFmpegFailed: it ended with an error.
        JobCancelled: asked to stop; FFmpeg has ended, its half-written file may be there.
    """
    command = [str(program or find_ffmpeg()), "-hide_banner", "-nostdin", "-loglevel", "error"]
    command += ["-progress", "pipe:1", "-nostats", "-y", *arguments]
    cancel.check()
    with _started(command, cwd) as process:
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
            process.end()
            for reader in readers:
                reader.join()
    if crash := crash_of(exit_code):
        raise _crashed(command, exit_code, crash, tuple(last_lines))
    if exit_code != 0 or any(line.startswith(_UNFINISHED) for line in last_lines):
        raise FFmpegFailed(command, exit_code, tuple(last_lines))
    return tuple(last_lines)


def _crashed(
    command: Sequence[str], exit_code: int, crash: str, last_lines: Sequence[str]
) -> FFmpegCrashed:
    version = "of an unknown version"
    with suppress(FFmpegMissing):
        version = f"version {version_of(Path(command[0]))}"
    return FFmpegCrashed(
        command,
        exit_code,
        last_lines,
        message=f"The FFmpeg at {command[0]!r}, {version}, crashed ({crash}).",
        hint=way_to_bundled() or "This is a fault of FFmpeg: leave out what it fails at.",
    )


def _started(command: Sequence[str], cwd: Path | None) -> Child:
    try:
        return start_child(command, cwd=cwd, env=surroundings())
    except OSError as error:
        raise FFmpegMissing(
            f"The FFmpeg at {command[0]!r} does not start: {error.strerror}.",
            hint=f"Install another, or name one in {FFMPEG_VARIABLE}.",
        ) from error


def _wait(process: Child, cancel: CancelToken) -> int:
    while True:
        cancel.check()
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=_POLL_S)


def _follow(stream: IO[bytes] | None, on_progress: Callable[[int], None] | None) -> None:
    # Frames and not the time, which runs ahead with the sound.
    for line in stream or ():
        match = _FRAME.match(line)
        if match and on_progress is not None:
            on_progress(int(match[1]))


def _keep(stream: IO[bytes] | None, lines: deque[str]) -> None:
    lines.extend(
        line.decode("utf-8", errors="replace").rstrip() for line in stream or () if line.strip()
    )
