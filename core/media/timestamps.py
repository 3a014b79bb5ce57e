"""When the frames of a file are due: its packets say so, its header need not."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from heapq import merge
from itertools import chain, pairwise
from math import floor
from typing import TYPE_CHECKING, Any

from core.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

# FFmpeg's own bounds for "the clock was set anew here": files that were joined byte by byte,
# recorders that were restarted.
_BACK_S, _AHEAD_S = Fraction(1, 10), 10
_TS_DISCONT, _AVI = 512, "avi"
_USUAL_BASE, _USUAL_RATE = Fraction(1, 90_000), 25
_LONGER_S = Fraction(1, 10)


@dataclass
class ClockSpan:
    """Packets of one stream that one clock timed, in ticks: when each is due, and the last end."""

    starts: list[int] = field(default_factory=list[int])
    end: int = 0


@dataclass
class PacketTimes:
    """What is seen or heard of one stream; fed with its packets in the file's order.

    Attributes:
        base: seconds of a tick.
        usual: ticks that a packet lasts which does not say how long.
        leaps: whether a leap ahead is another clock.
        is_decoding_order: whether the file tells when frames are decoded, not when they are shown.
        parts: one for each clock; their times may overlap.
        num_hidden: packets that are decoded only for others' sake, before the start of the edit
            list.
        num_untimed: packets whose time the file does not tell.
    """

    base: Fraction
    usual: int
    leaps: bool = False
    is_decoding_order: bool = False
    parts: list[ClockSpan] = field(default_factory=list[ClockSpan])
    num_hidden: int = 0
    num_untimed: int = 0
    _decoded_at: int | None = None
    _has_keyframe: bool = False
    _keyframe_start: int | None = None

    def __post_init__(self) -> None:
        # In whole ticks, since each packet is compared with them.
        self._back = floor(_BACK_S / self.base)
        self._ahead = floor(_AHEAD_S / self.base)

    def add(self, packet: Packet[Any]) -> bool:
        """Count a packet in; False where nothing of it is seen or heard."""
        if packet.size == 0:
            return False
        if packet.is_keyframe:
            self._begin_at_keyframe(packet)
        elif self._leads(packet):
            return False
        if packet.is_discard:
            self.num_hidden += 1
            return False
        # Not the time at which it is shown in its place: that goes back and forth.
        self._follow_clock(packet.dts)
        part = self.parts[-1]
        start = packet.pts
        if start is None:
            self.num_untimed += 1
            start = packet.dts if packet.dts is not None else part.end
        part.starts.append(start)
        part.end = max(part.end, start + (packet.duration or self.usual))
        return True

    def _begin_at_keyframe(self, packet: Packet[Any]) -> None:
        """What comes before the first keyframe does not decode: in files that were cut anywhere."""
        if not self._has_keyframe:
            self._has_keyframe = True
            self.parts.clear()
            self._decoded_at = None
            self.num_untimed = 0
            self._keyframe_start = None if packet.is_discard else packet.pts
        else:
            self._keyframe_start = None

    def _leads(self, packet: Packet[Any]) -> bool:
        """Whether it is due before the first keyframe, and so needs one that is not there."""
        first = self._keyframe_start
        return first is not None and packet.pts is not None and packet.pts < first

    def _follow_clock(self, decoded_at: int | None) -> None:
        before = self._decoded_at
        if decoded_at is not None:
            self._decoded_at = decoded_at
        is_new = not self.parts
        if before is not None and decoded_at is not None:
            step = decoded_at - before
            is_new = step < -self._back or (self.leaps and step > self._ahead)
        if is_new:
            self.parts.append(ClockSpan(end=decoded_at or 0))

    @property
    def count(self) -> int:
        """How many packets are seen or heard."""
        return sum(len(part.starts) for part in self.parts)

    @property
    def is_timed(self) -> bool:
        """Whether the file tells when things are due."""
        return self.num_untimed == 0

    @property
    def start_s(self) -> Fraction:
        """When the first is due, by the file's own clock."""
        return min(self.parts[0].starts) * self.base

    @property
    def gaps(self) -> list[int]:
        """Ticks from each to the next, but for where the clock was set anew."""
        ordered = (sorted(part.starts) for part in self.parts)
        return list(chain.from_iterable(
            [after - before for before, after in pairwise(starts)] for starts in ordered
        ))  # fmt: skip


def packet_times(container: InputContainer, stream: VideoStream | AudioStream) -> PacketTimes:
    """The times of one stream of a file, to be fed with its packets."""
    base = stream.time_base or _USUAL_BASE
    rate = Fraction(getattr(stream, "average_rate", None) or _USUAL_RATE)
    # In other files a leap ahead is a long pause.
    leaps = bool(int(container.format.flags) & _TS_DISCONT)
    usual = max(1, round(1 / (rate * base)))
    return PacketTimes(base, usual, leaps, container.format.name == _AVI)


class Clock(Frozen):
    """What brings the times of a file to one clock that begins with what is seen or heard first.

    Attributes:
        video: seconds to be added to the times of each part of the picture.
        audio: the same for the sound.
        leaps: whether the parts were told apart by leaps ahead as well.
    """

    video: tuple[Fraction, ...] = (Fraction(0),)
    audio: tuple[Fraction, ...] = (Fraction(0),)
    leaps: bool = False

    @property
    def video_expression(self) -> str:
        """FFmpeg's expression for the frames' times, for `setpts` under `-copyts`."""
        return _expression(self.video, self.leaps)

    @property
    def audio_expression(self) -> str:
        """The same for the sound and `asetpts`."""
        return _expression(self.audio, self.leaps)


def one_clock(video: PacketTimes, audio: PacketTimes | None, origin_s: Fraction) -> Clock:
    """The clock that begins at `origin_s` of the first part.

    The picture goes on without a gap, and the sound keeps to the picture of its part. Only where
    the sound of a part is longer, the next part waits for it.
    """
    if audio is None or len(audio.parts) != len(video.parts):
        alone = _shifts([video], origin_s)
        other = alone if audio is None else _shifts([audio], origin_s)
        return Clock(video=alone, audio=other, leaps=video.leaps)
    both = _shifts([video, audio], origin_s)
    return Clock(video=both, audio=both, leaps=video.leaps)


def _shifts(streams: Sequence[PacketTimes], origin_s: Fraction) -> tuple[Fraction, ...]:
    found = [-origin_s]
    leading, *others = streams
    for number in range(1, len(leading.parts)):
        shift = _to_follow(leading, number) + found[-1]
        for other in others:
            after_it = _to_follow(other, number) + found[-1]
            if after_it > shift + _LONGER_S:
                shift = after_it
        found.append(shift)
    return tuple(found)


def _to_follow(stream: PacketTimes, number: int) -> Fraction:
    """What brings the beginning of a part to the end of the part before."""
    before, part = stream.parts[number - 1], stream.parts[number]
    return (before.end - min(part.starts)) * stream.base


def on_one_clock(times: PacketTimes, shifts: Sequence[Fraction]) -> Iterator[Fraction]:
    """When each is seen or heard, in seconds and in that order."""
    return merge(*map(partial(_shifted, times.base), times.parts, shifts))


def _shifted(base: Fraction, part: ClockSpan, shift: Fraction) -> Iterator[Fraction]:
    for start in sorted(part.starts):
        yield start * base + shift


def _expression(shifts: Sequence[Fraction], leaps: bool) -> str:
    # It counts how often the clock was set anew, by the bounds by which the parts were told apart.
    shift = f"({shifts[-1]})"
    if len(shifts) == 1:
        return f"round(PTS+{shift}/TB)"
    for number, one in reversed(list(enumerate(shifts[:-1]))):
        shift = f"if(lte(ld(0),{number}),({one}),{shift})"
    anew = f"lt(T,PREV_INT-{float(_BACK_S)})"
    if leaps:
        anew += f"+gt(T,PREV_INT+{_AHEAD_S})"
    return f"round(PTS+0*st(0,ld(0)+{anew})+{shift}/TB)"
