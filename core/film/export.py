"""The export of a film as a job: free, repeatable, and only as long as what was changed."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from core.errors import AssemblyError, FFmpegFailed, OutputError
from core.film.assembler import Dressing, stretch
from core.film.copying import copied_pictures, may_copy
from core.film.delivery import AudioCodec, Container, ExportSettings, Hardware
from core.film.dressing import digests, dress
from core.film.encoding import (
    piece_suffix,
    pixel_format,
    timescale,
    video_arguments,
    working_settings,
)
from core.film.film import Film
from core.film.graph import arguments
from core.film.hardware import chip_formats, choose, device_arguments, works
from core.film.joining import Ingredients, count_frames, join, verify
from core.film.metadata import write_metadata
from core.film.picture import Look
from core.film.placing_films import aside_film, place_film
from core.film.preparing import SourceReader, prepare
from core.film.preview import FilmPreview
from core.film.segments import Segment, segment_key, segments_of
from core.film.soundtrack import sound_of
from core.film.timeline import exact
from core.frozen import Frozen
from core.jobs import JobContext, Lane, Noted, Progressed, Stage
from core.video.ffmpeg import ffmpeg_version, run_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.film.lettering import Letterer
    from core.film.pieces import PieceStore
    from core.film.soundtrack import Soundtrack
    from core.film.timeline import Timeline

KIND = "export"
_MAX_WORKERS = 4
# Shares of the whole, for the bar: reading and sound take little beside encoding.
_READ, _ENCODED, _MIXED, _JOINED = 0.04, 0.86, 0.92, 0.99
_TICK_S = 0.1


class ExportOrder(Frozen):
    """All that an export needs: what the journal keeps.

    Attributes:
        path: the file to be written; a folder for a PNG sequence.
        overwrite: replace it when it exists.
        makes_folder: the folder of `path` is made when it is missing.
        skips_bad_clips: leave out, with a note, clips that cannot be read.
        poster_s: also write the picture at that moment, as a PNG beside the film.
        told: notes of the plan, which the user has read already.
    """

    film: Film
    settings: ExportSettings
    path: Path
    overwrite: bool = False
    makes_folder: bool = False
    skips_bad_clips: bool = False
    poster_s: float | None = Field(default=None, ge=0)
    told: tuple[str, ...] = ()

    @property
    def poster(self) -> Path | None:
        """Where the poster goes."""
        if self.poster_s is None:
            return None
        return self.path.with_name(f"{self.path.stem}-poster.png")


@dataclass(frozen=True)
class ExportJob:
    """Makes one film file; what an earlier export already made is taken from the store.

    Attributes:
        store: where pieces of films lie.
        limit_bytes: how much of them may stay when the export is done.
        letterer: draws words; called only for films that have some.
    """

    order: ExportOrder
    store: PieceStore
    letterer: Letterer | None
    limit_bytes: int

    kind = KIND
    lane = Lane.DISK

    @property
    def title(self) -> str:
        """A few words for lists."""
        return f"export {self.order.path.name}"

    def payload(self) -> str:
        """The order as JSON."""
        return self.order.model_dump_json()

    def keep(self, folder: Path) -> None:
        """Nothing: clips are large, and what has changed is made again anyway."""

    def leftovers(self, job_id: str) -> tuple[Path, ...]:
        """The half files that a kill may leave in the output folder."""
        poster = self.order.poster
        halves = [aside_film(self.order.path, job_id)]
        return (*halves, aside_film(poster, job_id)) if poster else tuple(halves)

    def run(self, ctx: JobContext) -> Path:
        """Make the film; gives its final path."""
        return _Export(self, ctx).run()


class _Export:
    def __init__(self, job: ExportJob, ctx: JobContext) -> None:
        self.order = job.order
        self.settings = job.order.settings
        self.store = job.store
        self.letterer = job.letterer
        self.limit_bytes = job.limit_bytes
        self.ctx = ctx

    def run(self) -> Path:
        self._tell(Stage.READ, 0.0)
        reader = SourceReader(self.store, self.ctx.cancel)
        count = len(self.order.film.clips)
        prepared = prepare(
            self.order.film,
            self.settings,
            reader,
            self.ctx.cancel,
            skips_bad_clips=self.order.skips_bad_clips,
            on_read=lambda done: self._tell(Stage.READ, _READ * done / count, f"clip {done}"),
        )
        self._note([note for note in prepared.notes if note not in self.order.told])
        timeline = prepared.timeline
        dressed = dress(
            timeline,
            Look(pixel_format(working_settings(self.settings)), self.settings.retime),
            self.letterer,
            self.ctx.workdir / "drawn",
            self.ctx.cancel,
        )
        self._note(dressed.notes)
        segments = segments_of(timeline)
        pieces = self._encode(timeline, segments, dressed.dressing)
        sound = self._mix(timeline)
        parts = Ingredients(
            segments=segments,
            pieces=tuple(pieces),
            metadata=write_metadata(timeline, self.settings, self.ctx.workdir / "film.ffmetadata"),
            sound=sound.path if sound else None,
            sound_filter=sound.filter if sound else "",
            subtitles=dressed.track,
        )
        poster = self._draw_poster(timeline, dressed.dressing)
        path = self._join(timeline, parts)
        if poster is not None:
            self._place_poster(poster, path)
        self.store.trim(self.limit_bytes)
        self._tell(Stage.WRITE, 1.0)
        return path

    def _encode(
        self, timeline: Timeline, segments: Sequence[Segment], dressing: Dressing
    ) -> list[Path]:
        settings = working_settings(self.settings)
        if may_copy(timeline, settings, dressing):
            return self._copy(timeline, segments)
        chip, sentence = choose(
            settings.hardware,
            settings.video_codec,
            lambda chip: works(chip, settings.video_codec, settings.bit_depth, self.ctx.cancel),
        )
        self._note([sentence] if sentence else [])
        options = video_arguments(settings, timeline.rate, chip)
        program = ffmpeg_version()
        seals = digests(dressing)
        keys = [
            segment_key(timeline, segment, dressing, options, program, seals)
            for segment in segments
        ]
        way = _Way(options, piece_suffix(settings), chip, settings.bit_depth)
        encoder = _Encoder(self, timeline, dressing, way)
        return encoder.encode(segments, keys)

    def _copy(self, timeline: Timeline, segments: Sequence[Segment]) -> list[Path]:
        """The clips' own pictures in pieces; only the ticks that count their times change."""
        pieces: list[Path] = []
        for done, segment in enumerate(segments, start=1):
            source, ticks = segment.shot.source, timescale(timeline.rate)
            pieces.append(copied_pictures(source, ticks, self.store, self.ctx.cancel))
            self.encoded(done, len(segments), "copied as they are")
        return pieces

    def _mix(self, timeline: Timeline) -> Soundtrack | None:
        if self.settings.container.is_pictures or self.settings.audio_codec is AudioCodec.NONE:
            return None
        self._tell(Stage.MIX, _ENCODED)
        try:
            sound = sound_of(
                timeline,
                self.store,
                self.ctx.workdir,
                self.ctx.cancel,
                lambda share: self._tell(Stage.MIX, _ENCODED + share * (_MIXED - _ENCODED)),
                self.settings.loudness_lufs,
            )
        except FFmpegFailed as error:
            raise _explained(error, "The sound cannot be made", self.store.folder) from error
        if sound is not None:
            self._note(sound.notes)
        return sound

    def _join(self, timeline: Timeline, parts: Ingredients) -> Path:
        self._tell(Stage.WRITE, _MIXED)
        finished = self.ctx.workdir / f"film{self._suffix()}"

        def progressed(done: int) -> None:
            share = min(1.0, done / timeline.num_frames)
            self._tell(Stage.WRITE, _MIXED + share * (_JOINED - _MIXED))

        try:
            join(timeline, parts, self.settings, finished, self.ctx.cancel, progressed)
        except FFmpegFailed as error:
            raise _explained(error, "The film cannot be put together", self.ctx.workdir) from error
        verify(timeline, self.settings, finished, has_sound=parts.sound is not None)
        self.ctx.cancel.check()
        placed = place_film(
            finished, self.order.path, self.ctx.job_id, overwrite=self.order.overwrite
        )
        if placed != self.order.path:
            self._note(
                [
                    f"{self.order.path.name!r} was taken while the film was made, so it is named "
                    f"{placed.name!r}."
                ]
            )
        return placed

    def _draw_poster(self, timeline: Timeline, dressing: Dressing) -> Path | None:
        if self.order.poster_s is None:
            return None
        preview = FilmPreview(timeline, dressing)
        place = self.ctx.workdir / "poster.png"
        number = preview.frame_number(exact(self.order.poster_s))
        preview.write_frame(number, place, self.ctx.cancel)
        return place

    def _place_poster(self, poster: Path, film: Path) -> None:
        wanted = film.with_name(f"{film.stem}-poster.png")
        placed = place_film(poster, wanted, self.ctx.job_id, overwrite=self.order.overwrite)
        self._note([f"The poster is {placed.name!r}."])

    def _suffix(self) -> str:
        is_folder = self.settings.container is Container.PNG
        return "" if is_folder else self.order.path.suffix

    def _tell(self, stage: Stage, fraction: float, message: str = "") -> None:
        self.ctx.report(Progressed(stage=stage, fraction=fraction, message=message))

    def _note(self, notes: Sequence[str]) -> None:
        for note in notes:
            self.ctx.report(Noted(message=note))

    def encoded(self, done: int, total: int, message: str, eta_s: float | None = None) -> None:
        """Tell how many frames are encoded, of those that have to be."""
        share = done / total if total else 1.0
        self.ctx.report(
            Progressed(
                stage=Stage.ASSEMBLE,
                fraction=_READ + share * (_ENCODED - _READ),
                message=message,
                step=done,
                steps=total,
                eta_s=eta_s,
            )
        )


@dataclass(frozen=True)
class _Way:
    """How pieces are encoded, all of them alike."""

    options: Mapping[str, str | int | float | None]
    suffix: str
    chip: Hardware
    bit_depth: int


class _Encoder:
    """Encodes the segments that the store does not have, a few at a time."""

    def __init__(
        self,
        export: _Export,
        timeline: Timeline,
        dressing: Dressing,
        way: _Way,
    ) -> None:
        self._export = export
        self._timeline = timeline
        self._dressing = dressing
        cores = os.cpu_count() or 1
        self._workers = min(cores, _MAX_WORKERS)
        self._options = {**way.options, "threads": max(1, cores // self._workers)}
        self._suffix = way.suffix
        self._way = way
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._frames: dict[str, int] = {}
        self._written = 0

    def encode(self, segments: Sequence[Segment], keys: Sequence[str]) -> list[Path]:
        """A file for each segment, in order."""
        store, cancel = self._export.store, self._export.ctx.cancel
        # Two equal segments have one key and are made once.
        wanted = dict(zip(keys, segments, strict=True))
        missing = {
            key: segment for key, segment in wanted.items() if store.find(key, self._suffix) is None
        }
        total = sum(segment.num_frames for segment in missing.values())
        kept = len(wanted) - len(missing)
        message = f"{kept} of {len(wanted)} pieces kept from before" if kept else ""
        self._export.encoded(0, total, message)
        # A stop of its own: one failed piece ends the others, and that is no wish of the user.
        failed = threading.Event()
        with ThreadPoolExecutor(self._workers, thread_name_prefix="encode") as pool:
            futures: list[Future[Path]] = [
                pool.submit(self._make, key, segment, failed) for key, segment in missing.items()
            ]
            while not all(future.done() for future in futures):
                wait(futures, timeout=_TICK_S, return_when=FIRST_EXCEPTION)
                if cancel.cancelled or any(f.done() and f.exception() for f in futures):
                    failed.set()
                    for future in futures:
                        future.cancel()
                self._tell(total, message)
        cancel.check()
        for future in futures:
            if not future.cancelled():
                future.result()
        return [store.folder / f"{key}{self._suffix}" for key in keys]

    def _tell(self, total: int, message: str) -> None:
        with self._lock:
            done = min(sum(self._frames.values()), total)
        passed_s = time.monotonic() - self._started
        eta_s = passed_s / done * (total - done) if done else None
        said = [message] if message else []
        if done:
            speed = float(done / self._timeline.rate) / passed_s
            said += [f"{speed:.1f}x", f"{self._written / 1e6:.1f} MB"]
        self._export.encoded(done, total, ", ".join(said), eta_s)

    def _make(self, key: str, segment: Segment, failed: threading.Event) -> Path:
        if failed.is_set():
            return Path()
        return self._export.store.keep(
            key, self._suffix, partial(self._write, key=key, segment=segment)
        )

    def _write(self, place: Path, *, key: str, segment: Segment) -> None:
        picture = stretch(self._timeline, segment.first, segment.end, self._dressing)
        chip = self._way.chip
        if chip is not Hardware.OFF:
            planes, *more = chip_formats(chip, self._way.bit_depth)
            picture = picture.filter("format", planes)
            for name in more:
                picture = picture.filter(name)

        def progressed(done: int) -> None:
            with self._lock:
                self._frames[key] = min(done, segment.num_frames)

        shot = segment.shot
        name = f"clip {shot.number} ({shot.source.path.name})"
        try:
            run_ffmpeg(
                [*device_arguments(chip), *arguments(picture, str(place), self._options)],
                self._export.ctx.cancel,
                progressed,
            )
        except FFmpegFailed as error:
            raise _explained(error, f"The pictures of {name} cannot be made", place.parent) from (
                error
            )
        count = count_frames(place)
        if count != segment.num_frames:
            raise AssemblyError(
                f"The pictures of {name} came out as {count} frames instead of "
                f"{segment.num_frames}.",
                hint="The clip may be damaged: render it again, or leave it out.",
            )
        progressed(segment.num_frames)
        with self._lock:
            self._written += place.stat().st_size


def _explained(error: FFmpegFailed, what: str, folder: Path) -> AssemblyError | OutputError:
    """The failure in words for the user; the last lines of FFmpeg say why."""
    if error.is_disk_full:
        return OutputError(
            f"The disk of {str(folder)!r} is full.",
            hint="Free some space, then resume the job. What is encoded so far is kept.",
        )
    said = " / ".join(error.last_lines[-3:]) or "it said nothing"
    how = "was killed" if error.exit_code < 0 else f"ended with exit code {error.exit_code}"
    return AssemblyError(
        f"{what}: FFmpeg {how}: {said}",
        hint="Resume the job to try again; what is encoded so far is kept.",
    )
