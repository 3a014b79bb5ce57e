from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.platform.paths import Paths
from core.studio import Studio
from tests.fakes.services.openai_server import openai_entry, openai_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes.services.openai_server import OpenAIServer


@pytest.fixture
def openai(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    """OpenAI on loopback, which this process and its children take for the real one."""
    with openai_server(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def openai_studio(openai: OpenAIServer, tmp_path: Path) -> Iterator[Studio]:
    studio = Studio([openai_entry()], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()
