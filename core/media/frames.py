"""Any frame of a clip exactly, by its number: what a player steps through and grabs."""

from __future__ import annotations

import uuid
from bisect import bisect_right
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from core.errors import UnreadableClip
from core.media.media_file import open_media
from core.media.streams import choose_video
from core.media.timestamps import on_one_clock, one_clock, packet_times

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL import Image

    from core.jobs.job import CancelToken
    from core.media.timestamps import PacketTimes

_US = 1_000_000
# An untagged picture of more lines than that is taken for HD, as players do.
_SD_LINES = 576
_UNTAGGED = 2


@dataclass(frozen=True)
class ClipFrames:
    """The frames of a clip in the order in which they are seen.

    Attributes:
        starts_us: when each is shown, in microseconds from the file's start.
        end_us: when the last one ends.
        bit_depth: bits of a channel.
    """

    starts_us: tuple[int, ...]
    end_us: int
    bit_depth: int
    codec: str
    has_audio: bool

    @property
    def count(self) -> int:
        """How many there are, at least 1."""
        return len(self.starts_us)

    def number_at(self, moment_us: int) -> int:
        """The frame that is seen at a moment; the first or the last one outside of the clip."""
        return min(max(bisect_right(self.starts_us, moment_us) - 1, 0), self.count - 1)

    def middle_us(self, number: int) -> int:
        """The middle of the time for which a frame is seen."""
        end = self.starts_us[number + 1] if number + 1 < self.count else self.end_us
        return (self.starts_us[number] + end) // 2

    def start_s(self, number: int) -> float:
        """When a frame is first seen, in seconds from the first one."""
        return (self.starts_us[number] - self.starts_us[0]) / _US

    @property
    def duration_s(self) -> float:
        """How long the picture lasts."""
        return (self.end_us - self.starts_us[0]) / _US


class FrameReader:
    """Reads single frames of one clip; for one thread at a time, and to be closed."""

    def __init__(self, path: Path, cancel: CancelToken) -> None:
        """Open the clip and find its frames without decoding them.

        Raises:
            UnreadableClip: it is missing, damaged or has no picture.
            JobCancelled: asked to stop.
        """
        self._path = path
        self._container = self._open()
        try:
            with self._with_name():
                self._video, self._times, self.frames = self._find(self._container, cancel)
        except BaseException:
            self._container.close()
            raise
        # Ticks by which a frame is found again; none where several have the same or some have none.
        is_findable = len(self._times.parts) == 1 and self._times.is_timed
        is_findable = is_findable and not self._times.is_decoding_order
        self._pts = tuple(sorted(self._times.parts[0].starts)) if is_findable else ()
        self._last: VideoFrame | None = None
        self._next = 0
        self._coming = self._container.decode(self._video)
        if not is_findable:
            self._begin_anew()

    def close(self) -> None:
        """Let go of the file."""
        self._last = None
        self._container.close()

    def read(self, number: int, cancel: CancelToken) -> Image.Image:
        """One frame as it is to be seen: upright, with square pixels, 8 bits of red, green, blue.

        Raises:
            UnreadableClip: it does not decode.
            JobCancelled: asked to stop.
        """
        with self._with_name():
            frame = (
                self._frame(self._pts[number], cancel)
                if self._pts
                else self._counted_frame(number, cancel)
            )
        if frame is None:
            raise UnreadableClip(
                f"Frame {number + 1} of {self._path.name!r} does not decode.",
                hint="The clip is damaged there.",
            )
        return as_seen(frame, self._video.sample_aspect_ratio or Fraction(1))

    def _frame(self, wanted: int, cancel: CancelToken) -> VideoFrame | None:
        last = self._last
        if last is not None and last.pts == wanted:
            return last
        if last is not None and last.pts is not None and 0 < wanted - last.pts < self._gap():
            found = self._go_on_to(wanted, cancel)
            if found is not None:
                return found
        self._container.seek(wanted, stream=self._video, backward=True)
        self._coming = self._container.decode(self._video)
        found = self._go_on_to(wanted, cancel)
        if found is not None:
            return found
        # There are files, MPEG-TS above all, whose seeking lands behind what was asked for.
        self._begin_anew()
        return self._go_on_to(wanted, cancel)

    def _begin_anew(self) -> None:
        index = self._video.index
        self._container.close()
        self._container = self._open()
        self._video = next(s for s in self._container.streams.video if s.index == index)
        self._video.thread_type = "AUTO"
        self._coming = self._container.decode(self._video)
        self._next = 0

    def _counted_frame(self, number: int, cancel: CancelToken) -> VideoFrame | None:
        """A frame of a file whose clock was set anew, or that has none: counted from its start."""
        if self._last is not None and number == self._next - 1:
            return self._last
        if number < self._next:
            self._begin_anew()
        for frame in self._coming:
            cancel.check()
            self._next += 1
            if self._next > number:
                self._last = frame
                return frame
        self._begin_anew()
        self._last = None
        return None

    def _go_on_to(self, wanted: int, cancel: CancelToken) -> VideoFrame | None:
        # One iterator until the next seek: a packet may give several frames.
        for frame in self._coming:
            cancel.check()
            if frame.pts is None or frame.pts < wanted:
                continue
            self._last = frame
            return frame if frame.pts == wanted else None
        self._last = None
        return None

    def _gap(self) -> int:
        """Up to how far ahead, in ticks, decoding on is quicker than seeking."""
        base = self._video.time_base
        return round(1 / base) if base else 0

    def _find(
        self, container: InputContainer, cancel: CancelToken
    ) -> tuple[VideoStream, PacketTimes, ClipFrames]:
        video = choose_video(container)
        if video is None:
            raise UnreadableClip(f"The file {str(self._path)!r} holds no picture.")
        video.thread_type = "AUTO"
        times = packet_times(container, video)
        for packet in container.demux(video):
            cancel.check()
            times.add(packet)
        if times.count == 0:
            raise UnreadableClip(
                f"The clip {str(self._path)!r} has no frames.", hint="It is damaged or cut off."
            )
        begin_s = Fraction(container.start_time or 0, _US)
        shifts = one_clock(times, None, begin_s).video
        starts = list(on_one_clock(times, shifts))
        context = video.codec_context
        shape = context.format
        frames = ClipFrames(
            starts_us=tuple(round(start * _US) for start in starts),
            end_us=round((times.parts[-1].end * times.base + shifts[-1]) * _US),
            bit_depth=max((part.bits for part in shape.components), default=8) if shape else 8,
            codec=context.name,
            has_audio=bool(container.streams.audio),
        )
        return video, times, frames

    def _open(self) -> InputContainer:
        with self._with_name():
            return open_media(self._path)

    @contextmanager
    def _with_name(self) -> Generator[None, None, None]:
        """Says what PyAV raises in a sentence."""
        from av.error import FFmpegError

        try:
            yield
        except FileNotFoundError as error:
            raise UnreadableClip(f"There is no clip at {str(self._path)!r}.") from error
        except (FFmpegError, OSError) as error:
            raise UnreadableClip(
                f"The clip {str(self._path)!r} cannot be read: {error.strerror or error}.",
                hint="It is damaged, cut off or no video.",
            ) from error


def write_last_frame(clip: Path, destination: Path, cancel: CancelToken) -> None:
    """Write the last frame of a clip as a PNG.

    Raises:
        UnreadableClip: the clip cannot be read.
        OSError: the picture cannot be written.
        JobCancelled: asked to stop.
    """
    with closing(FrameReader(clip, cancel)) as reader:
        image = reader.read(reader.frames.count - 1, cancel)
    # A name that nobody can have laid a link to another file at.
    aside = destination.with_name(f".{uuid.uuid4().hex[:12]}.part")
    try:
        with aside.open("xb") as file:
            image.save(file, format="PNG")
        aside.replace(destination)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise


def as_seen(
    frame: VideoFrame, aspect: Fraction, most: tuple[int, int] | None = None
) -> Image.Image:
    """A frame as it is to be seen: upright, with square pixels, 8 bits of red, green, blue.

    Args:
        frame: as it was decoded.
        aspect: how wide its pixels are for their height.
        most: the width and height that it is made small for; its own size for None.
    """
    from PIL import Image

    is_untagged_hd = frame.colorspace == _UNTAGGED and frame.height > _SD_LINES
    matrix = "ITU709" if is_untagged_hd else None
    width, height = max(1, round(frame.width * aspect)), frame.height
    small = None
    if most is not None:
        room = most[::-1] if frame.rotation % 180 else most
        scale = min(room[0] / width, room[1] / height, 1.0)
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
        # At once with the colours: a whole frame of 4K for a thumbnail takes thirty times as long.
        small = {"width": width, "height": height}
    rgb = frame.reformat(format="rgb24", src_colorspace=matrix, **(small or {}))
    image = Image.fromarray(rgb.to_ndarray())
    if image.size != (width, height):
        image = image.resize((width, height))
    # Both count against the clock.
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image
