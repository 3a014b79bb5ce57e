"""The keys that the registered providers may ask for, and where each is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.video.request import Target

if TYPE_CHECKING:
    from core.config.api_keys import ApiKeys, KeySpec
    from core.video.registry import ProviderRegistry


@dataclass(frozen=True)
class KeyUse:
    """A key and a provider that asks for it."""

    key: KeySpec
    target: Target


def known_keys(registry: ProviderRegistry) -> dict[str, KeyUse]:
    """Every key that a provider may ask for, by its id."""
    return {
        key.id: KeyUse(key, Target(provider=info.id, deployment=info.deployment))
        for info in reversed(registry.infos)
        for key in info.keys
    }


def source_of(keys: ApiKeys, key: KeySpec) -> str | None:
    """Where a key is set: a variable's name, "keyring", or None for nowhere."""
    found = keys.find(key)
    if found is None:
        return None
    return found.variable or found.source.value
