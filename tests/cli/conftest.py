from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from cli import main
from providers.language import LANGUAGE
from tests.fakes.app import ENTRY
from tests.fakes.provider import FAKE_KEY
from tests.fakes.services.cloud_provider import CLOUD_KEY, cloud_entry
from tests.fakes.services.cloud_server import KEY, CloudServer, cloud_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.video.provider import ProviderEntry


@dataclass(frozen=True)
class Answer:
    """What one command gave back."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every line of stdout as JSON: fails where one is none."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home whose settings name the fake provider; the current folder is beside it."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "settings.json").write_text('{"render": {"provider": "fake"}}', encoding="utf-8")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("IMAGEAI_HOME", str(home))
    monkeypatch.delenv(FAKE_KEY.variables[0], raising=False)
    return home


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Answer]]:
    """Runs one command line in this process."""
    root = logging.getLogger()
    before = list(root.handlers)

    def run(*words: str) -> Answer:
        capsys.readouterr()
        code = main(words, [ENTRY], language=LANGUAGE)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    yield run
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudServer]:
    """A service that costs money, and its key."""
    monkeypatch.setenv(CLOUD_KEY.variables[0], KEY)
    with cloud_server(tmp_path / "service") as cloud:
        yield cloud


@pytest.fixture
def program_with(
    run: Callable[..., Answer], capsys: pytest.CaptureFixture[str]
) -> Callable[..., Callable[..., Answer]]:
    """Gives the program with other providers besides; `run` tidies up after it."""

    def program_with(*entries: ProviderEntry) -> Callable[..., Answer]:
        def ask(*words: str) -> Answer:
            capsys.readouterr()
            code = main(words, [ENTRY, *entries])
            captured = capsys.readouterr()
            return Answer(code, captured.out, captured.err)

        return ask

    return program_with


@pytest.fixture
def shop(
    program_with: Callable[..., Callable[..., Answer]], cloud: CloudServer
) -> Callable[..., Answer]:
    """The program with a service besides."""
    return program_with(cloud_entry(cloud.url))
