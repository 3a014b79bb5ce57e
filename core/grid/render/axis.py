"""Axes of a grid as they are typed: any control by its option, or words in place of others."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from core.errors import Problem, UnsupportedRequest
from core.grid.sheet.grid import AxisLabels
from core.mistakes import mistakes_in
from core.platform.suggestions import unknown_name
from core.video.control_row import Control, ControlKind
from core.video.controls import CONTROLS
from core.video.planning.named_targets import known_target
from core.video.request import Input, RenderRequest
from core.video.terms import Role, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.video.control_row import ControlRow
    from core.video.registry import ProviderRegistry

_PROMPT = "prompt"
_NONE = "none"
_YES, _NO = ("yes", "on", "true", "1"), ("no", "off", "false", "0")
# Who makes it is named whole, as a model; and nothing of the others changes an image.
_LEFT_OUT = (Control.PROVIDER, Control.DEPLOYMENT, Control.WEBHOOK, Control.ENHANCED_PROMPT)
_HOW = (
    "Write a setting, =, and its values divided by commas, such as steps=4,8,12 or "
    "prompt:red=red,blue."
)


@dataclass(frozen=True)
class GridAxis:
    """What changes from one column, or row, to the next.

    Attributes:
        control: of what changes.
        find: the words in the prompt that the values come in place of; empty for other axes.
    """

    labels: AxisLabels
    control: Control
    changes: tuple[Callable[[RenderRequest], RenderRequest], ...]
    find: str = ""


def axis_controls() -> tuple[ControlRow, ...]:
    """The controls that can be an axis of a grid of images."""
    return tuple(
        row for row in CONTROLS if row.is_for_images and row.options and row.id not in _LEFT_OUT
    )


def axis_name(row: ControlRow) -> str:
    """What a control is called as an axis: its option without the dashes."""
    return row.options[0].partition("/")[0].removeprefix("--")


def read_axis(text: str, field: str, registry: ProviderRegistry) -> GridAxis:
    """An axis as it is typed: "steps=4,8,12" or "prompt:red=red,blue,green".

    A value with a comma stands in quotation marks; "none" leaves the setting out.

    Args:
        text: the axis.
        field: what problems with it name.
        registry: knows models.

    Raises:
        UnsupportedRequest: with everything that is wrong with it.
    """
    head, sign, tail = text.partition("=")
    name, colon, find = head.partition(":")
    name = name.strip().lower().removeprefix("--")
    if not sign or not name:
        raise UnsupportedRequest([Problem(field, f"{text!r} is no axis. {_HOW}")])
    values = _split(tail)
    problems = _problems_of(text, values)
    row = _row(name)
    if row is None:
        known = [axis_name(one) for one in axis_controls()]
        message = unknown_name("setting for an axis", name, known)
        raise UnsupportedRequest([Problem(field, one) for one in (message, *problems)])
    if colon and (row.id is not Control.PROMPT or not find):
        problems.append(f"{head!r} is no axis: words to be replaced follow 'prompt:'. {_HOW}")
    changes: list[Callable[[RenderRequest], RenderRequest]] = []
    for value in values:
        try:
            changes.append(_change(row, find, value, registry))
        except _UnreadableValue as error:
            problems.append(f"{value!r} is no value for {name}: {error}")
    if problems:
        raise UnsupportedRequest([Problem(field, message) for message in problems])
    label = "" if find else row.label
    labels = AxisLabels(name=head.strip(), label=label, values=tuple(values))
    return GridAxis(labels, row.id, tuple(changes), find)


class _UnreadableValue(ValueError):
    """A value that cannot be read, with a sentence on what is one."""


def _split(text: str) -> list[str]:
    """The values of a line, as in a table of values divided by commas."""
    rows = list(csv.reader([text.replace("\n", " ")], skipinitialspace=True))
    return [value.strip() for value in rows[0]] if rows else []


def _problems_of(text: str, values: Sequence[str]) -> list[str]:
    found: list[str] = []
    if not any(values):
        found.append(f"{text!r} has no values. {_HOW}")
    twice = sorted({value for value in values if values.count(value) > 1})
    found += [f"{text!r} has the value {value!r} twice. Name each once." for value in twice]
    return found


def _row(name: str) -> ControlRow | None:
    for row in axis_controls():
        names = {option.partition("/")[0].lstrip("-") for option in row.options}
        if name in names or name == row.id.value:
            return row
    return None


def _change(
    row: ControlRow, find: str, text: str, registry: ProviderRegistry
) -> Callable[[RenderRequest], RenderRequest]:
    """What makes one cell's request of the one that all have."""
    if find:
        return lambda request: request.model_copy(
            update={"prompt": request.prompt.replace(find, text)}
        )
    if row.id is Control.TARGET:
        return _target_change(text, registry)
    value = _value(row, text)

    def change(request: RenderRequest) -> RenderRequest:
        changed = row.with_value(request, value)
        # Names of choices become the choices themselves.
        return RenderRequest.model_validate(changed.model_dump(warnings=False))

    if row.kind is ControlKind.CHOICE:
        try:
            change(RenderRequest(prompt=""))
        except ValidationError as error:
            raise _UnreadableValue(mistakes_in(error, "it")) from error
    return change


def _target_change(
    text: str, registry: ProviderRegistry
) -> Callable[[RenderRequest], RenderRequest]:
    """Another model of the same provider by its name, or any by provider/deployment/model."""
    if "/" not in text:
        return lambda request: request.with_model(text)
    try:
        target: Target = known_target(text, registry)
    except UnsupportedRequest as error:
        raise _UnreadableValue(error.message) from error
    return lambda request: request.model_copy(update={"target": target})


def _value(row: ControlRow, text: str) -> object:
    if not text:
        raise _UnreadableValue("it is empty; 'none' leaves the setting out.")
    if text.lower() == _NONE and row.kind is not ControlKind.TEXT:
        return None
    match row.kind:
        case ControlKind.WHOLE | ControlKind.NUMBER:
            is_whole = row.kind is ControlKind.WHOLE
            try:
                return int(text) if is_whole else float(text)
            except ValueError as error:
                what = "a whole number" if is_whole else "a number"
                raise _UnreadableValue(f"it takes {what}.") from error
        case ControlKind.SWITCH:
            if text.lower() not in (*_YES, *_NO):
                raise _UnreadableValue("it takes yes or no.")
            return text.lower() in _YES
        case ControlKind.FILE | ControlKind.FILES:
            assert row.role is not None, "files have a role"
            given = _input(row.role, text)
            return given if row.kind is ControlKind.FILE else (given,)
        case ControlKind.CHOICE | ControlKind.TEXT:
            return text


def _input(role: Role, text: str) -> Input:
    """A file, of a LoRA with its strength behind an @."""
    name, _, tail = text.rpartition("@")
    try:
        strength = float(tail) if name and role is Role.LORA else None
    except ValueError:
        strength = None
    if strength is not None and not 0 <= strength <= 2:
        raise _UnreadableValue("a LoRA's strength is 0 to 2.")
    path = Path(text if strength is None else name)
    return Input(role=role, path=path, strength=strength)
