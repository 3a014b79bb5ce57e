"""`config`: show and change settings; names, defaults and help come from the settings' schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import wrapped
from cli.context import JsonOption, context_of
from cli.signals import EXIT_DONE
from core.config.setting_fields import fields, setting
from core.config.settings import Settings
from core.config.target_names import change_setting

if TYPE_CHECKING:
    from core.config.setting_fields import SettingField

_NAMES = ", ".join(field.name for field in fields(Settings()))

app = typer.Typer(
    help="Show and change settings.",
    epilog=f"Settings: {_NAMES}.",
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=False,
)

_Name = Annotated[str, typer.Argument(help=f"One of {_NAMES}.", show_default=False)]


@app.callback(invoke_without_command=True)
def config(ctx: typer.Context, json: JsonOption = False) -> int:
    """Show and change settings."""
    return EXIT_DONE if ctx.invoked_subcommand is not None else show(ctx, json)


@app.command()
def show(ctx: typer.Context, json: JsonOption = False) -> int:
    """Every setting: its value, and what it is for."""
    context = context_of(ctx, is_json=json)
    found = fields(context.setup.settings)
    for field in found:
        context.console.event(
            "setting", name=field.name, value=field.value, default=field.default, help=field.help
        )
    context.console.answer_in_words("\n".join(_lines(field) for field in found))
    return EXIT_DONE


@app.command()
def get(ctx: typer.Context, name: _Name) -> int:
    """The value of one setting."""
    context = context_of(ctx)
    context.console.answer(setting(context.setup.settings, name).value)
    return EXIT_DONE


# A number below zero is a value like others, and not an option.
@app.command("set", context_settings={"ignore_unknown_options": True})
def set_(
    ctx: typer.Context,
    name: _Name,
    value: Annotated[str, typer.Argument(help='The value; "" gives the default back.')],
) -> int:
    """Change one setting."""
    context = context_of(ctx)
    setup = context.setup
    changed = change_setting(setup.registry, setup.settings, name, value)
    setup.config.save(changed.settings)
    context.console.tell(f"{name} is now {setting(changed.settings, name).value!r}.")
    for note in changed.notes:
        context.console.note(note)
    return EXIT_DONE


@app.command()
def path(ctx: typer.Context) -> int:
    """The file that the settings are kept in."""
    context = context_of(ctx)
    context.console.answer(str(context.setup.config.path))
    return EXIT_DONE


def _lines(field: SettingField) -> str:
    value = field.value or "(not set)"
    is_changed = field.value != field.default
    default = f" (default {field.default or 'not set'})" if is_changed else ""
    return f"{field.name} = {value}{default}\n{wrapped(field.help, first='    ', rest='    ')}"
