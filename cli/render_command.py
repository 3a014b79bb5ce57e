"""The main command: read, plan, show the plan, render, give the path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.arguments import OPTION_OF_FIELD, read_arguments
from cli.console import wrapped
from cli.plan_view import as_event, describe, reasons_against
from cli.run_job import EXIT_DONE, EXIT_NOT_CONFIGURED, run_job
from core.errors import NotConfigured, Problem, UnsupportedRequest
from core.video.provider import NotReady

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.arguments import RenderArguments
    from cli.context import CliContext
    from core.video.render_planner import PlannedRender


def render(context: CliContext, typed: RenderArguments, problems: Sequence[Problem]) -> int:
    """Make one clip, or only plan it; gives the exit code.

    Args:
        context: what every command works with.
        typed: the options.
        problems: what was wrong with the command line before its values were looked at.

    Raises:
        UnsupportedRequest: with everything that is wrong with words, values and plan.
        NotConfigured: the plan is sound, but this machine cannot carry it out.
    """
    planned = _plan(context, typed, problems)
    if not typed.dry_run:
        tell_resumable(context)
    context.console.event("plan", **as_event(planned))
    context.console.tell(describe(planned, context.studio.registry.find(planned.plan.target)))
    if typed.dry_run:
        reasons = reasons_against(planned)
        context.console.tell(
            "\n".join(["This cannot be made here:", *map(_item, reasons)])
            if reasons
            else "Only planned; nothing was made."
        )
        return EXIT_NOT_CONFIGURED if reasons else EXIT_DONE
    _refuse_what_cannot_run(planned)
    return run_job(context, lambda: context.studio.submit_render(planned))


def _plan(
    context: CliContext, typed: RenderArguments, problems: Sequence[Problem]
) -> PlannedRender:
    studio = context.studio
    reading = read_arguments(typed, studio.settings.render, studio.registry.infos)
    found = [*problems, *reading.problems]
    try:
        planned = studio.plan(reading.request, out=reading.out, overwrite=typed.force)
    except UnsupportedRequest as error:
        raise UnsupportedRequest([*found, *map(_at_option, error.problems)]) from error
    if found:
        raise UnsupportedRequest(found)
    return planned


def _refuse_what_cannot_run(planned: PlannedRender) -> None:
    """Refuse before the queue is opened, which would leave a journal behind for nothing.

    Raises:
        NotConfigured: with every reason.
    """
    reasons = reasons_against(planned)
    if reasons:
        fix = planned.readiness.fix if isinstance(planned.readiness, NotReady) else ""
        message = " ".join(reason.removesuffix(fix).strip() for reason in reasons)
        raise NotConfigured(message, target=str(planned.plan.target), hint=fix)


def _item(text: str) -> str:
    return wrapped(text, first="  - ", rest="    ")


def _at_option(problem: Problem) -> Problem:
    """The problem with the option in front, so that it is plain what to change."""
    option = OPTION_OF_FIELD.get(problem.field)
    if option is None or option in problem.message:
        return problem
    return Problem(problem.field, f"{option}: {problem.message}")


def tell_resumable(context: CliContext) -> None:
    """Say in one line that earlier processes left jobs unfinished, and what finishes them."""
    if not context.studio.paths.journal_file.exists():
        return
    queue = context.studio.queue
    for note in queue.notes:
        context.console.note(note)
    jobs = queue.resumable()
    if len(jobs) == 1:
        context.console.note(
            f"An interrupted job can be resumed: 'main.py jobs resume {jobs[0].id}'."
        )
    elif jobs:
        context.console.note(
            f"{len(jobs)} interrupted jobs can be resumed: 'main.py jobs resume --all'."
        )
