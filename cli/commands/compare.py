"""`compare`: one prompt on several targets, side by side as a film and as a page of measures."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, assert_never

import typer

from cli.consent import YES, agrees_to_price
from cli.console import wrapped
from cli.options import Kind, Option, command, file
from cli.progress import progress_view
from cli.render_command import as_event, at_option, describe, tell_resumable
from cli.render_options import CLIP_OPTIONS, read_request
from cli.run_job import JobEvents
from cli.signals import EXIT_CANCELLED, EXIT_DONE, EXIT_FAILED
from core.comparison.render.comparison_plan import ComparisonRequest, plan_comparison
from core.comparison.render.comparison_run import ComparisonRun
from core.comparison.report.comparison import TargetState, read_comparison
from core.errors import Problem, UnsupportedRequest
from core.jobs.job import Cancelled, CancelToken, Failed, Notice, Progressed, Succeeded
from core.jobs.lanes import Lane
from core.platform.units import count_text, price
from core.video.control_row import Control
from core.video.planning.named_targets import FIELD, parse_targets

if TYPE_CHECKING:
    from pathlib import Path

    from cli.context import CliContext
    from cli.options import Typed
    from cli.progress import ProgressView
    from core.comparison.render.comparison_plan import ComparisonPlan, PlannedTarget
    from core.jobs.job import JobUpdate, Terminal

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
    return _Comparing(context, ComparisonRun(context.studio, plan)).run()


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


class _Comparing:
    """The jobs of a comparison, from the first order to the page."""

    def __init__(self, context: CliContext, run: ComparisonRun) -> None:
        self._context = context
        self._queue = context.queue
        self._run = run
        self._events = JobEvents(context, lambda: run.running)

    def run(self) -> int:
        """Make everything that is not there, then the report; gives the exit code."""
        unsubscribe = self._queue.subscribe(self._events.put)
        registry = self._context.studio.registry
        lanes = {registry.find(one.entry.target).lane for one in self._run.plan.targets}
        workers = [
            threading.Thread(target=self._queue.run, args=(lane,), daemon=True)
            for lane in (*lanes, Lane.REPORT)
            for _ in range(self._queue.places[lane])
        ]
        try:
            with (
                self._context.signals.calling(self._events.stop),
                progress_view(self._context.console) as view,
            ):
                self._run.begin()
                for worker in workers:
                    worker.start()
                while self._run.running:
                    self._look(view)
        finally:
            unsubscribe()
        outcome = self._run.outcome
        assert outcome is not None, "the report is the last of them"
        return self._end(outcome)

    def _look(self, view: ProgressView) -> None:
        update = self._events.next(view)
        if update is not None and self._run.on_event(update):
            self._show(update, view)

    def _show(self, update: JobUpdate, view: ProgressView) -> None:
        """Say what has happened."""
        event, name = update.event, self._run.name_of(update.job_id)
        fields = event.model_dump(mode="json", exclude_none=True, exclude={"event"})
        self._context.console.event(event.event, job=update.job_id, target=name, **fields)
        if not name:
            # While clips are made, they say how far they are, and not whoever waits for them.
            if isinstance(event, Progressed) and len(self._run.running) == 1:
                view.show(event)
            return
        match event:
            case Progressed():
                words = f"{name}: {event.message}" if event.message else name
                view.show(event.model_copy(update={"message": words}))
            case Notice():
                view.print(wrapped(f"{name}: {event.message}"))
            case Failed(error=error):
                view.print(wrapped(f"{name} failed: {error}"))
            case Succeeded(path=path):
                view.print(f"{name} is done: {path}")
            case Cancelled():
                view.print(f"{name} is cancelled.")
            case _:
                pass

    def _end(self, outcome: Terminal) -> int:
        console, folder = self._context.console, self._run.plan.folder
        match outcome:
            case Cancelled():
                console.tell(
                    f"Cancelled. What is done stays; the same command with '--out {folder}' goes "
                    "on from there."
                )
                return EXIT_CANCELLED
            case Failed(error=error):
                console.fail(error, job=self._run.report_id)
                return EXIT_FAILED
            case Succeeded(path=path):
                return self._tell_report(path)
            case _:
                assert_never(outcome)

    def _tell_report(self, page: Path) -> int:
        console = self._context.console
        found = read_comparison(page.parent)
        entries = () if found is None else found.entries
        for note in () if found is None else found.notes:
            console.note(note)
        failed = [entry for entry in entries if entry.state is TargetState.FAILED]
        for entry in failed:
            console.tell(wrapped(f"{entry.label} ({entry.target}) has no clip: {entry.reason}"))
        console.answer_in_words(str(page))
        return EXIT_FAILED if failed else EXIT_DONE
