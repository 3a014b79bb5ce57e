"""`compare`: one prompt on several targets, side by side as a film and as a page of measures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from cli.consent import YES, agrees_to_price
from cli.console import wrapped
from cli.options import Kind, Option, command, file
from cli.render_command import as_event, at_option, describe, tell_resumable
from cli.render_options import CLIP_OPTIONS, read_request
from cli.run_group import GroupRun
from cli.signals import EXIT_CANCELLED, EXIT_DONE, EXIT_FAILED
from core.comparison.render.comparison_plan import ComparisonRequest, plan_comparison
from core.comparison.render.comparison_run import ComparisonRun
from core.comparison.report.comparison import TargetState, read_comparison
from core.errors import Problem, UnsupportedRequest
from core.jobs.job import CancelToken
from core.platform.units import count_text, price
from core.video.control_row import Control
from core.video.planning.named_targets import FIELD, parse_targets

if TYPE_CHECKING:
    from pathlib import Path

    from cli.context import CliContext
    from cli.options import Typed
    from core.comparison.render.comparison_plan import ComparisonPlan, PlannedTarget

_NOBODY = "none"
# Who renders is what is compared.
_NOT_OF_ALL = (Control.PROVIDER, Control.DEPLOYMENT, Control.TARGET, Control.WEBHOOK)
OWN_OPTIONS = (
    Option(
        "--targets",
        Kind.MANY,
        "Who makes it: provider/deployment/model, several divided by commas or named one by one, "
        "such as ltx-video/local/ltx-mini; without a model it is the best there is.",
        "TARGETS",
        others=("-t",),
    ),
    Option(
        "--out",
        Kind.TEXT,
        "The folder for clips, film and page; without it a new one in the output folder. Named "
        "again, what is there is kept and not bought a second time.",
        "FOLDER",
        others=("-o",),
    ),
    Option(
        "--audio-of",
        Kind.TEXT,
        "Whose sound the film has: one of the targets, or none; else the first that has any.",
        "TARGET",
    ),
    Option("--skip", Kind.FLAG, "Leave out targets that cannot make it, and say why on the page."),
    YES,
    Option("--force", Kind.FLAG, "Make, and buy, clips anew that are in the folder already."),
    Option("--dry-run", Kind.FLAG, "Show the exact plan of every target and the price, and stop."),
    Option("--json", Kind.FLAG, "One event a line on stdout."),
    Option("--quiet", Kind.FLAG, "Errors only.", others=("-q",)),
)
"""What `compare` has beside the controls of a clip."""
_OPTIONS = (
    *(option for control, option in CLIP_OPTIONS.items() if control not in _NOT_OF_ALL),
    *OWN_OPTIONS,
)


def _compare(context: CliContext, typed: Typed) -> int:
    """Make one prompt with several models, and compare the clips in a film and on a page."""
    context.set_output(is_json=typed.flag("--json"), is_quiet=typed.flag("--quiet"))
    plan = _plan(context, typed)
    _show(context, plan)
    if typed.flag("--dry-run"):
        context.console.tell("Only planned; nothing was made.")
        context.studio.check_caps(plan.to_buy)
        return EXIT_DONE
    paid = [one for one in plan.to_buy if one.plan.cost_usd != 0]
    clips = count_text(len(paid), "clip")
    if paid and not agrees_to_price(
        context.console, clips, plan.cost_usd, is_agreed=typed.flag(YES.name)
    ):
        return EXIT_CANCELLED
    tell_resumable(context)
    run = ComparisonRun(context.studio, plan)
    group = GroupRun(context, run, plan.folder, what="target")
    return group.run(run.begin, lambda page: _tell_report(context, page))


compare = typer.Typer(rich_markup_mode=None, add_completion=False)
compare.command()(command(_compare, _OPTIONS))


def _plan(context: CliContext, typed: Typed) -> ComparisonPlan:
    studio = context.studio
    request = read_request(typed, studio.settings.render, studio.registry.infos)
    named = parse_targets(typed.texts("--targets"), studio.registry)
    found = [_at_option(problem, typed) for problem in named.problems]
    audio_of = typed.text("--audio-of")
    asked = ComparisonRequest(
        request=request,
        targets=named.targets,
        folder=typed.read("--out", file),
        audio_of=None if audio_of == _NOBODY else audio_of or "",
        skips=typed.flag("--skip"),
        overwrite=typed.flag("--force"),
    )
    cancel = CancelToken()
    try:
        with context.signals.calling(cancel.cancel):
            plan = plan_comparison(studio, asked, cancel)
    except UnsupportedRequest as error:
        # Where none could be read, that there are too few of them is no news.
        others = [one for one in error.problems if not (found and one.field == FIELD)]
        raise UnsupportedRequest(
            [*typed.problems, *found, *(_at_option(one, typed) for one in others)]
        ) from error
    if found or typed.problems:
        raise UnsupportedRequest([*typed.problems, *found])
    return plan


def _at_option(problem: Problem, typed: Typed) -> Problem:
    """The problem with the option in front that was typed."""
    if problem.field == FIELD:
        return replace(problem, message=f"--targets: {problem.message}")
    if problem.field == "audio_of":
        return replace(problem, message=f"--audio-of: {problem.message}")
    return at_option(problem, typed)


def _show(context: CliContext, plan: ComparisonPlan) -> None:
    """The plan of every target, and what all of it costs."""
    console = context.console
    for one in plan.targets:
        console.event("target", **_as_event(one))
        console.tell(_describe(context, one))
    total = plan.cost_usd
    new = count_text(len(plan.to_buy), "clip is", "clips are")
    console.event("comparison", folder=str(plan.folder), seed=plan.seed, cost_usd=total)
    cost = "" if not plan.to_buy else f", {price(total)} in all"
    console.tell(f"{new} made{cost}. Everything goes to {plan.folder}")


def _describe(context: CliContext, one: PlannedTarget) -> str:
    entry = one.entry
    head = f"{entry.label} ({entry.target})"
    if one.problems:
        return wrapped(f"{head} is left out: {entry.reason}", rest="  ")
    if one.is_there:
        return wrapped(f"{head} is there already: {entry.file}", rest="  ")
    assert one.planned is not None, "what is neither there nor left out is made"
    lines = [describe(one.planned, context.studio.registry.find(entry.target))]
    planned_notes = one.planned.plan.notes
    lines += [
        wrapped(note, first="  note: ", rest="        ")
        for note in entry.notes
        if note not in planned_notes
    ]
    if one.resumes:
        lines.append("  It was ordered already, and is fetched without being bought again.")
    return "\n".join(lines)


def _as_event(one: PlannedTarget) -> dict[str, Any]:
    fields = one.entry.model_dump(mode="json", exclude={"measures", "job_id", "seconds", "target"})
    planned = {} if one.planned is None else as_event(one.planned)
    return {**planned, **fields, "target": str(one.entry.target), "resumes": one.resumes}


def _tell_report(context: CliContext, page: Path) -> int:
    console = context.console
    found = read_comparison(page.parent)
    entries = () if found is None else found.entries
    for note in () if found is None else found.notes:
        console.note(note)
    failed = [entry for entry in entries if entry.state is TargetState.FAILED]
    for entry in failed:
        console.tell(wrapped(f"{entry.label} ({entry.target}) has no clip: {entry.reason}"))
    console.answer_in_words(str(page))
    return EXIT_FAILED if failed else EXIT_DONE
