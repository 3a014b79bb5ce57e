"""Plans and begins the grid of the image tab, beside the main thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from core.errors import Problem, UnsupportedRequest, first_of
from core.grid.render.axis import read_axis
from core.grid.render.grid_plan import GridRequest, plan_grid
from core.grid.render.grid_run import GridRun
from core.grid.sheet.grid import read_grid
from core.grid.sheet.sheet_job import subject_of
from core.jobs.job import Succeeded
from core.platform.units import count_text, price
from gui.render.plan_fixes import problem_in_window
from gui.render.render_agreement import agree, can_start

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.errors import StudioError
    from core.grid.render.axis import GridAxis
    from core.grid.render.grid_plan import GridPlan
    from core.jobs.job import CancelToken, JobUpdate
    from core.studio import Studio
    from core.video.request import RenderRequest
    from gui.background import Background
    from gui.images.grid_panel import GridChoice
    from gui.images.image_tab import ImageTab
    from gui.render.plan_fixes import Fix

_PLAN_AFTER_MS = 400
_MOST_SHOWN = 4


@dataclass(frozen=True)
class _LastGrid:
    """The grid that was begun last: asked for again, it goes on in its folder."""

    request: RenderRequest
    choice: GridChoice
    folder: Path


class GridController(QObject):
    """Joins the panel with the studio; the cells are shown where all pictures are.

    The pictures of a grid get the settings of the form, but for what its axes change.
    """

    def __init__(
        self,
        studio: Studio,
        background: Background,
        tab: ImageTab,
        mend: Callable[[Fix], None],
    ) -> None:
        super().__init__(tab)
        self._studio = studio
        self._background = background
        self._tab = tab
        self._mend = mend
        self._last: _LastGrid | None = None
        self._pause = QTimer(self, singleShot=True, interval=_PLAN_AFTER_MS)
        self._pause.timeout.connect(self._plan)
        tab.grid.changed.connect(self.refresh)
        tab.grid.wanted.connect(self._make)
        tab.order.changed.connect(self.refresh)

    @Slot(object)
    def refresh(self, _: object = None) -> None:
        """Plan anew, once there is a pause."""
        model = self._tab.order.model
        self._tab.grid.set_spec(None if model is None else model.spec)
        self._tab.grid.show_plan("", "")
        self._pause.start()

    def _asked(self) -> Callable[[CancelToken], GridPlan]:
        """What plans the grid as it stands now, in another thread."""
        studio, choice = self._studio, self._tab.grid.value()
        request, last = self._tab.value().request, self._last
        goes_on = last is not None and (last.request, last.choice) == (request, choice)
        folder = last.folder if last is not None and goes_on else None

        def plan(cancel: CancelToken) -> GridPlan:
            problems: list[Problem] = []
            axes: list[GridAxis | None] = []
            for field, axis in (("x", choice.x), ("y", choice.y)):
                try:
                    is_there = bool(axis.text)
                    axes.append(read_axis(axis.text, field, studio.registry) if is_there else None)
                except UnsupportedRequest as error:
                    problems += error.problems
            if problems:
                raise UnsupportedRequest(problems)
            x, y = axes
            return plan_grid(studio, GridRequest(request, x, y, folder), cancel)

        return plan

    @Slot()
    def _plan(self) -> None:
        grid = self._tab.grid
        if grid.is_open and grid.value().is_ready and self._tab.value().prompt.strip():
            self._background.run(self._asked(), self._show, self._complain, key="image-grid")

    def _show(self, plan: GridPlan) -> None:
        columns = len(plan.grid.x.values) if plan.grid.x else 1
        rows = len(plan.grid.y.values) if plan.grid.y else 1
        new = sum(one.planned is not None for one in plan.cells)
        there = len(plan.cells) - new
        made = f", {there} of them there already" if there else ""
        line = f"{columns} × {rows} = {count_text(columns * rows, 'picture')}{made}"
        cost = "" if plan.cost_usd == 0 else price(plan.cost_usd)
        self._tab.grid.show_plan(line, cost)

    def _complain(self, error: StudioError) -> None:
        messages = [str(error)]
        if isinstance(error, UnsupportedRequest):
            found = list(dict.fromkeys(map(problem_in_window, error.problems)))
            messages = list(first_of(found, _MOST_SHOWN, "And {:,} more."))
        self._tab.grid.show_plan("", "", tuple(messages))

    @Slot(object)
    def _make(self, choice: GridChoice) -> None:
        request = self._tab.value().request
        self._tab.progress.begin()

        def planned(plan: GridPlan) -> None:
            self._agree(plan, _LastGrid(request, choice, plan.folder))

        def failed(error: StudioError) -> None:
            self._tab.progress.settle()
            self._complain(error)

        self._background.run(self._asked(), planned, failed)

    def _agree(self, plan: GridPlan, last: _LastGrid) -> None:
        """Queue what is free at once, and the rest when a person agrees to the whole price."""
        renders, progress = plan.to_buy, self._tab.progress
        can = can_start(self._tab, self._studio.registry, renders, self._mend)
        if not can or (renders and not agree(self._tab, renders)):
            progress.settle()
            return
        self._last = last
        run = GridRun(self._studio, plan)

        def begun(_: None) -> None:
            progress.expect([job_id for job_id in run.running if job_id != run.report_id])
            progress.settle()

        self._background.run(lambda _: run.begin(), begun, lambda error: progress.settle((), error))

    def on_event(self, update: JobUpdate) -> None:
        """Say under the axes what came of the grid that was begun last."""
        last = self._last
        if last is None or update.subject != subject_of(last.folder):
            return
        if isinstance(update.event, Succeeded):
            grid = read_grid(last.folder)
            failed = len(grid.failed) if grid is not None else 0
            missing = count_text(failed, "picture is missing", "pictures are missing")
            again = f"{missing}; 'Make grid' makes what is missing."
            self._tab.grid.show_plan(again if failed else f"The sheet is {update.event.path}", "")
