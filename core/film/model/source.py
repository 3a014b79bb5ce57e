"""What lies in a file that a film uses: measured by reading it, not by trusting its header."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from core.errors import UnreadableClip, UnreadableMusic
from core.film.model.colour import Colour, colour_of
from core.film.model.first_timecode import first_timecode
from core.film.model.frame_rate import OF_NO_CLIP, is_constant, nominal_rate, trembling_slots
from core.film.model.packets import ReadPackets, Tracks, decoded, read_packets
from core.film.model.scan import Scan, scan_of
from core.frozen import Frozen
from core.jobs.job import CancelToken
from core.media.media_file import open_media
from core.media.stills import is_photo, read_photo
from core.media.streams import moving_streams
from core.media.timestamps import Clock, on_one_clock, one_clock

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

PROBE_VERSION = 5
OTHER_MUSIC = "Choose another file, or leave the music out."
_CHUNK = 1 << 20
# How a unit begins in H.264 as MP4, MOV and Matroska hold it.
_LENGTH_BYTES, _UNIT_KIND, _IDR = 4, 0x1F, 5
# Ways to the end: from the last keyframe, from ones before it, from the file's start.
_TRIES = 3
# Codecs that have no fields.
_WHOLE_FRAMES = frozenset(("vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d", "gif", "webp"))
_HEAD_BYTES = 1 << 16


class SourceFacts(Frozen):
    """What a video file holds; `width` and `height` as it is to be seen, upright.

    Attributes:
        duration_s: from the file's start to the end of the last frame, exact.
        rate: frames a second as they were meant: the usual rate of most gaps between frames.
        first_frame_s: when the first frame is shown, counted from what is seen or heard first.
        sample_aspect: width of a pixel by its height, after turning upright.
        rotation: degrees by which a player turns the picture.
        extradata_sha256: of the codec's header, which streams that are joined untouched must share.
        starts_clean: H.264 alone: the first packet is a picture that resets the decoder, so nothing
            after it refers to anything before.
        video_index: of the picture among all streams of the file.
        audio_index: of the sound; None without any.
        clock: what brings the file's times to the clip's.
        is_timed: whether the file tells when frames are shown; else frame n is at n / `rate`.
        trembles: whether each frame is meant for the next one at `rate`, and its time is only
            roughly so.
        num_hidden: frames that are decoded and not shown.
        sizes: every size of the picture that was met, as coded, where there are several.
        is_still: a photo, which lasts as long as one likes.
        video_track: which of the streams of pictures is seen, counted from 1.
        video_tracks: how many of them move.
        audio_track: which of the streams of sound is heard, counted from 1; 0 for none.
        audio_tracks: how many there are.
        silent_tracks: those that were found silent, counted from 1.
        scan: whether its frames are whole pictures or two fields.
        timecode: the name of its first frame, as the file has it: "01:00:00;00".
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
    video_index: int = 0
    audio_index: int | None = None
    clock: Clock = Clock()
    is_timed: bool = True
    trembles: bool = False
    num_hidden: int = 0
    sizes: tuple[tuple[int, int], ...] = ()
    is_still: bool = False
    video_track: int = 1
    video_tracks: int = 1
    audio_track: int = 0
    audio_tracks: int = 0
    silent_tracks: tuple[int, ...] = ()
    scan: Scan = Scan.PROGRESSIVE
    timecode: str = ""

    @property
    def is_on_grid(self) -> bool:
        """Whether frame n is meant for n / `rate` after the first, however its time was rounded."""
        length_s = self.duration_s - self.first_frame_s
        return self.is_constant_rate and length_s == self.num_frames / self.rate


class Source(Frozen):
    """A clip on disk: its place, its content's SHA-256 and what it holds.

    Attributes:
        still_path: of a photo, the copy that FFmpeg reads: upright, in colours that it knows.
    """

    path: Path
    sha256: str = Field(repr=False)
    facts: SourceFacts
    still_path: Path | None = None


def read_source(
    path: Path, cancel: CancelToken | None = None, tracks: Tracks | None = None
) -> Source:
    """Read a clip: every packet is counted and its last keyframe is decoded.

    Raises:
        UnreadableClip: it is missing, empty, damaged, cut off or has no picture.
        JobCancelled: asked to stop.
    """
    # Imported late: PyAV loads FFmpeg's libraries, which only an export needs.
    from av.error import FFmpegError

    token = cancel or CancelToken()
    if path.is_dir():
        raise UnreadableClip(f"{str(path)!r} is a folder, not a clip.")
    if path.is_file() and path.stat().st_size == 0:
        raise UnreadableClip(f"The file {str(path)!r} is empty.")
    if is_photo(path):
        return _read_still(path, token)
    try:
        with open_media(path) as container:
            facts = _probe(path, container, tracks or Tracks(), token)
    except FileNotFoundError as error:
        raise UnreadableClip(f"There is no clip at {str(path)!r}.") from error
    except (FFmpegError, OSError) as error:
        raise UnreadableClip(
            f"The clip {str(path)!r} cannot be read: {error.strerror or error}.",
            hint="It is damaged, cut off or no video. Render it again or leave it out.",
        ) from error
    return Source(path=path, sha256=sha256_of(path, token), facts=facts)


def _read_still(path: Path, cancel: CancelToken) -> Source:
    image = read_photo(path).image
    facts = SourceFacts(
        width=image.width,
        height=image.height,
        num_frames=1,
        rate=OF_NO_CLIP,
        duration_s=1 / OF_NO_CLIP,
        first_frame_s=Fraction(0),
        codec="png",
        profile="",
        pixel_format="rgba" if image.mode == "RGBA" else "rgb24",
        bit_depth=8,
        has_alpha=image.mode == "RGBA",
        sample_aspect=Fraction(1),
        rotation=0,
        colour=Colour(),
        audio_sample_rate_hz=None,
        is_still=True,
    )
    return Source(path=path, sha256=sha256_of(path, cancel), facts=facts)


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
    from av.error import FFmpegError

    if path.is_dir():
        raise UnreadableMusic(f"{str(path)!r} is a folder, not music.", hint=OTHER_MUSIC)
    if path.is_file() and path.stat().st_size == 0:
        raise UnreadableMusic(f"The music file {str(path)!r} is empty.", hint=OTHER_MUSIC)
    try:
        with open_media(path) as container:
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


def _probe(
    path: Path, container: InputContainer, tracks: Tracks, cancel: CancelToken
) -> SourceFacts:
    packets = read_packets(path, container, tracks, cancel)
    video, frames, track = packets.video, packets.frames, packets.audio
    if frames.count == 0:
        raise UnreadableClip(f"The clip {str(path)!r} has no frames.")
    _check_whole(path, packets, cancel)
    last = _decode_end(path, container, packets, cancel)
    timing = _timing(packets)
    turned = last.rotation % 180 != 0
    aspect = Fraction(video.sample_aspect_ratio or 1)
    sizes = tuple(dict.fromkeys((frame.width, frame.height) for frame in (*packets.looks, last)))
    # Of several the largest keeps all that there is to see.
    coded = max(sizes, key=lambda size: size[0] * size[1])
    context = video.codec_context
    audio = track.stream if track is not None else None
    return SourceFacts(
        width=coded[1] if turned else coded[0],
        height=coded[0] if turned else coded[1],
        num_frames=frames.count,
        rate=timing.rate,
        duration_s=timing.first_s + timing.length_s,
        first_frame_s=timing.first_s,
        codec=context.name,
        profile=str(context.profile or ""),
        pixel_format=last.format.name,
        bit_depth=max(component.bits for component in last.format.components),
        has_alpha=_has_alpha(video, last),
        sample_aspect=1 / aspect if turned else aspect,
        rotation=int(last.rotation),
        colour=colour_of(last),
        audio_sample_rate_hz=audio.rate if audio is not None else None,
        audio_channels=audio.channels if audio is not None else 0,
        comment=_comment(container),
        is_constant_rate=timing.is_grid,
        extradata_sha256=hashlib.sha256(context.extradata or b"").hexdigest(),
        starts_clean=context.name == "h264" and _has_idr(packets.first),
        video_index=video.index,
        audio_index=audio.index if audio is not None else None,
        clock=timing.clock,
        is_timed=timing.is_timed,
        trembles=timing.trembles,
        num_hidden=frames.num_hidden,
        sizes=sizes if len(sizes) > 1 else (),
        video_track=container.streams.video.index(video) + 1,
        video_tracks=len(moving_streams(container)),
        audio_track=track.number if track is not None else 0,
        audio_tracks=len(container.streams.audio),
        silent_tracks=tuple(
            one.number
            for one in packets.audio_tracks
            if len(packets.audio_tracks) > 1 and not one.is_audible
        ),
        scan=_scan(video, (*packets.looks, last)),
        timecode=first_timecode(container, packets, timing.rate),
    )


class _Timing(NamedTuple):
    """When a clip's frames are shown, by its own clock."""

    rate: Fraction
    first_s: Fraction
    length_s: Fraction
    clock: Clock
    is_timed: bool
    is_grid: bool
    trembles: bool = False


def _timing(packets: ReadPackets) -> _Timing:
    video, frames, track = packets.video, packets.frames, packets.audio
    said = video.average_rate
    gaps = frames.gaps
    if gaps and sum(gaps) > 0:
        rate = nominal_rate(gaps, frames.base, said)
    else:
        rate = Fraction(said) if said else OF_NO_CLIP
    has_times = frames.is_timed and not frames.is_decoding_order
    begins_s = frames.start_s if has_times else Fraction(0)
    origin_s = begins_s
    # Less than a frame of sound is cut off rather than the picture moved away from its own grid.
    audible_s = track.starts_s if track is not None else None
    if audible_s is not None and frames.is_timed and begins_s - audible_s >= 1 / rate:
        origin_s = audible_s
    clock = one_clock(frames, track.times if track is not None else None, origin_s)
    is_grid = is_constant(gaps)
    if not has_times and (is_grid or not frames.is_timed):
        first_s, length_s = begins_s - origin_s, frames.count / rate
        return _Timing(rate, first_s, length_s, clock, is_timed=False, is_grid=is_grid)
    first_s = next(on_one_clock(frames, clock.video))
    end_s = frames.parts[-1].end * frames.base + clock.video[-1]
    length_s = max(end_s - first_s, frames.base)
    # Matroska keeps whole milliseconds: what is meant is a whole number of frames.
    on_grid_s = frames.count / rate
    if is_grid and abs(on_grid_s - length_s) <= min(2 * frames.base, 1 / (8 * rate)):
        length_s = on_grid_s
    slots = None
    if not is_grid:
        slots = trembling_slots(list(on_one_clock(frames, clock.video)), rate)
    if slots is not None:
        length_s = (slots[-1] + 1) / rate - first_s
    trembles = slots is not None
    return _Timing(
        rate, first_s, length_s, clock, is_timed=True, is_grid=is_grid, trembles=trembles
    )


def _check_whole(path: Path, packets: ReadPackets, cancel: CancelToken) -> None:
    """Refuse a file whose own table lists frames that are not in it.

    Raises:
        UnreadableClip: frames are missing at its end.
        JobCancelled: asked to stop.
    """
    listed = packets.video.frames
    found = packets.frames.count + packets.frames.num_hidden
    if found >= listed or not _lists_frames(packets.video):
        return
    # What the edit list leaves out altogether is in the table and does not come: looked for apart.
    import av

    with av.open(str(path), options={"ignore_editlist": "1"}) as container:
        video = container.streams[packets.video.index]
        found = 0
        for packet in container.demux(video):
            cancel.check()
            found += packet.size > 0
    if found < listed:
        raise UnreadableClip(
            f"The clip {str(path)!r} is cut off: {found} of {listed} frames are left.",
            hint="Render or copy it again, or leave it out.",
        )


def _lists_frames(video: VideoStream) -> bool:
    """Whether the number of frames is that of a table that says where each of them lies."""
    return "mp4" in video.container.format.name.split(",")


def _has_idr(packet: bytes) -> bool:
    """Whether an H.264 packet in MP4's form, lengths before units, has an IDR picture."""
    at = 0
    while at + _LENGTH_BYTES < len(packet):
        length = int.from_bytes(packet[at : at + _LENGTH_BYTES], "big")
        if packet[at + _LENGTH_BYTES] & _UNIT_KIND == _IDR:
            return True
        at += _LENGTH_BYTES + length
    return False


def _scan(video: VideoStream, looks: Sequence[VideoFrame]) -> Scan:
    """How the frames were scanned, by the stream and by those that were looked at."""
    context = video.codec_context
    if context.name in _WHOLE_FRAMES:
        return Scan.PROGRESSIVE
    flags = [bool(frame.interlaced_frame) for frame in looks]
    return scan_of(context.name, int(getattr(context, "field_order", 0)), flags)


def _decode_end(
    path: Path, container: InputContainer, packets: ReadPackets, cancel: CancelToken
) -> VideoFrame:
    """Decode the last keyframe; gives it, or the last frame that could be had otherwise.

    All other frames are looked at when they are encoded: a person waits for this.
    """
    import av

    video = packets.video
    video.codec_context.skip_frame = "NONREF"
    if packets.last is not None:
        video.codec_context.flush_buffers()
        frames = (frame for one in (packets.last, None) for frame in decoded(video, one))
        if last := _last_of(frames, cancel):
            return last
    # Where seeking lands behind what was asked for, an earlier keyframe may do.
    for keyframe in packets.keyframes[:_TRIES]:
        container.seek(keyframe, stream=video)
        if last := _last_of(container.decode(video), cancel):
            return last
    with open_media(path) as again:
        anew = again.streams[video.index]
        assert isinstance(anew, av.VideoStream)
        if last := _last_of(again.decode(anew), cancel):
            return last
    raise UnreadableClip(
        f"The clip {str(path)!r} does not decode.",
        hint="It is damaged; render it again or leave it out.",
    )


def _last_of(frames: Iterable[VideoFrame], cancel: CancelToken) -> VideoFrame | None:
    last: VideoFrame | None = None
    for frame in frames:
        cancel.check()
        last = frame
    return last


def _comment(container: InputContainer) -> str:
    # Matroska writes its keys in capitals.
    tags = {name.lower(): text for name, text in container.metadata.items()}
    return tags.get("comment", "")


def _has_alpha(video: VideoStream, frame: VideoFrame) -> bool:
    # VP9 and VP8 keep their alpha in a second stream that the pixel format does not show.
    tagged = video.metadata.get("alpha_mode", "0") == "1"
    return tagged or any(component.is_alpha for component in frame.format.components)
