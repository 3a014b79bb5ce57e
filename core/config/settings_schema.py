"""What a setting is: the kind of its value, its limits, and the words that it is shown with."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo


class SettingKind(StrEnum):
    """The kinds of values, which decide how one is entered."""

    SWITCH = "switch"
    CHOICE = "choice"
    WHOLE_NUMBER = "whole number"
    NUMBER = "number"
    FOLDER = "folder"
    TEXT = "text"


class TargetPart(StrEnum):
    """Settings whose values are the names that the registered providers give."""

    PROVIDER = "provider"
    DEPLOYMENT = "deployment"
    MODEL = "model"


@dataclass(frozen=True)
class SettingInfo:
    """How a setting is shown; stands in the annotation of its field.

    Attributes:
        unit: what a number counts, as it stands behind the number.
        unset: what happens while nothing is set; empty where there is always a value.
        names: of the values of an enum, by value, each in a few words.
        part: where the values are names that providers give.
        needs_restart: whether a change takes effect at the next start only.
    """

    label: str
    unit: str = ""
    unset: str = ""
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    part: TargetPart | None = None
    needs_restart: bool = False


def about(field: FieldInfo) -> SettingInfo:
    """How a field is shown.

    Raises:
        LookupError: its annotation does not say.
    """
    for item in field.metadata:
        if isinstance(item, SettingInfo):
            return item
    raise LookupError(f"a setting has no SettingInfo: {field!r}")


def kind_of(field: FieldInfo) -> SettingKind:
    """The kind of a field's values, read from its annotation."""
    kinds = (
        (bool, SettingKind.SWITCH),
        (Enum, SettingKind.CHOICE),
        (int, SettingKind.WHOLE_NUMBER),
        (float, SettingKind.NUMBER),
        (Path, SettingKind.FOLDER),
    )
    value_type = _value_type(field)
    return next((kind for of, kind in kinds if issubclass(value_type, of)), SettingKind.TEXT)


def limit_of(field: FieldInfo, end: Literal["ge", "le"]) -> float | None:
    """The least or the greatest number that a field accepts; None where it is open."""
    return next((getattr(item, end) for item in field.metadata if hasattr(item, end)), None)


def _value_type(field: FieldInfo) -> type:
    found = [part for part in get_args(field.annotation) if part is not NoneType]
    value_type = found[0] if found else field.annotation
    return value_type if isinstance(value_type, type) else str
