"""`models`: what exists, what is installed, and what each model takes and costs."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import wrapped
from cli.context import JsonOption, context_of
from cli.signals import EXIT_DONE
from core.errors import Problem, UnsupportedRequest
from core.platform.suggestions import unknown_name
from core.platform.units import bytes_text
from core.video.listing import ListedModel, read_models
from core.video.model_text import facts_of, licence_text, needs_text
from core.video.provider import NotReady

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.video.spec import ModelSpec

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def models(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Show all about one model.")] = None,
    json: JsonOption = False,
) -> int:
    """What models there are: installed or not, size, licence, needs and price."""
    context = context_of(ctx, is_json=json)
    registry = context.setup.registry
    every = listed = [
        item for info in registry.infos for item in read_models(registry, info, weighs=False)
    ]
    if name is not None:
        listed = [item for item in every if name in (item.spec.id, str(item.target))]
        if not listed:
            known = [item.spec.id for item in every]
            raise UnsupportedRequest([Problem("model", unknown_name("model", name, known))])
    for item in listed:
        context.console.event("model", **as_event(item))
    text = "\n\n".join(map(details, listed)) if name is not None else overview(listed)
    context.console.answer_in_words(text)
    return EXIT_DONE


def as_event(item: ListedModel) -> dict[str, Any]:
    """A model as the fields of a JSON event: its whole table row and its state here."""
    readiness = item.readiness
    not_ready = readiness if isinstance(readiness, NotReady) else None
    return {
        "target": str(item.target),
        "state": state_of(item),
        "can_run": not_ready is None,
        "reason": not_ready.reason if not_ready else None,
        "fix": not_ready.fix if not_ready else None,
        "spec": item.spec.model_dump(mode="json"),
    }


def overview(listed: Sequence[ListedModel]) -> str:
    """All models, three lines each."""
    parts: list[str] = []
    for info, offered in groupby(listed, key=lambda item: item.info):
        parts.append(f"{info.id} / {info.deployment}: {info.label}")
        for item in offered:
            words = (_terms(item.spec), f"needs {needs_text(item.spec.needs)}")
            lines = [wrapped(text, first="    ", rest="    ") for text in words]
            parts.append("\n".join([f"  {item.spec.id:<34}{state_of(item)}", *lines]))
    return "\n\n".join([*parts, "More about one: main.py models NAME"])


def details(item: ListedModel) -> str:
    """All about one model."""
    facts = {"target": str(item.target), "state": state_of(item), **facts_of(item.spec)}
    lines = [item.spec.label, wrapped(item.spec.summary, first="  ", rest="  ")]
    lines += [wrapped(fact, first=f"  {name:<17}", rest=" " * 19) for name, fact in facts.items()]
    if isinstance(item.readiness, NotReady):
        text = f"{item.readiness.reason} {item.readiness.fix}"
        lines.append(wrapped(text, first=f"  {'not ready':<17}", rest=" " * 19))
    return "\n".join(lines)


def state_of(item: ListedModel) -> str:
    """One or two words for lists: what is lacking now, whatever else may be."""
    readiness = item.readiness
    return readiness.reason_code.value if isinstance(readiness, NotReady) else item.state.value


def _terms(spec: ModelSpec) -> str:
    return f"{bytes_text(spec.size_bytes)}, {spec.price}, {licence_text(spec)}"
