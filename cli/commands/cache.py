"""`cache`: the finished pieces of films that are kept so that a re-export is quick."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.context import context_of
from cli.signals import EXIT_DONE
from core.platform.units import bytes_text

app = typer.Typer(
    rich_markup_mode=None,
    help="Finished pieces of films, kept so that a re-export is quick.",
    no_args_is_help=True,
)
_Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@app.command("show")
def show(ctx: typer.Context, json: _Json = False) -> int:
    """How much is kept, where, and how much may be."""
    context = context_of(ctx)
    context.speak_as(is_json=json)
    use = context.studio.render_cache.use()
    folder, limit_gb = context.studio.render_cache.folder, context.studio.settings.export.cache_gb
    context.console.event(
        "cache",
        path=str(folder),
        count=use.count,
        size_bytes=use.size_bytes,
        limit_bytes=int(limit_gb * 1e9),
    )
    if not context.console.is_json:
        context.console.answer(
            f"{use.count} pieces, {bytes_text(use.size_bytes)} of at most {limit_gb:g} GB, "
            f"in {folder}"
        )
    return EXIT_DONE


@app.command("clear")
def clear(ctx: typer.Context, json: _Json = False) -> int:
    """Remove all of it: the next export makes everything anew."""
    context = context_of(ctx)
    context.speak_as(is_json=json)
    use = context.studio.render_cache.clear()
    context.console.event("cleared", count=use.count, size_bytes=use.size_bytes)
    if not context.console.is_json:
        context.console.answer(f"Removed {use.count} pieces, {bytes_text(use.size_bytes)}.")
    return EXIT_DONE
