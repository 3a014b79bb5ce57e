"""What lies in a file that a film uses: measured by reading it, not by trusting its header."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from core.errors import UnreadableClip, UnreadableMusic
from core.frozen import Frozen
from core.jobs.job import CancelToken

if TYPE_CHECKING:
    from collections.abc import Generator

    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

PROBE_VERSION = 3
OTHER_MUSIC = "Choose another file, or leave the music out."
_CHUNK = 1 << 20
# How a unit begins in H.264 as MP4, MOV and Matroska hold it.
_LENGTH_BYTES, _UNIT_KIND, _IDR = 4, 0x1F, 5
_HDR_TRANSFERS = {16: "smpte2084", 18: "arib-std-b67"}
_MATRICES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020nc"}
_PRIMARIES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020"}
_TRANSFERS = {1: "bt709", 6: "smpte170m", 13: "iec61966-2-1", **_HDR_TRANSFERS}
_RANGES = {1: "tv", 2: "pc"}
_MIN_TICKS_OF_FRAME = 4


class Colour(Frozen):
    """FFmpeg's names of a picture's colour tags; empty where the file does not say."""

    primaries: str = ""
    transfer: str = ""
    matrix: str = ""
    range: str = ""

    @property
    def is_hdr(self) -> bool:
        """Whether the brightness is coded for an HDR screen."""
        return self.transfer in _HDR_TRANSFERS.values()


class SourceFacts(Frozen):
    """What a video file holds; `width` and `height` as it is to be seen, upright.

    Attributes:
        duration_s: from the file's start to the end of the last frame, exact.
        rate: frames a second, on average, exact.
        first_frame_s: when the first frame is shown, counted from the file's start.
        sample_aspect: width of a pixel by its height, after turning upright.
        rotation: degrees by which a player turns the picture.
        extradata_sha256: of the codec's header, which streams that are joined untouched must share.
        starts_clean: H.264 alone: the first packet is a picture that resets the decoder, so nothing
            after it refers to anything before.
    """

    width: int
    height: int
    num_frames: int
    rate: Fraction
    duration_s: Fraction
    first_frame_s: Fraction
    codec: str
    profile: str
    pixel_format: str
    bit_depth: int
    has_alpha: bool
    sample_aspect: Fraction
    rotation: int
    colour: Colour
    audio_sample_rate_hz: int | None
    audio_channels: int = 0
    comment: str = ""
    is_constant_rate: bool = True
    extradata_sha256: str = ""
    starts_clean: bool = False

    @property
    def is_on_grid(self) -> bool:
        """Whether frame n is meant for n / `rate` after the first, however its time was rounded."""
        length_s = self.duration_s - self.first_frame_s
        return self.is_constant_rate and length_s == self.num_frames / self.rate


class Source(Frozen):
    """A clip on disk: its place, its content's SHA-256 and what it holds."""

    path: Path
    sha256: str = Field(repr=False)
    facts: SourceFacts


def read_source(path: Path, cancel: CancelToken | None = None) -> Source:
    """Read a clip: every packet is counted and the last frames are decoded.

    Raises:
        UnreadableClip: it is missing, empty, damaged, cut off or has no picture.
        JobCancelled: asked to stop.
    """
    # Imported late: PyAV loads FFmpeg's libraries, which only an export needs.
    import av
    from av.error import FFmpegError

    token = cancel or CancelToken()
    if path.is_dir():
        raise UnreadableClip(f"{str(path)!r} is a folder, not a clip.")
    if path.is_file() and path.stat().st_size == 0:
        raise UnreadableClip(f"The file {str(path)!r} is empty.")
    try:
        with av.open(str(path)) as container:
            facts = _probe(path, container, token)
    except FileNotFoundError as error:
        raise UnreadableClip(f"There is no clip at {str(path)!r}.") from error
    except (FFmpegError, PermissionError) as error:
        raise UnreadableClip(
            f"The clip {str(path)!r} cannot be read: {error.strerror or error}.",
            hint="It is damaged, cut off or no video. Render it again or leave it out.",
        ) from error
    return Source(path=path, sha256=sha256_of(path, token), facts=facts)


def sha256_of(path: Path, cancel: CancelToken) -> str:
    """The SHA-256 of a file's content, as hex.

    Raises:
        UnreadableClip: it cannot be read.
        JobCancelled: asked to stop.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                cancel.check()
                digest.update(chunk)
    except FileNotFoundError as error:
        raise UnreadableClip(f"There is no file at {str(path)!r}.") from error
    except OSError as error:
        raise UnreadableClip(f"The file {str(path)!r} cannot be read: {error.strerror}.") from error
    return digest.hexdigest()


@contextmanager
def opened_music(path: Path) -> Generator[InputContainer]:
    """A file of music to read from; its first sound is of a known kind.

    Raises:
        UnreadableMusic: it is missing, empty, no sound, or cannot be read.
    """
    # Imported late: PyAV loads FFmpeg's libraries, which only an export needs.
    import av
    from av.error import FFmpegError

    if path.is_dir():
        raise UnreadableMusic(f"{str(path)!r} is a folder, not music.", hint=OTHER_MUSIC)
    if path.is_file() and path.stat().st_size == 0:
        raise UnreadableMusic(f"The music file {str(path)!r} is empty.", hint=OTHER_MUSIC)
    try:
        with av.open(str(path)) as container:
            audios = container.streams.audio
            # A stream of an unknown codec has no number of channels.
            if not audios or not getattr(audios[0], "channels", 0):
                raise UnreadableMusic(f"The file {str(path)!r} holds no sound.", hint=OTHER_MUSIC)
            yield container
    except FileNotFoundError as error:
        raise UnreadableMusic(f"There is no music at {str(path)!r}.", hint=OTHER_MUSIC) from error
    except (FFmpegError, OSError) as error:
        raise UnreadableMusic(
            f"The music {str(path)!r} cannot be read: {error.strerror or error}.", hint=OTHER_MUSIC
        ) from error


@dataclass
class _Packets:
    """What the packets of the picture say, in ticks."""

    count: int = 0
    end: int = 0
    start: int | None = None
    gaps: set[int] = field(default_factory=set[int])
    last_keyframe: int = 0
    first: bytes = b""


def _probe(path: Path, container: InputContainer, cancel: CancelToken) -> SourceFacts:
    if not container.streams.video:
        raise UnreadableClip(
            f"The file {str(path)!r} holds no picture.", hint="Leave it out, or add it as music."
        )
    video = container.streams.video[0]
    audio = container.streams.audio[0] if container.streams.audio else None
    base = video.time_base
    packets = _count(container, video, cancel)
    if packets.count == 0 or packets.start is None or not base:
        raise UnreadableClip(f"The clip {str(path)!r} has no frames.")
    if 0 < packets.count < video.frames:
        raise UnreadableClip(
            f"The clip {str(path)!r} is cut off: "
            f"{packets.count} of {video.frames} frames are left.",
            hint="Render or copy it again, or leave it out.",
        )
    last = _decode_end(path, container, video, packets, cancel)
    begin = Fraction(container.start_time or 0, 1_000_000)
    first_s = packets.start * base - begin
    # The container's start is rounded to microseconds; half a tick either way is no delay.
    first_s = Fraction(0) if abs(first_s) < Fraction(1, 50_000) else max(first_s, Fraction(0))
    length_s = (packets.end - packets.start) * base
    rate = Fraction(video.average_rate or Fraction(packets.count) / max(length_s, base))
    is_constant = _is_constant(packets.gaps)
    # Matroska keeps whole milliseconds: what is meant is a whole number of frames.
    on_grid_s = packets.count / rate
    if is_constant and abs(on_grid_s - length_s) <= min(2 * base, 1 / (8 * rate)):
        length_s = on_grid_s
    # PyAV gives a stream whose codec it does not know no such attribute.
    if audio is not None and not getattr(audio, "rate", None):
        raise UnreadableClip(
            f"The sound of the clip {str(path)!r} is of an unknown kind.",
            hint="Convert it, render it again, or leave it out.",
        )
    turned = last.rotation % 180 != 0
    aspect = Fraction(video.sample_aspect_ratio or 1)
    width, height = (video.height, video.width) if turned else (video.width, video.height)
    context = video.codec_context
    extradata = context.extradata or b""
    return SourceFacts(
        width=width,
        height=height,
        num_frames=packets.count,
        rate=rate,
        duration_s=first_s + length_s,
        first_frame_s=first_s,
        codec=context.name,
        profile=str(context.profile or ""),
        pixel_format=last.format.name,
        bit_depth=max(component.bits for component in last.format.components),
        has_alpha=_has_alpha(video, last),
        sample_aspect=1 / aspect if turned else aspect,
        rotation=int(last.rotation),
        colour=_colour(last),
        audio_sample_rate_hz=audio.rate if audio is not None else None,
        audio_channels=audio.channels if audio is not None else 0,
        comment=_comment(container),
        is_constant_rate=is_constant,
        extradata_sha256=hashlib.sha256(extradata).hexdigest(),
        starts_clean=context.name == "h264" and _has_idr(packets.first),
    )


def _count(container: InputContainer, video: VideoStream, cancel: CancelToken) -> _Packets:
    packets = _Packets()
    usual = _usual_duration(video)
    times: list[int] = []
    for packet in container.demux(video):
        cancel.check()
        if packet.size == 0 or packet.pts is None:
            continue
        # A frame that is decoded only for others' sake lies before the start of the edit list.
        if packet.is_discard:
            continue
        if packets.count == 0:
            packets.first = bytes(packet)
        packets.count += 1
        times.append(packet.pts)
        packets.end = max(packets.end, packet.pts + (packet.duration or usual))
        if packet.is_keyframe:
            packets.last_keyframe = packet.pts
    times.sort()
    packets.start = times[0] if times else None
    packets.gaps = {after - before for before, after in pairwise(times)}
    return packets


def _has_idr(packet: bytes) -> bool:
    """Whether an H.264 packet in MP4's form, lengths before units, has an IDR picture."""
    at = 0
    while at + _LENGTH_BYTES < len(packet):
        length = int.from_bytes(packet[at : at + _LENGTH_BYTES], "big")
        if packet[at + _LENGTH_BYTES] & _UNIT_KIND == _IDR:
            return True
        at += _LENGTH_BYTES + length
    return False


def _is_constant(gaps: set[int]) -> bool:
    """Whether these gaps between frames, in ticks, are all meant to be the same."""
    if len(gaps) <= 1:
        return True
    # Rounded to whole ticks they differ by one. Where a frame is a tick or two, that is a frame.
    return max(gaps) - min(gaps) == 1 and min(gaps) >= _MIN_TICKS_OF_FRAME


def _usual_duration(video: VideoStream) -> int:
    if not video.average_rate or not video.time_base:
        return 1
    return round(1 / (video.average_rate * video.time_base))


def _decode_end(
    path: Path,
    container: InputContainer,
    video: VideoStream,
    packets: _Packets,
    cancel: CancelToken,
) -> VideoFrame:
    """Decode from the last keyframe on; gives the last frame that others are made from.

    That is half the frames of most clips, roughly drawn: the rest are looked at when they are
    encoded, and a person waits for this.
    """
    video.codec_context.options = {"skip_loop_filter": "all"}
    video.codec_context.skip_frame = "NONREF"
    container.seek(packets.last_keyframe, stream=video)
    last: VideoFrame | None = None
    for frame in container.decode(video):
        cancel.check()
        last = frame
    if last is None:
        raise UnreadableClip(
            f"The clip {str(path)!r} does not decode.",
            hint="It is damaged; render it again or leave it out.",
        )
    return last


def _comment(container: InputContainer) -> str:
    # Matroska writes its keys in capitals.
    tags = {name.lower(): text for name, text in container.metadata.items()}
    return tags.get("comment", "")


def _has_alpha(video: VideoStream, frame: VideoFrame) -> bool:
    # VP9 and VP8 keep their alpha in a second stream that the pixel format does not show.
    tagged = video.metadata.get("alpha_mode", "0") == "1"
    return tagged or any(component.is_alpha for component in frame.format.components)


def _colour(frame: VideoFrame) -> Colour:
    # PyAV gives plain numbers of FFmpeg's enums here, and enums there, by version.
    def name(attribute: str, names: dict[int, str]) -> str:
        value: Any = getattr(frame, attribute, None)
        return names.get(int(value), "") if value is not None else ""

    return Colour(
        primaries=name("color_primaries", _PRIMARIES),
        transfer=name("color_trc", _TRANSFERS),
        matrix=name("colorspace", _MATRICES),
        range=name("color_range", _RANGES),
    )
