"""A person's own LoRAs: two folders of files, with what is known of each beside its weights."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from core.errors import UnreadableLora
from core.lora.lora_file import LoraFile, read_lora, words_of
from core.platform.files import read_plain_file
from core.platform.safetensors_head import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_MOST_NOTES_BYTES = 1_000_000
_MOST_TAGS = 5
# By what is told, where training programs write it into the head of a file.
_TRIGGERS = (
    "modelspec.trigger_phrase",
    "trigger_words",
    "trigger_word",
    "trigger_phrase",
    "trigger",
    "instance_prompt",
)
_NOTES = ("modelspec.description", "modelspec.usage_hint", "ss_training_comment", "description")
_TAGS = "ss_tag_frequency"


@dataclass(frozen=True)
class LoraNotes:
    """What is told of a LoRA, by the person who keeps it or by its file.

    Attributes:
        trigger_words: what a prompt has to say for the LoRA to work.
        source: where it is from.
        base: which model it was made for, in anybody's words.
        problem: why the person's own notes could not be read; empty where they could.
    """

    trigger_words: tuple[str, ...] = ()
    notes: str = ""
    source: str = ""
    base: str = ""
    problem: str = ""


@dataclass(frozen=True)
class LibraryLora:
    """One file of the collection.

    Attributes:
        name: what to call it by: its path in the folder, without the suffix.
        file: None where it cannot be read, for which `problem` says why.
    """

    name: str
    path: Path
    size_bytes: int
    file: LoraFile | None
    problem: str
    notes: LoraNotes


def read_library(folders: Iterable[Path]) -> tuple[LibraryLora, ...]:
    """Every LoRA of these folders; of two with the same name the one of the first folder."""
    found: dict[str, LibraryLora] = {}
    for folder in folders:
        for path in _files_in(folder):
            name = path.relative_to(folder).with_suffix("").as_posix()
            if name not in found:
                found[name] = _look_at(name, path)
    return tuple(found.values())


def find_lora(name: str, folders: Sequence[Path]) -> Path | None:
    """The file that a name stands for, with or without folder and suffix, in capitals or not."""
    wanted = name.casefold().removesuffix(SUFFIX)
    for is_whole in (True, False):
        for folder in folders:
            for path in _files_in(folder):
                inner = path.relative_to(folder).with_suffix("").as_posix()
                known = inner if is_whole else path.stem
                if known.casefold() == wanted:
                    return path
    return None


def notes_of(path: Path, file: LoraFile | None) -> LoraNotes:
    """What a person wrote beside a LoRA, and where that says nothing, what its head says."""
    written, problem = _written_beside(path)
    metadata: Mapping[str, str] = file.metadata if file else {}
    words = _words(written.get("trigger_words")) or _words(written.get("trigger words"))
    return LoraNotes(
        trigger_words=words or _trigger_words(metadata),
        notes=_text(written.get("notes")) or _first(metadata, _NOTES),
        source=_text(written.get("source")),
        base=_text(written.get("base")),
        problem=problem,
    )


def _files_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.rglob(f"*{SUFFIX}") if path.is_file())
    except OSError:
        return []


def _look_at(name: str, path: Path) -> LibraryLora:
    file, problem = None, ""
    try:
        file = read_lora(path)
        size_bytes = file.size_bytes
    except UnreadableLora as error:
        problem = error.message
        size_bytes = path.stat().st_size if path.exists() else 0
    return LibraryLora(name, path, size_bytes, file, problem, notes_of(path, file))


def _written_beside(path: Path) -> tuple[dict[str, Any], str]:
    beside = path.with_suffix(".json")
    try:
        stored: Any = json.loads(read_plain_file(beside, _MOST_NOTES_BYTES).decode("utf-8-sig"))
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, RecursionError) as error:
        return {}, f"The notes in {beside.name!r} cannot be read: {error}."
    if not isinstance(stored, dict):
        return {}, f"The notes in {beside.name!r} are no JSON object, so they are left alone."
    return cast("dict[str, Any]", stored), ""


def _trigger_words(metadata: Mapping[str, str]) -> tuple[str, ...]:
    said = words_of(filter(None, (metadata.get(name, "") for name in _TRIGGERS)))
    return said or _frequent_tags(metadata.get(_TAGS, ""))


def _frequent_tags(stored: str) -> tuple[str, ...]:
    """The words that most of the captions of the training had, as kohya counts them."""
    counts: Counter[str] = Counter()
    try:
        for tags in json.loads(stored or "{}").values():
            for tag, count in tags.items():
                counts[str(tag).strip()] += int(count)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return ()
    return tuple(tag for tag, _ in counts.most_common(_MOST_TAGS) if tag)


def _first(metadata: Mapping[str, str], names: Iterable[str]) -> str:
    return next((metadata[name].strip() for name in names if metadata.get(name, "").strip()), "")


def _words(stored: object) -> tuple[str, ...]:
    if isinstance(stored, str):
        return words_of([stored])
    if isinstance(stored, list):
        return words_of(str(word) for word in cast("list[object]", stored))
    return ()


def _text(stored: object) -> str:
    return stored.strip() if isinstance(stored, str) else ""
