"""Reads a file into a small picture; called in threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtGui import QImage

from core.errors import UnreadableClip
from core.media.images import read_image

if TYPE_CHECKING:
    from pathlib import Path

    from av import VideoFrame
    from av.container import InputContainer

    from core.jobs.job import CancelToken

CLIP_SUFFIXES = frozenset(
    (".mp4", ".mov", ".mkv", ".webm", ".m4v", ".avi", ".mxf", ".ts", ".mpg", ".mpeg", ".ogv")
)
# Before the end of the clip: most clips hold a whole picture at least that often.
_NEAR_END_S = 2.0


def is_clip(path: Path) -> bool:
    """Whether a file is a clip and no picture, by its name."""
    return path.suffix.lower() in CLIP_SUFFIXES


def read_small_image(
    path: Path, size: tuple[int, int], at: Literal["start", "end"], cancel: CancelToken
) -> QImage:
    """The picture, or a clip's first or last frame, as large as fits into the size.

    Raises:
        UnsupportedRequest: a picture that is missing, damaged or huge.
        UnreadableClip: a clip that is missing, damaged or empty.
        JobCancelled: asked to stop.
    """
    if is_clip(path):
        return _frame(path, size, at, cancel)
    return _image(path, size)


def _image(path: Path, size: tuple[int, int]) -> QImage:
    image = read_image(path, "picture", "picture").image
    image.thumbnail(size)
    image = image.convert("RGBA")
    data = image.tobytes()
    # A copy: the bytes belong to this function.
    return QImage(data, image.width, image.height, QImage.Format.Format_RGBA8888).copy()


def _frame(
    path: Path, size: tuple[int, int], at: Literal["start", "end"], cancel: CancelToken
) -> QImage:
    # Loaded late: it brings FFmpeg's libraries.
    import av
    from av.error import FFmpegError

    try:
        with av.open(str(path)) as container:
            # Several are read at a time; to set up more threads for a frame takes longer than it.
            container.streams.video[0].codec_context.thread_count = 1
            frame = _last(container, cancel) if at == "end" else _first(container)
            if frame is not None:
                return _small(frame, size)
    except (FFmpegError, OSError, IndexError) as error:
        raise UnreadableClip(f"The clip {path.name!r} cannot be read.") from error
    raise UnreadableClip(f"The clip {path.name!r} holds no picture.")


def _first(container: InputContainer) -> VideoFrame | None:
    return next(container.decode(video=0), None)


def _last(container: InputContainer, cancel: CancelToken) -> VideoFrame | None:
    stream = container.streams.video[0]
    if stream.duration is not None and stream.time_base is not None:
        start = stream.start_time or 0
        near = start + stream.duration - int(_NEAR_END_S / stream.time_base)
        if near > start:
            container.seek(near, stream=stream)
    last = None
    for frame in container.decode(stream):
        cancel.check()
        last = frame
    return last


def _small(frame: VideoFrame, size: tuple[int, int]) -> QImage:
    scale = min(size[0] / frame.width, size[1] / frame.height, 1.0)
    width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    rgb = frame.reformat(width=width, height=height, format="rgb24")
    plane = rgb.planes[0]
    image = QImage(bytes(plane), width, height, plane.line_size, QImage.Format.Format_RGB888)
    return image.copy()
