"""`inspect` and `image --settings-from`: the settings in files of other programs, and of this."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.core.metadata.image_files import A1111, png, png_chunk, wide_text_chunk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Answer


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    path = tmp_path / "foreign.png"
    path.write_bytes(png(png_chunk(b"caBX", b"x"), wide_text_chunk("parameters", A1111)))
    return path


def test_what_a_file_says_is_printed(run: Callable[..., Answer], foreign: Path) -> None:
    answer = run("inspect", str(foreign))
    assert answer.code == 0, answer.err
    for part in (
        "Made with         AUTOMATIC1111",
        "Prompt            a red kite, wide shot second line, 猫",
        "Seed              1234567890",
        "LoRAs             ink at 0.8",
        "Mark              Signed by its maker (C2PA)",
    ):
        assert part in answer.out


def test_as_json_it_is_an_event_for_each_file(run: Callable[..., Answer], foreign: Path) -> None:
    bare = foreign.with_name("bare.png")
    bare.write_bytes(png())
    answer = run("inspect", str(foreign), str(bare), "--json")
    assert answer.code == 1
    first, second = answer.events
    assert first["settings"]["Steps"] == "28"
    assert first["is_signed"] is True
    assert second["settings"] == {}
    assert "does not say how it was made" in second["problem"]


def test_an_image_is_made_by_the_settings_of_another(
    run: Callable[..., Answer], foreign: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a.png"
    words = ("image", "--settings-from", str(foreign), "--steps", "3", "-o", str(out), "--json")
    answer = run(*words)
    assert answer.code == 0, answer.err
    (plan,) = [event["plan"] for event in answer.events if event["event"] == "plan"]
    assert plan["request"]["prompt"].startswith("a red kite, wide shot")
    assert (plan["seed"], plan["num_inference_steps"], plan["guidance_scale"]) == (
        1234567890,
        3,
        6.5,
    )
    notes = [event["message"] for event in answer.events if event["event"] == "noted"]
    assert any("The sampler 'DPM++ 2M Karras' is left out" in note for note in notes)

    again = run("image", "--settings-from", str(out), "-o", str(tmp_path / "b.png"))
    assert again.code == 0, again.err
    assert "Note" not in again.err
    assert (tmp_path / "b.png").read_bytes()[:60] == out.read_bytes()[:60]


def test_a_file_that_says_nothing_is_told_with_all_else(
    run: Callable[..., Answer], tmp_path: Path
) -> None:
    bare = tmp_path / "bare.png"
    bare.write_bytes(png())
    answer = run("image", "--settings-from", str(bare), "--steps", "99")
    said = " ".join(answer.err.split())
    assert answer.code == 2
    assert "--settings-from: 'bare.png' does not say how it was made." in said
    assert "--steps: " in said
    assert "prompt is empty" in said
