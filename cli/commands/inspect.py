"""`inspect`: how image files say that they were made, whichever program wrote them."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotation
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import wrapped
from cli.context import JsonOption, context_of
from cli.signals import EXIT_DONE, EXIT_FAILED
from core.errors import UnreadableText
from core.metadata.ai_marks import read_marks
from core.video.planning.settings_of_file import read_found_settings

if TYPE_CHECKING:
    from cli.context import CliContext

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_NAME_COLUMN = 18


@app.command()
def inspect(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Images, or texts with settings.")],
    json: JsonOption = False,
) -> int:
    """Show the settings that files hold, and their marks; 'image --settings-from' uses them."""
    context = context_of(ctx, is_json=json)
    shown = [_show(context, file) for file in files]
    return EXIT_DONE if all(shown) else EXIT_FAILED


def _show(context: CliContext, file: Path) -> bool:
    """Print what one file says; whether it says anything."""
    console = context.console
    marks = read_marks(file)
    facts: list[tuple[str, str]] = []
    problem = ""
    try:
        found = read_found_settings(file)
        facts += found.facts
        facts += [("Note", note) for note in found.settings.notes]
    except UnreadableText as error:
        problem = f"{error.message} {error.hint}".strip()
    facts += [("Mark", sentence) for sentence in marks.sentences]
    console.event(
        "inspected",
        path=str(file),
        settings=dict(facts),
        source_type=marks.source,
        is_signed=marks.is_signed,
        problem=problem or None,
    )
    rest = " " * (_NAME_COLUMN + 2)
    lines = [
        wrapped(" ".join(value.split()), first=f"  {name:<{_NAME_COLUMN}}", rest=rest)
        for name, value in facts
    ]
    if lines:
        console.answer_in_words("\n".join([str(file), *lines]))
    if problem:
        console.tell(wrapped(problem))
    return not problem
