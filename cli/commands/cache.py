"""`cache`: the finished pieces of films that are kept so that a re-export is quick."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.context import desk_of
from cli.run_job import EXIT_DONE
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
    desk = desk_of(ctx)
    desk.speak_as(is_json=json)
    use = desk.studio.pieces.use()
    folder, limit_gb = desk.studio.pieces.folder, desk.studio.settings.export.cache_gb
    desk.speech.event(
        "cache",
        path=str(folder),
        count=use.count,
        size_bytes=use.size_bytes,
        limit_bytes=int(limit_gb * 1e9),
    )
    if not desk.speech.is_json:
        desk.speech.answer(
            f"{use.count} pieces, {bytes_text(use.size_bytes)} of at most {limit_gb:g} GB, "
            f"in {folder}"
        )
    return EXIT_DONE


@app.command("clear")
def clear(ctx: typer.Context, json: _Json = False) -> int:
    """Remove all of it: the next export makes everything anew."""
    desk = desk_of(ctx)
    desk.speak_as(is_json=json)
    use = desk.studio.pieces.clear()
    desk.speech.event("cleared", count=use.count, size_bytes=use.size_bytes)
    if not desk.speech.is_json:
        desk.speech.answer(f"Removed {use.count} pieces, {bytes_text(use.size_bytes)}.")
    return EXIT_DONE
