"""Finished files as lines of the history: of a job that has just ended, or of the file alone."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.film.build.export import KIND as EXPORT
from core.film.model.delivery import CONTAINERS, ExportOrder
from core.history.history_entry import HistoryEntry, WorkKind
from core.history.marks import read_marks
from core.media.output import STILL_SUFFIX, SUFFIX
from core.video.record import read_head, read_settings_of
from core.video.render import KIND as RENDER
from core.video.render import STILL_KIND
from core.video.terms import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.jobs.job_record import JobRecord
    from core.video.record import ClipRecord

_SUFFIXES = {SUFFIX, STILL_SUFFIX} | {row.suffix for row in CONTAINERS.values()}


def entry_of(path: Path) -> HistoryEntry | None:
    """The line of a file that says how it was made, or None when it does not."""
    record = read_settings_of(path)
    if record is not None:
        return _with_marks(_entry_of_record(path, record))
    head = None if path.suffix.lower() == STILL_SUFFIX else read_head(path)
    if head is None or not head.is_film:
        return None
    film = HistoryEntry(
        path=path,
        kind=WorkKind.FILM,
        created_at=_written_at(path),
        title=head.title,
        duration_s=head.duration_s,
        width=head.width,
        height=head.height,
        record=head.comment,
    )
    return _with_marks(film)


def entry_of_job(job: JobRecord) -> HistoryEntry | None:
    """The line of what a finished job made, or None when it made nothing of the kind."""
    if job.path is None or job.kind not in (RENDER, STILL_KIND, EXPORT):
        return None
    if job.kind != EXPORT:
        return entry_of(job.path)
    order = ExportOrder.model_validate_json(job.payload)
    head = read_head(job.path)
    frame = order.settings.frame
    film = HistoryEntry(
        path=job.path,
        kind=WorkKind.FILM,
        created_at=job.ended_at or datetime.now(UTC),
        title=order.film.title,
        duration_s=head.duration_s if head else 0.0,
        width=head.width if head else (frame.width or 0),
        height=head.height if head else (frame.height or 0),
        record=job.payload,
    )
    return _with_marks(film)


def files_below(folders: Iterable[Path]) -> Iterator[Path]:
    """Every file in and below the folders that could be a clip, a picture or a film of ours."""
    for top in folders:
        for folder, names, files in os.walk(top.absolute()):
            # Hidden folders hold what programs keep for themselves.
            names[:] = sorted(name for name in names if not name.startswith("."))
            for name in sorted(files):
                path = Path(folder, name)
                is_ours = path.suffix.lower() in _SUFFIXES and not name.startswith(".")
                if is_ours and _is_text(str(path)):
                    yield path


def _entry_of_record(path: Path, record: ClipRecord) -> HistoryEntry:
    return HistoryEntry(
        path=path,
        kind=WorkKind.IMAGE if record.is_image else WorkKind.CLIP,
        created_at=record.created_at,
        prompt=record.request.prompt,
        negative_prompt=record.negative_prompt or "",
        model=record.model_label,
        target=str(record.request.target),
        seed=record.seed,
        cost_usd=record.cost_usd,
        duration_s=0.0 if record.is_image else record.num_frames / record.fps,
        width=record.width,
        height=record.height,
        record=record.model_dump_json(),
        loras=tuple(item.path.name for item in record.request.of_role(Role.LORA)),
        batch=record.request.batch,
    )


def _with_marks(entry: HistoryEntry) -> HistoryEntry:
    """The same with the stars and tags that lie beside its file."""
    return entry.with_marks(read_marks(entry.path))


def _is_text(name: str) -> bool:
    """Whether a name is text; some systems allow others, which cannot be written down."""
    return not any("\ud800" <= char <= "\udfff" for char in name)


def _written_at(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return datetime.now(UTC)
