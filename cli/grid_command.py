"""A grid of images by the `image` command: one or two axes, one price, one sheet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cli.consent import YES, agrees_to_price
from cli.console import wrapped
from cli.options import Kind, Option, file
from cli.render_command import as_event, at_option, describe, tell_resumable
from cli.run_group import GroupRun
from cli.signals import EXIT_CANCELLED, EXIT_DONE, EXIT_FAILED
from core.errors import Problem, UnsupportedRequest
from core.grid.render.axis import read_axis
from core.grid.render.grid_plan import MOST_CELLS, GridRequest, plan_grid
from core.grid.render.grid_run import GridRun
from core.grid.sheet.grid import read_grid
from core.jobs.job import CancelToken
from core.platform.units import count_text, price
from core.video.controls import option_of

if TYPE_CHECKING:
    from pathlib import Path

    from cli.context import CliContext
    from cli.options import Typed
    from core.grid.render.axis import GridAxis
    from core.grid.render.grid_plan import GridPlan
    from core.video.request import RenderRequest

_X = Option(
    "--x",
    Kind.TEXT,
    "Make a grid, and this changes from column to column: a setting and its values, such as "
    '"steps=4,8,12", or words of the prompt, such as "prompt:red=red,blue". At most '
    f"{MOST_CELLS} images, drawn on one sheet besides; --out names their folder.",
    "AXIS",
)
_Y = Option("--y", Kind.TEXT, "The same from row to row.", "AXIS")
GRID_OPTIONS = (_X, _Y)


def is_grid(typed: Typed) -> bool:
    """Whether a grid is asked for."""
    return any(typed.texts(option.name) for option in GRID_OPTIONS)


def make_grid(context: CliContext, typed: Typed, request: RenderRequest) -> int:
    """Plan every cell, agree to the whole price once, make all of them and the sheet.

    Raises:
        UnsupportedRequest: with everything that is wrong with words, values and plans.
    """
    plan = _plan(context, typed, request)
    console, studio = context.console, context.studio
    grid = plan.grid
    for one in plan.cells:
        if one.planned is not None:
            console.event("plan", cell=grid.name_of(one.cell), **as_event(one.planned))
    first = next((one.planned for one in plan.cells if one.planned is not None), None)
    if first is not None:
        console.tell(describe(first, studio.registry.find(first.plan.target)))
    x, y = grid.x, grid.y
    for word, axis in (("columns", x), ("rows", y)):
        if axis is not None:
            console.tell(wrapped(f"  {word}: {axis.name} = {', '.join(axis.values)}", rest="    "))
    new = sum(one.planned is not None for one in plan.cells)
    there = len(plan.cells) - new
    made = f", {count_text(there, 'image')} there already" if there else ""
    console.event("grid", folder=str(plan.folder), seed=grid.seed, cost_usd=plan.cost_usd)
    console.tell(
        f"{count_text(new, 'image')} for a grid, {price(plan.cost_usd)} in all{made}. Everything "
        f"goes to {plan.folder}"
    )
    studio.check_caps(plan.to_buy)
    if typed.flag("--dry-run"):
        console.tell("Only planned; nothing was made.")
        return EXIT_DONE
    tell_resumable(context)
    what, cost_usd = count_text(len(plan.to_buy), "image"), plan.cost_usd
    if not agrees_to_price(console, what, cost_usd, is_agreed=typed.flag(YES.name)):
        return EXIT_CANCELLED
    run = GridRun(studio, plan)
    group = GroupRun(context, run, plan.folder, what="cell")
    return group.run(run.begin, lambda path: _tell_sheet(context, path))


def _plan(context: CliContext, typed: Typed, request: RenderRequest) -> GridPlan:
    studio = context.studio
    found: list[Problem] = []
    axes: dict[str, GridAxis | None] = {}
    for option in GRID_OPTIONS:
        text, name = typed.text(option.name), option.name.removeprefix("--")
        try:
            axes[name] = None if text is None else read_axis(text, name, studio.registry)
        except UnsupportedRequest as error:
            axes[name] = None
            found += error.problems
    if typed.texts("--count"):
        found.append(Problem("count", "A grid makes one image for each cell. Leave --count out."))
    asked = GridRequest(
        request,
        axes["x"],
        axes["y"],
        folder=typed.read("--out", file),
        overwrite=typed.flag("--force"),
    )
    cancel = CancelToken()
    plan = None
    try:
        with context.signals.calling(cancel.cancel):
            plan = plan_grid(studio, asked, cancel)
    except UnsupportedRequest as error:
        # Of an axis that cannot be read it is no news that it is missing.
        found += [one for one in error.problems if not (found and one.field in ("x", "y"))]
    if plan is None or found or typed.problems:
        located = (_at_option(problem, typed) for problem in found)
        raise UnsupportedRequest([*typed.problems, *located])
    return plan


def _at_option(problem: Problem, typed: Typed) -> Problem:
    """The problem with the option in front that was typed."""
    if problem.field in ("x", "y"):
        return replace(problem, message=f"--{problem.field}: {problem.message}")
    option = option_of(problem.field)
    # What an axis says is told with its value.
    return at_option(problem, typed) if option is None or typed.texts(option) else problem


def _tell_sheet(context: CliContext, sheet: Path) -> int:
    console = context.console
    grid = read_grid(sheet.parent)
    failed = grid.failed if grid is not None else ()
    for cell in failed:
        name = grid.name_of(cell) if grid is not None else cell.file
        console.tell(wrapped(f"{name} was not made: {cell.reason}"))
    if failed:
        console.tell(
            wrapped(f"The same command with '--out {sheet.parent}' makes what is missing.")
        )
    console.answer_in_words(str(sheet))
    return EXIT_FAILED if failed else EXIT_DONE
