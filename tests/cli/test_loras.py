"""`loras`, and `--lora` with the name of one's own."""

from __future__ import annotations

import json
from pathlib import Path

from tests.fakes.loras import smallest_lora

HEAD = {"trigger_word": "inkstyle", "modelspec.title": "Ink", "reference_downscale_factor": "2"}
FAKE = ("--provider", "fake", "--model", "fake-full", "-p", "a boat", "--dry-run")


def test_without_any_it_says_where_to_put_them_and_makes_the_place(run, home: Path) -> None:
    answer = run("loras")
    assert answer.code == 0
    assert str(home / "models" / "loras") in answer.out.replace("\n", " ")
    assert (home / "models" / "loras").is_dir()
    assert run("loras", "--json").events == []


def test_ones_own_are_listed_with_what_is_known_of_them(run, home: Path) -> None:
    smallest_lora(home / "models" / "loras" / "ink.safetensors", HEAD)
    oil = smallest_lora(home / "loras" / "oil.safetensors")
    oil.with_suffix(".json").write_text(json.dumps({"notes": "Best at 0.7.", "source": "me"}))
    (home / "loras" / "bad.safetensors").write_bytes(b"x")
    ink, bad, oil_event = run("loras", "--json").events
    assert ink == {
        "event": "lora",
        "name": "ink",
        "path": str(home / "models" / "loras" / "ink.safetensors"),
        "fits": ["fake"],
        "made_for": None,
        "ranks": [1],
        "layers": 1,
        "size_bytes": (home / "models" / "loras" / "ink.safetensors").stat().st_size,
        "trigger_words": ["inkstyle"],
        "notes": "",
        "source": "",
        "follows_reference": True,
        "problem": None,
    }
    assert "is no .safetensors file" in bad["problem"]
    assert (oil_event["notes"], oil_event["source"]) == ("Best at 0.7.", "me")
    out = run("loras").out
    # A path is never broken.
    assert max(len(line) for line in out.splitlines() if str(home) not in line) <= 80
    for words in ("ink\n", "Fake Full", "inkstyle", "follows a control video", "Best at 0.7."):
        assert words in out


def test_one_in_detail_and_one_that_is_not_there(run, home: Path) -> None:
    smallest_lora(home / "models" / "loras" / "ink.safetensors", HEAD)
    out = run("loras", "ink").out
    assert "modelspec.title" in out
    assert "ink.safetensors" in out
    missing = run("loras", "inc")
    assert missing.code != 0
    assert "Did you mean 'ink'?" in missing.err


def test_a_name_stands_for_ones_own_and_a_file_comes_first(run, home: Path) -> None:
    own = smallest_lora(home / "models" / "loras" / "ink.safetensors")

    def asked(*words: str) -> list[tuple[str, float | None]]:
        (event,) = run(*FAKE, "--json", *words).events
        inputs = event["plan"]["request"]["inputs"]
        return [(item["path"], item["strength"]) for item in inputs]

    assert asked("--lora", "ink@0.8") == [(str(own), 0.8)]
    assert asked("--lora", "ink.safetensors") == [(str(own), None)]
    here = smallest_lora(Path("ink.safetensors").absolute())
    assert asked("--lora", "ink.safetensors") == [(str(here), None)]
    assert asked("--lora", "ink") == [(str(own), None)]
    missing = run(*FAKE, "--lora", "oil")
    assert missing.code != 0
    said = " ".join(missing.err.split())
    assert "There is no LoRA at" in said
    assert f"none of your own is named 'oil', in {str(own.parent)!r} or" in said
    near = run(*FAKE, "--lora", "inc")
    assert "Did you mean 'ink'?" in " ".join(near.err.split())
