"""`jobs`: the durable list of everything that was started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from cli.consent import agrees
from cli.console import wrapped
from cli.context import JsonOption, context_of
from cli.run_job import run_job
from cli.signals import EXIT_CANCELLED, EXIT_DONE
from core.errors import JournalError, Problem, UnsupportedRequest
from core.jobs.job_record import JobState
from core.platform.units import count_text, dollars
from core.spending.lost_orders import lost_order, strike_lost_order
from core.video.render import KIND, RenderPayload

if TYPE_CHECKING:
    from core.jobs.job_record import JobRecord
    from core.jobs.queue import JobQueue

app = typer.Typer(
    help="List, show, cancel and resume jobs, settle lost orders; clips stay.",
    rich_markup_mode=None,
    add_completion=False,
)

_Id = Annotated[str, typer.Argument(metavar="ID", help="A job's id, or how it begins.")]


@app.callback(invoke_without_command=True)
def jobs(ctx: typer.Context, json: JsonOption = False) -> int:
    """List, show, cancel, resume and clear jobs."""
    return EXIT_DONE if ctx.invoked_subcommand is not None else list_(ctx, json)


@app.command("list")
def list_(ctx: typer.Context, json: JsonOption = False) -> int:
    """Every job, oldest first, and those that wait in their turn."""
    context = context_of(ctx, is_json=json)
    records = context.queue.jobs()
    for record in records:
        context.console.event("job", **as_event(record))
    context.console.answer_in_words("\n".join(map(_line, records)) or "There are no jobs.")
    return EXIT_DONE


@app.command()
def show(ctx: typer.Context, job: _Id, json: JsonOption = False) -> int:
    """All about one job: what was asked and what came of it."""
    context = context_of(ctx, is_json=json)
    record = _find(context.queue, job)
    context.console.event("job", **as_event(record))
    context.console.answer_in_words(_details(record))
    return EXIT_DONE


@app.command()
def cancel(ctx: typer.Context, job: _Id) -> int:
    """Stop a job, whichever process runs it."""
    context = context_of(ctx)
    queue = context.queue
    record = _find(queue, job)
    try:
        record = queue.cancel(record.id)
    except JournalError as error:
        raise _bad_id(error) from error
    is_over = record.state is JobState.CANCELLED
    context.console.tell(f"Job {record.id} {'is cancelled' if is_over else 'is asked to stop'}.")
    return EXIT_DONE


@app.command()
def resume(
    ctx: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every interrupted job.")] = False,
    json: JsonOption = False,
) -> int:
    """Start unfinished, failed or cancelled jobs again."""
    context = context_of(ctx, is_json=json)
    queue = context.queue
    if all_ == bool(ids):
        message = "Name the jobs to resume, or say --all. 'main.py jobs list' shows them."
        raise UnsupportedRequest([Problem("job", message)])
    waiting = [record.id for record in queue.resumable()] if all_ else _resumable(queue, ids or [])
    if not waiting:
        context.console.tell("No job was interrupted, so there is nothing to resume.")
    worst = EXIT_DONE
    for job_id in waiting:
        context.console.tell(f"Resuming {queue.job(job_id).title}")
        code = run_job(context, lambda job_id=job_id: context.studio.resume(job_id))
        worst = max(worst, code)
        if code == EXIT_CANCELLED:
            break
    return worst


@app.command()
def attach(
    ctx: typer.Context,
    job: _Id,
    remote_id: Annotated[
        str, typer.Argument(metavar="ITS-ID", help="What the service calls the render.")
    ],
    json: JsonOption = False,
) -> int:
    """Fetch a lost render by its id in your account."""
    context = context_of(ctx, is_json=json)
    found = _find(context.queue, job).id
    return run_job(context, lambda: context.studio.attach(found, remote_id))


@app.command("buy-again")
def buy_again(ctx: typer.Context, job: _Id, json: JsonOption = False) -> int:
    """Order a lost render once more; both orders count."""
    context = context_of(ctx, is_json=json)
    found = _find(context.queue, job).id
    return run_job(context, lambda: context.studio.buy_again(found))


@app.command("never-arrived")
def never_arrived(
    ctx: typer.Context,
    job: _Id,
    yes: Annotated[
        bool, typer.Option("--yes", help="You looked: your account lists no such render.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """A lost order is not in your account: it no longer counts."""
    context = context_of(ctx, is_json=json)
    queue, ledger, console = context.queue, context.studio.ledger, context.console
    try:
        found = lost_order(queue, ledger, job).id
        if not yes and not agrees(
            console,
            f"The order of job {found} no longer counts, for you saw that your account at the "
            "service lists no such render.",
            f"The order of job {found} would no longer count. Look into your account at the "
            "service whether it lists that render. If it does not",
        ):
            console.tell("Nothing was changed.")
            return EXIT_CANCELLED
        cost_usd = strike_lost_order(queue, ledger, found)
    except JournalError as error:
        raise _bad_id(error) from error
    console.event("struck", job=found, cost_usd=cost_usd)
    amount = "Its price" if cost_usd is None else dollars(cost_usd)
    console.tell(
        f"{amount} of job {found} no longer counts. 'main.py jobs resume {found}' orders it."
    )
    return EXIT_DONE


@app.command()
def clear(
    ctx: typer.Context,
    interrupted: Annotated[
        bool, typer.Option("--interrupted", help="Forget interrupted jobs as well.")
    ] = False,
) -> int:
    """Forget the jobs that have ended; their clips stay."""
    context = context_of(ctx)
    gone = context.queue.clear(interrupted=interrupted)
    context.console.tell(f"{count_text(len(gone), 'job is', 'jobs are')} forgotten.")
    return EXIT_DONE


def as_event(record: JobRecord) -> dict[str, Any]:
    """A job as the fields of a JSON event."""
    stored = _render_of(record)
    progress, error = record.progress, record.error
    return {
        "id": record.id,
        "kind": record.kind,
        "title": record.title,
        "state": record.state.value,
        "created_at": record.created_at.isoformat(),
        "started_at": record.started_at.isoformat() if record.started_at else None,
        "ended_at": record.ended_at.isoformat() if record.ended_at else None,
        "path": str(record.path) if record.path else None,
        "error": error.model_dump(mode="json") if error else None,
        "progress": progress.model_dump(mode="json") if progress else None,
        "passed_by": record.passed_by,
        "notes": list(record.notes),
        "request": stored.plan.request.model_dump(mode="json") if stored else None,
        "out": str(stored.path) if stored else None,
    }


def _bad_id(error: JournalError) -> UnsupportedRequest:
    return UnsupportedRequest([Problem("job", str(error))])


def _find(queue: JobQueue, text: str) -> JobRecord:
    try:
        return queue.job(text)
    except JournalError as error:
        raise _bad_id(error) from error


def _resumable(queue: JobQueue, ids: list[str]) -> list[str]:
    """The full ids of the named jobs; all that is wrong with them is told before any starts."""
    problems: list[Problem] = []
    found: list[str] = []
    for text in ids:
        try:
            record = _find(queue, text)
        except UnsupportedRequest as error:
            problems += error.problems
            continue
        if record.state in (JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED):
            message = f"Job {record.id} is {record.state.value}, so there is nothing to resume."
            problems.append(Problem("job", message))
        found.append(record.id)
    if problems:
        raise UnsupportedRequest(problems)
    return list(dict.fromkeys(found))


def _line(record: JobRecord) -> str:
    when = record.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
    lines = [f"{record.id}  {record.state.value:<12}{when}  {record.title}"[:100]]
    if record.path is not None:
        lines.append(f"              {record.path}")
    elif record.error is not None:
        lines.append(wrapped(str(record.error), first=" " * 14, rest=" " * 14))
    elif record.state is JobState.INTERRUPTED:
        lines.append(f"              main.py jobs resume {record.id}")
    elif record.state is JobState.RUNNING and record.progress and record.progress.fraction:
        lines.append(f"              {record.progress.stage.value}, {record.progress.fraction:.0%}")
    return "\n".join(lines)


def _details(record: JobRecord) -> str:
    stored = _render_of(record)
    times = {"created": record.created_at, "started": record.started_at, "ended": record.ended_at}
    rows = {
        "job": record.id,
        "state": record.state.value,
        **{name: f"{at.astimezone():%Y-%m-%d %H:%M:%S}" for name, at in times.items() if at},
        "title": record.title,
        "passed by": record.passed_text,
        "path": str(record.path or ""),
        "error": str(record.error or ""),
    }
    if stored is not None:
        plan = stored.plan
        rows |= {
            "target": str(plan.target),
            "prompt": plan.request.prompt,
            "clip": f"{plan.width}x{plan.height}, {plan.frames_text}",
            "seed": str(plan.seed) if plan.spec.takes_seed else "",
            "out": str(stored.path),
        }
    lines = [
        wrapped(text, first=f"{name:<10}", rest=" " * 10) for name, text in rows.items() if text
    ]
    lines += [wrapped(note, first="note      ", rest=" " * 10) for note in record.notes]
    return "\n".join(lines)


def _render_of(record: JobRecord) -> RenderPayload | None:
    if record.kind != KIND:
        return None
    try:
        return RenderPayload.model_validate_json(record.payload)
    except ValidationError:
        # Written by another version; the rest of its row still says what it was.
        return None
