"""`costs`: what was spent by day, project and model, and what is left of every cap."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.context import JsonOption, context_of
from cli.signals import EXIT_DONE
from core.errors import Problem, ProjectError, UnsupportedRequest
from core.film.model.film_file import expanded
from core.media.output import file_problems
from core.platform.units import count_text
from core.project.files.lock import ProjectLock
from core.project.files.project_file import project_folder, read_project, write_project
from core.spending.caps import CapSpan, ProjectBudget
from core.spending.costs import CostRow, Grouping, Period, cost_rows, write_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.context import CliContext
    from core.spending.caps import CapStanding

app = typer.Typer(
    help="What paid renders cost, estimated and charged; what is left of every cap.",
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=False,
)

_HEADINGS = {
    Grouping.DAY: "By day",
    Grouping.PROJECT: "By project",
    Grouping.MODEL: "By provider and model",
}
_NO_CAP = "none"
_LONGEST_NAME = 44


@app.callback(invoke_without_command=True)
def costs(
    ctx: typer.Context,
    month: Annotated[
        str | None, typer.Option("--month", metavar="YYYY-MM", help="That month; else this one.")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="Since that day.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="YYYY-MM-DD", help="Until that day, itself included."),
    ] = None,
    by: Annotated[
        list[Grouping] | None,
        typer.Option(
            "--by",
            metavar="|".join(Grouping),
            help="Only this table; may be given repeatedly.",
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write every purchase there as a table."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace that file.")] = False,
    json: JsonOption = False,
) -> int:
    """What paid renders cost, estimated and charged; what is left of every cap."""
    context = context_of(ctx, is_json=json)
    if ctx.invoked_subcommand is not None:
        return EXIT_DONE
    studio, console = context.studio, context.console
    csv = None if csv is None else expanded(csv)
    misplaced = [] if csv is None else file_problems("csv", csv, overwrite=force)
    try:
        period = _period(month, from_, to, studio.ledger.today)
    except UnsupportedRequest as error:
        raise UnsupportedRequest([*error.problems, *misplaced]) from error
    if misplaced:
        raise UnsupportedRequest(misplaced)
    if context.paths.journal_file.exists():
        # What ended while nobody listened is settled when the queue opens.
        _ = context.queue
    purchases = studio.ledger.purchases(period.first, period.last)
    tables = {group: cost_rows(purchases, group) for group in by or Grouping}
    for group, rows in tables.items():
        for row in rows:
            console.event("costs", by=group.value, **_row_event(row))
    total = CostRow.of("total", purchases)
    console.event("total", period=str(period), **_row_event(total))
    standings = studio.ledger.standings(studio.caps)
    for standing in standings:
        console.event("cap", **_cap_event(standing))
    parts = [_sentence(period, total)]
    parts += [_table(_HEADINGS[group], rows) for group, rows in tables.items() if rows]
    parts.append("\n".join(_cap_lines(standings)))
    console.answer_in_words("\n\n".join(parts))
    if csv is not None:
        write_csv(purchases, csv)
        console.event("written", path=str(csv))
        console.tell(f"{count_text(len(purchases), 'purchase is', 'purchases are')} in {csv}.")
    return EXIT_DONE


# As in `config set`: what is below zero is told to be no sum of money.
@app.command(context_settings={"ignore_unknown_options": True})
def cap(
    ctx: typer.Context,
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="The project's folder.")],
    usd: Annotated[
        str | None,
        typer.Argument(
            metavar="USD", help=f"US dollars; {_NO_CAP!r} takes it away; without it, it is shown."
        ),
    ] = None,
    json: JsonOption = False,
) -> int:
    """The cap on what all paid renders of a project may cost."""
    context = context_of(ctx, is_json=json)
    folder = project_folder(Path(project))
    found = read_project(folder)
    for note in found.notes:
        context.console.note(note)
    budget = ProjectBudget.of(found.project)
    if usd is not None:
        cap_usd = _dollars_in(usd)
        lock = ProjectLock(folder)
        if not lock.acquire():
            raise ProjectError(
                lock.reason, hint="Set the cap there, under File > Costs, or close the project."
            )
        try:
            # Read again, now that nobody else can change it.
            changed = read_project(folder).project.model_copy(update={"spending_cap_usd": cap_usd})
            write_project(changed, folder)
        finally:
            lock.release()
        budget = ProjectBudget.of(changed)
        context.studio.ledger.keep_budget(budget)
    _tell_cap(context, budget)
    return EXIT_DONE


def _tell_cap(context: CliContext, budget: ProjectBudget) -> None:
    ledger = context.studio.ledger
    for standing in ledger.standings(context.studio.caps, budget):
        if standing.span is CapSpan.PROJECT:
            context.console.event("cap", **_cap_event(standing))
            context.console.answer_in_words(f"{_sentence_case(str(standing))}.")
            return
    spent = ledger.spent(budget)[CapSpan.PROJECT]
    context.console.event("cap", span=CapSpan.PROJECT.value, project=budget.name, cap_usd=None)
    context.console.answer_in_words(f"The project {budget.name!r} has no cap; {spent} spent.")


def _dollars_in(text: str) -> float | None:
    if text.strip().casefold() == _NO_CAP:
        return None
    try:
        usd = float(text.strip().removeprefix("$"))
    except ValueError:
        usd = -1.0
    if not 0 <= usd < float("inf"):
        message = f"{text!r} is no sum of money. Write it like 12.50, or {_NO_CAP!r}."
        raise UnsupportedRequest([Problem("usd", message)])
    return usd


def _period(month: str | None, first: str | None, last: str | None, today: date) -> Period:
    """The days that are asked for; this month where nobody says.

    Raises:
        UnsupportedRequest: with everything that is wrong.
    """
    problems: list[Problem] = []
    if month is not None and (first is not None or last is not None):
        problems.append(Problem("month", "Say either --month, or --from and --to."))
    days: list[date | None] = []
    for name, text in (("from", first), ("to", last)):
        try:
            days.append(None if text is None else date.fromisoformat(text))
        except ValueError:
            days.append(None)
            message = f"{text!r} is no day. Write it as 2026-11-30."
            problems.append(Problem(name, message))
    try:
        chosen = Period.month_of(today) if month is None else Period.parse_month(month)
    except UnsupportedRequest as error:
        problems += error.problems
        chosen = Period()
    begin, end = days
    if begin is not None and end is not None and begin > end:
        problems.append(Problem("to", f"{end} lies before {begin}."))
    if problems:
        raise UnsupportedRequest(problems)
    return chosen if first is None and last is None else Period(begin, end)


def _row_event(row: CostRow) -> dict[str, Any]:
    amounts = {"estimated": row.estimated, "charged": row.charged, "counted": row.counted}
    fields: dict[str, Any] = {"name": row.name, "purchases": row.count}
    for name, amount in amounts.items():
        is_unknown = amount.num_unknown and not amount.num_known
        fields[f"{name}_usd"] = None if is_unknown else amount.usd
        fields[f"{name}_unknown"] = amount.num_unknown
    return fields


def _cap_event(standing: CapStanding) -> dict[str, Any]:
    return {
        "span": standing.span.value,
        **({"project": standing.project} if standing.span is CapSpan.PROJECT else {}),
        "cap_usd": standing.cap_usd,
        "spent_usd": standing.spent.usd,
        "left_usd": standing.left_usd,
        "unknown": standing.spent.num_unknown,
    }


def _sentence(period: Period, total: CostRow) -> str:
    if not total.count:
        return f"Nothing was bought ({period})."
    bought = count_text(total.count, "purchase")
    return (
        f"{period}: {bought}, {total.estimated} estimated, {total.charged} charged.\n"
        "Estimated is the price when it was ordered; charged is what the service says, which\n"
        "many do not. What is charged counts towards the caps, or else what was estimated."
    )


def _table(heading: str, rows: Sequence[CostRow]) -> str:
    lines = [(heading, "purchases", "estimated", "charged")]
    lines += [
        (_short(row.name), f"{row.count:,}", str(row.estimated), str(row.charged)) for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0])]
            + [text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True)]
        )
        for line in lines
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _cap_lines(standings: Sequence[CapStanding]) -> list[str]:
    if not standings:
        return ["No cap is set. 'main.py config set cloud.daily_cap_usd USD' sets that of a day."]
    return [f"{_sentence_case(str(standing))}." for standing in standings]


def _sentence_case(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
