"""`image` at Fal and at Replicate: each is bought by the same words, once that was agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from cli import main
from tests.cli.conftest import Answer
from tests.fakes.app import ENTRY
from tests.fakes.services.fal_server import fal_image_entry, fal_server
from tests.fakes.services.replicate_image_models import KLEIN
from tests.fakes.services.replicate_server import replicate_image_entry, replicate_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.fakes.services.fal_server import FalServer
    from tests.fakes.services.replicate_server import ReplicateServer


@pytest.fixture
def fal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FalServer]:
    with fal_server(tmp_path / "fal") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def replicate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplicateServer]:
    with replicate_server(tmp_path / "replicate") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def ask(run: Callable[..., Answer], capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Runs `image` of a program that has both besides."""

    def ask(*words: str) -> Answer:
        capsys.readouterr()
        entries = [ENTRY, fal_image_entry(), replicate_image_entry()]
        code = main(["image", *words], entries)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return ask


def test_an_image_at_fal_is_bought_once_its_price_was_agreed_to(
    fal: FalServer, ask: Callable[..., Answer], tmp_path: Path
) -> None:
    words = ("--provider", "fal", "-p", "a red ball", "-o", str(tmp_path / "ball.png"))

    asked = ask(*words)
    assert asked.code == 2
    assert "It would buy the image for <$0.01: add --yes to agree." in asked.err
    assert fal.purchases == 0

    bought = ask(*words, "--yes")
    assert bought.code == 0, bought.err
    with Image.open(tmp_path / "ball.png") as image:
        assert image.size == (1024, 1024)
    assert fal.last.endpoint == "fal-ai/flux-2/klein/4b"


def test_auto_finds_who_does_what_is_asked(
    fal: FalServer, ask: Callable[..., Answer], tmp_path: Path
) -> None:
    photo, mask = tmp_path / "photo.png", tmp_path / "hole.png"
    Image.new("RGB", (256, 256), "navy").save(photo)
    hole = Image.new("L", (256, 256), 0)
    hole.paste(255, (64, 64, 192, 192))
    hole.save(mask)
    image = ("--provider", "fal", "--image", str(photo), "--yes")
    asked = {
        "edit": ("-p", "a hat"),
        "mask": ("-p", "a hat", "--mask", str(mask)),
        "upscale": ("--tool", "upscale"),
        "cut": ("--tool", "remove-background"),
    }
    for name, words in asked.items():
        answer = ask(*image, *words, "-o", str(tmp_path / f"{name}.png"))
        assert answer.code == 0, answer.err
    assert [job.endpoint for job in fal.jobs.values()] == [
        "fal-ai/flux-2/klein/4b/edit",
        "fal-ai/z-image/turbo/inpaint",
        "fal-ai/seedvr/upscale/image",
        "fal-ai/birefnet/v2",
    ]


def test_any_model_at_replicate_is_named_by_its_owner_and_name(
    replicate: ReplicateServer, ask: Callable[..., Answer], tmp_path: Path
) -> None:
    out = tmp_path / "ball.png"
    words = ("--provider", "replicate", "--model", KLEIN, "-p", "a red ball", "-o", str(out))

    asked = ask(*words)
    assert "a price that nobody knows" in asked.err
    assert replicate.purchases == 0

    bought = ask(*words, "--yes")
    assert (bought.code, bought.out) == (0, f"{out}\n"), bought.err
    assert replicate.last.model == KLEIN


def test_everything_that_is_wrong_is_told_at_once(
    replicate: ReplicateServer, ask: Callable[..., Answer], tmp_path: Path
) -> None:
    answer = ask(
        "--provider", "replicate", "--model", KLEIN, "--steps", "4", "--aspect", "5:1",
        "--negative-prompt", "people", "-o", str(tmp_path / "ball.jpg"),
    )  # fmt: skip
    said = " ".join(answer.err.split())
    assert answer.code == 2
    for part in ("--steps", "'5:1'", "negative prompt", "PNG", "prompt"):
        assert part in said
    assert replicate.purchases == 0
