"""One pass through a clip: every packet is counted, and now and then a frame is looked at."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import UnreadableClip
from core.media.streams import audio_streams, choose_video
from core.media.timestamps import PacketTimes, packet_times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from core.jobs.job import CancelToken

S = TypeVar("S")

_LOOKS, _LOOK_EVERY_S = 30, 1
# A thousandth of full scale: below it there is only the noise of the codec.
_AUDIBLE = 0.001


@dataclass(frozen=True)
class Tracks:
    """The streams that a person chose, each counted from 1 among those of its kind."""

    video: int | None = None
    audio: int | None = None


@dataclass
class AudioTrack:
    """What is known of one stream of sound.

    Attributes:
        number: counted from 1 among the streams of sound.
        starts_s: when the first sample is heard that the decoder does not drop; None without any.
        is_audible: whether there was more than silence in it so far.
    """

    stream: AudioStream
    number: int
    times: PacketTimes
    starts_s: Fraction | None = None
    is_audible: bool = False

    def listen(self, packet: Packet[Any], *, on: bool) -> None:
        """Decode a packet for when the sound begins; and `on`, until something is heard."""
        if self.starts_s is not None and (self.is_audible or not on):
            return
        # Imported late: PyAV loads FFmpeg's libraries.
        from av.error import FFmpegError

        # What does not decode is told when the film's sound is made; here the next one will do.
        with suppress(FFmpegError):
            frames: list[AudioFrame] = self.stream.decode(packet)  # pyright: ignore[reportUnknownMemberType] - a type that PyAV leaves open
            for frame in frames:
                if self.starts_s is None and frame.pts is not None:
                    self.starts_s = frame.pts * self.times.base
                self.is_audible = self.is_audible or _level(frame.to_ndarray()) > _AUDIBLE


def _level(samples: object) -> float:
    import numpy as np

    values = np.asarray(samples)
    middle, full = 0, 1.0
    if values.dtype == np.uint8:
        middle, full = 128, 128.0
    elif np.issubdtype(values.dtype, np.integer):
        full = float(np.iinfo(values.dtype).max)
    return float(np.abs(values.astype(np.float64) - middle).max(initial=0)) / full


@dataclass
class ReadPackets:
    """What the packets of a clip say.

    Attributes:
        audio: the stream of sound that is to be heard; None without any.
        looks: frames that were looked at, from first to last, roughly drawn.
        first: the first packet of the picture.
        keyframes: when the last ones are decoded, in the picture's ticks, the latest first.
        last: the packet of the last of them, or of the first frame where none is marked as one.
    """

    video: VideoStream
    frames: PacketTimes
    audio: AudioTrack | None = None
    audio_tracks: tuple[AudioTrack, ...] = ()
    looks: list[VideoFrame] = field(default_factory=list["VideoFrame"])
    first: bytes = b""
    keyframes: tuple[int, ...] = ()
    last: Packet[Any] | None = None


def read_packets(
    path: Path, container: InputContainer, tracks: Tracks, cancel: CancelToken
) -> ReadPackets:
    """Read all packets of a clip's picture and of its sound.

    Raises:
        UnreadableClip: it has no such streams.
        JobCancelled: asked to stop.
    """
    video = _video(path, container, tracks.video)
    audio_tracks = _audio_tracks(path, container, tracks.audio)
    reader = _Reader(container, video, audio_tracks)
    for packet in container.demux([video, *(track.stream for track in audio_tracks)]):
        cancel.check()
        reader.take(packet)
    return reader.read()


def _video(path: Path, container: InputContainer, number: int | None) -> VideoStream:
    found = choose_video(container)
    if found is None:
        raise UnreadableClip(
            f"The file {str(path)!r} holds no picture.", hint="Leave it out, or add it as music."
        )
    if number is None:
        return found
    return _numbered(path, container.streams.video, number, "picture")


def _audio_tracks(
    path: Path, container: InputContainer, number: int | None
) -> tuple[AudioTrack, ...]:
    every = container.streams.audio
    chosen = (
        [_numbered(path, every, number, "sound")]
        if number is not None
        else audio_streams(container)
    )
    known = [stream for stream in chosen if getattr(stream, "rate", None)]
    if chosen and not known:
        raise UnreadableClip(
            f"The sound of the clip {str(path)!r} is of an unknown kind.",
            hint="Convert it, render it again, or leave it out.",
        )
    return tuple(
        AudioTrack(
            stream,
            every.index(stream) + 1,
            packet_times(container, stream),
        )
        for stream in known
    )


def _numbered(path: Path, streams: Sequence[S], number: int, what: str) -> S:
    if 1 <= number <= len(streams):
        return streams[number - 1]
    has = f"{len(streams)} {what} tracks" if len(streams) != 1 else f"one {what} track"
    if not streams:
        has = f"no {what} track"
    raise UnreadableClip(
        f"The clip {str(path)!r} has {has}, so there is no track {number}.",
        hint="Choose another number, or leave the choice to the program.",
    )


def decoded(video: VideoStream, packet: Packet[Any] | None) -> list[VideoFrame]:
    """The frames that a packet completes; with None, those that are still to come."""
    return video.decode(packet)  # pyright: ignore[reportUnknownMemberType] - a type that PyAV leaves open


class _Reader:
    def __init__(
        self, container: InputContainer, video: VideoStream, audio_tracks: tuple[AudioTrack, ...]
    ) -> None:
        self._video = video
        self._audio = {track.stream.index: track for track in audio_tracks}
        self._frames = packet_times(container, video)
        self._first = b""
        self._keyframes: list[int] = []
        self._last: Packet[Any] | None = None
        self._looks: list[VideoFrame] = []
        self._look_every = self._ticks_between_looks(container)
        self._looked_at: int | None = None
        video.codec_context.options = {"skip_loop_filter": "all"}

    def _ticks_between_looks(self, container: InputContainer) -> int:
        length_s = Fraction(container.duration or 0, 1_000_000)
        return round(max(Fraction(_LOOK_EVERY_S), length_s / _LOOKS) / self._frames.base)

    def take(self, packet: Packet[Any]) -> None:
        track = self._audio.get(packet.stream_index)
        if track is not None:
            if packet.size and not packet.is_discard:
                track.times.add(packet)
            if packet.size:
                track.listen(packet, on=len(self._audio) > 1)
        elif packet.size:
            self._take_frame(packet)

    def _take_frame(self, packet: Packet[Any]) -> None:
        if packet.is_keyframe or self._last is None:
            self._last = packet
        if packet.is_keyframe:
            at = packet.dts if packet.dts is not None else packet.pts
            if at is not None:
                self._keyframes.append(at)
            if self._is_time_to_look(at):
                self._look(packet, at)
        if self._frames.add(packet) and self._frames.count == 1:
            self._first = bytes(packet)

    def _is_time_to_look(self, at: int | None) -> bool:
        before = self._looked_at
        return before is None or (at is not None and abs(at - before) >= self._look_every)

    def _look(self, packet: Packet[Any], at: int | None) -> None:
        # Imported late: PyAV loads FFmpeg's libraries.
        from av.error import FFmpegError

        self._looked_at = at if at is not None else 0
        with suppress(FFmpegError):
            self._looks += decoded(self._video, packet)

    def read(self) -> ReadPackets:
        from av.error import FFmpegError

        with suppress(FFmpegError):
            self._looks += decoded(self._video, None)
        audio_tracks = tuple(track for track in self._audio.values() if track.times.count)
        audible = [track for track in audio_tracks if track.is_audible]
        return ReadPackets(
            video=self._video,
            frames=self._frames,
            audio=next(iter(audible or audio_tracks), None),
            audio_tracks=audio_tracks,
            looks=self._looks,
            first=self._first,
            keyframes=tuple(reversed(self._keyframes)),
            last=self._last,
        )
