"""Whether the model that comes with the program is the one that was published, byte for byte."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from core.platform.files import write_text_atomically

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

HASHES_NAME = "sha256.json"
_PROVEN_SUFFIXES = (".safetensors", ".json", ".model")
_HASHES: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])
_PROVEN: TypeAdapter[dict[str, tuple[int, ...]]] = TypeAdapter(dict[str, tuple[int, ...]])


def write_hashes(folder: Path) -> None:
    """Write down what each file of a model holds, to be published with it."""
    files = sorted(file for file in folder.rglob("*") if file.suffix in _PROVEN_SUFFIXES)
    hashes = {
        file.relative_to(folder).as_posix(): _sha256(file)
        for file in files
        if file.name != HASHES_NAME
    }
    write_text_atomically(folder / HASHES_NAME, json.dumps(hashes, indent=1) + "\n")


def find_difference(folder: Path, memory: Path) -> str:
    """What in a folder is not as it was published, or "" where nothing is.

    A file is read once, and again when its size or its dates have changed: a flipped bit in weights
    makes another clip, and nothing else tells of it.

    Args:
        folder: the model's files, with their hashes among them.
        memory: the file that remembers what was proven; whatever is wrong with it costs time only.
    """
    try:
        hashes = _HASHES.validate_json((folder / HASHES_NAME).read_bytes())
    except FileNotFoundError:
        return f"{HASHES_NAME} is missing"
    except (OSError, ValidationError):
        return f"{HASHES_NAME} cannot be read"
    known = _read(memory)
    proven: dict[str, tuple[int, ...]] = {}
    for place, sha256 in hashes.items():
        try:
            found = (folder / place).stat()
            state = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
            if known.get(place) != state and _sha256(folder / place) != sha256:
                return f"{place} is not as it was published"
        except FileNotFoundError:
            return f"{place} is missing"
        except OSError as error:
            return f"{place} cannot be read ({error.strerror})"
        proven[place] = state
    if proven != known:
        try:
            write_text_atomically(memory, _PROVEN.dump_json(proven).decode())
        except OSError as error:
            log.debug("what was proven is not remembered: %s", error)
    return ""


def _read(memory: Path) -> dict[str, tuple[int, ...]]:
    try:
        return _PROVEN.validate_json(memory.read_bytes())
    except (OSError, ValidationError):
        return {}


def _sha256(file: Path) -> str:
    content = file.read_bytes()
    # A checkout on Windows may have ended the lines of texts in its own way.
    text = content.replace(b"\r\n", b"\n") if file.suffix == ".json" else content
    return hashlib.sha256(text).hexdigest()
