from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.platform.paths import Paths
from core.studio import Studio
from tests.fakes.services.comfyui_server import ComfyStub, comfyui_entry, comfyui_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ComfyStub]:
    """A ComfyUI on loopback, which this process and its children are told of."""
    with comfyui_server(tmp_path / "service") as server:
        server.stand_in(monkeypatch)
        yield server


@pytest.fixture
def studio(server: ComfyStub, tmp_path: Path) -> Iterator[Studio]:
    studio = Studio([comfyui_entry()], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()
