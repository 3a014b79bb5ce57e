from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.platform.paths import Paths
from core.studio import Studio
from providers.language import LANGUAGE
from tests.fakes.provider import ENTRY
from tests.fakes.services.language_server import LanguageService, own_server, rented_models

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def rented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LanguageService]:
    """The services that take money, in the place of the real ones."""
    with rented_models(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service
        assert service.posts_too_many == 0, "something was bought twice"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LanguageService]:
    """An Ollama on this machine."""
    with own_server(tmp_path / "ollama") as (service, address):
        monkeypatch.setenv("OLLAMA_HOST", address)
        yield service


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.below(tmp_path / "home")


@pytest.fixture
def studio(paths: Paths) -> Iterator[Studio]:
    studio = Studio([ENTRY], paths=paths, language=LANGUAGE)
    yield studio
    studio.close()
