"""`keys`: set, test, remove and list the keys of services; a key is never an argument."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from cli.console import wrapped
from cli.context import CliContext, JsonOption, context_of
from cli.signals import EXIT_DONE
from core.config.api_keys import KeySpec, KeyUse, source_of
from core.errors import KeyStoreError, NotConfigured, Problem, UnsupportedRequest
from core.platform.suggestions import unknown_name
from core.video.provider import NotReady

app = typer.Typer(
    help="Set, test, remove and list keys: in the system's keyring or the environment only.",
    rich_markup_mode=None,
    add_completion=False,
)

_Name = Annotated[str, typer.Argument(help="The key; 'keys list' shows which there are.")]


@app.callback(invoke_without_command=True)
def keys(ctx: typer.Context, json: JsonOption = False) -> int:
    """Set, test, remove and list keys."""
    return EXIT_DONE if ctx.invoked_subcommand is not None else list_(ctx, json)


@app.command("list")
def list_(ctx: typer.Context, json: JsonOption = False) -> int:
    """Every key that a provider may ask for, and where it is set."""
    context = context_of(ctx, is_json=json)
    lines: list[str] = []
    for owned in context.setup.known_keys().values():
        place = source_of(context.setup.keys, owned.key)
        context.console.event("key", id=owned.key.id, label=owned.key.label, set_in=place)
        lines.append(f"{owned.key.id:<16}{place or 'not set'}")
        use = f"{owned.key.label}: {owned.key.purpose} {owned.key.url}"
        lines.append(wrapped(use, first="    ", rest="    "))
    context.console.answer_in_words("\n".join(lines) or "No provider here needs a key.")
    return EXIT_DONE


# Extra words are taken, so that the refusal is ours: the usual one repeats them on the screen.
@app.command("set", context_settings={"allow_extra_args": True})
def set_(ctx: typer.Context, name: _Name) -> int:
    """Keep a key in the keyring; it is asked for, or read from stdin."""
    context = context_of(ctx)
    key = _find(context, name).key
    if ctx.args:
        message = (
            "A key is never given as an argument, where other programs and the shell's history "
            f"see it. Run 'main.py keys set {key.id}' and type it when asked, or pipe it in. If "
            "this one was real, replace it."
        )
        raise UnsupportedRequest([Problem("key", message)])
    context.setup.keys.store(key, _read_secret(key))
    context.console.tell(f"The {key.label} key is kept in the keyring.")
    found = context.setup.keys.find(key)
    if found is not None and found.variable:
        context.console.note(f"{found.variable} is set as well and is used before the keyring.")
    return EXIT_DONE


@app.command()
def test(ctx: typer.Context, name: _Name) -> int:
    """Ask the service whether it accepts a key."""
    context = context_of(ctx)
    owned = _find(context, name)
    if context.setup.keys.find(owned.key) is None:
        raise NotConfigured(
            f"The {owned.key.label} key is not set.",
            hint=f"Set {owned.key.variables[0]} or run 'main.py keys set {owned.key.id}'.",
        )
    readiness = context.studio.check_key(owned.target, owned.key)
    if isinstance(readiness, NotReady):
        raise NotConfigured(readiness.reason, hint=readiness.fix)
    context.console.answer(f"The {owned.key.label} key works.")
    return EXIT_DONE


@app.command()
def remove(ctx: typer.Context, name: _Name) -> int:
    """Take a key out of the keyring."""
    context = context_of(ctx)
    key = _find(context, name).key
    if not context.setup.keys.remove(key):
        place = source_of(context.setup.keys, key)
        where = f" It is set in the environment ({place})." if place else ""
        raise KeyStoreError(f"The keyring holds no {key.label} key.{where}")
    context.console.tell(f"The {key.label} key is removed from the keyring.")
    return EXIT_DONE


def _find(context: CliContext, name: str) -> KeyUse:
    known = context.setup.known_keys()
    if name not in known:
        raise UnsupportedRequest([Problem("key", unknown_name("key", name, known))])
    return known[name]


def _read_secret(key: KeySpec) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"{key.label} key (not shown): ")
    return sys.stdin.readline().strip()
