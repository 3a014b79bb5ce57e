"""Settings one by one, each by its name and as text, as a person reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from core.config.settings import Settings
from core.config.settings_schema import SettingInfo, SettingKind, about, kind_of, limit_of
from core.errors import SettingsError
from core.mistakes import mistake_text
from core.platform.suggestions import unknown_name

if TYPE_CHECKING:
    from core.frozen import Frozen


@dataclass(frozen=True)
class SettingField:
    """One setting as it is shown: values are text, empty where nothing is set.

    Attributes:
        section: the title of its section.
        minimum, maximum: the ends of what a number may be; None where that is open.
    """

    name: str
    value: str
    default: str
    help: str
    section: str
    kind: SettingKind
    about: SettingInfo
    minimum: float | None
    maximum: float | None


def with_text(settings: Settings, name: str, text: str) -> Settings:
    """The settings with one value replaced; an empty text gives the default back.

    Raises:
        SettingsError: no such setting, or a value that it does not accept.
    """
    known = setting(settings, name)
    section, field = name.split(".")
    values = settings.model_dump(mode="json")
    if text.strip():
        values[section][field] = text.strip()
    else:
        del values[section][field]
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_refusal(known, text, error)) from error


def fields(settings: Settings) -> tuple[SettingField, ...]:
    """Every setting with its value, default, limits and words."""
    found: list[SettingField] = []
    for section, section_info in Settings.model_fields.items():
        values = cast("Frozen", getattr(settings, section))
        for name, info in type(values).model_fields.items():
            found.append(
                SettingField(
                    name=f"{section}.{name}",
                    value=_as_text(getattr(values, name)),
                    default=_as_text(info.default),
                    help=info.description or "",
                    section=about(section_info).label,
                    kind=kind_of(info),
                    about=about(info),
                    minimum=limit_of(info, "ge"),
                    maximum=limit_of(info, "le"),
                )
            )
    return tuple(found)


def setting(settings: Settings, name: str) -> SettingField:
    """One setting by its name.

    Raises:
        SettingsError: there is no such setting.
    """
    by_name = {field.name: field for field in fields(settings)}
    if name not in by_name:
        raise SettingsError(unknown_name("setting", name, by_name))
    return by_name[name]


def _as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def _refusal(field: SettingField, text: str, error: ValidationError) -> str:
    takes = _numbers_taken(field)
    if takes:
        return f"{field.name} takes {takes}, not {text!r}."
    mistake: Any = error.errors(include_url=False)[0]
    is_checked_by_us = mistake["type"] == "value_error"
    subject = f"{field.name} does not accept {text!r}" if is_checked_by_us else field.name
    return f"{mistake_text(subject, mistake)}."


def _numbers_taken(field: SettingField) -> str:
    """The numbers that a setting may be, in words; empty where it is none."""
    if field.kind not in (SettingKind.NUMBER, SettingKind.WHOLE_NUMBER):
        return ""
    match field.minimum, field.maximum:
        case None, None:
            limits = ""
        case float() | int() as least, None:
            limits = f" of {least:g} or more"
        case None, most:
            limits = f" of {most:g} or less"
        case least, most:
            limits = f" from {least:g} to {most:g}"
    return f"a {field.kind}{limits}"
