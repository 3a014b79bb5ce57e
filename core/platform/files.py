"""Writing and moving files so that a reader never sees half of one."""

from __future__ import annotations

import os
import sys
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def exists(path: Path) -> bool:
    """Whether something is there; a place that cannot even be asked about holds nothing for us."""
    try:
        return path.exists()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there; a name that no file can have names none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def write_text_atomically(path: Path, text: str) -> None:
    """Write UTF-8 text aside, force it to disk and put it in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not by tempfile, whose files are closed to everybody else: a clip's record is not.
    aside = path.with_name(f".{path.name[:60]}.{uuid.uuid4().hex[:12]}")
    try:
        with aside.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to disk, where the system can do that."""
    # Windows opens no folders, and keeps names safe by itself.
    if sys.platform == "win32":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def set_aside(path: Path) -> Path:
    """Rename a file to a free name that ends in ".bad" and give that name."""
    number = 0
    while True:
        bad = path.with_name(f"{path.name}{f'.{number}' if number else ''}.bad")
        if not bad.exists():
            path.rename(bad)
            return bad
        number += 1
