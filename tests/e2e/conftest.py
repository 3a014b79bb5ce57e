from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.program import FAKE, REAL, environment

if TYPE_CHECKING:
    from collections.abc import Callable

# A render takes seconds; on a machine that is busy with other things, many times that.
SILENCE_S = 280.0


@dataclass(frozen=True)
class Answer:
    """What one process gave back; `said` is its stderr in one line."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return " ".join(self.err.split())

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every line of stdout as JSON: fails where one is none."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home; the current folder is beside it and empty as well."""
    home = tmp_path / "home"
    work = tmp_path / "work"
    home.mkdir()
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("IMAGEAI_HOME", str(home))
    return home


@pytest.fixture
def app(home: Path) -> Callable[..., Answer]:
    """Runs `main.py` in a process of its own, in the current folder."""
    return lambda *words, **env: _run(REAL, words, env)


@pytest.fixture
def app_of(home: Path) -> Callable[..., Answer]:
    """Runs the `main.py` of another copy of the program, which is named first."""
    return lambda script, *words: _run((sys.executable, str(script)), words, {})


@pytest.fixture
def fake_app(home: Path) -> Callable[..., Answer]:
    """Runs the command line with the fake provider in a process of its own."""
    return lambda *words, **env: _run(FAKE, ("--provider", "fake", *words), env)


def _run(command: tuple[str, ...], words: tuple[str, ...], env: dict[str, str]) -> Answer:
    answer = subprocess.run(
        [*command, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=Path.cwd(),
        env=environment(**env),
        timeout=SILENCE_S,
    )
    return Answer(answer.returncode, answer.stdout, answer.stderr)
