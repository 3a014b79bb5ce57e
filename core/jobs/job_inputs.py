"""What jobs read, stored with them until they are forgotten: a file may be moved meanwhile."""

from __future__ import annotations

import hashlib
import shutil
import time
from typing import TYPE_CHECKING

from core.errors import JournalError
from core.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Set
    from pathlib import Path

# Longer than any copying takes: a folder without a job may be one that is being queued elsewhere.
_STRAY_AFTER_S = 3600.0


class StoredInput(Frozen):
    """A file as it was when its job was queued.

    Attributes:
        name: of its copy in the job's folder; empty for one that is too large to be copied, which
            is known by its content instead.
    """

    name: str = ""
    sha256: str


def digest_of(path: Path, label: str) -> str:
    """What a file holds now, as its SHA-256.

    Raises:
        JournalError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise JournalError(
            f"The {label} {str(path)!r} cannot be read any more: {error.strerror}.",
            hint="Put it back and give the command again.",
        ) from error


def store_input(path: Path, label: str, stored: StoredInput, folder: Path) -> None:
    """Copy a file into the job's folder, which is made.

    Raises:
        JournalError: it has changed since it was looked at, or cannot be copied.
    """
    if not stored.name:
        return
    copy = folder / stored.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    except OSError as error:
        raise JournalError(
            f"The {label} {str(path)!r} cannot be kept in {str(folder)!r}: {error.strerror}.",
            hint="Free some space there, then give the command again.",
        ) from error
    if digest_of(copy, label) != stored.sha256:
        raise JournalError(
            f"The {label} {str(path)!r} was changed just now.", hint="Give the command again."
        )


def find_input(path: Path, label: str, stored: StoredInput, folder: Path) -> Path:
    """Where the very content lies that the job was queued with.

    Raises:
        JournalError: it is nowhere any more.
    """
    if stored.name:
        copy = folder / stored.name
        if copy.is_file() and digest_of(copy, label) == stored.sha256:
            return copy
        raise JournalError(
            f"The copy of the {label} that was kept for this job, {str(copy)!r}, is gone or "
            "damaged, so it cannot be made as it was planned.",
            hint="Give the command again, with the file.",
        )
    if not path.is_file():
        raise JournalError(
            f"The {label} {str(path)!r} was moved or deleted since the job was queued.",
            hint="Put it back there, then resume the job.",
        )
    if digest_of(path, label) != stored.sha256:
        raise JournalError(
            f"The {label} {str(path)!r} was changed since the job was queued.",
            hint="Put the old one back and resume the job, or give the command again.",
        )
    return path


def stray_inputs(folder: Path, known: Set[str]) -> list[str]:
    """The jobs for which something was stored long ago and that are none of those known."""
    if not folder.is_dir():
        return []
    oldest = time.time() - _STRAY_AFTER_S
    return [
        stored.name
        for stored in folder.iterdir()
        if stored.name not in known and stored.stat().st_mtime < oldest
    ]
