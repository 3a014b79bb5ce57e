from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.platform.paths import Paths
from core.studio import Studio
from providers.ltx_video.fal.info import INFO
from tests.fakes.loras import as_diffusers, random_pairs, write_lora
from tests.fakes.services.fal_server import FalServer, fal_entry, fal_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def fal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FalServer]:
    """Fal on loopback, which this process and those that it starts take for the real one."""
    with fal_server(tmp_path / "service") as fal:
        fal.stand_in(monkeypatch)
        yield fal


@pytest.fixture
def studio(fal: FalServer, tmp_path: Path) -> Iterator[Studio]:
    studio = Studio([fal_entry()], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()


@pytest.fixture
def lora(tmp_path: Path) -> Path:
    """Of the family of the open weights."""
    family = next(one for one in INFO.lora_families() if one.id == "ltx-2.3")
    pairs = random_pairs(family, takes=lambda layer: layer is family.layers[0])
    return write_lora(tmp_path / "style.safetensors", as_diffusers(pairs))
