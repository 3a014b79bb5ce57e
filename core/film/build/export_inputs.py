"""Everything an export needs to know before it starts, read from the files that a film names."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pydantic import ValidationError

from core.errors import (
    FFMPEG_FIELD,
    MOST_OF_A_KIND,
    FFmpegMissing,
    Problem,
    UnreadableClip,
    UnreadableMusic,
    UnreadableText,
    UnsupportedRequest,
    first_of,
)
from core.film.build.encoding import pixel_format, working_settings
from core.film.build.joining import SUBTITLE_CODECS
from core.film.build.metadata import left_unsaid
from core.film.model.delivery import (
    AUDIO_ENCODERS,
    CODECS,
    IMAGE_ENCODERS,
    USUAL_AUDIO_KBPS,
    AudioCodec,
    Container,
    ExportSettings,
    Quality,
    settings_problems,
)
from core.film.model.film import MAX_CAPTIONS, caption_problems
from core.film.model.film_file import is_text
from core.film.model.layout import lay_out
from core.film.model.packets import Tracks
from core.film.model.source import PROBE_VERSION, Source, opened_music, read_source
from core.film.model.subtitles import cut_to, read_subtitles, to_captions
from core.film.model.transitions import NONE
from core.film.picture.luts import read_lut
from core.film.picture.picture import Look, depth_notes
from core.media.ffmpeg_program import (
    ffmpeg_encoders,
    ffmpeg_transitions,
    ffmpeg_version,
    way_to_bundled,
)
from core.media.images import read_image
from core.media.render_cache import RenderCache, key_of
from core.media.stills import write_still

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from core.film.model.film import Clip, Film
    from core.film.model.subtitles import Cue
    from core.film.model.timeline import Timeline
    from core.jobs.job import CancelToken

_QUALITY_FACTORS = {
    Quality.HIGH: 1.6,
    Quality.MEDIUM: 1.0,
    Quality.LOW: 0.6,
    Quality.LOSSLESS: 14.0,
}
_NO_TEXT = "The name of the file {} is no text, so the film cannot refer to it."
_RENAME = "Rename it."
_MORE_CLIPS = "{:,} more clips cannot be used."
_AUDIO_KBPS = {
    **USUAL_AUDIO_KBPS,
    AudioCodec.PCM: 1536,
    AudioCodec.FLAC: 900,
    AudioCodec.NONE: 0,
}
_BITS_PER_PIXEL = {Container.GIF: 2.5, Container.WEBP: 2.5, Container.PNG: 12.0}


def prepare(
    film: Film,
    settings: ExportSettings,
    store: RenderCache,
    cancel: CancelToken,
    *,
    skips_bad_clips: bool = False,
    on_read: Callable[[int], None] = lambda _: None,
) -> Timeline:
    """Read every file that the film names and lay the film out; notes tell what was adjusted.

    Args:
        film: with absolute paths.
        settings: how it is delivered.
        store: keeps what was found in clips, so that each is read again only when it has changed.
        cancel: the wish to stop.
        skips_bad_clips: leave out, with a note, clips that cannot be read.
        on_read: gets the number of clips read so far.

    Raises:
        UnsupportedRequest: with everything that is wrong.
        JobCancelled: asked to stop.
    """
    problems = _problems_without_files(film, settings)
    notes: list[str] = []
    clips, sources, bad = _read_clips(film, store, cancel, on_read)
    if bad and skips_bad_clips and clips:
        notes += first_of([f"Left out: {message}" for message in bad], MOST_OF_A_KIND, _MORE_CLIPS)
        film = _with_clips_left(film, clips, notes)
    elif bad:
        problems += [
            Problem("clips", message) for message in first_of(bad, MOST_OF_A_KIND, _MORE_CLIPS)
        ]
    problems += _media_problems(film)
    subtitles, script = film.subtitles, None
    with _collected(problems, "subtitles"):
        if subtitles is not None:
            script = read_subtitles(subtitles.path, subtitles.encoding)
    if settings.fit is not None:
        film = film.model_copy(update={"fit": settings.fit})
    timeline = None
    if len(sources) == len(film.clips):
        with _collected(problems, "clips"):
            timeline = lay_out(film, sources, settings.frame)
            if subtitles is not None and script is not None:
                shown = cut_to(script, timeline.num_frames, timeline.rate)
                notes += shown.notes
                if subtitles.mode == "burn":
                    film = _with_drawn(film, shown.cues, timeline, problems)
                    timeline = lay_out(film, sources, settings.frame)
            problems += _transition_problems(timeline)
    if problems or timeline is None:
        raise UnsupportedRequest(problems)
    look = Look(pixel_format(working_settings(settings)), settings.retime)
    notes += [*timeline.notes, *depth_notes(timeline, look), *left_unsaid(timeline, settings)]
    return replace(timeline, notes=tuple(notes))


def _problems_without_files(film: Film, settings: ExportSettings) -> list[Problem]:
    """What is wrong with settings and captions, before any file of the film is read."""
    problems = [Problem(field, message) for field, message in settings_problems(settings)]
    problems += _encoder_problems(settings)
    problems += _track_problems(film, settings)
    return problems + [Problem("captions", message) for message in caption_problems(film.captions)]


def _with_clips_left(film: Film, clips: list[Clip], notes: list[str]) -> Film:
    """The film of the clips that can be read; nothing leads into the first of them."""
    first = clips[0]
    if first.transition is not None and first.transition.kind != NONE:
        notes.append(
            f"{first.path.name!r} is the first clip now, so there is no transition into it."
        )
        first = first.model_copy(update={"transition": None})
    return film.model_copy(update={"clips": (first, *clips[1:])})


def _with_drawn(
    film: Film, cues: tuple[Cue, ...], timeline: Timeline, problems: list[Problem]
) -> Film:
    """The film with its subtitles among the captions; too many of them are a problem."""
    drawn = to_captions(cues, timeline.rate, timeline.width, timeline.height)
    captions = (*film.captions, *drawn)
    if len(captions) > MAX_CAPTIONS >= len(film.captions):
        problems += [Problem("subtitles", message) for message in caption_problems(captions)]
    return film.model_copy(update={"captions": captions})


@contextmanager
def _collected(problems: list[Problem], field: str) -> Generator[None]:
    """Collect what is wrong with a part of the film, so that all of it is told at once."""
    try:
        yield
    except UnsupportedRequest as error:
        problems += error.problems
    except (UnreadableMusic, UnreadableText) as error:
        problems.append(Problem(field, str(error)))


def _media_problems(film: Film) -> list[Problem]:
    """What is wrong with the music, the colour table and the watermark."""
    problems: list[Problem] = []
    for path in dict.fromkeys(music.path for music in film.music):
        with _collected(problems, "music"):
            if not is_text(path):
                raise UnreadableMusic(_NO_TEXT.format(repr(str(path))), hint=_RENAME)
            with opened_music(path):
                pass
    with _collected(problems, "lut"):
        if film.lut is not None:
            read_lut(film.lut.path)
    with _collected(problems, "watermark"):
        if film.watermark is not None:
            read_image(film.watermark.path, "watermark", "watermark")
    return problems


def _read_clips(
    film: Film, store: RenderCache, cancel: CancelToken, on_read: Callable[[int], None]
) -> tuple[list[Clip], list[Source], list[str]]:
    clips: list[Clip] = []
    sources: list[Source] = []
    bad: list[str] = []
    # Side by side: decoding leaves the interpreter free. A clip that is used twice is read once.
    with _reading(cancel) as pool:
        wanted = [(clip.path, Tracks(clip.video_track, clip.audio_track)) for clip in film.clips]
        reads = {
            (path, tracks): pool.submit(_kept_source, path, tracks, store, cancel)
            for path, tracks in dict.fromkeys(wanted)
        }
        for number, (clip, one) in enumerate(zip(film.clips, wanted, strict=True), start=1):
            try:
                sources.append(reads[one].result())
                clips.append(clip)
            except UnreadableClip as error:
                bad.append(f"Clip {number}: {error}")
            on_read(number)
    return clips, sources, bad


@contextmanager
def _reading(cancel: CancelToken) -> Generator[ThreadPoolExecutor]:
    """Threads that read; whoever presses Ctrl-C does not wait for a large or a slow file."""
    pool = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="read")
    try:
        yield pool
    except KeyboardInterrupt:
        cancel.cancel()
        raise
    finally:
        pool.shutdown(wait=not cancel.cancelled, cancel_futures=True)


def _kept_source(path: Path, tracks: Tracks, store: RenderCache, cancel: CancelToken) -> Source:
    if not is_text(path):
        raise UnreadableClip(_NO_TEXT.format(repr(str(path))), hint=_RENAME)
    try:
        facts = path.stat()
    except OSError:
        return read_source(path, cancel, tracks)
    key = key_of(
        {
            "probe": PROBE_VERSION,
            "path": str(path),
            "tracks": [tracks.video, tracks.audio],
            "size": facts.st_size,
            "changed": facts.st_mtime_ns,
            "inode": facts.st_ino,
        }
    )

    def write(place: Path) -> None:
        found = read_source(path, cancel, tracks)
        place.write_text(found.model_dump_json(), encoding="utf-8")

    kept = store.keep(key, ".json", write)
    try:
        source = Source.model_validate_json(kept.read_bytes())
    except ValidationError:
        # Whoever wrote it, it was none of this version.
        store.forget(kept)
        source = read_source(path, cancel, tracks)
    if not source.facts.is_still:
        return source
    still = store.keep(key_of({"still": source.sha256}), ".png", partial(write_still, path))
    return source.model_copy(update={"still_path": still})


def _encoder_problems(settings: ExportSettings) -> list[Problem]:
    codec, audio = working_settings(settings).video_codec, settings.audio_codec
    needed = [("video_codec", CODECS[codec].encoder, codec.value)]
    if settings.container.is_images:
        name = settings.container.value
        needed.append(("container", IMAGE_ENCODERS[settings.container], name))
    elif audio is not AudioCodec.NONE:
        needed.append(("audio_codec", AUDIO_ENCODERS[audio], audio.value))
    try:
        known, version = ffmpeg_encoders(), ffmpeg_version()
    except FFmpegMissing as error:
        return [Problem(FFMPEG_FIELD, str(error), is_of_setup=True)]
    way = way_to_bundled() or "Name an FFmpeg that has it."
    return [
        Problem(
            field,
            f"This FFmpeg ({version}) was built without {encoder}, which {name} needs. {way} Or "
            "choose another codec.",
        )
        for field, encoder, name in needed
        if encoder not in known
    ]


def _transition_problems(timeline: Timeline) -> list[Problem]:
    """Transitions that the FFmpeg in use is too old for."""
    kinds = dict.fromkeys(shot.join.kind for shot in timeline.shots if shot.join is not None)
    mixed = [kind for kind in kinds if kind.xfade]
    if not mixed:
        return []
    try:
        known, version = ffmpeg_transitions(), ffmpeg_version()
    except FFmpegMissing:
        # It is told where the encoders are asked for.
        return []
    way = way_to_bundled() or "Name a newer FFmpeg."
    return [
        Problem(
            "transition",
            f"This FFmpeg ({version}) has no transition {kind.name!r}. {way} Or choose another "
            "transition.",
        )
        for kind in mixed
        if kind.xfade not in known
    ]


def _track_problems(film: Film, settings: ExportSettings) -> list[Problem]:
    is_track = film.subtitles is not None and film.subtitles.mode == "track"
    if is_track and settings.container not in SUBTITLE_CODECS:
        return [
            Problem(
                "subtitles",
                f"{settings.container.value} cannot hold a subtitle track. Use mp4, mov, mkv or "
                "webm, or draw them on the picture.",
            )
        ]
    return []


def size_estimate_bytes(timeline: Timeline, settings: ExportSettings) -> int:
    """A generous estimate of the finished file's size."""
    pixels = timeline.width * timeline.height * timeline.num_frames
    seconds = float(timeline.duration_s)
    if settings.container.is_images:
        return int(pixels * _BITS_PER_PIXEL[settings.container] / 8)
    if settings.video_kbps is not None:
        image = settings.video_kbps * 125 * seconds * 1.1
    else:
        factor = _QUALITY_FACTORS[settings.quality]
        image = pixels * CODECS[settings.video_codec].bits_per_pixel * factor / 8
    kbps = settings.audio_kbps or _AUDIO_KBPS[settings.audio_codec]
    return int(image + kbps * 125 * seconds)
