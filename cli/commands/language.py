"""`language`: which language models there are, at services and on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import wrapped
from cli.context import JsonOption, context_of
from cli.signals import EXIT_DONE
from core.video.provider import NotReady

if TYPE_CHECKING:
    from core.language.language_models import ListedLanguage

app = typer.Typer(
    help="Which language models there are; servers on this machine are looked for.",
    rich_markup_mode=None,
    add_completion=False,
)


@app.command()
def language(
    ctx: typer.Context,
    provider: Annotated[
        str | None, typer.Argument(help="One of them alone, such as ollama.")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Which language models there are, what they cost, and whether they can be asked now."""
    context = context_of(ctx, is_json=json)
    listed = context.studio.language.listed(provider or "")
    for item in listed:
        not_ready = item.readiness if isinstance(item.readiness, NotReady) else None
        context.console.event(
            "provider",
            id=item.info.id,
            can_be_asked=not_ready is None,
            reason=not_ready.reason if not_ready else None,
            fix=not_ready.fix if not_ready else None,
        )
        for model in item.models:
            context.console.event(
                "model",
                name=model.name,
                label=model.label,
                is_local=model.is_local,
                usd_in=model.price.usd_in if model.price else 0,
                usd_out=model.price.usd_out if model.price else 0,
            )
    found = next((model for item in listed for model in item.models if model.is_free), None)
    parts = [_lines(item) for item in listed]
    example = found.name if found is not None else "openai/gpt-6-luna"
    parts.append(
        f"To ask one:\n  main.py enhance -p PROMPT --with {example}\n"
        f"  main.py storyboard FILE --with {example} -o PROJECT\n"
        f"  main.py continuity PROJECT --with {example}"
    )
    context.console.answer_in_words("\n\n".join(parts))
    return EXIT_DONE


def _lines(item: ListedLanguage) -> str:
    lines = [f"{item.info.id}: {item.info.label}"]
    for model in item.models:
        about = f"{model.terms}. {model.summary}".strip()
        lines.append(f"  {model.name}")
        lines.append(wrapped(about, first="      ", rest="      "))
    if isinstance(item.readiness, NotReady):
        said = f"{item.readiness.reason} {item.readiness.fix}"
        lines.append(wrapped(said, first="  ", rest="  "))
    elif not item.models:
        lines.append(wrapped(f"It has no model yet. {item.info.summary}", first="  ", rest="  "))
    return "\n".join(lines)
