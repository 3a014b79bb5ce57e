from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.platform.paths import Paths
from core.studio import Studio
from tests.fakes.services.replicate_server import (
    ReplicateServer,
    replicate_entry,
    replicate_server,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplicateServer]:
    """Replicate on loopback, which this process and its children take for the real one."""
    with replicate_server(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def studio(service: ReplicateServer, tmp_path: Path) -> Iterator[Studio]:
    studio = Studio([replicate_entry()], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()
