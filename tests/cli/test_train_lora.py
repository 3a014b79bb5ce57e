"""`train-lora`: its plan in words, and what is said of a training that is stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli import main
from scripts.sample_training_set import write_ink_set
from tests.fakes.loras import smallest_lora
from tests.fakes.provider import QuickTrainer, entry_with

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def trainer() -> QuickTrainer:
    return QuickTrainer()


@pytest.fixture
def train(
    home: Path, trainer: QuickTrainer, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs one command on a set that is there; gives its code and what it told."""
    write_ink_set(Path("ink"), 3, (192, 128))

    def run(*words: str) -> tuple[int, str]:
        code = main(words, [entry_with(trainer)])
        return code, capsys.readouterr().err

    return run


WORDS = ("train-lora", "ink", "--model", "fake-full")


def test_the_plan_names_the_lora_and_what_it_replaces(train, home: Path) -> None:
    code, told = train(*WORDS, "--name", "look", "--dry-run")
    assert code == 0, told
    assert "The LoRA look for Fake Full, trained on this machine" in told
    assert "replaces" not in told
    # A path is never broken.
    assert all(len(line) <= 80 for line in told.splitlines() if not line.startswith("  to "))
    smallest_lora(home / "models" / "loras" / "look.safetensors")
    code, told = train(*WORDS, "--name", "look", "--dry-run")
    assert code == 2
    assert "such as 'look-2', or use --force to replace it." in " ".join(told.split())
    code, told = train(*WORDS, "--name", "look", "--force", "--dry-run")
    assert code == 0, told
    assert "note: It replaces the LoRA 'look' that is there." in told


def test_a_manifest_goes_where_a_folder_is_and_over_nothing_unasked(train) -> None:
    code, told = train("train-lora", "ink", "--write-manifest", "nodir/set.jsonl")
    assert code == 2
    assert "does not exist" in told
    assert not Path("nodir").exists()
    assert train("train-lora", "ink", "--write-manifest", "set.jsonl")[0] == 0
    code, told = train("train-lora", "ink", "--write-manifest", "set.jsonl")
    assert (code, "use --force to replace it" in told) == (2, True)
    assert train("train-lora", "ink", "--write-manifest", "set.jsonl", "--force")[0] == 0


def test_the_losses_of_a_finished_training_are_told_of_its_lora(
    train, capsys: pytest.CaptureFixture[str], trainer: QuickTrainer
) -> None:
    assert train(*WORDS, "--name", "look")[0] == 0
    main(["loras", "look"], [entry_with(trainer)])
    assert "  trained here     Step 2 of 2: loss 0.500" in capsys.readouterr().out


def test_a_training_that_was_stopped_says_that_it_goes_on(train, trainer: QuickTrainer) -> None:
    trainer.is_stopped = True
    code, told = train(*WORDS, "--name", "look")
    assert code == 130
    assert "Cancelled. To go on from where it was: main.py jobs resume " in told
    trainer.is_stopped = False
    assert train("jobs", "resume", told.split()[-1])[0] == 0
    assert [plan.name for plan in trainer.plans] == ["look", "look"]


def test_a_model_that_is_not_installed_ends_with_its_own_code(train, trainer: QuickTrainer) -> None:
    trainer.trained = "fake-big"
    words = ("train-lora", "ink", "--model", "fake-big")
    code, told = train(*words, "--dry-run")
    assert code == 3
    assert "Fake Big is not installed. Install it." in told
    code, told = train(*words, "--rank", "9999")
    assert code == 2
    assert "Fake Big is not installed." in told
    assert told.count("--rank: Rank takes 1 to 256") == 1
    assert "--alpha" not in told
