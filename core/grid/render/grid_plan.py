"""From a request and its axes to a grid that can be begun: all problems and the whole price."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.errors import JournalError, NotConfigured, Problem, StudioError, UnsupportedRequest
from core.grid.sheet.grid import GRID_FILE, SHEET_FILE, GridCell, ImageGrid, read_grid
from core.jobs.awaited import may_be_fetched
from core.jobs.job_record import JobState
from core.media.output import group_folder, slug
from core.platform.files import exists
from core.prompts.wildcards import may_have_wildcards
from core.video.control_row import Control
from core.video.inputs import with_absolute_paths, with_named_loras
from core.video.planning.named_targets import concrete_target
from core.video.planning.render_planner import check_can_run, total_usd
from core.video.record import digests_of, portable, read_settings_of
from core.video.render import KIND, RenderPayload
from core.video.terms import OutputKind

if TYPE_CHECKING:
    from pathlib import Path

    from core.grid.render.axis import GridAxis
    from core.jobs.job import CancelToken
    from core.jobs.job_record import JobRecord
    from core.studio import Studio
    from core.video.planning.render_planner import PlannedRender
    from core.video.request import RenderRequest

MOST_CELLS = 64
"""So many images a grid has at most."""
_MOST_SEEDS = 2**31


@dataclass(frozen=True)
class GridRequest:
    """What a person asks for.

    Attributes:
        request: of each cell, but for what its axes change.
        x, y: what changes from column to column, and from row to row; one of them at least.
        folder: where everything goes; None for a new one in the usual place.
        overwrite: make, and buy, what is there already once more.
    """

    request: RenderRequest
    x: GridAxis | None
    y: GridAxis | None
    folder: Path | None = None
    overwrite: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """How many columns and rows it has."""
        across, down = (len(axis.changes) if axis else 1 for axis in (self.x, self.y))
        return across, down


@dataclass(frozen=True)
class PlannedCell:
    """One cell, and what is to be done for it: nothing, where `planned` is None.

    Attributes:
        resumes: the job that has bought it already, and only has to be taken up again.
    """

    cell: GridCell
    planned: PlannedRender | None = None
    resumes: str = ""


@dataclass(frozen=True)
class GridPlan:
    """Everything about a grid before it begins."""

    folder: Path
    grid: ImageGrid
    cells: tuple[PlannedCell, ...]

    @property
    def to_buy(self) -> tuple[PlannedRender, ...]:
        """The renders that are ordered when it begins."""
        ordered = (one.planned for one in self.cells if not one.resumes)
        return tuple(planned for planned in ordered if planned is not None)

    @property
    def cost_usd(self) -> float | None:
        """What is bought when it begins; None where a part of it is not known."""
        return total_usd(self.to_buy)


def plan_grid(studio: Studio, asked: GridRequest, cancel: CancelToken) -> GridPlan:
    """The exact plan of every cell; costs nothing, and reads only what the folder holds.

    Raises:
        UnsupportedRequest: with everything that is wrong, of all cells and of the folder.
        JobCancelled: asked to stop.
    """
    return _GridPlanner(studio, asked, cancel).plan()


class _GridPlanner:
    def __init__(self, studio: Studio, asked: GridRequest, cancel: CancelToken) -> None:
        lora_dirs = studio.paths.lora_dirs
        request = with_absolute_paths(with_named_loras(asked.request, lora_dirs))
        self.studio = studio
        self.asked = replace(asked, request=request)
        self.cancel = cancel
        self.problems: list[Problem] = []
        self.inputs_sha256 = digests_of(request.inputs)
        self.folder = self._folder()
        self.before = self._read_before()
        self.seed = self._seed()

    def plan(self) -> GridPlan:
        self._check()
        if self.problems:
            raise UnsupportedRequest([*self.problems, *self._problems_of_request()])
        columns, rows = self.asked.size
        grid = self._grid(
            tuple(
                GridCell(column=column, row=row, file=self._file(column, row))
                for row in range(rows)
                for column in range(columns)
            )
        )
        planned: list[PlannedCell] = []
        wrong: dict[Problem, list[GridCell]] = {}
        for cell in grid.cells:
            self.cancel.check()
            try:
                planned.append(self._plan_cell(cell))
            except UnsupportedRequest as error:
                for problem in error.problems:
                    wrong.setdefault(problem, []).append(cell)
        if wrong:
            raise UnsupportedRequest(
                [self._located(problem, cells, grid) for problem, cells in wrong.items()]
            )
        return GridPlan(self.folder, self._grid(tuple(one.cell for one in planned)), tuple(planned))

    def _grid(self, cells: tuple[GridCell, ...]) -> ImageGrid:
        x, y = self.asked.x, self.asked.y
        return ImageGrid(
            created_at=self.before.created_at if self.before else datetime.now(UTC),
            request=portable(self.asked.request),
            inputs_sha256=self.inputs_sha256,
            seed=self.seed,
            x=x.labels if x else None,
            y=y.labels if y else None,
            cells=cells,
        )

    def _problems_of_request(self) -> list[Problem]:
        """What is wrong with the request whatever the axes make of it."""
        try:
            self.studio.plan(self.asked.request)
        except UnsupportedRequest as error:
            return list(error.problems)
        return []

    def _located(self, problem: Problem, cells: list[GridCell], grid: ImageGrid) -> Problem:
        """A problem, with the values of the axes that it comes from."""
        columns, rows = self.asked.size
        if len(cells) == columns * rows or problem.is_of_setup:
            return problem
        names = [
            axis.texts[at]
            for axis, at, others in (
                (grid.x, cells[0].column, {cell.column for cell in cells}),
                (grid.y, cells[0].row, {cell.row for cell in cells}),
            )
            if axis is not None and len(others) == 1
        ]
        return (
            replace(problem, message=f"{', '.join(names)}: {problem.message}") if names else problem
        )

    def _check(self) -> None:
        x, y = self.asked.x, self.asked.y
        columns, rows = self.asked.size
        if x is None and y is None:
            self._refuse("x", "A grid needs an axis. Name what changes, such as steps=4,8,12.")
        if x is not None and y is not None and (x.control, x.find) == (y.control, y.find):
            self._refuse("y", f"Both axes are {x.labels.name!r}. Choose another for one of them.")
        if columns * rows > MOST_CELLS:
            self._refuse(
                "x",
                f"The grid has {columns * rows} cells, and at most {MOST_CELLS} are made at a "
                "time. Leave values out.",
            )
        for field, axis in (("x", x), ("y", y)):
            if axis is not None and axis.find and axis.find not in self.asked.request.prompt:
                self._refuse(
                    field,
                    f"The prompt does not hold {axis.find!r}, so nothing can come in its place.",
                )
        if self.asked.request.output is not OutputKind.IMAGE:
            self._refuse("output", "A grid is made of images, and not of clips.")

    def _folder(self) -> Path:
        named, prompt = self.asked.folder, self.asked.request.prompt
        folder, problem = group_folder(named, self.studio.paths.output_dir, prompt, "grid")
        if problem:
            self._refuse("out", problem)
        return folder

    def _read_before(self) -> ImageGrid | None:
        """The grid that lies in the folder, which must be the same one."""
        try:
            before = read_grid(self.folder)
        except StudioError as error:
            self._refuse("out", str(error))
            return None
        if before is None:
            if exists(self.folder / SHEET_FILE):
                where = f"{str(self.folder / SHEET_FILE)!r} exists, and {GRID_FILE!r} does not"
                self._refuse("out", f"{where}. Name another folder.")
            return None
        x, y = self.asked.x, self.asked.y
        labels = (x.labels if x else None, y.labels if y else None)
        if (
            before.request != portable(self.asked.request)
            or before.inputs_sha256 != self.inputs_sha256
            or (before.x, before.y) != labels
        ):
            self._refuse(
                "out",
                f"{str(self.folder)!r} holds another grid, of {before.request.prompt[:60]!r}. Name "
                "another folder.",
            )
        return before

    def _seed(self) -> int:
        asked = self.asked.request.sampling.seed
        if asked is not None:
            return asked
        return self.before.seed if self.before else secrets.randbelow(_MOST_SEEDS)

    def _file(self, column: int, row: int) -> str:
        values = [
            axis.labels.values[at] if axis.find else f"{axis.labels.name} {axis.labels.values[at]}"
            for axis, at in ((self.asked.x, column), (self.asked.y, row))
            if axis is not None
        ]
        return f"{row + 1:02}-{column + 1:02}_{slug(' '.join(values))}.png"

    def _request_of(self, cell: GridCell) -> RenderRequest:
        """What is asked for in a cell; all draw by one seed, so that only the axes tell."""
        request = self.asked.request
        for axis, at in ((self.asked.x, cell.column), (self.asked.y, cell.row)):
            request = axis.changes[at](request) if axis else request
        if request.wildcard_seed is None and may_have_wildcards(request.prompt):
            request = request.model_copy(update={"wildcard_seed": self.seed})
        axes = [axis.control for axis in (self.asked.x, self.asked.y) if axis]
        if request.sampling.seed is not None or Control.SEED in axes:
            return request
        registry = self.studio.registry
        if not registry.spec(concrete_target(registry, request)).takes_seed:
            return request
        seeded = request.sampling.model_copy(update={"seed": self.seed})
        return request.model_copy(update={"sampling": seeded})

    def _plan_cell(self, cell: GridCell) -> PlannedCell:
        planned = self.studio.plan(self._request_of(cell))
        path = self.folder / cell.file
        if not self.asked.overwrite:
            before = self.before.cell(cell.column, cell.row) if self.before else None
            file = before.file if before else cell.file
            if self._is_there(self.folder / file, planned):
                return PlannedCell(cell.model_copy(update={"is_made": True, "file": file}))
            job = self._earlier_job(before, planned)
            if job is not None and job.state in (JobState.QUEUED, JobState.RUNNING):
                message = f"Job {job.id} is making it. Wait for it, and ask again."
                raise UnsupportedRequest([Problem("out", message)])
            if job is not None and may_be_fetched(job):
                return PlannedCell(cell.model_copy(update={"job_id": job.id}), planned, job.id)
            if exists(path) or exists(path.with_suffix(".json")):
                message = (
                    f"{str(path)!r} exists and was not made by this request. Name another folder."
                )
                raise UnsupportedRequest([Problem("out", message, is_taken=True)])
        try:
            check_can_run(planned, self.studio.registry)
        except NotConfigured as error:
            raise UnsupportedRequest([Problem("target", str(error), is_of_setup=True)]) from error
        output = replace(planned.output, path=path, is_named=True, overwrite=self.asked.overwrite)
        return PlannedCell(cell, replace(planned, output=output))

    def _is_there(self, path: Path, planned: PlannedRender) -> bool:
        """Whether an image is there that its own record proves to be of this very request."""
        record = read_settings_of(path) if exists(path) else None
        if record is None:
            return False
        asked = portable(planned.plan.request)
        made = record.request.model_copy(update={"enhanced_prompt": asked.enhanced_prompt})
        return made == asked and record.inputs_sha256 == digests_of(planned.plan.request.inputs)

    def _earlier_job(self, before: GridCell | None, planned: PlannedRender) -> JobRecord | None:
        """The job of an earlier run for this cell, where it is for the same image."""
        if before is None or not before.job_id:
            return None
        job = None
        with suppress(JournalError):
            job = self.studio.queue.job(before.job_id)
        if job is None or job.kind != KIND:
            return None
        stored = RenderPayload.model_validate_json(job.payload)
        is_same = portable(stored.plan.request) == portable(planned.plan.request)
        return job if is_same else None

    def _refuse(self, field: str, message: str) -> None:
        self.problems.append(Problem(field, message))
