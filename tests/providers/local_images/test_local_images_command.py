"""Images of this machine from the command line: a checkpoint added, listed, run and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from cli import main
from core.platform.paths import HOME_VARIABLE
from core.video.record import read_embedded
from providers import PROVIDERS
from tests.cli.conftest import Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """Runs one command line of the whole program, in a home of its own."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))

    def ask(*words: str) -> Answer:
        capsys.readouterr()
        code = main(words, PROVIDERS)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return ask


def test_a_checkpoint_is_added_makes_an_image_and_is_removed(
    ask: Callable[..., Answer], made: Path, tmp_path: Path
) -> None:
    added = ask("models", "add", str(made / "tiny-z"), "--name", "My Z", "--like", "z-image-turbo")
    assert added.code == 0, added.err
    assert "run like Z-Image-Turbo" in added.out
    assert "my-z" in ask("models").out

    command = ("image", "--provider", "local", "--model", "my-z", "-p", "a red ball", "--seed", "3")
    size = ("--resolution", "300x200", "--steps", "2")
    planned = ask(*command, *size, "--dry-run", "-o", str(tmp_path / "ball.png"))
    assert planned.code == 2, "a side that is too short"
    assert "sides of 256 pixels or more" in " ".join(planned.err.split())

    size = ("--resolution", "400x260", "--steps", "2")
    planned = ask(*command, *size, "--dry-run", "-o", str(tmp_path / "ball.png"))
    assert planned.code == 0, planned.err
    assert "GB of memory" in planned.err
    assert "400x260 → 400x256" in planned.err

    out = tmp_path / "ball.png"
    image = ask(*command, *size, "-o", str(out))
    assert (image.code, image.out) == (0, f"{out}\n"), image.err
    with Image.open(out) as opened:
        assert (opened.size, opened.format) == ((400, 256), "PNG")
    record = read_embedded(out)
    assert record is not None
    assert (record.seed, record.num_inference_steps) == (3, 2)
    assert any(file.name.startswith("transformer/") for file in record.provenance.model_files)
    assert "torch" in record.provenance.versions

    assert ask("models", "verify", "my-z").code == 0
    removed = ask("models", "remove", "my-z")
    assert removed.code == 0, removed.err
    assert "my-z" not in ask("models").out


def test_a_model_that_is_not_here_says_what_to_do(
    ask: Callable[..., Answer], tmp_path: Path
) -> None:
    answer = ask(
        "image", "--provider", "local", "--model", "z-image-turbo", "-p", "a hat",
        "-o", str(tmp_path / "hat.png"),
    )  # fmt: skip
    assert answer.code == 3
    assert "Z-Image-Turbo is not installed. It is a download of 30.6 GB" in answer.err


def test_what_nobody_knows_is_told_by_each(
    ask: Callable[..., Answer], made: Path, tmp_path: Path
) -> None:
    vae = made / "tiny-z" / "vae" / "diffusion_pytorch_model.safetensors"
    answer = ask("models", "add", str(vae), "--name", "mine")
    assert answer.code == 2
    assert "LTX" in answer.err
    assert "FLUX.2 klein, Qwen-Image" in " ".join(answer.err.split())
