from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.installation import MODEL, REPO, Run, small_model
from tests.fakes.stub_hub import StubHub, running_hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubHub]:
    with running_hub() as hub:
        hub.repos[REPO] = small_model()
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
        yield hub


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def folder(models_dir: Path) -> Path:
    return models_dir / MODEL


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)
