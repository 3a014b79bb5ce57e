"""The help of the main command; choices and defaults are read from the model tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never, cast

from cli.commands import COMMANDS
from cli.console import wrapped
from cli.options import Kind
from cli.render_options import CLIP_OPTIONS, RUN_OPTIONS, choose_target
from core.config.setting_fields import setting
from core.errors import UnsupportedRequest
from core.video.allowed import (
    AnyValue,
    FileLimit,
    Moment,
    OneOf,
    OneSize,
    OnOff,
    TextLimit,
    WebAddress,
)
from core.video.control_row import Control, ControlKind
from core.video.controls import CONTROLS
from core.video.spec import Durations, FloatRange, IntRange
from core.video.terms import AUTO, OutputKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cli.context import CliContext
    from cli.options import Option, Typed
    from core.video.allowed import Allowed
    from core.video.control_row import ControlRow
    from core.video.spec import ModelSpec

_COLUMN = 28
_MOST_NAMED = 3

_INTRODUCTION = """\
Usage: main.py -p PROMPT [options]
       main.py COMMAND [options]

Makes a clip from a prompt and prints its path on stdout; what is shown on the
way goes to stderr. Nothing is overwritten without --force.
"""
_EXIT_CODES = """\
Exit codes: 0 done, 1 failed, 2 something is wrong with what was asked for,
3 something is not set up, does not run here or passes a cap, 130 cancelled.
"""
# By the first part of a control's field.
_PANELS = {
    "prompt": "What to make",
    "wildcard_seed": "What to make",
    "enhance_prompt": "What to make",
    "enhanced_prompt": "What to make",
    "negative_prompt": "What to make",
    "audio_prompt": "What to make",
    "person_generation": "What to make",
    "inputs": "Files that it is made from",
    "editing": "Files that it is made from",
    "target": "Who makes it",
    "frame": "Picture and sound",
    "audio": "Picture and sound",
    "motion": "Picture and sound",
    "sampling": "Sampling",
    "delivery": "How to run",
}


def root_help(context: CliContext, typed: Typed) -> str:
    """The help text; with `--model` among what was typed, for that model alone."""
    specs, heading = _specs(context, typed)
    rows: dict[str, list[str]] = {panel: [] for panel in _PANELS.values()}
    for row in CONTROLS:
        if row.id in CLIP_OPTIONS:
            option = CLIP_OPTIONS[row.id]
            text = _target_text(context, row, specs) or _control_text(row, specs)
            rows[_PANELS[row.path.partition(".")[0]]].append(_row(_names(option), text))
    rows["How to run"] += [_row(_names(option), option.help) for option in RUN_OPTIONS]
    commands = [_row(name, command.summary) for name, command in COMMANDS.items()]
    parts = [_INTRODUCTION, heading + "\n"]
    for title, listed in (*rows.items(), ("Commands (each has its own --help)", commands)):
        parts.append("\n".join([f"{title}:", *listed, ""]))
    aliases = [name for option in CLIP_OPTIONS.values() for name in option.others]
    listed_aliases = ", ".join(name for name in aliases if name.startswith("--ltx-"))
    ending = (
        f"Each option whose name begins with --ltx- ({listed_aliases}) is the option of the same "
        "name without it."
    )
    return "\n".join([*parts, wrapped(ending, rest=""), "", _EXIT_CODES]).rstrip()


def _specs(context: CliContext, typed: Typed) -> tuple[tuple[ModelSpec, ...], str]:
    registry = context.setup.registry
    target = choose_target(typed, context.setup.settings.render, registry.infos)
    try:
        if target.model != AUTO:
            spec = registry.spec(target)
            return (spec,), f"Values below: {spec.label} ({target})."
        specs = registry.open(target).models()
    except UnsupportedRequest as error:
        return (), wrapped(str(error), rest="")
    where = f"{target.provider} / {target.deployment}"
    text = (
        f"Values below: all models of {where}. For those of one model: "
        f"main.py --model {specs[-1].id} --help"
    )
    return specs, wrapped(text, rest="")


def _names(option: Option) -> str:
    short = [name for name in option.others if not name.startswith("--")]
    names = ", ".join([*short, option.name])
    if option.kind is Kind.SWITCH:
        return f"{names} / {option.opposite}"
    return f"{names} {option.metavar}" if option.metavar else names


def _target_text(context: CliContext, row: ControlRow, specs: Sequence[ModelSpec]) -> str | None:
    """The names that a part of a target may have; None for another control."""
    infos = [info for info in context.setup.registry.infos if OutputKind.VIDEO in info.makes]
    names: list[str]
    match row.id:
        case Control.PROVIDER:
            names = [info.id for info in infos]
        case Control.DEPLOYMENT:
            names = [info.deployment for info in infos]
        case Control.TARGET:
            names = [AUTO, *(spec.id for spec in specs)]
        case _:
            return None
    part = "model" if row.id is Control.TARGET else row.id.value
    default = setting(context.setup.settings, f"render.{part}").value
    return f"{row.tip}: {_list(names)}; {default} when not given."


def _control_text(row: ControlRow, specs: Sequence[ModelSpec]) -> str:
    found = [(spec, allowed) for spec in specs if (allowed := row.allowed(spec)) is not None]
    if not found:
        return "Not offered."
    takers = _takers(specs, [spec for spec, _ in found])
    if row.id is Control.SEED:
        return f"{row.tip}{takers}; drawn when not given."
    if row.id is Control.WILDCARD_SEED:
        return f"{row.tip}{takers}."
    if row.kind is ControlKind.SWITCH:
        allowed = cast("OnOff", found[0][1])
        usual = "with it" if allowed.default else "without"
        return f"{row.tip}{takers}; {usual} when not given."
    if row.kind is ControlKind.FILES:
        takers += "; may be given several times"
    values = _values([allowed for _, allowed in found], row.unit)
    return f"{row.tip}: {values.format(takers=takers)}" if values else f"{row.tip}{takers}."


def _values(found: Sequence[Allowed], unit: str) -> str:
    """What models take of one control, in words, with a place for who they are."""
    defaults: list[object]
    match found[0]:
        case IntRange() | FloatRange() | Durations():
            ranges = cast("Sequence[IntRange | FloatRange | Durations]", found)
            low, high = min(r.minimum for r in ranges), max(r.maximum for r in ranges)
            mark = f" {unit}" if unit == "s" else ""
            defaults = [f"{r.default:g}{mark}" for r in ranges]
            text = f"{low:g} to {high:g}{mark}"
        case OneOf():
            lists = cast("Sequence[OneOf]", found)
            values = [value for one in lists for value in one.values]
            if all(isinstance(value, int) for value in values):
                values.sort(key=lambda value: int(str(value)))
            defaults = [one.default for one in lists if one.default is not None]
            text = _list(values)
        case OneSize():
            sizes = [size for one in cast("Sequence[OneSize]", found) for size in one.sizes]
            defaults = [one.sizes[0].resolution for one in cast("Sequence[OneSize]", found)]
            text = f"{_list(size.resolution for size in sizes)}, or a size such as {sizes[-1]}"
        case OnOff() | TextLimit() | FileLimit() | WebAddress() | AnyValue() | Moment():
            return ""
        case _ as unknown:
            assert_never(unknown)
    return f"{text}{{takers}}{_default(defaults)}."


def _default(values: Iterable[object]) -> str:
    found = list(dict.fromkeys(values))
    if not found:
        return ""
    return f"; {found[0]} when not given" if len(found) == 1 else "; each model has its own default"


def _takers(specs: Sequence[ModelSpec], taking: Sequence[ModelSpec]) -> str:
    """In brackets, which models take this, unless all of them do."""
    names = [spec.id for spec in taking]
    if len(taking) == len(specs):
        return ""
    refusing = [spec.id for spec in specs if spec.id not in names]
    fewer, word = (refusing, "not") if len(refusing) < len(names) else (names, "only")
    if len(fewer) > _MOST_NAMED:
        return f" ({len(names)} of {len(specs)} models)"
    return f" ({word} {_list(fewer)})"


def _list(names: Iterable[object]) -> str:
    return ", ".join(dict.fromkeys(str(name) for name in names))


def _row(names: str, text: str) -> str:
    gap = " " * _COLUMN
    described = wrapped(text, first=gap, rest=gap)
    head = f"  {names}".ljust(_COLUMN)
    return f"{head}\n{described}" if len(head) > _COLUMN else head + described.removeprefix(gap)
