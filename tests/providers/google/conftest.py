from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.platform.paths import Paths
from core.studio import Studio
from tests.fakes.services.omni_server import OmniServer, omni_entry, omni_server
from tests.fakes.services.veo_server import VeoServer, veo_entry, veo_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def omni(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OmniServer]:
    """The Gemini API on loopback, which this process and its children take for the real one."""
    with omni_server(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def veo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VeoServer]:
    """Vertex AI on loopback, likewise."""
    with veo_server(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def omni_studio(omni: OmniServer, tmp_path: Path) -> Iterator[Studio]:
    studio = Studio([omni_entry()], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()


@pytest.fixture
def veo_studio(veo: VeoServer, tmp_path: Path) -> Iterator[Studio]:
    studio = Studio([veo_entry()], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()
