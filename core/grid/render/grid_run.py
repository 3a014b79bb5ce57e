"""A grid on its way: its renders in the queue, and the job that draws its sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import OutputError, StudioError
from core.grid.sheet.sheet_job import SheetOrder
from core.jobs.job_group import JobGroup
from core.jobs.queue import new_job_id
from core.reports import sheet_job

if TYPE_CHECKING:
    from core.grid.render.grid_plan import GridPlan, PlannedCell
    from core.grid.sheet.grid import GridCell
    from core.studio import Studio


class GridRun(JobGroup):
    """Queues the renders of a plan and the sheet after them; whoever drives it lends threads."""

    def __init__(self, studio: Studio, plan: GridPlan) -> None:
        planned = (one.planned for one in plan.cells)
        super().__init__({studio.registry.find(one.plan.target).lane for one in planned if one})
        self.plan = plan
        self._studio = studio

    def begin(self) -> None:
        """Write down what is to be bought, and put it into the queue.

        What is refused there has failed; the others go on.

        Raises:
            SpendingCapReached: all of it together would pass a cap; nothing is queued.
            SpendingError: the ledger cannot be used.
            OutputError: the folder cannot be made or written.
            JournalError: the journal cannot be written.
        """
        self._studio.check_caps(self.plan.to_buy)
        ids = [one.resumes or (new_job_id() if one.planned else "") for one in self.plan.cells]
        cells = [
            one.cell.model_copy(update={"job_id": job_id or one.cell.job_id})
            for one, job_id in zip(self.plan.cells, ids, strict=True)
        ]
        grid = self.plan.grid.model_copy(update={"cells": tuple(cells)})
        for one, cell in zip(self.plan.cells, cells, strict=True):
            if one.planned is not None:
                self.expect(cell.job_id, grid.name_of(cell))
        try:
            self.plan.folder.mkdir(parents=True, exist_ok=True)
            # Before the first order: whoever repeats this finds each job by its id, and buys none
            # of them twice.
            grid.write(self.plan.folder)
        except OSError as error:
            raise OutputError(
                f"The folder {str(self.plan.folder)!r} cannot be written: {error.strerror}.",
                hint="Name another one.",
            ) from error
        submitted = [
            self._submit(one, cell) for one, cell in zip(self.plan.cells, cells, strict=True)
        ]
        order = SheetOrder(
            folder=self.plan.folder,
            grid=grid.model_copy(update={"cells": tuple(submitted)}),
            holds_prompt=self._studio.settings.images.holds_prompt,
        )
        self._studio.queue.submit(sheet_job(self._studio, order), job_id=self.report_id)

    def _submit(self, one: PlannedCell, cell: GridCell) -> GridCell:
        """Order an image; gives what is known of its cell afterwards."""
        if one.planned is None:
            return cell
        try:
            if one.resumes:
                self._studio.resume(cell.job_id)
            else:
                self._studio.submit_render(one.planned, job_id=cell.job_id)
        except StudioError as error:
            self.end(cell.job_id)
            return cell.model_copy(update={"reason": str(error)})
        return cell
