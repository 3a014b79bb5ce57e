"""Sets to learn from: folders, manifests, and everything that can be wrong with them at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.jobs.job import CancelToken
from core.lora.training_set import (
    Bucket,
    Sizes,
    TrainingSet,
    list_training_set,
    look_at_set,
    write_manifest,
)
from scripts.sample_training_set import write_ink_set
from tests.fakes.clips import moving_clip

if TYPE_CHECKING:
    from pathlib import Path

SIZES = Sizes(((192, 128), (128, 192)), (33, 17, 9), 16)


def looked_at(path: Path, sizes: Sizes = SIZES) -> TrainingSet:
    return look_at_set(list_training_set(path), sizes, CancelToken())


def problems_of(path: Path, sizes: Sizes = SIZES) -> list[str]:
    with pytest.raises(UnsupportedRequest) as caught:
        looked_at(path, sizes)
    return [problem.message for problem in caught.value.problems]


def picture(path: Path, size: tuple[int, int] = (192, 128), caption: str | None = "a box") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (9, 99, 9)).save(path)
    if caption is not None:
        path.with_suffix(".txt").write_text(caption, encoding="utf-8")
    return path


def test_images_and_clips_get_the_size_and_length_that_fit_them(tmp_path: Path) -> None:
    picture(tmp_path / "wide.png", (400, 300))
    picture(tmp_path / "tall.png", (300, 500), "  a tall\n box ")
    for name, frames, fps in (("long", 40, 16), ("half", 20, 16), ("fast", 40, 32)):
        moving_clip(tmp_path / f"{name}.mp4", frames, fps, size=(192, 128))
        (tmp_path / f"{name}.txt").write_text("a ball", encoding="utf-8")
    (tmp_path / "notes.md").write_text("not mine")
    found = looked_at(tmp_path)
    assert {item.path.stem: item.bucket for item in found.items} == {
        "wide": Bucket(192, 128, 1),
        "tall": Bucket(128, 192, 1),
        "long": Bucket(192, 128, 33),
        "half": Bucket(192, 128, 17),
        "fast": Bucket(192, 128, 17),
    }
    assert {item.caption for item in found.items} == {"a box", "a tall box", "a ball"}
    assert not any(item.is_held_back for item in found.items)
    said = " ".join(found.notes)
    assert "left out: 1" in said
    assert "only the beginning is learned, at most 2.1 s: 3" in said
    assert "too small to hold anything back" in said


def test_of_a_larger_set_something_is_held_back_always_the_same(tmp_path: Path) -> None:
    write_ink_set(tmp_path, 21)
    held = [item.path.name for item in looked_at(tmp_path).items if item.is_held_back]
    assert held == ["00.png", "10.png", "20.png"]


def test_all_that_is_wrong_with_a_folder_is_told_at_once(tmp_path: Path) -> None:
    picture(tmp_path / "good.png")
    picture(tmp_path / "silent.png", caption=None)
    picture(tmp_path / "empty.png", caption=" \n")
    picture(tmp_path / "small.png", (80, 60))
    (tmp_path / "torn.png").write_bytes((tmp_path / "good.png").read_bytes()[:60])
    (tmp_path / "torn.txt").write_text("a box")
    (tmp_path / "broken.mp4").write_bytes(b"no clip" * 99)
    (tmp_path / "broken.txt").write_text("a ball")
    moving_clip(tmp_path / "short.mp4", 6, 16, size=(192, 128))
    (tmp_path / "short.txt").write_text("a ball")
    said = problems_of(tmp_path)
    for words in (
        "'silent.png' has no caption. Describe it in 'silent.txt' beside it.",
        "The caption of 'empty.png' is empty.",
        "'small.png' has 80x60, less than half of the 192x128",
        "torn.png' is damaged or cut off",
        "broken.mp4",
        "The clip 'short.mp4' has 6 frames at 16 fps, and the shortest that can be learned has 9.",
    ):
        assert any(words in problem for problem in said), (words, said)
    assert len(said) == 6


@pytest.mark.parametrize(("count", "words"), [(0, "nothing to learn from"), (1, "a single item")])
def test_a_set_of_one_or_none_is_refused(tmp_path: Path, count: int, words: str) -> None:
    write_ink_set(tmp_path / "set", count)
    (said,) = problems_of(tmp_path / "set")
    assert words in said


def test_what_is_no_set_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    write_ink_set(tmp_path / "drawings", 2)
    assert "Did you mean" in problems_of(tmp_path / "drawing")[0]
    other = tmp_path / "set.docx"
    other.write_text("x")
    assert "is no set to learn from" in problems_of(other)[0]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_manifest_names_files_from_its_own_folder(tmp_path: Path, suffix: str) -> None:
    write_ink_set(tmp_path / "media", 2)
    rows = [("media/00.png", "a red ball, at night"), ("media/01.png", "a box")]
    lines = (
        ["file_name,text", *(f'{path},"{caption}"' for path, caption in rows)]
        if suffix == ".csv"
        else [json.dumps({"path": path, "caption": caption}) for path, caption in rows]
    )
    manifest = tmp_path / f"set{suffix}"
    manifest.write_text("\n".join(lines), encoding="utf-8-sig")
    found = looked_at(manifest)
    assert [(item.path, item.caption) for item in found.items] == [
        (tmp_path / path, caption) for path, caption in rows
    ]


def test_all_that_is_wrong_with_a_manifest_is_told_at_once(tmp_path: Path) -> None:
    write_ink_set(tmp_path, 1)
    manifest = tmp_path / "set.jsonl"
    lines = [
        {"path": "00.png", "caption": "a ball", "weight": "2"},
        {"path": "gone.png", "caption": "a ball"},
        {"path": "gone.mp4", "caption": "a ball"},
        {"caption": "a ball"},
        {"path": "00.png"},
    ]
    manifest.write_text("\n".join([*map(json.dumps, lines), "{"]), encoding="utf-8")
    said = problems_of(manifest)
    for words in (
        "columns that are not known: 'weight'",
        "There is no image at",
        "There is no clip at",
        "Line 4 of 'set.jsonl' names no file in 'path'.",
        "The caption of '00.png' is empty.",
        "Line 6 is no JSON object.",
    ):
        assert any(words in problem for problem in said), (words, said)
    assert len(said) == 6


def test_a_folder_written_as_a_manifest_is_the_same_set(tmp_path: Path) -> None:
    listed = list_training_set(write_ink_set(tmp_path / "media", 3))
    manifest = tmp_path / "set.jsonl"
    write_manifest(listed, manifest)
    assert json.loads(manifest.read_text().splitlines()[0])["path"] == "media/00.png"
    assert list_training_set(manifest).entries == listed.entries
