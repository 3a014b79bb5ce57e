"""The prompts of before: each once, the last used first, whatever else is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from core.history.prompt_history import MOST, PromptHistory

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def prompts(tmp_path: Path) -> PromptHistory:
    return PromptHistory(tmp_path / "state" / "prompts.sqlite")


def typed(prompts: PromptHistory, text: str = "") -> list[str]:
    return [used.prompt for used in prompts.find(text)]


def test_each_stands_once_and_the_last_used_first(prompts: PromptHistory) -> None:
    for prompt in ("a ball", "a {red|blue} kite\nin two lines", " a ball "):
        prompts.add(prompt, f"settings of {prompt}")
    assert typed(prompts) == ["a ball", "a {red|blue} kite\nin two lines"]
    assert prompts.find()[0].settings == "settings of  a ball "


def test_words_are_found_anywhere_in_any_case(prompts: PromptHistory) -> None:
    for prompt in ("Über 黒猫 at 100%", "a red ball", "a blue ball"):
        prompts.add(prompt)
    assert typed(prompts, "BALL red") == ["a red ball"]
    assert typed(prompts, "猫") == typed(prompts, "über 100%") == ["Über 黒猫 at 100%"]
    assert typed(prompts, "'; DROP TABLE prompts") == []
    assert len(typed(prompts, "  ")) == 3


def test_another_start_has_them_and_no_empty_one(tmp_path: Path, prompts: PromptHistory) -> None:
    prompts.add("kept \ud83d half")
    prompts.add("  \n")
    assert typed(PromptHistory(tmp_path / "state" / "prompts.sqlite")) == ["kept ? half"]


def test_the_ones_not_used_for_longest_go_first(prompts: PromptHistory) -> None:
    for number in range(MOST):
        prompts.add(f"{number}")
    prompts.add("0")
    prompts.add("new")
    kept = typed(prompts)
    assert len(kept) == MOST
    assert kept[:2] == ["new", "0"]
    assert "1" not in kept


def test_one_can_be_forgotten(prompts: PromptHistory) -> None:
    prompts.add("a")
    prompts.add("b")
    prompts.remove(prompts.find("a")[0].id)
    assert typed(prompts) == ["b"]


def test_several_threads_lose_none(prompts: PromptHistory) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: prompts.add(f"{number}"), range(40)))
    assert sorted(map(int, typed(prompts))) == list(range(40))


def test_a_damaged_file_is_set_aside_and_begun_anew(tmp_path: Path, prompts: PromptHistory) -> None:
    path = tmp_path / "state" / "prompts.sqlite"
    path.parent.mkdir()
    path.write_bytes(b"no database" * 100)
    prompts.add("a")
    assert typed(prompts) == ["a"]
    assert (path.parent / "prompts.sqlite.bad").is_file()
