from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.platform.paths import Paths
from core.studio import Studio
from tests.fakes.services.lightricks_server import (
    LightricksServer,
    lightricks_entry,
    lightricks_server,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LightricksServer]:
    """The LTX API on loopback, which this process and its children take for the real one."""
    with lightricks_server(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def studio(service: LightricksServer, tmp_path: Path) -> Iterator[Studio]:
    studio = Studio([lightricks_entry()], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()
