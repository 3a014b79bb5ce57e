"""`models`: what exists and is installed, what each takes and costs; checkpoints of one's own."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup
from typing_extensions import override

from cli.console import wrapped
from cli.context import JsonOption, context_of
from cli.signals import EXIT_CANCELLED, EXIT_DONE, EXIT_FAILED, EXIT_NOT_CONFIGURED
from core.errors import JobCancelled, Problem, UnsupportedRequest
from core.platform.suggestions import unknown_name
from core.platform.units import bytes_text
from core.video.listing import ListedModel, ask_services, read_models
from core.video.model_store import OnDisk, add_checkpoint
from core.video.provider import NotReady
from core.video.terms import AUTO

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cli.context import CliContext
    from core.jobs.job import CancelToken
    from core.video.listing import ServiceAnswer
    from core.video.model_store import AddedModel, Installation, ModelStore
    from core.video.terms import Target

T = TypeVar("T")


class _ShownByDefault(TyperGroup):
    """`models NAME` is short for `models show NAME`."""

    @override
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {*self.commands, "--help"}
        return super().parse_args(ctx, args if known & set(args[:1]) else ["show", *args])


app = typer.Typer(
    cls=_ShownByDefault,
    help="What models there are; add, check and remove them.",
    rich_markup_mode=None,
    add_completion=False,
)

_Id = Annotated[str, typer.Argument(metavar="NAME", help="A model's id.")]


@app.command()
def show(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Show all about one model.")] = None,
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh", help="Ask the services for prices and fields; show what changed."
        ),
    ] = False,
    json: JsonOption = False,
) -> int:
    """What models there are: installed or not, size, licence, needs and price."""
    context = context_of(ctx, is_json=json)
    registry = context.setup.registry
    if refresh:
        code = _refresh(context)
        if name is None:
            return code
    # Many people have a keyring that asks for a password; a list is not worth one.
    asks = name is not None
    every = listed = [
        item
        for info in registry.infos
        for item in read_models(registry, info, weighs=False, asks_keyring=asks)
    ]
    if name is not None:
        listed = [item for item in every if name in (item.spec.id, str(item.target))]
        if not listed:
            known = [item.spec.id for item in every]
            raise UnsupportedRequest([Problem("model", unknown_name("model", name, known))])
    if json:
        for item in listed:
            context.console.event("model", **as_event(item))
    text = "\n\n".join(map(details, listed)) if name is not None else overview(listed)
    context.console.answer_in_words(text)
    return EXIT_DONE


@app.command()
def add(
    ctx: typer.Context,
    path: Annotated[
        Path,
        typer.Argument(
            help="A folder in the layout of diffusers, or a .safetensors or .gguf file."
        ),
    ],
    name: Annotated[str, typer.Option("--name", help="What it is to be called.")],
    like: Annotated[
        str | None, typer.Option("--like", metavar="ID", help="The model it is run like.")
    ] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Copy the files, do not link them.")] = False,
    json: JsonOption = False,
) -> int:
    """Make a checkpoint of your own a model; its files stay where they are."""
    context = context_of(ctx, is_json=json)
    stores = tuple(context.setup.registry.stores().values())

    def work(cancel: CancelToken, on_fraction: Callable[[float], None]) -> AddedModel:
        return add_checkpoint(stores, path, name, like, cancel, on_fraction, may_copy=copy)

    added = _reading(context, work)
    context.console.event("added", model=added.model, notes=list(added.notes))
    context.console.answer_in_words(
        "\n".join([f"{name} is the model {added.model}.", *added.notes])
    )
    return EXIT_DONE


@app.command()
def verify(ctx: typer.Context, name: _Id, json: JsonOption = False) -> int:
    """Read every byte of a model and say what is damaged."""
    context = context_of(ctx, is_json=json)
    store, target = _store_of(context, name)

    def work(cancel: CancelToken, on_fraction: Callable[[float], None]) -> Installation:
        return store.verify(name, cancel, on_fraction)

    found = _reading(context, work)
    context.console.event("verified", model=name, state=found.on_disk, reason=found.reason)
    if found.on_disk is OnDisk.WHOLE:
        how = f"is installed {found.without}" if found.without else "is whole"
        context.console.answer_in_words(f"{name} {how}: every file is there and right.")
        return EXIT_DONE
    readiness = context.setup.registry.readiness(target)
    fix = readiness.fix if isinstance(readiness, NotReady) else ""
    context.console.answer_in_words(f"{found.reason} {fix}".strip())
    return EXIT_NOT_CONFIGURED if found.on_disk is OnDisk.NOTHING else EXIT_FAILED


@app.command()
def remove(
    ctx: typer.Context,
    name: _Id,
    yes: Annotated[bool, typer.Option("--yes", help="Delete what must be fetched again.")] = False,
    json: JsonOption = False,
) -> int:
    """Delete a model; files of others, and your own, stay."""
    context = context_of(ctx, is_json=json)
    store, target = _store_of(context, name)
    context.setup.registry.spec(target)
    found = store.installation(name)
    if found is not None and found.on_disk is OnDisk.NOTHING:
        context.console.answer_in_words(f"{name} is not installed: there is nothing to remove.")
        return EXIT_DONE
    if found is not None and not found.is_own and not yes:
        message = f"It would free {bytes_text(found.freed_bytes)}: add --yes to delete {name}."
        raise UnsupportedRequest([Problem("yes", message)])
    freed_bytes = store.remove(name)
    context.console.event("removed", model=name, freed_bytes=freed_bytes)
    context.console.answer_in_words(f"{name} is removed; {bytes_text(freed_bytes)} are free.")
    return EXIT_DONE


def _refresh(context: CliContext) -> int:
    """Ask every service, and show what it says anew.

    A key that is not set is no failure, unless nobody could be asked.
    """
    # Imported late: jobs and their events are much to load for a list of models.
    from core.jobs.job import ErrorReport

    answers: list[ServiceAnswer] = []
    for answer in ask_services(context.setup.registry):
        answers.append(answer)
        info, news, error = answer.info, answer.news, answer.error
        where = {"provider": info.id, "deployment": info.deployment}
        if news is None:
            report = ErrorReport.of(error) if error else ErrorReport(kind="", message=answer.text)
            context.console.event("not_asked", **where, **report.model_dump())
        else:
            for change in news.changes:
                context.console.event("changed", **where, **asdict(change))
            since = news.known_since and news.known_since.isoformat()
            count = len(news.changes)
            context.console.event(
                "asked", **where, models=news.num_models, known_since=since, changes=count
            )
        lines = (wrapped(line, rest=" " * 6) for line in answer.text.splitlines())
        context.console.answer_in_words("\n".join(lines))
    if any(answer.has_failed for answer in answers):
        return EXIT_FAILED
    return EXIT_DONE if any(answer.news for answer in answers) else EXIT_NOT_CONFIGURED


def _store_of(context: CliContext, name: str) -> tuple[ModelStore, Target]:
    """The store of a model, and the target."""
    registry = context.setup.registry
    target = registry.in_store(name)
    return registry.stores()[target.with_model(AUTO)], target


def _reading(context: CliContext, work: Callable[[CancelToken, Callable[[float], None]], T]) -> T:
    """What comes of reading many bytes; how far it is is shown, and a signal stops it."""
    # Imported late: most looks at models read nothing.
    from cli.progress import progress_view
    from core.jobs.job import CancelToken, Progressed
    from core.jobs.lanes import Stage

    cancel = CancelToken()
    with context.signals.calling(cancel.cancel), progress_view(context.console) as view:

        def on_fraction(fraction: float) -> None:
            if not context.console.is_json:
                view.show(Progressed(stage=Stage.VERIFY, fraction=fraction))

        try:
            return work(cancel, on_fraction)
        except JobCancelled as error:
            context.console.event("cancelled")
            context.console.tell("Cancelled. Nothing was changed.")
            raise typer.Exit(EXIT_CANCELLED) from error


def as_event(item: ListedModel) -> dict[str, Any]:
    """A model as the fields of a JSON event: its whole table row and its state here."""
    readiness = item.readiness
    not_ready = readiness if isinstance(readiness, NotReady) else None
    return {
        "target": str(item.target),
        "state": not_ready.reason_code if not_ready else item.state,
        "missing_parts": item.installation.missing_parts if item.installation else (),
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
            words = (", ".join(item.spec.terms), f"needs {item.spec.needs}")
            lines = [wrapped(text, first="    ", rest="    ") for text in words]
            parts.append("\n".join([f"  {item.spec.id:<34}{state_of(item)}", *lines]))
    return "\n\n".join([*parts, "More about one: main.py models NAME"])


def details(item: ListedModel) -> str:
    """All about one model."""
    # Imported late: the list of all models, which people ask for most, tells no control.
    from core.video.model_text import facts_of

    facts = {"target": str(item.target), "state": state_of(item), **facts_of(item.spec)}
    lines = [item.spec.label, wrapped(item.spec.summary, first="  ", rest="  ")]
    lines += [wrapped(fact, first=f"  {name:<17}", rest=" " * 19) for name, fact in facts.items()]
    if isinstance(item.readiness, NotReady):
        text = f"{item.readiness.reason} {item.readiness.fix}"
        lines.append(wrapped(text, first=f"  {'not ready':<17}", rest=" " * 19))
    return "\n".join(lines)


def state_of(item: ListedModel) -> str:
    """A few words for lists: what is lacking now, whatever else may be."""
    readiness = item.readiness
    return readiness.reason_code.value if isinstance(readiness, NotReady) else item.state_text
