"""The job that waits for the cells of a grid and draws them on one sheet."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import OutputError
from core.frozen import Frozen
from core.grid.sheet.grid import SHEET_FILE, GridCell, ImageGrid
from core.jobs.awaited import look_at_job
from core.jobs.job import Notice, Progressed, Subject, SubjectKind
from core.jobs.lanes import Lane, Stage
from core.media.contact_sheet import SheetCell, SheetText, draw_sheet
from core.media.output import Output, partial_files, place_clip
from core.metadata.ai_marks import SourceType, marked_png
from core.platform.units import count_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.jobs.job import JobContext
    from core.jobs.job_record import JobRecord

KIND = "grid"
_AWAITED = 0.9
_LOOK_S = 0.3


class SheetOrder(Frozen):
    """What the journal keeps of the job.

    Attributes:
        folder: where the cells lie, and where the sheet goes.
        grid: what is known of each cell; those that are ordered have a job.
        holds_prompt: whether the sheet shows the prompt, and says it in its file.
    """

    folder: Path
    grid: ImageGrid
    holds_prompt: bool = True


def subject_of(folder: Path) -> Subject:
    """The grid in a folder as what a job is about."""
    return Subject(SubjectKind.GRID, str(folder))


@dataclass(frozen=True)
class SheetJob:
    """Waits for the cells of a grid, and writes its sheet and its file.

    Attributes:
        find_job: gives a job by its id, or raises that there is none.
    """

    order: SheetOrder
    find_job: Callable[[str], JobRecord]

    kind = KIND
    lane = Lane.REPORT
    loads = ""

    @property
    def title(self) -> str:
        """A few words for lists."""
        return f"grid: {' '.join(self.order.grid.request.prompt.split())[:60]}"

    @property
    def subject(self) -> Subject:
        """The grid by its folder."""
        return subject_of(self.order.folder)

    def payload(self) -> str:
        """The order as JSON."""
        return self.order.model_dump_json()

    def store_inputs(self, folder: Path) -> None:
        """Nothing: the cells lie in the grid's own folder."""

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        """The half sheet that a kill may leave in the folder."""
        return partial_files(self.order.folder, job_id)

    def run(self, ctx: JobContext) -> Path:
        """Draw; gives the sheet's path."""
        grid = self.order.grid.model_copy(update={"cells": self._awaited(ctx)})
        for cell in grid.failed:
            ctx.report(Notice(message=f"{grid.name_of(cell)} was not made: {cell.reason}"))
        finished = ctx.workdir / SHEET_FILE
        place = Output(self.order.folder / SHEET_FILE, is_named=True, overwrite=True)
        try:
            finished.write_bytes(self._drawn(grid))
            ctx.cancel.check()
            path = place_clip(finished, place, ctx.job_id)
            grid.write(self.order.folder)
        except OSError as error:
            raise OutputError(
                f"The sheet {str(place.path)!r} cannot be written: {error.strerror}.",
                hint="Free some space, then resume the job.",
            ) from error
        ctx.report(Progressed(stage=Stage.WRITE, fraction=1.0))
        return path

    def _awaited(self, ctx: JobContext) -> tuple[GridCell, ...]:
        """What came of each cell, once every render has come to its end."""
        cells = list(self.order.grid.cells)
        waiting = [at for at, cell in enumerate(cells) if not (cell.is_made or cell.reason)]
        total = len(cells)
        while waiting:
            for at in tuple(waiting):
                found = look_at_job(self.find_job, cells[at].job_id)
                if found is None:
                    continue
                waiting.remove(at)
                changes: dict[str, object] = {"reason": found.reason}
                if found.made is not None and found.made.path is not None:
                    changes |= {"is_made": True, "file": found.made.path.name}
                cells[at] = cells[at].model_copy(update=changes)
            share = _AWAITED * (1 - len(waiting) / total)
            message = f"waiting for {count_text(len(waiting), 'image')}" if waiting else "drawing"
            ctx.report(Progressed(stage=Stage.READ, fraction=share, message=message))
            if waiting:
                ctx.cancel.wait(_LOOK_S)
        return tuple(cells)

    def _drawn(self, grid: ImageGrid) -> bytes:
        columns = len(grid.x.values) if grid.x else 1
        rows = len(grid.y.values) if grid.y else 1
        cells = [
            [self._cell(grid, column, row) for column in range(columns)] for row in range(rows)
        ]
        prompt = " ".join(grid.request.prompt.split()) if self.order.holds_prompt else ""
        labels = [axis.texts if axis else () for axis in (grid.x, grid.y)]
        text = SheetText(prompt, *labels)
        written = BytesIO()
        draw_sheet(text, cells).save(written, "PNG")
        said = {"Description": prompt} if prompt else {}
        return marked_png(written.getvalue(), SourceType.MADE, grid.program, said)

    def _cell(self, grid: ImageGrid, column: int, row: int) -> SheetCell:
        cell = grid.cell(column, row)
        if cell is None or not cell.is_made:
            return SheetCell(None, cell.reason if cell else "")
        path = self.order.folder / cell.file
        return SheetCell(path, "" if path.is_file() else f"{cell.file!r} is gone.")
