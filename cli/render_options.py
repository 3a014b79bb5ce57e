"""The options of the main command: the table of controls, and how a clip is made and told of."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cli.consent import YES
from cli.options import Kind, Option, Unreadable, chooser, file, number, seconds
from core.video.control_row import Control, ControlKind, ControlRow
from core.video.controls import CONTROLS, ROWS
from core.video.editing.tools import IMAGE_TOOLS
from core.video.request import Input, RenderRequest
from core.video.terms import (
    AUTO,
    ControlMap,
    EncoderBits,
    ExtendDirection,
    PersonGeneration,
    Residency,
    RetakePart,
    Role,
    Target,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from enum import StrEnum

    from cli.options import Typed
    from core.config.settings import RenderSettings
    from core.video.provider import ProviderInfo

TARGETS = {
    Control.PROVIDER: "--provider",
    Control.DEPLOYMENT: "--deployment",
    Control.TARGET: "--model",
}
_MOST_LORA_STRENGTH = 2.0
_END = "end"

FALLBACK = Option(
    "--fallback",
    Kind.MANY,
    "Who makes it where that target cannot: provider/deployment/model, with @ and the most US "
    "dollars that it may cost there. Several are tried in their order; none is nobody, whatever "
    "the settings name.",
    "TARGET[@USD]",
)
FALLBACK_TO_PAID = Option(
    "--fallback-to-paid",
    Kind.SWITCH,
    "Whether it may go on from a target that is free at one that takes money.",
)
RUN_OPTIONS = (
    Option(
        "--out",
        Kind.TEXT,
        "The file (.mp4) or an existing folder; without it, the output folder, under a name of "
        "date, prompt and seed.",
        "PATH",
        others=("-o",),
    ),
    FALLBACK,
    FALLBACK_TO_PAID,
    Option("--dry-run", Kind.FLAG, "Show the exact plan, or all that speaks against it, and stop."),
    YES,
    Option("--force", Kind.FLAG, "Replace the output file if it exists."),
    Option("--json", Kind.FLAG, "Write events to stdout, one JSON object a line, and no text."),
    Option("--quiet", Kind.FLAG, "Show neither plan nor progress.", others=("-q",)),
    Option("--version", Kind.FLAG, "Show the version."),
    Option("--help", Kind.FLAG, "Show this help.", others=("-h",)),
)


def option_of_row(row: ControlRow) -> Option:
    """The option that asks for a control."""
    name, _, is_switch = row.options[0].partition("/")
    is_many = row.kind is ControlKind.FILES
    kind = Kind.SWITCH if is_switch else Kind.MANY if is_many else Kind.TEXT
    return Option(name, kind, row.tip, row.metavar or None, others=row.options[1:])


CONTROL_OPTIONS: Mapping[Control, Option] = {
    row.id: option_of_row(row) for row in CONTROLS if row.options
}
CLIP_OPTIONS: Mapping[Control, Option] = {
    control: option for control, option in CONTROL_OPTIONS.items() if ROWS[control].is_for_clips
}
OPTIONS = (*CLIP_OPTIONS.values(), *RUN_OPTIONS)


def read_request(
    typed: Typed,
    settings: RenderSettings,
    infos: Iterable[ProviderInfo],
    but: Collection[Control] = (),
) -> RenderRequest:
    """The request that was typed; a value that cannot be read is left out and told.

    Args:
        typed: the options.
        settings: who renders where nobody says.
        infos: the providers.
        but: controls that the command reads itself.
    """
    request = RenderRequest(target=choose_target(typed, settings, infos), prompt="")
    for row in CONTROLS:
        is_read = row.id in CONTROL_OPTIONS and row.id not in (*TARGETS, *but)
        value = _value(typed, row) if is_read else None
        if row.id is Control.DURATION and value == AUTO:
            row, value = ROWS[Control.AUTO_DURATION], True
        if value is not None:
            request = row.with_value(request, value)
    return request


def choose_target(typed: Typed, settings: RenderSettings, infos: Iterable[ProviderInfo]) -> Target:
    """Who renders: as typed, else as set; a set deployment or model counts for its own provider."""
    provider = typed.text(TARGETS[Control.PROVIDER]) or settings.provider
    deployment = typed.text(TARGETS[Control.DEPLOYMENT])
    if deployment is None:
        offered = [info.deployment for info in infos if info.id == provider]
        is_set = provider == settings.provider or not offered
        deployment = settings.deployment if is_set else offered[0]
    is_set = (provider, deployment) == (settings.provider, settings.deployment)
    model = typed.text(TARGETS[Control.TARGET]) or (settings.model if is_set else AUTO)
    return Target(provider=provider, deployment=deployment, model=model)


def _value(typed: Typed, row: ControlRow) -> object:
    option = CONTROL_OPTIONS[row.id]
    if option.kind is Kind.SWITCH:
        return typed.switch(option)
    if row.id is Control.DURATION and {*map(str.casefold, typed.texts(option.name))} == {AUTO}:
        return AUTO
    read = _reader(row)
    if option.kind is Kind.MANY:
        found = [typed.convert(option.name, text, read) for text in typed.texts(option.name)]
        return tuple(value for value in found if value is not None) or None
    return typed.read(option.name, read)


def _reader(row: ControlRow) -> Callable[[str], Any]:
    match row.kind:
        case ControlKind.NUMBER:
            return seconds if row.unit == "s" else number
        case ControlKind.WHOLE:
            return int
        case ControlKind.FILE | ControlKind.FILES:
            role = row.role
            assert role is not None, "files have a role"
            own = {Role.LORA: _lora, Role.KEYFRAME: _keyframe}
            return own.get(role, partial(_input, role))
        case ControlKind.CHOICE:
            kinds: dict[Control, Iterable[StrEnum]] = {
                Control.MEMORY: Residency,
                Control.TEXT_ENCODER: EncoderBits,
                Control.EXTEND_DIRECTION: ExtendDirection,
                Control.RETAKE_PART: RetakePart,
                Control.CONTROL_MAP: ControlMap,
                Control.PERSON_GENERATION: PersonGeneration,
                Control.TOOL: IMAGE_TOOLS,
            }
            return chooser(kinds[row.id]) if row.id in kinds else str.strip
        case ControlKind.TEXT | ControlKind.SWITCH:
            return str


def _input(role: Role, text: str) -> Input:
    return Input(role=role, path=file(text))


def _lora(text: str) -> Input:
    """FILE or FILE@STRENGTH."""
    name, strength = _strength(text, "a LoRA's", _MOST_LORA_STRENGTH)
    return Input(role=Role.LORA, path=file(name), strength=strength)


def _keyframe(text: str) -> Input:
    """TIME:FILE or TIME:FILE@STRENGTH; the time ends at the first colon, the rest is the name's.

    At the end of the clip it is the end image.
    """
    time, colon, rest = text.partition(":")
    time = time.strip()
    if not colon or not rest.strip():
        raise Unreadable(f"{text!r} {_HOW_KEYFRAMES}")
    name, strength = _strength(rest, "a keyframe's", 1.0)
    if time.casefold() == _END:
        return Input(role=Role.END, path=file(name), strength=strength)
    try:
        at_s = seconds(time)
    except ValueError as error:
        raise Unreadable(f"{text!r} {_HOW_KEYFRAMES}") from error
    if at_s < 0:
        raise Unreadable(f"{text!r} lies before the clip: its times begin at 0.")
    return Input(role=Role.KEYFRAME, path=file(name), at_s=at_s, strength=strength)


_HOW_KEYFRAMES = (
    "has no time. Write it in seconds, or 'end', in front of the file: 2.5:middle.png or "
    "end:last.png@0.7."
)


def _strength(text: str, whose: str, most: float) -> tuple[str, float | None]:
    """The name and what follows its last @; an @ that no number follows belongs to the name."""
    name, _, tail = text.rpartition("@")
    try:
        strength = number(tail) if name else None
    except ValueError:
        strength = None
    if strength is None:
        return text, None
    if not 0 <= strength <= most:
        raise Unreadable(f"{text!r} is out of range: {whose} strength is 0 to {most:g}.")
    return name, strength
