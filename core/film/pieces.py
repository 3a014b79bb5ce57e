"""Finished parts of films on disk, found again by what they were made of."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

# Raised when the same description would give other bytes: a key of an older program is not found.
FORMAT = 2
_PART = ".part"


def key_of(description: Mapping[str, Any]) -> str:
    """A name for whatever is made from this description, the same on every run; hex only."""
    text = json.dumps({"format": FORMAT, **description}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:40]


@dataclass(frozen=True)
class StoreUse:
    """How much lies in the store."""

    count: int
    size_bytes: int


class PieceStore:
    """A folder of pieces; the ones that were used longest ago go when it grows too big."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, key: str, suffix: str, make: Callable[[Path], None]) -> Path:
        """The piece of that key; `make` writes it to the path it gets when there is none yet.

        Whatever `make` raises leaves nothing behind.
        """
        path = self.folder / f"{key}{suffix}"
        with suppress(FileNotFoundError):
            os.utime(path)
            return path
        self.folder.mkdir(parents=True, exist_ok=True)
        # The suffix stays last: FFmpeg reads the format from it.
        aside = self.folder / f"{key}.{uuid.uuid4().hex[:8]}{_PART}{suffix}"
        try:
            make(aside)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        return path

    def has(self, key: str, suffix: str) -> bool:
        """Whether the piece is there already."""
        return (self.folder / f"{key}{suffix}").is_file()

    def use(self) -> StoreUse:
        """How much lies there now."""
        sizes = [path.stat().st_size for path in self._pieces()]
        return StoreUse(len(sizes), sum(sizes))

    def clear(self) -> StoreUse:
        """Remove everything; gives what was there."""
        use = self.use()
        shutil.rmtree(self.folder, ignore_errors=True)
        return use

    def trim(self, limit_bytes: int) -> int:
        """Remove the pieces not used for the longest time until the rest fits; gives the bytes."""
        pieces = [(path, path.stat()) for path in self._pieces()]
        total = sum(facts.st_size for _, facts in pieces)
        removed = 0
        for path, facts in sorted(pieces, key=lambda piece: piece[1].st_mtime_ns):
            if total - removed <= limit_bytes:
                break
            with suppress(OSError):
                path.unlink()
                removed += facts.st_size
        return removed

    def _pieces(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return [path for path in self.folder.iterdir() if path.is_file()]
