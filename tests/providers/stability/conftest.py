from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.platform.paths import Paths
from core.studio import Studio
from tests.fakes.services.stability_server import stability_entry, stability_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes.services.stability_server import StabilityServer


@pytest.fixture
def stability(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StabilityServer]:
    """Stability on loopback, which this process and its children take for the real one."""
    with stability_server(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def stability_studio(stability: StabilityServer, tmp_path: Path) -> Iterator[Studio]:
    studio = Studio([stability_entry()], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()
