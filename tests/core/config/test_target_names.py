from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.config.setting_fields import with_text
from core.config.settings import Settings
from core.config.settings_schema import TargetPart
from core.config.target_names import change_setting, set_target, target_names
from core.errors import SettingsError
from core.studio import Studio
from core.video.provider import ProviderEntry
from tests.fakes.provider import FakeProvider, open_fake

if TYPE_CHECKING:
    from core.platform.paths import Paths
    from core.video.registry import ProviderRegistry


@pytest.fixture
def registry(paths: Paths) -> ProviderRegistry:
    info = FakeProvider().info
    other = replace(
        info, id="other", name="Another Provider", deployment="cloud", label="Other, far away"
    )
    entries = [ProviderEntry(info, open_fake), ProviderEntry(other, open_fake)]
    return Studio(entries, paths=paths).registry


def settings(provider: str, deployment: str = "local", model: str = "auto") -> Settings:
    changed = Settings()
    for name, text in (("provider", provider), ("deployment", deployment), ("model", model)):
        changed = with_text(changed, f"render.{name}", text)
    return changed


def test_names_are_those_of_the_chosen_provider(registry: ProviderRegistry) -> None:
    names = target_names(registry, settings("other", "cloud"))
    assert names[TargetPart.PROVIDER] == {"fake": "fake", "other": "Another Provider"}
    assert names[TargetPart.DEPLOYMENT] == {"cloud": "Other, far away"}
    assert list(names[TargetPart.MODEL]) == [
        "auto",
        *(spec.id for spec in FakeProvider().models()),
    ]


def test_another_provider_brings_its_own_deployment_and_model(registry: ProviderRegistry) -> None:
    changed = change_setting(registry, settings("fake", model="fake-small"),
                             "render.provider", "other")  # fmt: skip
    assert changed.settings.render.deployment == "cloud"
    assert changed.settings.render.model == "fake-small"
    (note,) = changed.notes
    assert "'other' has no 'local'" in note


def test_what_fits_is_left_alone(registry: ProviderRegistry) -> None:
    fitting = settings("fake", model="fake-big")
    assert set_target(registry, fitting).settings == fitting
    assert set_target(registry, fitting).notes == ()


def test_an_unknown_provider_is_left_for_its_own_message(registry: ProviderRegistry) -> None:
    gone = settings("gone")
    assert set_target(registry, gone).settings == gone
    with pytest.raises(SettingsError, match="Did you mean 'fake'"):
        change_setting(registry, gone, "render.provider", "fak")


def test_other_settings_are_changed_without_asking_a_provider(registry: ProviderRegistry) -> None:
    changed = change_setting(registry, settings("gone"), "network.is_off", "yes")
    assert changed.settings.network.is_off
