"""The program under faults at random: each campaign of `scripts/faults.py` once, with a seed."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import pytest

from scripts.faults import CAMPAIGNS, Try
from tests.film.exporting import make_clip

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(600)
SEED = 7


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for number in range(3):
        make_clip(folder / f"{number}.mp4", 1.0, size="640x360")
    return folder


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_the_program_survives(clips: Path, tmp_path: Path, name: str) -> None:
    attempt = Try(tmp_path, random.Random(f"{SEED} {name}"))
    attempt.out.mkdir()
    shutil.copytree(clips, tmp_path / "clips")

    CAMPAIGNS[name](attempt)

    assert attempt.broken == []


def test_a_broken_rule_is_seen(clips: Path, tmp_path: Path) -> None:
    attempt = Try(tmp_path, random.Random(SEED))
    attempt.out.mkdir()
    shutil.copytree(clips, tmp_path / "clips")
    (attempt.out / "film-2.mp4").write_bytes(b"made twice")
    (attempt.home / "cache").mkdir(parents=True)
    (attempt.home / "cache" / "half.part.mp4").write_bytes(b"half")

    attempt.run("assemble", "--nonsense")
    attempt.settle("film.mp4")

    said = " ".join(attempt.broken)
    assert "exit code 2" in said
    assert "film-2.mp4" in said
    assert "the film is not whole" in said
    assert "half.part.mp4" in said
