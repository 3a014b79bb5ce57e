"""From finished pieces and sound to one file: joined by copying, never encoded twice."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import AssemblyError, first_line
from core.film.build.encoding import audio_arguments, timescale
from core.film.model.delivery import AudioCodec, Container, ExportSettings
from core.film.model.timeline import nearest
from core.film.sound.stems import RAW_FORMAT
from core.media.ffmpeg import run_ffmpeg
from core.platform.units import count_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.film.build.segments import Segment
    from core.film.model.timeline import Timeline
    from core.film.sound.soundtrack import Soundtrack
    from core.jobs.job import CancelToken

_MICROSECONDS = 1_000_000
_PNG_DIGITS = 6
# What codecs put before and after a sound: two frames of AAC or MP3, 80 ms of Opus.
_CODEC_DELAY_S = Fraction(15, 100)
# QuickTime's own texts end at 64 KiB, in the middle of a word; FFmpeg's tags do not.
_LONGEST_TEXT_IN_MOV = 60_000
# Samples that a decoder gives before the first one. Where a file does not say so, as much is taken
# off the sound's beginning, and the rest is heard in time.
_DELAYS = {AudioCodec.AAC: 1024, AudioCodec.MP3: 1105}
_MATROSKA = (Container.MKV, Container.WEBM)
SUBTITLE_CODECS: dict[Container, str] = {
    Container.MP4: "mov_text",
    Container.MOV: "mov_text",
    Container.MKV: "srt",
    Container.WEBM: "webvtt",
}
"""FFmpeg's name of the subtitle format of each container that takes any."""


@dataclass(frozen=True)
class Ingredients:
    """What a film is put together from.

    Attributes:
        segment_files: one for each segment, in order.
        metadata: a file in FFmpeg's metadata format.
        audio: encoded, in the film's own container; None for a silent film.
        subtitles: an SRT file that becomes a track.
    """

    segments: tuple[Segment, ...]
    segment_files: tuple[Path, ...]
    metadata: Path
    audio: Path | None
    subtitles: Path | None


def encode_audio(
    track: Soundtrack, settings: ExportSettings, workdir: Path, cancel: CancelToken
) -> Path:
    """The sound as the film carries it, in a file of the same container, to be copied.

    Only so does the copy keep what the container says about a codec's delay.

    Raises:
        FFmpegFailed: it cannot be encoded.
        JobCancelled: asked to stop.
    """
    encoded = workdir / f"encoded-sound.{settings.container}"
    delay = _DELAYS.get(settings.audio_codec, 0)
    in_time = f"{track.filter},atrim=start_sample={delay}"

    def encode(filters: str) -> None:
        chosen = [*audio_arguments(settings), "-af", filters, *_allowed(settings)]
        run_ffmpeg([*RAW_FORMAT, "-i", str(track.path), *chosen, str(encoded)], cancel)

    # AVI has no place for the delay.
    encode(in_time if delay and settings.container is Container.AVI else track.filter)
    # Matroska has one, which FFmpeg 5 leaves empty.
    if delay and settings.container in _MATROSKA and _audio_start_s(encoded) == 0:
        encode(in_time)
    return encoded


def _allowed(settings: ExportSettings) -> list[str]:
    """What FFmpeg 5 has to be told before it does what it takes for an experiment: FLAC in MP4."""
    is_flac = settings.audio_codec is AudioCodec.FLAC
    return ["-strict", "experimental"] if is_flac and settings.container is Container.MP4 else []


def _audio_start_s(path: Path) -> Fraction | None:
    """When the first packet of a file's sound is due, in seconds: before 0 by the codec's delay.

    None where there is none to be read, which is found out when the film is verified.
    """
    import av
    from av.error import FFmpegError

    try:
        with av.open(str(path)) as container:
            first = next(container.demux(container.streams.audio[0]))
    except (FFmpegError, OSError, LookupError):
        return None
    return None if first.pts is None else first.pts * first.time_base


def _is_moved(audio: Path, film: Path, settings: ExportSettings) -> bool:
    """Whether a sound that began before 0 no longer does: FFmpeg 7 moves each file's start to 0."""
    return settings.container in _MATROSKA and _audio_start_s(film) != _audio_start_s(audio)


def write_list(timeline: Timeline, parts: Ingredients, path: Path) -> None:
    """Write the list of pieces that FFmpeg joins, with exact lengths from the plan.

    The lengths are differences of rounded places and not rounded lengths, so that nothing adds up.
    """
    lines = ["ffconcat version 1.0"]
    for segment, segment_file in zip(parts.segments, parts.segment_files, strict=True):
        begin, end = (
            nearest(Fraction(frame * _MICROSECONDS) / timeline.rate)
            for frame in (segment.first, segment.end)
        )
        # Pieces are named in hex digits by the store: there is nothing to escape.
        lines += [f"file '{segment_file.name}'", f"duration {end - begin}us"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def join(
    timeline: Timeline,
    parts: Ingredients,
    settings: ExportSettings,
    destination: Path,
    cancel: CancelToken,
    on_progress: Callable[[int], None],
) -> None:
    """Write the film to `destination`; for a PNG sequence that is a folder, to be made.

    Raises:
        FFmpegFailed: it cannot be written.
        JobCancelled: asked to stop.
    """
    # The list lies beside the pieces and names them without a folder, where FFmpeg is started: it
    # would cut off the list's own folder at a "#".
    listing = parts.segment_files[0].with_name(f"{uuid.uuid4().hex}.ffconcat")
    try:
        write_list(timeline, parts, listing)
        arguments = ["-f", "concat", "-i", listing.name]
        if settings.container.is_images:
            arguments += _images(timeline, settings, destination)
        else:
            arguments += _film(timeline, parts, settings, destination)
        run_ffmpeg(arguments, cancel, on_progress, cwd=listing.parent)
        if parts.audio is not None and _is_moved(parts.audio, destination, settings):
            run_ffmpeg(["-copyts", *arguments], cancel, on_progress, cwd=listing.parent)
    finally:
        listing.unlink(missing_ok=True)


def _film(
    timeline: Timeline, parts: Ingredients, settings: ExportSettings, destination: Path
) -> list[str]:
    inputs: list[str] = []
    maps = ["-map", "0:v"]
    coding = ["-c:v", "copy"]
    number = 1
    if parts.audio is not None:
        inputs += ["-i", str(parts.audio)]
        maps += ["-map", f"{number}:a"]
        coding += ["-c:a", "copy"]
        number += 1
    if parts.subtitles is not None:
        inputs += ["-i", str(parts.subtitles)]
        maps += ["-map", f"{number}:s"]
        coding += ["-c:s", SUBTITLE_CODECS[settings.container]]
        number += 1
    inputs += ["-f", "ffmetadata", "-i", str(parts.metadata)]
    maps += ["-map_metadata", str(number), "-map_chapters", str(number)]
    ending: list[str] = []
    if settings.container in (Container.MP4, Container.MOV):
        is_long = parts.metadata.stat().st_size > _LONGEST_TEXT_IN_MOV
        tagged = "+use_metadata_tags" if settings.container is Container.MOV and is_long else ""
        ending += [
            "-movflags",
            f"+faststart{tagged}",
            "-video_track_timescale",
            str(timescale(timeline.rate)),
        ]
    if settings.container is Container.AVI:
        # AVI counts frames and knows no times: without a rate it would count ticks, 600 a second.
        # Its players look for start codes under this name.
        rate = f"{timeline.rate.numerator}/{timeline.rate.denominator}"
        ending += ["-r", rate, "-tag:v", "H264", "-bsf:v", "h264_mp4toannexb"]
    return [*inputs, *maps, *coding, *ending, *_allowed(settings), str(destination)]


def _images(timeline: Timeline, settings: ExportSettings, destination: Path) -> list[str]:
    match settings.container:
        case Container.GIF:
            # One palette for the whole film, made from all of it: counted from what moves alone,
            # it has no colours for a background that stands still.
            graph = (
                "split[a][b];[a]palettegen=stats_mode=full[p];[b][p]paletteuse=dither=sierra2_4a"
            )
            return ["-filter_complex", graph, "-loop", "0", str(destination)]
        case Container.WEBP:
            quality = ["-lossless", "0", "-quality", "85", "-loop", "0"]
            # From RGB, because WebP's own YUV is that of old TV and has no tag to say otherwise.
            coding = ["-c:v", "libwebp_anim", "-pix_fmt", "bgra", *quality]
            return [*coding, "-fps_mode", "passthrough", str(destination)]
        case Container.PNG:
            destination.mkdir(parents=True)
            # Any other % in the path would be taken for the number, or its beginning.
            folder = str(destination).replace("%", "%%")
            pattern = Path(folder) / f"frame_%0{_PNG_DIGITS}d.png"
            return ["-fps_mode", "passthrough", "-pix_fmt", "rgb24", str(pattern)]
        case _:
            raise ValueError(f"{settings.container} holds more than pictures")


def verify(timeline: Timeline, settings: ExportSettings, film: Path, *, has_audio: bool) -> None:
    """The film must hold exactly what was planned: FFmpeg's exit code proves nothing.

    Raises:
        AssemblyError: naming every difference.
    """
    from av.error import FFmpegError

    try:
        found = _all_differences(timeline, settings, film, has_audio=has_audio)
    except (FFmpegError, OSError) as error:
        found = [f"a file that cannot be read back ({first_line(error)})"]
    if found:
        raise AssemblyError(
            f"The film came out with {', '.join(found)}, so it was not kept.",
            hint="Check that the disk is sound and try again; if it happens again, report it.",
        )


def _all_differences(
    timeline: Timeline, settings: ExportSettings, film: Path, *, has_audio: bool
) -> list[str]:
    match settings.container:
        case Container.PNG:
            count = len(list(film.iterdir()))
            is_whole = count == timeline.num_frames
            return (
                []
                if is_whole
                else [f"{count_text(count, 'picture')} instead of {timeline.num_frames}"]
            )
        case Container.WEBP:
            # FFmpeg writes animated WebP, and most of its versions cannot read it.
            from PIL import Image

            with Image.open(film) as image:
                return _size_differences(timeline, image.width, image.height)
        case _:
            return _differences(timeline, settings, film, has_audio=has_audio)


def count_frames(segment_file: Path) -> int:
    """The number of frames in a piece, read from its packets."""
    import av
    from av.error import FFmpegError

    try:
        with av.open(str(segment_file)) as container:
            # FFmpeg writes a file without any stream when nothing came out of the graph.
            if not container.streams.video:
                return 0
            video = container.streams.video[0]
            return sum(1 for packet in container.demux(video) if packet.size)
    except FFmpegError as error:
        raise AssemblyError(
            f"A piece of the film cannot be read back: {first_line(error)}.",
            hint="Check the disk of "
            f"{str(segment_file.parent)!r}, then resume the job; what is encoded so far is kept.",
        ) from error


def _differences(
    timeline: Timeline, settings: ExportSettings, film: Path, *, has_audio: bool
) -> list[str]:
    import av

    found: list[str] = []
    with av.open(str(film)) as container:
        video = container.streams.video[0]
        audio = container.streams.audio[0] if container.streams.audio else None
        count, audio_s = 0, Fraction(0)
        for packet in container.demux(*([video, audio] if audio else [video])):
            if packet.stream is video:
                count += packet.size > 0
            elif audio is not None and packet.duration and audio.time_base:
                audio_s += packet.duration * audio.time_base
        # A GIF lacks frames that look like the one before.
        if settings.container is not Container.GIF and count != timeline.num_frames:
            found.append(f"{count_text(count, 'frame')} instead of {timeline.num_frames}")
        if has_audio and audio is not None and abs(audio_s - timeline.duration_s) > _CODEC_DELAY_S:
            found.append(f"{float(audio_s):.2f} s of sound, not {float(timeline.duration_s):.2f} s")
        found += _size_differences(timeline, video.width, video.height)
        if has_audio != (audio is not None):
            found.append("no sound" if has_audio else "sound that was not asked for")
    return found


def _size_differences(timeline: Timeline, width: int, height: int) -> list[str]:
    if (width, height) == (timeline.width, timeline.height):
        return []
    return [f"{width}x{height} instead of {timeline.width}x{timeline.height}"]
