"""Filter graphs for FFmpeg, built with ffmpeg-python: this is the only file that knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from core.media.media_file import input_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Value = str | int | float


@dataclass(frozen=True)
class VideoStream:
    """A stream of pictures somewhere in a graph."""

    stream: Any

    def filter(self, name: str, *values: Value, **options: Value) -> VideoStream:
        """The stream behind one more filter."""
        return VideoStream(self.stream.filter(name, *values, **options))

    def split(self, count: int) -> tuple[VideoStream, ...]:
        """The stream `count` times; a stream may be used only once."""
        if count == 1:
            return (self,)
        node = self.stream.filter_multi_output("split", count)
        return tuple(VideoStream(node.stream(index)) for index in range(count))

    def under(self, *others: VideoStream, name: str = "overlay", **options: Value) -> VideoStream:
        """The stream with others joined to it by a filter of several inputs."""
        import ffmpeg  # pyright: ignore[reportMissingTypeStubs] - it has none

        streams = [self.stream, *(other.stream for other in others)]
        return VideoStream(ffmpeg.filter(streams, name, **options))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - ffmpeg-python has no types


def joined(parts: Sequence[VideoStream]) -> VideoStream:
    """One stream after the other."""
    if len(parts) == 1:
        return parts[0]
    import ffmpeg  # pyright: ignore[reportMissingTypeStubs] - it has none

    streams = [part.stream for part in parts]
    return VideoStream(ffmpeg.concat(*streams, v=1, a=0))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - ffmpeg-python has no types


class Graph:
    """Opens the inputs of one graph, each of them apart from the others."""

    def __init__(self) -> None:
        self._count = 0

    def open(self, path: Path, index: int = 0, **options: Value | None) -> VideoStream:
        """The pictures of a file's stream, with the times that the file gives them."""
        import ffmpeg  # pyright: ignore[reportMissingTypeStubs] - it has none

        # ffmpeg-python takes equal inputs for one and the same; the length of a queue tells a
        # clip that is used twice apart.
        self._count += 1
        given: dict[str, Value | None] = {
            **input_options(path),
            "thread_queue_size": 8 + self._count,
            # FFmpeg's own zero differs with the version and with the streams that are in use.
            "copyts": None,
            # A size that changes on the way would begin the graph, and its counting, anew.
            "reinit_filter": 0,
            **options,
        }
        stream: Any = ffmpeg.input(str(path.absolute()), **given)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - ffmpeg-python has no types
        return VideoStream(stream[str(index)])


def arguments(image: VideoStream, output: str, options: Mapping[str, Value | None]) -> list[str]:
    """The arguments with which FFmpeg writes the stream; an option of None is a flag."""
    import ffmpeg  # pyright: ignore[reportMissingTypeStubs] - it has none

    words: Any = ffmpeg.output(image.stream, output, **options).compile()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - ffmpeg-python has no types
    return [str(word) for word in cast("list[Any]", words)[1:]]
