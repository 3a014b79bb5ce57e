"""The script that compares every place that is set up here."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from core.platform.paths import Paths
from core.setup import Setup
from providers import PROVIDERS
from scripts.compare_providers import parse, ready_targets
from tests.fakes.program import ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SCRIPT = str(ROOT / "scripts" / "compare_providers.py")


def test_words_are_handed_on_and_targets_are_seen() -> None:
    assert parse(["-p", "a ball", "--yes"]) == (False, ["-p", "a ball", "--yes"])
    assert parse(["-p", "a", "-t", "x/y", "--targets=z/w"]) == (
        True,
        ["-p", "a", "--targets", "x/y", "--targets", "z/w"],
    )


def test_each_place_that_is_set_up_takes_part_with_its_best_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LTX_API_KEY", "a key")
    setup = Setup(PROVIDERS, paths=Paths.below(tmp_path))
    local, *rented = ready_targets(setup)
    setup.close()
    assert local == "ltx-video/local/ltx-mini"
    assert [target.rpartition("/")[0] for target in rented] == ["ltx-video/lightricks"]


def test_one_place_alone_is_told_to_be_too_few(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "-p", "a red ball"],
        env=environment(IMAGEAI_HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "ltx-video/local/ltx-mini" in done.stderr
    assert "needs two" in done.stderr


def test_the_plan_of_all_places_comes_from_the_program(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "-p", "a red ball", "--dry-run", "--json"],
        env=environment(IMAGEAI_HOME=str(tmp_path), LTX_API_KEY="a key"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    targets = [event["target"] for event in events if event["event"] == "target"]
    assert len(targets) == 2
    (total,) = [event["cost_usd"] for event in events if event["event"] == "comparison"]
    assert total > 0
