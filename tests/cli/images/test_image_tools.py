"""`image --tool` and `image --vary`: what is done to an image that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.video.record import read_settings_of
from core.video.terms import Task
from tests.fakes.services.stability_server import stability_entry, stability_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Answer
    from tests.fakes.services.stability_server import StabilityServer

STABILITY = ("image", "--provider", "stability")


@pytest.fixture
def stability(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StabilityServer]:
    with stability_server(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def ask(
    stability: StabilityServer, program_with: Callable[..., Callable[..., Answer]]
) -> Callable[..., Answer]:
    """Runs one command line of a program that has Stability besides."""
    return program_with(stability_entry())


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (160, 96), "navy").save(path)
    return path


def test_an_image_is_extended_and_its_record_says_how(
    ask: Callable[..., Answer], stability: StabilityServer, tmp_path: Path, photo: Path
) -> None:
    out = tmp_path / "wide.png"
    words = ("--tool", "outpaint", "--left", "40", "--down", "8", "--strength", "0.2")
    answer = ask(*STABILITY, "--image", str(photo), *words, "-o", str(out), "--yes")
    assert (answer.code, answer.out) == (0, f"{out}\n"), answer.err
    with Image.open(out) as image:
        assert image.size == (200, 104)
    (fields,) = stability.fields
    assert (fields["left"], fields["down"], fields["creativity"]) == ("40", "8", "0.2")
    assert "prompt" not in fields, "words may be left out"
    record = read_settings_of(out)
    assert record is not None
    assert record.request.editing.tool is Task.OUTPAINT
    assert record.request.editing.margins.left == 40


def test_all_that_a_tool_needs_and_does_not_take_is_told_by_its_options(
    ask: Callable[..., Answer], stability: StabilityServer, photo: Path
) -> None:
    words = ("--tool", "search-and-replace", "--left", "4", "--aspect", "1:1", "--mask", str(photo))
    answer = ask(*STABILITY, "--image", str(photo), *words, "--dry-run")
    assert answer.code == 2
    for said in (
        "--search: The tool search-and-replace needs a search text",
        "--left: A margin on the left is for outpaint",
        "--aspect: The tool search-and-replace makes",
        "--mask: Stable Search and Replace takes no mask",
        "--prompt: The prompt is empty",
    ):
        assert said in " ".join(answer.err.split())
    assert ask(*STABILITY, "--tool", "outpant", "--dry-run").err.count("outpaint") >= 1
    assert stability.purchases == 0


def test_a_tool_is_planned_with_its_price_and_size(
    ask: Callable[..., Answer], stability: StabilityServer, photo: Path
) -> None:
    answer = ask(*STABILITY, "--image", str(photo), "--tool", "upscale", "--dry-run")
    assert answer.code == 0, answer.err
    assert "640x384" in answer.err
    assert "$0.02" in answer.err
    assert stability.purchases == 0


def test_a_file_that_needs_no_words_is_named_for_what_was_done(
    ask: Callable[..., Answer], photo: Path
) -> None:
    answer = ask(*STABILITY, "--image", str(photo), "--tool", "remove-background", "--dry-run")
    assert "_photo-remove-background_" in answer.err


def test_variations_are_made_of_an_image_by_its_record_with_seeds_that_count_on(
    ask: Callable[..., Answer], stability: StabilityServer, tmp_path: Path
) -> None:
    first, more = tmp_path / "ball.png", tmp_path / "more.png"
    made = ask(*STABILITY, "--model", "sd3.5-medium", "-p", "a red ball", "--seed", "41",
               "--aspect", "16:9", "-o", str(first), "--yes")  # fmt: skip
    assert made.code == 0, made.err

    varied = ask("image", "--vary", str(first), "-o", str(more), "--yes")
    assert varied.code == 0, varied.err
    assert [f"more-{number}.png" in varied.out for number in (1, 2, 3, 4)] == [True] * 4
    orders = stability.fields[1:]
    assert [order["seed"] for order in orders] == ["42", "43", "44", "45"]
    assert {(order["prompt"], order["strength"], order["model"]) for order in orders} == {
        ("a red ball", "0.35", "sd3.5-medium")
    }
    sent = [content for name, content in stability.uploads.items() if name.endswith("image")]
    assert sent == [first.read_bytes()] * 4


def test_what_is_typed_counts_before_the_record_of_a_variation(
    ask: Callable[..., Answer], stability: StabilityServer, tmp_path: Path
) -> None:
    first = tmp_path / "ball.png"
    # A model that changes no images leaves that to another one.
    assert ask(*STABILITY, "-p", "a red ball", "-o", str(first), "--yes").code == 0
    words = ("--strength", "0.5", "-p", "a blue ball", "-n", "1", "-o", str(tmp_path / "b.png"))
    varied = ask("image", "--vary", str(first), *words, "--yes")
    assert varied.code == 0, varied.err
    assert stability.paths == ["generate/core", "generate/ultra"]
    assert stability.fields[1]["strength"] == "0.5"
    assert stability.fields[1]["prompt"] == "a blue ball"


def test_the_help_names_the_tools(ask: Callable[..., Answer]) -> None:
    said = " ".join(ask("image", "--help").out.split())
    for tool in ("outpaint", "remove-background", "style-transfer"):
        assert tool in said
