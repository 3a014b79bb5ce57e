"""The job that waits for the clips of a comparison, measures them, and makes film and page."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.comparison.report.comparison import (
    FILM_FILE,
    PAGE_FILE,
    ComparedTarget,
    Comparison,
    TargetState,
)
from core.comparison.report.measures import measure_clip
from core.comparison.report.page import page_of
from core.errors import FFmpegFailed, OutputError, StudioError, UnreadableClip
from core.film.build.side_by_side import LabelledClip, make_side_by_side
from core.frozen import Frozen
from core.jobs.awaited import look_at_job
from core.jobs.job import Notice, Progressed, Subject, SubjectKind
from core.jobs.lanes import Lane, Stage
from core.media.output import Output, partial_files, place_clip
from core.platform.files import write_text_atomically
from core.platform.units import clock, count_text, price
from core.video.record import read_settings_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.film.build.side_by_side import SideBySide
    from core.film.picture.text_overlays import TextRenderer
    from core.jobs.job import JobContext
    from core.jobs.job_record import JobRecord
    from core.media.render_cache import RenderCache

KIND = "comparison"
_AWAITED, _MEASURED, _FILMED = 0.5, 0.75, 0.97
_LOOK_S = 0.3


class ComparisonOrder(Frozen):
    """What the journal keeps of the job.

    Attributes:
        folder: where the clips lie, and where film and page go.
        comparison: what is known of each target; those that are ordered have a job.
        audio_of: whose sound the film has, as its target; empty for the first that has any, None
            for a silent film.
    """

    folder: Path
    comparison: Comparison
    audio_of: str | None = ""


def subject_of(folder: Path) -> Subject:
    """The comparison in a folder as what a job is about."""
    return Subject(SubjectKind.COMPARISON, str(folder))


@dataclass(frozen=True)
class ComparisonJob:
    """Waits for the clips of a comparison, measures them, and writes film, page and file.

    Attributes:
        store: keeps what is found in clips.
        text_renderer: draws the names over the clips; None where nobody does.
        find_job: gives a job by its id, or raises that there is none.
    """

    order: ComparisonOrder
    store: RenderCache
    text_renderer: TextRenderer | None
    find_job: Callable[[str], JobRecord]

    kind = KIND
    lane = Lane.REPORT
    loads = ""

    @property
    def title(self) -> str:
        """A few words for lists."""
        return f"compare: {' '.join(self.order.comparison.request.prompt.split())[:60]}"

    @property
    def subject(self) -> Subject:
        """The comparison by its folder."""
        return subject_of(self.order.folder)

    def payload(self) -> str:
        """The order as JSON."""
        return self.order.model_dump_json()

    def store_inputs(self, folder: Path) -> None:
        """Nothing: the clips lie in the comparison's own folder."""

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        """The half film that a kill may leave in the folder."""
        return partial_files(self.order.folder, job_id)

    def run(self, ctx: JobContext) -> Path:
        """Report; gives the page's path."""
        awaited = self._awaited(ctx)
        entries = self._measured(awaited, ctx)
        comparison = self.order.comparison.model_copy(
            update={"entries": entries, "audio_of": "", "has_film": False, "notes": ()}
        )
        if comparison.made:
            comparison = self._with_film(comparison, ctx)
        for note in comparison.notes:
            ctx.report(Notice(message=note))
        ctx.cancel.check()
        page = self.order.folder / PAGE_FILE
        try:
            comparison.write(self.order.folder)
            write_text_atomically(page, page_of(comparison))
        except OSError as error:
            raise OutputError(
                f"The page {str(page)!r} cannot be written: {error.strerror}.",
                hint="Free some space, then resume the job.",
            ) from error
        ctx.report(Progressed(stage=Stage.WRITE, fraction=1.0))
        return page

    def _awaited(self, ctx: JobContext) -> tuple[ComparedTarget, ...]:
        """What came of each target, once every render has come to its end."""
        while True:
            entries = tuple(map(self._as_it_stands, self.order.comparison.entries))
            waiting = [one for one in entries if one.state is TargetState.ORDERED]
            if not waiting:
                return entries
            share = _AWAITED * (1 - len(waiting) / len(entries))
            message = f"waiting for {count_text(len(waiting), 'clip')}"
            ctx.report(Progressed(stage=Stage.READ, fraction=share, message=message))
            ctx.cancel.wait(_LOOK_S)

    def _as_it_stands(self, entry: ComparedTarget) -> ComparedTarget:
        if entry.state is not TargetState.ORDERED:
            return entry
        found = look_at_job(self.find_job, entry.job_id)
        if found is None:
            return entry
        return _failed(entry, found.reason) if found.made is None else _made(entry, found.made)

    def _measured(
        self, entries: tuple[ComparedTarget, ...], ctx: JobContext
    ) -> tuple[ComparedTarget, ...]:
        measured: list[ComparedTarget] = []
        for number, entry in enumerate(entries):
            if entry.state is not TargetState.MADE:
                measured.append(entry)
                continue
            share = _AWAITED + (_MEASURED - _AWAITED) * number / len(entries)
            message = f"measuring {entry.label}"
            ctx.report(Progressed(stage=Stage.READ, fraction=share, message=message))
            try:
                found = measure_clip(self.order.folder / entry.file, ctx.workdir, ctx.cancel)
            except (UnreadableClip, FFmpegFailed) as error:
                measured.append(_failed(entry, str(error)))
                continue
            measured.append(entry.model_copy(update={"measures": found}))
        return tuple(measured)

    def _with_film(self, comparison: Comparison, ctx: JobContext) -> Comparison:
        """The comparison with its film in place; a film that cannot be made costs no page."""
        made = comparison.made
        names = [str(entry.target) for entry in made]
        audio_of = self.order.audio_of
        workdir = ctx.workdir / "film"
        workdir.mkdir(exist_ok=True)

        def progressed(share: float) -> None:
            fraction = _MEASURED + share * (_FILMED - _MEASURED)
            message = "side by side"
            ctx.report(Progressed(stage=Stage.ASSEMBLE, fraction=fraction, message=message))

        try:
            film = make_side_by_side(
                [_labelled(self.order.folder, entry) for entry in made],
                workdir / FILM_FILE,
                self.store.held_in(ctx.workdir / "pieces"),
                self.text_renderer,
                ctx.cancel,
                audio_of=names.index(audio_of) if audio_of in names else None,
                is_silent=audio_of is None,
                on_progress=progressed,
            )
            self._place(film, ctx)
        except OutputError:
            raise
        except StudioError as error:
            note = f"There is no film of the clips side by side: {error}"
            return comparison.model_copy(update={"notes": (note,)})
        notes = list(film.notes)
        if audio_of and audio_of not in names:
            notes.append(f"{audio_of} has no clip, so the film has the sound of another one.")
        return comparison.model_copy(
            update={
                "has_film": True,
                "audio_of": "" if film.audio_of is None else names[film.audio_of],
                "notes": tuple(notes),
            }
        )

    def _place(self, film: SideBySide, ctx: JobContext) -> None:
        place = Output(self.order.folder / FILM_FILE, is_named=True, overwrite=True)
        place_clip(film.path, place, ctx.job_id)
        with suppress(OSError):
            shutil.rmtree(film.path.parent)


def seconds_of(job: JobRecord) -> float | None:
    """How long a job took from its start to its end; None where it has not both."""
    if job.started_at is None or job.ended_at is None:
        return None
    return (job.ended_at - job.started_at).total_seconds()


def _made(entry: ComparedTarget, job: JobRecord) -> ComparedTarget:
    """The target with its clip, and with what its render took and cost and what was said of it."""
    assert job.path is not None, "of a job that has succeeded"
    record = read_settings_of(job.path)
    changes: dict[str, object] = {
        "state": TargetState.MADE,
        "file": job.path.name,
        "seconds": seconds_of(job),
        "notes": tuple(dict.fromkeys((*entry.notes, *job.notes))),
    }
    if record is not None:
        changes["cost_usd"] = record.cost_usd
    return entry.model_copy(update=changes)


def _failed(entry: ComparedTarget, reason: str) -> ComparedTarget:
    return entry.model_copy(update={"state": TargetState.FAILED, "reason": reason})


def _labelled(folder: Path, entry: ComparedTarget) -> LabelledClip:
    found = entry.measures
    facts = [entry.place]
    if found is not None:
        facts += [f"{found.width}x{found.height}", f"{found.fps:g} fps"]
    facts.append(price(entry.cost_usd))
    if entry.seconds is not None:
        facts.append(clock(entry.seconds))
    return LabelledClip(folder / entry.file, entry.label, " · ".join(facts))
