"""The user's settings: what can be set, its default and its help, and the file that keeps it."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import Field, ValidationError

from core.errors import SettingsError
from core.files import set_aside, write_text_atomically
from core.frozen import Frozen
from core.names import unknown_name

log = logging.getLogger(__name__)


class RenderSettings(Frozen):
    """Who renders when the command does not say."""

    provider: str = Field(default="ltx-video", description="The provider that renders.")
    deployment: str = Field(default="local", description="Where that provider runs.")
    model: str = Field(
        default="auto", description="The model; auto is the best one this machine can run."
    )


class FolderSettings(Frozen):
    """Where big files go."""

    output: Path | None = Field(
        default=None, description="The folder for finished clips; empty for the usual one."
    )
    models: Path | None = Field(
        default=None, description="The folder for downloaded models; empty for the usual one."
    )


class ExportStoreSettings(Frozen):
    """What exports may keep on disk."""

    cache_gb: float = Field(
        default=20.0,
        ge=0,
        description="GB of finished pieces of films that are kept, so that a re-export is quick.",
    )


class Settings(Frozen):
    """Every setting, in sections; a setting is named "section.field"."""

    render: RenderSettings = RenderSettings()
    folders: FolderSettings = FolderSettings()
    export: ExportStoreSettings = ExportStoreSettings()


@dataclass(frozen=True)
class SettingField:
    """One setting as it is shown: values are text, empty where nothing is set."""

    name: str
    value: str
    default: str
    help: str


@dataclass(frozen=True)
class LoadedSettings:
    """The settings, and what the user must be told about how they were read."""

    settings: Settings
    notes: tuple[str, ...] = ()


class ConfigManager:
    """Reads and writes the settings file; an unreadable one is set aside, never overwritten."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> LoadedSettings:
        """The settings in the file, or the defaults where there is none.

        Raises:
            SettingsError: the file exists, and can neither be read nor set aside.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return LoadedSettings(Settings())
        except UnicodeDecodeError as error:
            return self._defaults_instead(str(error))
        except OSError as error:
            raise SettingsError(
                f"The settings file {str(self.path)!r} cannot be read: {error.strerror}.",
                hint="Make it readable, or remove it to start with the defaults.",
            ) from error
        try:
            return LoadedSettings(Settings.model_validate_json(text))
        except ValidationError as error:
            return self._defaults_instead(_first_reason(error))

    def _defaults_instead(self, reason: str) -> LoadedSettings:
        try:
            bad = set_aside(self.path)
        except OSError as error:
            raise SettingsError(
                f"The settings file {str(self.path)!r} is damaged ({reason}) and cannot be set "
                f"aside: {error.strerror}.",
                hint="Move it away by hand.",
            ) from error
        note = (
            f"The settings file was damaged ({reason}). It is kept as {str(bad)!r} and the "
            "defaults are used."
        )
        log.warning("%s", note)
        return LoadedSettings(Settings(), (note,))

    def save(self, settings: Settings) -> None:
        """Write the settings; the old file stays whole until the new one is.

        Raises:
            SettingsError: the file cannot be written.
        """
        try:
            write_text_atomically(self.path, settings.model_dump_json(indent=2) + "\n")
        except OSError as error:
            raise SettingsError(
                f"The settings cannot be written to {str(self.path)!r}: {error.strerror}.",
                hint="Make the folder writable, or set IMAGEAI_HOME to another one.",
            ) from error

    def change(self, settings: Settings, name: str, text: str) -> Settings:
        """The settings with one value replaced; an empty text gives the default back.

        Raises:
            SettingsError: no such setting, or a value that it does not accept.
        """
        _find(settings, name)
        section, field = name.split(".")
        values = cast("dict[str, dict[str, Any]]", json.loads(settings.model_dump_json()))
        if text.strip():
            values[section][field] = text.strip()
        else:
            del values[section][field]
        try:
            return Settings.model_validate_json(json.dumps(values))
        except ValidationError as error:
            raise SettingsError(
                f"{name} does not accept {text!r}: {_first_reason(error)}"
            ) from error


def fields(settings: Settings) -> tuple[SettingField, ...]:
    """Every setting with its value, default and help."""
    found: list[SettingField] = []
    for section in Settings.model_fields:
        values = cast("Frozen", getattr(settings, section))
        for name, info in type(values).model_fields.items():
            found.append(
                SettingField(
                    name=f"{section}.{name}",
                    value=_as_text(getattr(values, name)),
                    default=_as_text(info.default),
                    help=info.description or "",
                )
            )
    return tuple(found)


def setting(settings: Settings, name: str) -> SettingField:
    """One setting by its name.

    Raises:
        SettingsError: there is no such setting.
    """
    return _find(settings, name)


def _find(settings: Settings, name: str) -> SettingField:
    by_name = {field.name: field for field in fields(settings)}
    if name not in by_name:
        raise SettingsError(unknown_name("setting", name, by_name))
    return by_name[name]


def _as_text(value: object) -> str:
    return "" if value is None else str(value)


def _first_reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]
