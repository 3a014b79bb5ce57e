"""`image --x --y`: a grid is planned whole, bought once, and shown as one sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.fakes.services.openai_server import openai_entry, openai_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Answer
    from tests.fakes.services.openai_server import OpenAIServer

GRID = ("image", "-p", "a red ball", "--x", "prompt:red=red,blue", "--y", "quality=low,medium")


@pytest.fixture
def openai(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    with openai_server(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def ask(
    openai: OpenAIServer, program_with: Callable[..., Callable[..., Answer]]
) -> Callable[..., Answer]:
    return program_with(openai_entry())


def test_a_grid_is_bought_as_a_whole_and_only_once(
    ask: Callable[..., Answer], openai: OpenAIServer, tmp_path: Path
) -> None:
    words = (*GRID, "--provider", "openai", "-o", str(tmp_path / "g"))
    asked = ask(*words)
    assert asked.code == 2
    assert "It would buy 4 images for $0.15: add --yes to agree." in " ".join(asked.err.split())
    assert openai.purchases == 0

    bought = ask(*words, "--yes")
    assert (bought.code, bought.out) == (0, f"{tmp_path / 'g' / 'grid.png'}\n"), bought.err
    assert openai.purchases == 4
    bodies = [(job.body["prompt"], job.body["quality"]) for job in openai.jobs.values()]
    assert sorted(bodies) == [
        ("a blue ball", "low"),
        ("a blue ball", "medium"),
        ("a red ball", "low"),
        ("a red ball", "medium"),
    ]

    again = ask(*words, "--yes")
    assert again.code == 0, again.err
    assert "0 images for a grid, free in all, 4 images there already" in again.err
    assert openai.purchases == 4
    with Image.open(tmp_path / "g" / "grid.png") as sheet:
        assert sheet.width > 2 * 512


def test_a_cell_that_is_refused_is_shown_and_told(
    ask: Callable[..., Answer], tmp_path: Path
) -> None:
    answer = ask(
        "image", "-p", "a red ball", "--x", "prompt:red=red,fail",
        "-o", str(tmp_path / "g"), "--json",
    )  # fmt: skip
    assert answer.code == 1
    failed = [event for event in answer.events if event["event"] == "failed"]
    assert [event["cell"] for event in failed] == ["fail"]
    assert (tmp_path / "g" / "grid.png").is_file()
    told = ask("image", "-p", "a red ball", "--x", "prompt:red=red,fail", "-o", str(tmp_path / "g"))
    assert "fail was not made: The fake was told to fail." in told.err
    assert "1 image there already" in " ".join(told.err.split())


def test_everything_that_is_wrong_with_a_grid_is_told_at_once(
    ask: Callable[..., Answer], openai: OpenAIServer, tmp_path: Path
) -> None:
    answer = ask(
        "image", "-p", "a red ball", "--x", "stepps=1,2", "--y", "seed=a", "-n", "3",
        "--guidance", "99", "-o", str(tmp_path / "none" / "g"),
    )  # fmt: skip
    said = " ".join(answer.err.split())
    assert answer.code == 2
    for part in (
        "--x: There is no setting for an axis named 'stepps'. Did you mean 'steps'?",
        "--y: 'a' is no value for seed: it takes a whole number",
        "Leave --count out",
        "--guidance: Fake Small takes a guidance scale",
        "does not exist. Create it or name another",
    ):
        assert part in said
    assert "A grid needs an axis" not in said


def test_a_plan_of_a_grid_makes_nothing(ask: Callable[..., Answer], tmp_path: Path) -> None:
    answer = ask("image", "-p", "a red ball", "--x", "steps=2,3", "--dry-run", "--json")
    assert answer.code == 0
    plans = [event for event in answer.events if event["event"] == "plan"]
    assert [event["cell"] for event in plans] == ["Steps 2", "Steps 3"]
    assert not list(tmp_path.rglob("grid.json"))
