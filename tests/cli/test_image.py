"""`image`: images from words, other images and a mask, bought only once that was agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw

from tests.fakes.services.openai_server import openai_entry, openai_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Answer
    from tests.fakes.services.openai_server import OpenAIServer

OPENAI = ("image", "-p", "a red ball", "--provider", "openai", "--quality", "low")


@pytest.fixture
def openai(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    with openai_server(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def ask(
    openai: OpenAIServer, program_with: Callable[..., Callable[..., Answer]]
) -> Callable[..., Answer]:
    """Runs one command line of a program that has OpenAI besides."""
    return program_with(openai_entry())


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (96, 96), "navy").save(path)
    return path


def test_an_image_is_bought_once_it_was_agreed_to(
    ask: Callable[..., Answer], openai: OpenAIServer, tmp_path: Path
) -> None:
    out = tmp_path / "ball.png"

    asked = ask(*OPENAI, "-o", str(out))
    assert asked.code == 2
    assert "It would buy the image for $0.02: add --yes to agree." in asked.err
    assert openai.purchases == 0

    bought = ask(*OPENAI, "-o", str(out), "--yes")
    assert (bought.code, bought.out) == (0, f"{out}\n"), bought.err
    with Image.open(out) as image:
        assert image.size == (1024, 1024)
    assert openai.purchases == 1


def test_a_plan_buys_nothing_and_tells_the_price_of_all(
    ask: Callable[..., Answer], openai: OpenAIServer, tmp_path: Path
) -> None:
    answer = ask(*OPENAI, "-n", "3", "-o", str(tmp_path / "ball.png"), "--dry-run")
    assert answer.code == 0
    assert "3 images, $0.07 in all." in answer.err
    for number in (1, 2, 3):
        assert f"ball-{number}.png" in answer.err
    assert openai.purchases == 0


def test_several_are_orders_of_their_own(
    ask: Callable[..., Answer], openai: OpenAIServer, tmp_path: Path
) -> None:
    answer = ask(*OPENAI, "-n", "2", "-o", str(tmp_path / "ball.png"), "--yes", "--json")
    assert answer.code == 0
    plans = [event for event in answer.events if event["event"] == "plan"]
    done = [event for event in answer.events if event["event"] == "succeeded"]
    assert len(plans) == len(done) == openai.purchases == 2
    assert [event["path"] for event in done] == [str(tmp_path / f"ball-{n}.png") for n in (1, 2)]


def test_the_first_image_is_edited_within_the_mask_and_the_others_are_looked_at(
    ask: Callable[..., Answer], openai: OpenAIServer, tmp_path: Path, photo: Path
) -> None:
    mask, out = tmp_path / "mask.png", tmp_path / "hat.png"
    hole = Image.new("L", (96, 96), 0)
    ImageDraw.Draw(hole).ellipse((20, 20, 76, 76), fill=255)
    hole.save(mask)
    files = ("--image", str(photo), "--image", str(photo), "--mask", str(mask))

    answer = ask(*OPENAI, *files, "-o", str(out), "--yes")

    assert answer.code == 0, answer.err
    (form,) = openai.forms
    assert [field for field, name, _ in form if name] == ["image[]", "image[]", "mask"]
    with Image.open(out) as image:
        assert image.getpixel((2, 2)) == (0, 0, 128)
        assert image.getpixel((48, 48)) == openai.habits.colour


def test_everything_that_is_wrong_is_told_at_once(
    ask: Callable[..., Answer], openai: OpenAIServer, tmp_path: Path
) -> None:
    answer = ask(
        "image", "--provider", "openai", "-n", "9", "--quality", "best", "--seed", "4",
        "--mask", "no.png", "-o", str(tmp_path / "ball.jpg"),
    )  # fmt: skip
    said = " ".join(answer.err.split())
    assert answer.code == 2
    for part in (
        "9 images at a time are not made, only 1 to 8",
        "--quality: GPT Image 2.6 Flare: There is no quality named 'best'",
        "--seed: GPT Image 2.6 Flare takes no seed",
        "There is no mask at",
        "A mask needs an image",
        "Stills are PNG files",
        "prompt",
    ):
        assert part in said
    assert openai.purchases == 0


def test_without_the_key_it_says_how_to_set_it(
    ask: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    answer = ask(*OPENAI, "--yes")
    assert answer.code == 3
    assert "main.py keys set openai" in " ".join(answer.err.split())


def test_a_model_of_this_machine_makes_images_by_the_same_command(
    ask: Callable[..., Answer], tmp_path: Path
) -> None:
    out = tmp_path / "ball.png"
    answer = ask("image", "-p", "a ball", "-o", str(out), "--seed", "5", "-n", "2")
    assert answer.code == 0, answer.err
    assert answer.out.split() == [str(tmp_path / f"ball-{n}.png") for n in (1, 2)]


def test_each_of_several_draws_its_wildcards_and_the_plan_shows_them(
    ask: Callable[..., Answer], openai: OpenAIServer, tmp_path: Path
) -> None:
    words = ("image", "--provider", "openai", "--quality", "low", "-p", "a {red|blue} {ball|kite}")
    out = ("-o", str(tmp_path / "a.png"), "-n", "4", "--wildcard-seed", "3", "--yes", "--json")

    answer = ask(*words, *out)

    assert answer.code == 0, answer.err
    plans = [event["plan"] for event in answer.events if event["event"] == "plan"]
    asked = [plan["request"] for plan in plans]
    assert {one["typed_prompt"] for one in asked} == {"a {red|blue} {ball|kite}"}
    assert [one["wildcard_seed"] for one in asked] == [3, 4, 5, 6]
    assert len({one["prompt"] for one in asked}) > 1
    assert [job.body["prompt"] for job in openai.jobs.values()] == [one["prompt"] for one in asked]


def test_a_wildcard_that_is_wrong_buys_nothing(
    ask: Callable[..., Answer], openai: OpenAIServer, home: Path
) -> None:
    answer = ask("image", "--provider", "openai", "-p", "a __colours__ {ball", "--yes")
    said = " ".join(answer.err.split())
    assert answer.code == 2
    assert "There is no list of words named 'colours'" in said
    assert str(home / "wildcards") in said
    assert "is not closed" in said
    assert openai.purchases == 0


def test_a_service_for_images_is_refused_for_clips(ask: Callable[..., Answer]) -> None:
    answer = ask("-p", "a ball", "--provider", "openai")
    assert answer.code == 2
    assert "does no text-to-video" in answer.err
