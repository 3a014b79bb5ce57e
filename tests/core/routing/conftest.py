from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from core.studio import Studio
from core.video.provider import ProviderContext, ProviderEntry
from core.video.terms import FallbackTarget, Target
from tests.fakes.provider import ENTRY
from tests.fakes.services.cloud_provider import CLOUD_KEY, INFO, CloudProvider, cloud_entry
from tests.fakes.services.cloud_server import KEY, CloudServer, cloud_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.platform.paths import Paths
    from core.video.plan import RenderPlan

LOCAL = Target(provider="fake", deployment="local", model="fake-small")
FIRST = Target(provider="cloud", deployment="fake", model="cloud-full")
SECOND = FIRST.model_copy(update={"deployment": "second"})


class SecondCloud(CloudProvider):
    """Another service with the same models, whose prices rise when a test says so."""

    info = replace(INFO, deployment="second", label="Second Cloud")
    risen_usd: float | None = None

    def __init__(self, context: ProviderContext, url: str) -> None:
        super().__init__(context, url)

    def fit(self, plan: RenderPlan) -> RenderPlan:
        risen = self.risen_usd
        return plan if risen is None else plan.model_copy(update={"cost_usd": risen})


@dataclass
class Services:
    """Both of them, and how often each has sold a clip."""

    first: CloudServer
    second: CloudServer

    @property
    def purchases(self) -> tuple[int, int]:
        return self.first.purchases, self.second.purchases


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv(CLOUD_KEY.variables[0], KEY)
    with cloud_server(tmp_path / "one") as first, cloud_server(tmp_path / "two") as second:
        yield Services(first, second)


@pytest.fixture
def studio(services: Services, paths: Paths) -> Iterator[Studio]:
    second = ProviderEntry(SecondCloud.info, partial(SecondCloud, url=services.second.url))
    studio = Studio([ENTRY, cloud_entry(services.first.url), second], paths=paths)
    yield studio
    studio.close()


def at(target: Target, limit_usd: float | None = None) -> FallbackTarget:
    return FallbackTarget(target=target, limit_usd=limit_usd)
