"""What is read at every start: places, settings, keys and providers, without films and jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.config.api_keys import ApiKeys, known_keys
from core.config.settings import ConfigManager
from core.media.ffmpeg_choice import use_ffmpeg
from core.platform.machine import read_machine
from core.platform.network import NetworkSwitch
from core.platform.paths import Paths
from core.video.provider import ProviderContext
from core.video.registry import ProviderRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.config.api_keys import KeyUse
    from core.language.provider import LanguageEntry
    from core.platform.machine import Machine
    from core.video.packages import PackageInstaller
    from core.video.provider import ProviderEntry


class Setup:
    """Places, settings, keys and providers; enough to look at models and settings.

    Attributes:
        notes: what the user must be told about how the settings were read.
        language_entries: who may have language models.
    """

    def __init__(
        self,
        entries: Sequence[ProviderEntry],
        *,
        paths: Paths | None = None,
        keys: ApiKeys | None = None,
        machine: Callable[[], Machine] = read_machine,
        package_installer: PackageInstaller | None = None,
        language: Sequence[LanguageEntry] = (),
    ) -> None:
        self._places = places = paths or Paths.of_user()
        self.config = ConfigManager(places.settings_file)
        loaded = self.config.load()
        self.settings = loaded.settings
        self.notes = loaded.notes
        use_ffmpeg(self.settings.programs.ffmpeg)
        folders = self.settings.folders
        self.paths = places.moved(
            output_dir=folders.output,
            models_dir=folders.models,
            wildcards_dir=folders.wildcards,
        )
        self.keys = keys or ApiKeys(places.state_dir / "kept-keys")
        self.read_machine = machine
        network = NetworkSwitch(is_off=self.settings.network.is_off)
        context = ProviderContext(self.paths, lambda: self.settings, self.keys, machine, network)
        self.registry = ProviderRegistry(entries, context, package_installer)
        self.language_entries = tuple(language)

    def known_keys(self) -> dict[str, KeyUse]:
        """Every key that a provider or a language model may ask for, by its id."""
        asked = (entry.info.key for entry in self.language_entries)
        return known_keys(self.registry, [key for key in asked if key is not None])

    @property
    def usual_folders(self) -> dict[str, Path]:
        """By the name of its setting, the folder that is used while none is set."""
        places = self._places
        names = ("output", "models", "wildcards")
        return {f"folders.{name}": getattr(places, f"{name}_dir") for name in names}

    def close(self) -> None:
        """Close every provider."""
        self.registry.close()
