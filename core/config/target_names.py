"""The names that provider, deployment and model may have in the settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.config.setting_fields import fields, setting, with_text
from core.config.settings import SettingsResult
from core.config.settings_schema import SettingKind, TargetPart
from core.errors import SettingsError, UnsupportedRequest
from core.platform.files import folder_problem
from core.platform.suggestions import unknown_name
from core.video.planning.named_targets import known_target
from core.video.terms import AUTO, OutputKind, Target

if TYPE_CHECKING:
    from core.config.setting_fields import SettingField
    from core.config.settings import Settings
    from core.video.registry import ProviderRegistry

TargetNames = dict[TargetPart, dict[str, str]]
"""For each part of a target, the names that exist, each with its label."""


def target_names(registry: ProviderRegistry, settings: Settings) -> TargetNames:
    """The names to choose from, under the provider and deployment that are set."""
    render = settings.render
    # Settings say who makes clips.
    infos = [info for info in registry.infos if OutputKind.VIDEO in info.makes]
    offered = {info.deployment: info.label for info in infos if info.id == render.provider}
    models = {AUTO: "Automatic: the best one this machine can run"}
    if render.deployment in offered:
        target = Target(provider=render.provider, deployment=render.deployment)
        models |= {spec.id: spec.label for spec in registry.open(target).models()}
    return {
        TargetPart.PROVIDER: {info.id: info.shown_name for info in infos},
        TargetPart.DEPLOYMENT: offered,
        TargetPart.MODEL: models,
    }


def change_setting(
    registry: ProviderRegistry, settings: Settings, name: str, text: str
) -> SettingsResult:
    """The settings with one value replaced; an empty text gives the default back.

    A folder must be one, or one that can be made. A deployment and a model that the newly chosen
    provider does not have give way to its own.

    Raises:
        SettingsError: no such setting, or a value that it does not accept, with the nearest.
    """
    changed = with_text(settings, name, text)
    field = setting(changed, name)
    problem = folder_problem(Path(field.value)) if field.kind is SettingKind.FOLDER else ""
    if problem and field.value:
        raise SettingsError(f"{name} does not accept {text!r}: {problem}")
    if name == "render.fallbacks":
        _check_fallbacks(registry, changed)
    part = next((part for part in TargetPart if _field(changed, part).name == name), None)
    if part is None:
        return SettingsResult(changed)
    value, known = _field(changed, part).value, _names(registry, changed, part)
    if value not in known:
        raise SettingsError(unknown_name(part.value, value, known))
    return set_target(registry, changed)


def _check_fallbacks(registry: ProviderRegistry, settings: Settings) -> None:
    for fallback in settings.render.fallback_targets:
        try:
            known_target(str(fallback.target), registry)
        except UnsupportedRequest as error:
            raise SettingsError(f"render.fallbacks: {error.message}") from error


def set_target(registry: ProviderRegistry, settings: Settings) -> SettingsResult:
    """The settings with a deployment and a model that the provider has, and what gave way."""
    notes: list[str] = []
    for part in (TargetPart.DEPLOYMENT, TargetPart.MODEL):
        field, names = _field(settings, part), _names(registry, settings, part)
        if names and field.value not in names:
            provider = settings.render.provider
            settings = with_text(settings, field.name, names[0])
            notes.append(f"{field.name} is now {names[0]!r}: {provider!r} has no {field.value!r}.")
    return SettingsResult(settings, tuple(notes))


def _field(settings: Settings, part: TargetPart) -> SettingField:
    return next(field for field in fields(settings) if field.about.part is part)


def _names(registry: ProviderRegistry, settings: Settings, part: TargetPart) -> list[str]:
    return list(target_names(registry, settings)[part])
