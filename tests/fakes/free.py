"""The fake provider as one on this machine: two models, and both are free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.video.provider import ProviderEntry
from tests.fakes.provider import ENTRY, FREE, FULL, SMALL, FakeProvider

if TYPE_CHECKING:
    from core.video.spec import ModelSpec


class FreeProvider(FakeProvider):
    """Whose clips cost nothing but the loading of a model."""

    def models(self) -> tuple[ModelSpec, ...]:
        return (SMALL, FULL.model_copy(update={"price": FREE}))


def entry_of(provider: FreeProvider) -> ProviderEntry:
    """The entry of a provider that the test looks into afterwards."""
    return ProviderEntry(ENTRY.info, lambda _: provider)
