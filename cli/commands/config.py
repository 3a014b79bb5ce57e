"""`config`: show and change settings; names, defaults and help come from the settings' schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.desk import Desk, desk_of
from cli.speech import wrapped
from core.config import Settings, fields, setting
from core.errors import SettingsError
from core.names import unknown_name
from core.video.request import AUTO, Target

if TYPE_CHECKING:
    from core.config import SettingField

_NAMES = ", ".join(field.name for field in fields(Settings()))

app = typer.Typer(
    help="Show and change settings.",
    epilog=f"Settings: {_NAMES}.",
    rich_markup_mode=None,
    no_args_is_help=False,
)

_Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
_Name = Annotated[str, typer.Argument(help=f"One of {_NAMES}.", show_default=False)]


@app.callback(invoke_without_command=True)
def config(ctx: typer.Context, json: _Json = False) -> int:
    """Show and change settings."""
    return 0 if ctx.invoked_subcommand is not None else show(ctx, json)


@app.command()
def show(ctx: typer.Context, json: _Json = False) -> int:
    """Every setting: its value, and what it is for."""
    desk = desk_of(ctx)
    desk.speak_as(is_json=json)
    found = fields(desk.studio.settings)
    for field in found:
        desk.speech.event(
            "setting", name=field.name, value=field.value, default=field.default, help=field.help
        )
    if not desk.speech.is_json:
        desk.speech.answer("\n".join(_lines(field) for field in found))
    return 0


@app.command()
def get(ctx: typer.Context, name: _Name) -> int:
    """The value of one setting."""
    desk = desk_of(ctx)
    desk.speech.answer(setting(desk.studio.settings, name).value)
    return 0


@app.command("set")
def set_(
    ctx: typer.Context,
    name: _Name,
    value: Annotated[str, typer.Argument(help='The value; "" gives the default back.')],
) -> int:
    """Change one setting."""
    desk = desk_of(ctx)
    studio = desk.studio
    changed = studio.config.change(studio.settings, name, value)
    _check_target(desk, name, changed)
    studio.config.save(changed)
    desk.speech.tell(f"{name} is now {setting(changed, name).value!r}.")
    return 0


@app.command()
def path(ctx: typer.Context) -> int:
    """The file that the settings are kept in."""
    desk = desk_of(ctx)
    desk.speech.answer(str(desk.studio.config.path))
    return 0


def _lines(field: SettingField) -> str:
    value = field.value or "(not set)"
    is_changed = field.value != field.default
    default = f" (default {field.default or 'not set'})" if is_changed else ""
    return f"{field.name} = {value}{default}\n{wrapped(field.help, first='    ', rest='    ')}"


def _check_target(desk: Desk, name: str, settings: Settings) -> None:
    """A provider, deployment or model must be one that exists.

    Raises:
        SettingsError: it does not, with the nearest that does.
    """
    registry, render = desk.studio.registry, settings.render
    known: dict[str, list[str]] = {
        "render.provider": [info.id for info in registry.infos],
        "render.deployment": [i.deployment for i in registry.infos if i.id == render.provider],
    }
    if name == "render.model":
        target = Target(provider=render.provider, deployment=render.deployment)
        known[name] = [AUTO, *(spec.id for spec in registry.open(target).models())]
    value = setting(settings, name).value
    if name in known and value not in known[name]:
        raise SettingsError(unknown_name(name.removeprefix("render."), value, known[name]))
