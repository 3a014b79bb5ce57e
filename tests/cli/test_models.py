"""`models add`, `verify` and `remove`, with the local provider and its tiny models."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from cli import main
from core.platform.paths import Paths
from providers import PROVIDERS
from tests.fakes.checkpoints import TINY_ENTRY, install_layers, save, weights_like
from tests.providers.gguf_files import write_gguf
from tests.providers.tiny_home import TINY_VIDEO

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def models_dir(home: Path) -> Path:
    """Where one of the tiny models is installed."""
    (home / "settings.json").unlink()
    models_dir = Paths.below(home).models_dir
    install_layers(models_dir, TINY_VIDEO)
    return models_dir


@pytest.fixture
def models(models_dir: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple]:
    """Runs one command and gives its exit code, its answer and its messages."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["models", *words], [TINY_ENTRY])
        answer = capsys.readouterr()
        return code, answer.out, answer.err

    return run


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return save(weights_like(TINY_VIDEO), tmp_path / "theirs" / "mix.safetensors")


def test_a_checkpoint_is_added_listed_shown_checked_and_removed(models, checkpoint: Path) -> None:
    code, out, _ = models("add", str(checkpoint), "--name", "My Mix")
    assert code == 0
    assert "My Mix is the model my-mix." in out
    assert "is run like tiny-video" in out
    assert "  my-mix " in models()[1]
    assert str(checkpoint) in models("my-mix")[1].replace("\n" + " " * 19, " ")
    assert models("verify", "my-mix")[0] == 0
    code, out, _ = models("remove", "my-mix")
    assert code == 0
    assert "my-mix is removed" in out
    assert checkpoint.is_file()
    assert "my-mix" not in models()[1]


def test_the_list_and_the_plan_say_what_a_gguf_is_kept_in(
    models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_gguf(tmp_path / "theirs" / "few.gguf", weights_like(TINY_VIDEO), "Q4_0")
    code, out, _ = models("add", str(file), "--name", "few")
    assert code == 0
    said = "Its transformer is kept in Q4_0 (GGUF)."
    assert said in out
    for words in ((), ("few",)):
        assert said in " ".join(models(*words)[1].split())
    plan = ["--model", "few", "-p", "a boat", "--resolution", "64p", "--dry-run"]
    assert main(plan, [TINY_ENTRY]) == 0
    assert ", Q4_0" in capsys.readouterr().err


def test_programs_are_told_in_json(models, checkpoint: Path) -> None:
    _, out, _ = models("add", str(checkpoint), "--name", "mix", "--like", "tiny-video", "--json")
    assert json.loads(out)["model"] == "mix"
    states = {
        json.loads(line)["target"]: json.loads(line)
        for line in models("--json")[1].split("\n")[:-1]
    }
    assert states["ltx-video/local/mix"]["can_run"] is True
    assert json.loads(models("verify", "mix", "--json")[1])["state"] == "whole"
    assert json.loads(models("remove", "mix", "--json")[1])["event"] == "removed"


def test_what_cannot_be_added_is_told_all_at_once(models, tmp_path: Path) -> None:
    code, _, messages = models("add", str(tmp_path / "nothing"), "--name", "tiny-video")
    assert code == 2
    assert "The name 'tiny-video' is taken." in messages
    assert "There is nothing at" in messages


def test_a_text_under_the_name_of_weights_is_called_what_it_is(models, tmp_path: Path) -> None:
    note = tmp_path / "note.safetensors"
    note.write_text("hello!")
    code, _, messages = models("add", str(note), "--name", "mix")
    assert code == 2
    assert "is no .safetensors file" in messages
    assert "cut off" not in messages


def test_what_is_not_installed_ends_with_its_own_code(
    models, models_dir: Path, checkpoint: Path
) -> None:
    shutil.rmtree(models_dir / TINY_VIDEO.id)
    code, _, messages = models("add", str(checkpoint), "--name", "mix")
    assert code == 3
    assert "are not installed. One of these has them: tiny-video" in flat(messages)
    assert "Run 'python3 scripts/setup_ltx_video.py --model tiny-video'" in flat(messages)
    code, _, messages = models("add", str(checkpoint), "--name", TINY_VIDEO.id)
    assert code == 2
    assert "is taken" in messages
    assert "are not installed" in flat(messages)
    code, out, _ = models("verify", TINY_VIDEO.id)
    assert code == 3
    assert "not installed" in flat(out)


def flat(messages: str) -> str:
    return " ".join(messages.split())


def test_damage_is_named_with_the_way_back(models, checkpoint: Path) -> None:
    models("add", str(checkpoint), "--name", "mix")
    checkpoint.write_bytes(b"another")
    code, out, _ = models("verify", "mix")
    assert code == 1
    assert "transformer/mix.safetensors" in out
    assert "main.py models remove mix" in out.replace("\n", " ")


def test_what_would_have_to_be_fetched_again_is_deleted_only_on_consent(
    models, models_dir: Path
) -> None:
    code, _, messages = models("remove", TINY_VIDEO.id)
    assert code == 2
    assert "add --yes" in messages
    assert (models_dir / TINY_VIDEO.id).is_dir()


def test_the_model_that_comes_with_the_program_is_checked_and_never_removed(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "settings.json").unlink()
    assert main(["models", "verify", "ltx-mini"], PROVIDERS) == 0
    assert "ltx-mini is whole: every file is there and right." in capsys.readouterr().out
    assert main(["models", "remove", "ltx-mini", "--yes"], PROVIDERS) == 2
    assert "there is nothing to install or remove" in flat(capsys.readouterr().err)


@pytest.mark.parametrize("command", ["verify", "remove"])
def test_an_unknown_model_is_named(models, command: str) -> None:
    code, _, messages = models(command, "tiny-vidoe")
    assert code == 2
    assert "Did you mean 'tiny-video'?" in messages
