"""`loras`: the LoRAs of one's own collection, which models they fit, and what prompts need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import wrapped
from cli.context import JsonOption, context_of
from cli.signals import EXIT_DONE
from core.errors import OutputError, Problem, UnsupportedRequest
from core.lora.lora_family import base_of, families_of
from core.lora.lora_library import LibraryLora, read_library
from core.lora.training import curve_of
from core.platform.suggestions import unknown_name
from core.platform.units import bytes_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.lora.lora_family import LoraFamily

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_KNOWN_METADATA = ("modelspec.", "ss_")


@app.command()
def loras(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Show all about one LoRA.")] = None,
    json: JsonOption = False,
) -> int:
    """Your own LoRAs: which models they fit, their rank and size, and their trigger words."""
    context = context_of(ctx, is_json=json)
    folders = context.setup.paths.lora_dirs
    _make(folders[0])
    infos = context.setup.registry.infos
    # Models that run here and are rented elsewhere too are of one family.
    every_family = (family for info in infos for family in info.lora_families())
    families = tuple({family.id: family for family in every_family}.values())
    every = listed = read_library(folders)
    if name is not None:
        listed = tuple(lora for lora in every if name in (lora.name, lora.path.name))
        if not listed:
            known = [lora.name for lora in every]
            raise UnsupportedRequest([Problem("lora", unknown_name("LoRA", name, known))])
    for lora in listed:
        context.console.event("lora", **as_event(lora, families))
    if not every:
        places = " or ".join(repr(str(folder)) for folder in folders)
        context.console.answer_in_words(
            f"There are no LoRAs. Put .safetensors files into {places}; 'main.py -p PROMPT "
            "--lora NAME' then finds them there."
        )
        return EXIT_DONE
    text = "\n\n".join(_text(lora, families, is_whole=name is not None) for lora in listed)
    context.console.answer_in_words(text)
    return EXIT_DONE


def as_event(lora: LibraryLora, families: tuple[LoraFamily, ...]) -> dict[str, Any]:
    """A LoRA as the fields of a JSON event."""
    fitting = families_of(lora.file, families) if lora.file else ()
    base = base_of(lora.file, fitting, lora.notes.base) if lora.file else None
    return {
        "name": lora.name,
        "path": str(lora.path),
        "fits": [family.id for family in fitting],
        "made_for": base.id if base else None,
        "ranks": list(lora.file.ranks) if lora.file else [],
        "layers": len(lora.file.pairs) if lora.file else 0,
        "size_bytes": lora.size_bytes,
        "trigger_words": list(lora.notes.trigger_words),
        "notes": lora.notes.notes,
        "source": lora.notes.source,
        "follows_reference": bool(lora.file and lora.file.reference),
        "problem": lora.problem or lora.notes.problem or None,
    }


def _make(folder: Path) -> None:
    """The folder, so that there is a place to put files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"The folder {str(folder)!r} for LoRAs cannot be made: {error.strerror}.",
            hint="Choose another folder of models: 'main.py config set folders.models PATH'.",
        ) from error


def _text(lora: LibraryLora, families: tuple[LoraFamily, ...], *, is_whole: bool) -> str:
    facts = as_event(lora, families)
    lines = {"cannot be used": lora.problem}
    if lora.file is not None:
        labels = [family.label for family in families if family.id in facts["fits"]]
        made_for = next((one.label for one in families if one.id == facts["made_for"]), "")
        ranks = lora.file.ranks
        lines |= {
            "fits": ", ".join(labels) or "no model that there is here",
            "made for": made_for,
            "rank": str(ranks[0]) if len(ranks) == 1 else f"{ranks[0]} to {ranks[-1]}",
            "IC-LoRA": lora.file.reference and f"follows a control video ({lora.file.reference})",
        }
    notes = lora.notes
    lines |= {
        "size": bytes_text(lora.size_bytes),
        "trigger words": ", ".join(notes.trigger_words),
        "notes": notes.notes,
        "source": notes.source,
        "made with": notes.base,
        "not read": notes.problem,
    }
    if is_whole:
        curve = curve_of(lora.path)
        lines["trained here"] = curve.text if curve else ""
        lines["file"] = str(lora.path)
        metadata: Mapping[str, str] = lora.file.metadata if lora.file else {}
        lines |= {
            key: " ".join(value.split())[:200]
            for key, value in sorted(metadata.items())
            if key.startswith(_KNOWN_METADATA)
        }
    shown = [
        wrapped(text, first=f"  {label:<17}", rest=" " * 19)
        for label, text in lines.items()
        if text
    ]
    return "\n".join([lora.name, *shown])
