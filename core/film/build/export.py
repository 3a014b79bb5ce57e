"""The export of a film as a job: free, repeatable, and only as long as what was changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import AssemblyError, FFmpegFailed
from core.film.build.encoder import Encoded, Encoder, explained
from core.film.build.encoding import pixel_format, timescale, working_settings
from core.film.build.export_inputs import prepare
from core.film.build.film_output import find_placed, place_film, remember_finished
from core.film.build.hardware_encoders import choose_for
from core.film.build.joining import Ingredients, encode_audio, join, verify
from core.film.build.metadata import write_metadata
from core.film.build.segments import segments_of
from core.film.build.stream_copy import copied_images, may_copy
from core.film.model.delivery import Container, ExportOrder, poster_of
from core.film.model.timeline import exact
from core.film.picture.assembler import stretch
from core.film.picture.graph import arguments
from core.film.picture.overlays import prepare_overlays
from core.film.picture.picture import Look
from core.film.sound.soundtrack import audio_of
from core.jobs.job import CancelToken, JobContext, Notice, Progressed, Subject, SubjectKind
from core.jobs.lanes import Lane, Stage
from core.media.ffmpeg import run_ffmpeg
from core.media.output import partial_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.film.build.segments import Segment
    from core.film.model.delivery import ExportSettings
    from core.film.model.timeline import Timeline
    from core.film.picture.assembler import Overlays
    from core.film.picture.text_overlays import TextRenderer
    from core.media.render_cache import RenderCache

KIND = "export"
# Shares of the whole, for the bar: reading and sound take little beside encoding.
_READ, _ENCODED, _MIXED, _JOINED = 0.04, 0.86, 0.92, 0.99
# The same of the sound: its encoder does a minute in half a second.
_BEFORE_ENCODING = 0.8
_TICK_S = 0.1


@dataclass(frozen=True)
class ExportJob:
    """Makes one film file; what an earlier export already made is taken from the store.

    Attributes:
        store: where pieces of films lie.
        limit_bytes: how much of them may stay when the export is done.
        text_renderer: draws words; called only for films that have some.
    """

    order: ExportOrder
    store: RenderCache
    text_renderer: TextRenderer | None
    limit_bytes: int

    kind = KIND
    lane = Lane.DISK
    loads = ""

    @property
    def title(self) -> str:
        """A few words for lists."""
        return f"export {self.order.path.name}"

    @property
    def subject(self) -> Subject:
        """The film, by its project or else by its place."""
        return Subject(SubjectKind.FILM, self.order.project_id or str(self.order.path))

    def payload(self) -> str:
        """The order as JSON."""
        return self.order.model_dump_json()

    def store_inputs(self, folder: Path) -> None:
        """Nothing: clips are large, and what has changed is made again anyway."""

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        """The half files that a kill may leave in the output folder."""
        return partial_files(self.order.path.parent, job_id)

    def run(self, ctx: JobContext) -> Path:
        """Make the film; gives its final path."""
        return _Export(self, ctx).run()


class _Mix:
    """The film's sound, made in a thread of its own.

    Attributes:
        cancel: its own, so that it ends with pictures that fail as well.
        share: how much of it is done.
        notes: what was adjusted.
    """

    def __init__(
        self, timeline: Timeline, settings: ExportSettings, store: RenderCache, workdir: Path
    ) -> None:
        self._timeline = timeline
        self._settings = settings
        self._store = store
        self._workdir = workdir
        self.cancel = CancelToken()
        self.share = 0.0
        self.notes: tuple[str, ...] = ()

    def make(self) -> Path | None:
        """The sound, encoded; None for a silent film."""
        settings, workdir, cancel = self._settings, self._workdir, self.cancel
        if not settings.has_audio:
            return None
        try:
            track = audio_of(
                self._timeline,
                self._store,
                workdir,
                cancel,
                self._progressed,
                settings.loudness_lufs,
            )
            if track is None:
                return None
            self.notes = track.notes
            encoded = encode_audio(track, settings, workdir, cancel)
        except FFmpegFailed as error:
            raise explained(error, "The sound cannot be made", workdir) from error
        # Raw, it is the largest file here.
        track.path.unlink()
        return encoded

    def _progressed(self, share: float) -> None:
        self.share = share * _BEFORE_ENCODING


class _Export:
    def __init__(self, job: ExportJob, ctx: JobContext) -> None:
        self.order = job.order
        self.settings = job.order.settings
        self.store = job.store.held_in(ctx.workdir / "pieces")
        self.job = job
        self.ctx = ctx
        self.suspect: list[Path] = []
        # Beside what is kept for the job: it outlives a killed run, and goes when it is forgotten.
        self.placement = ctx.inputs_dir / "placed.json" if ctx.inputs_dir else None

    def run(self) -> Path:
        placed = find_placed(self.placement, self.order.path) if self.placement else None
        if placed is not None and (self.order.poster_s is None or poster_of(placed).exists()):
            return placed
        self._tell(Stage.READ, 0.0)
        count = len(self.order.film.clips)
        timeline = prepare(
            self.order.film,
            self.settings,
            self.store,
            self.ctx.cancel,
            skips_bad_clips=self.order.skips_bad_clips,
            on_read=lambda done: self._tell(Stage.READ, _READ * done / count, f"clip {done}"),
        )
        self._note(*timeline.notes)
        overlays = prepare_overlays(
            timeline,
            Look(pixel_format(working_settings(self.settings)), self.settings.retime),
            self.job.text_renderer,
            self.ctx.workdir / "drawn",
            self.ctx.cancel,
        )
        self._note(*overlays.notes)
        path = placed or self._film(timeline, overlays)
        if self.order.poster_s is not None:
            poster = self.ctx.workdir / "poster.png"
            number = int(exact(self.order.poster_s) * timeline.rate)
            number = min(number, timeline.num_frames - 1)
            write_frame(timeline, overlays, number, poster, self.ctx.cancel)
            self._note(f"The poster is {self._placed(poster, poster_of(path)).name!r}.")
        # Not kept: a film that is made of them again should tell of it again.
        for segment_file in self.suspect:
            self.store.forget(segment_file)
        self.store.trim(self.job.limit_bytes)
        if self.store.trouble:
            self._note(self.store.trouble)
        self._tell(Stage.WRITE, 1.0)
        return path

    def _film(self, timeline: Timeline, overlays: Overlays) -> Path:
        segments = segments_of(timeline)
        # The sound beside the pictures: it takes one processor, which they leave idle at their end.
        with ThreadPoolExecutor(1, thread_name_prefix="mix") as beside:
            mix = _Mix(timeline, self.settings, self.store, self.ctx.workdir)
            mixing = beside.submit(mix.make)

            def encoded(now: Encoded) -> None:
                if mixing.done():
                    # Where the sound cannot be made, the rest of the pictures would be in vain.
                    mixing.result()
                self._encoded(now)

            try:
                segment_files = self._encode(timeline, segments, overlays, encoded)
                self._tell(Stage.MIX, _ENCODED)
                while wait([mixing], timeout=_TICK_S).not_done:
                    self.ctx.cancel.check()
                    self._tell(Stage.MIX, _ENCODED + mix.share * (_MIXED - _ENCODED))
                audio = mixing.result()
            except BaseException:
                mix.cancel.cancel()
                raise
        self._note(*mix.notes)
        parts = Ingredients(
            segments=segments,
            segment_files=tuple(segment_files),
            metadata=write_metadata(timeline, self.settings, self.ctx.workdir / "film.ffmetadata"),
            audio=audio,
            subtitles=overlays.subtitle_track,
        )
        return self._join(timeline, parts)

    def _encode(
        self,
        timeline: Timeline,
        segments: Sequence[Segment],
        overlays: Overlays,
        on_progress: Callable[[Encoded], None],
    ) -> list[Path]:
        settings = working_settings(self.settings)
        if may_copy(timeline, settings, overlays):
            return self._copy(timeline, segments, on_progress)
        choice = choose_for(settings, self.ctx.cancel)
        self._note(*choice.notes)
        encoder = Encoder(timeline, overlays, settings, choice, self.store, self.ctx.cancel)
        segment_files = encoder.encode(segments, on_progress)
        self._note(*encoder.suspect.values())
        self.suspect = list(encoder.suspect)
        return segment_files

    def _copy(
        self,
        timeline: Timeline,
        segments: Sequence[Segment],
        on_progress: Callable[[Encoded], None],
    ) -> list[Path]:
        """The clips' own pictures in pieces; only the ticks that count their times change."""
        segment_files: list[Path] = []
        for done, segment in enumerate(segments, start=1):
            source, ticks = segment.shot.source, timescale(timeline.rate)
            segment_files.append(copied_images(source, ticks, self.store, self.ctx.cancel))
            on_progress(Encoded(done, len(segments), "copied as they are"))
        return segment_files

    def _join(self, timeline: Timeline, parts: Ingredients) -> Path:
        self._tell(Stage.WRITE, _MIXED)
        suffix = "" if self.settings.container is Container.PNG else self.order.path.suffix
        finished = self.ctx.workdir / f"film{suffix}"

        def progressed(done: int) -> None:
            share = min(1.0, done / timeline.num_frames)
            self._tell(Stage.WRITE, _MIXED + share * (_JOINED - _MIXED))

        try:
            join(timeline, parts, self.settings, finished, self.ctx.cancel, progressed)
        except FFmpegFailed as error:
            raise explained(error, "The film cannot be put together", self.ctx.workdir) from error
        verify(timeline, self.settings, finished, has_audio=parts.audio is not None)
        self.ctx.cancel.check()
        if self.placement is not None:
            remember_finished(finished, self.placement)
        placed = self._placed(finished, self.order.path)
        if placed != self.order.path:
            self._note(
                f"{self.order.path.name!r} was taken while the film was made, so it is named "
                f"{placed.name!r}."
            )
        return placed

    def _placed(self, finished: Path, path: Path) -> Path:
        return place_film(finished, path, self.ctx.job_id, overwrite=self.order.overwrite)

    def _tell(self, stage: Stage, fraction: float, message: str = "") -> None:
        self.ctx.report(Progressed(stage=stage, fraction=fraction, message=message))

    def _note(self, *notes: str) -> None:
        for note in notes:
            if note not in self.order.known_notes:
                self.ctx.report(Notice(message=note))

    def _encoded(self, now: Encoded) -> None:
        share = now.num_frames / now.total if now.total else 1.0
        self.ctx.report(
            Progressed(
                stage=Stage.ASSEMBLE,
                fraction=_READ + share * (_ENCODED - _READ),
                message=now.message,
                step=now.num_frames,
                steps=now.total,
                eta_s=now.eta_s,
            )
        )


def write_frame(
    timeline: Timeline, overlays: Overlays, number: int, path: Path, cancel: CancelToken
) -> None:
    """Write one frame of a film as a PNG, with the very graph that exports it.

    Raises:
        ValueError: the film has no such frame.
        AssemblyError: it cannot be made.
        FFmpegFailed: FFmpeg ended with an error.
        JobCancelled: asked to stop.
    """
    image = stretch(timeline, number, number + 1, overlays)
    options = {"pix_fmt": "rgb24", "fps_mode": "passthrough", "update": 1}
    run_ffmpeg(arguments(image, str(path), options), cancel)
    if not path.is_file():
        raise AssemblyError(
            f"Frame {number} of the film cannot be made.",
            hint="The clip that it comes from may be damaged.",
        )
