"""A person's own LoRAs: found by name, told with what is known of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from core.lora.lora_file import read_lora
from core.lora.lora_library import find_lora, notes_of, read_library
from tests.fakes.loras import smallest_lora

if TYPE_CHECKING:
    from pathlib import Path


def test_every_file_of_both_folders_is_listed_and_the_first_of_a_name(tmp_path: Path) -> None:
    first, second = tmp_path / "models", tmp_path / "settings"
    ink = smallest_lora(first / "ink.safetensors")
    smallest_lora(second / "ink.safetensors")
    soft = smallest_lora(second / "style" / "soft.safetensors")
    bad = first / "bad.safetensors"
    bad.write_bytes(b"x")
    (first / "notes.txt").write_text("none")
    found = {lora.name: lora for lora in read_library((first, second, tmp_path / "none"))}
    assert {name: lora.path for name, lora in found.items()} == {
        "bad": bad,
        "ink": ink,
        "style/soft": soft,
    }
    assert found["bad"].file is None
    assert "is no .safetensors file" in found["bad"].problem
    assert found["ink"].file is read_lora(ink)
    assert found["ink"].size_bytes == ink.stat().st_size


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("ink", "a/ink.safetensors"),
        ("INK.safetensors", "a/ink.safetensors"),
        ("style/soft", "b/style/soft.safetensors"),
        ("soft", "b/style/soft.safetensors"),
        ("v1.5", "b/v1.5.safetensors"),
        ("oil", None),
    ],
)
def test_a_name_finds_its_file(tmp_path: Path, name: str, place: str | None) -> None:
    for file in ("a/ink", "b/ink", "b/style/soft", "b/v1.5"):
        smallest_lora(tmp_path / f"{file}.safetensors")
    found = find_lora(name, (tmp_path / "a", tmp_path / "b"))
    assert found == (None if place is None else tmp_path / place)


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"modelspec.trigger_phrase": "inkstyle, wash"}, ("inkstyle", "wash")),
        ({"trigger_word": "inkstyle"}, ("inkstyle",)),
        (
            {"ss_tag_frequency": json.dumps({"a": {"paper": 3, "inkstyle": 9}, "b": {"ink": 4}})},
            ("inkstyle", "ink", "paper"),
        ),
        ({"ss_tag_frequency": "{broken"}, ()),
        ({"ss_tag_frequency": "[1]"}, ()),
        ({}, ()),
    ],
)  # fmt: skip
def test_trigger_words_are_read_from_the_head(
    tmp_path: Path, metadata: dict[str, str], words: tuple[str, ...]
) -> None:
    path = smallest_lora(tmp_path / "ink.safetensors", metadata)
    assert notes_of(path, read_lora(path)).trigger_words == words


def test_what_a_person_wrote_beside_it_comes_first(tmp_path: Path) -> None:
    metadata = {"trigger_word": "old", "modelspec.description": "from the head"}
    path = smallest_lora(tmp_path / "ink.safetensors", metadata)
    beside = tmp_path / "ink.json"
    assert notes_of(path, read_lora(path)).notes == "from the head"
    beside.write_text(
        json.dumps(
            {
                "trigger_words": ["inkstyle", "wash"],
                "notes": "Best at 0.7.",
                "source": "https://example.com/ink",
                "base": "LTX-2.3",
                "someone else's": {"key": 1},
            }
        )
    )
    notes = notes_of(path, read_lora(path))
    assert notes.trigger_words == ("inkstyle", "wash")
    assert (notes.notes, notes.source) == ("Best at 0.7.", "https://example.com/ink")
    assert (notes.base, notes.problem) == ("LTX-2.3", "")
    beside.write_text(json.dumps({"trigger_words": "one, two"}))
    assert notes_of(path, read_lora(path)).trigger_words == ("one", "two")


@pytest.mark.parametrize("text", ["{broken", "[]", "\x80"])
def test_notes_that_cannot_be_read_are_told(tmp_path: Path, text: str) -> None:
    path = smallest_lora(tmp_path / "ink.safetensors", {"trigger_word": "inkstyle"})
    (tmp_path / "ink.json").write_bytes(text.encode("latin-1"))
    notes = notes_of(path, read_lora(path))
    assert "'ink.json'" in notes.problem
    assert notes.trigger_words == ("inkstyle",)
