"""The timecode of a clip's first frame: in the file's tags and tracks, or within its frames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from core.film.model.timecode import read_timecode, timecode
from core.film.model.timeline import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from av.buffer import Buffer
    from av.container import InputContainer
    from av.video.frame import VideoFrame

    from core.film.model.packets import ReadPackets

# A count of timecodes and the first of them, each 32 bits.
_COUNTED, _WORD = 4, 8
# Above it two frames share a number, and a bit tells them apart.
_MOST_NUMBERED, _FIFTY = 30, 50
# The note of AVCHD cameras in H.264: a fixed name, then a count of entries, each a kind and four
# bytes. That of the timecode holds frames, seconds, minutes and hours, a digit in four bits.
_CAMERA_NOTE = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM"
_ENTRY, _TIMECODE_ENTRY = 5, 0x13
_DROPS = 0x40
# How groups and pictures begin in MPEG-2: the timecode of the group's first picture follows, and
# a picture's place among those of its group.
_MPEG2, _MPEG2_GROUP, _MPEG2_FRAME = "mpeg2video", b"\x00\x00\x01\xb8", b"\x00\x00\x01\x00"
# The bit between minutes and seconds that is always set.
_MARKER = 1 << 12


@dataclass(frozen=True)
class _Named:
    """A name that is in the file, and how many frames `later` the clip's first one is shown."""

    text: str
    later: int = 0


def first_timecode(container: InputContainer, packets: ReadPackets, rate: Fraction) -> str:
    """Its text as the file has it, or counted back from the frame that has one; "" without any."""
    of_streams = [stream.metadata for stream in (*container.streams.video, *container.streams)]
    for tags in (*of_streams, container.metadata):
        for name, text in tags.items():
            if name.lower() == "timecode":
                return text
    return _within(packets, rate)


def _within(packets: ReadPackets, rate: Fraction) -> str:
    context = packets.video.codec_context
    if context.name == _MPEG2:
        named = _in_group_header(packets.first)
    else:
        found = (_in_sei(look, packets, rate) for look in packets.looks)
        in_notes = (_in_camera_note(look, packets, rate) for look in packets.looks)
        named = next(filter(None, (*found, *in_notes)), None)
    if named is None:
        return ""
    start = read_timecode(named.text, rate)
    if start is None or named.later == 0:
        return named.text
    day = replace(start, seconds=24 * 3600, frames=0).frame_at(rate)
    frame = (start.frame_at(rate) + named.later) % day
    return timecode(frame, rate, may_drop=start.is_drop)


def _side_data(look: VideoFrame, name: str) -> bytes:
    # PyAV's own types call the container by the name of one thing in it.
    found = cast("Mapping[str, Buffer]", look.side_data)
    try:
        return bytes(found[name])
    except KeyError:
        return b""


def _in_sei(look: VideoFrame, packets: ReadPackets, rate: Fraction) -> _Named | None:
    """What H.264's picture timing or HEVC's time code says, as SMPTE 12M writes it."""
    data = _side_data(look, "S12M_TIMECODE")
    if len(data) < _WORD or not int.from_bytes(data[:_COUNTED], "little"):
        return None
    bits = int.from_bytes(data[_COUNTED:_WORD], "little")

    def two(shift: int, tens: int) -> int:
        return (bits >> shift + 4 & tens) * 10 + (bits >> shift & 15)

    frames = two(24, 3)
    # The decoder went by the rate that it knew.
    counted = packets.video.codec_context.framerate or rate
    if counted > _MOST_NUMBERED:
        half = bits >> (7 if counted == _FIFTY else 23) & 1
        frames = 2 * frames + half
    mark = ";" if bits >> 30 & 1 else ":"
    text = f"{two(0, 3):02}:{two(8, 7):02}:{two(16, 7):02}{mark}{frames:02}"
    return _named(text, look, packets, rate)


def _in_camera_note(look: VideoFrame, packets: ReadPackets, rate: Fraction) -> _Named | None:
    """What an AVCHD camera notes beside each picture."""
    note = _side_data(look, "SEI_UNREGISTERED")
    if not note.startswith(_CAMERA_NOTE):
        return None
    begin = len(_CAMERA_NOTE) + 1
    for at in range(begin, min(begin + _ENTRY * note[begin - 1], len(note)) - _ENTRY + 1, _ENTRY):
        kind, *digits = note[at : at + _ENTRY]
        if kind == _TIMECODE_ENTRY:
            frames, seconds, minutes, hours = digits
            mark = ";" if frames & _DROPS else ":"
            text = f"{hours & 0x3F:02x}:{minutes & 0x7F:02x}:{seconds & 0x7F:02x}{mark}"
            return _named(f"{text}{frames & 0x3F:02x}", look, packets, rate)
    return None


def _named(text: str, look: VideoFrame, packets: ReadPackets, rate: Fraction) -> _Named | None:
    """The name of a frame that was looked at, and how far from the first it is."""
    if look.pts is None or not packets.frames.is_timed:
        # Nobody knows how far from the first it is.
        return _Named(text) if look is packets.looks[0] else None
    shown_s = look.pts * packets.frames.base
    return _Named(text, later=nearest((packets.frames.start_s - shown_s) * rate))


def _in_group_header(packet: bytes) -> _Named | None:
    """What MPEG-2 says before a group of pictures.

    Not what FFmpeg says of the picture: that is of the group that was read last.
    """
    group, frame = packet.find(_MPEG2_GROUP), packet.find(_MPEG2_FRAME)
    if not 0 <= group < frame:
        return None
    bits = int.from_bytes(packet[group + 4 : group + 8], "big") >> 7
    if not bits & ~_MARKER:
        # What encoders write that were told of no timecode.
        return None
    hours, minutes, seconds = bits >> 19 & 31, bits >> 13 & 63, bits >> 6 & 63
    mark = ";" if bits >> 24 & 1 else ":"
    place = int.from_bytes(packet[frame + 4 : frame + 6], "big") >> 6
    text = f"{hours:02}:{minutes:02}:{seconds:02}{mark}{bits & 63:02}"
    return _Named(text, later=place)
