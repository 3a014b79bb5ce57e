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
_DIGEST = ".seal"


def key_of(description: Mapping[str, Any]) -> str:
    """A name for whatever is made from this description, the same on every run; hex only."""
    text = json.dumps({"format": FORMAT, **description}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:40]


@dataclass(frozen=True)
class StoreUse:
    """How much lies in the cache."""

    count: int
    size_bytes: int


class RenderCache:
    """A folder of pieces; the ones that were used longest ago go when it grows too big.

    Beside each piece lies a seal: the digest of what was written. A piece that was damaged since,
    by a bad disk or a power cut, counts as missing, for FFmpeg would join it without a word.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, key: str, suffix: str, make: Callable[[Path], None]) -> Path:
        """The piece of that key; `make` writes it to the path it gets when there is none yet.

        Whatever `make` raises leaves nothing behind.
        """
        found = self.find(key, suffix)
        if found is not None:
            return found
        path = self._place(key, suffix)
        self.folder.mkdir(parents=True, exist_ok=True)
        # The suffix stays last: FFmpeg reads the format from it.
        aside = self.folder / f"{key}.{uuid.uuid4().hex[:8]}{_PART}{suffix}"
        try:
            make(aside)
            _digest_place(path).write_bytes(_digest_of(aside))
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        return path

    def find(self, key: str, suffix: str) -> Path | None:
        """The piece of that key, which counts as used now; None when there is no sound one."""
        path = self._place(key, suffix)
        try:
            if _digest_of(path) != _digest_place(path).read_bytes():
                return None
            os.utime(path)
        except OSError:
            # Missing, gone this moment, or on a disk that no longer gives it back.
            return None
        return path

    def forget(self, entry: Path) -> None:
        """Remove one piece, so that it is made anew the next time."""
        entry.unlink(missing_ok=True)
        _digest_place(entry).unlink(missing_ok=True)

    def use(self) -> StoreUse:
        """How much lies there now."""
        sizes = [path.stat().st_size for path in self._entries()]
        return StoreUse(len(sizes), sum(sizes))

    def clear(self) -> StoreUse:
        """Remove everything; gives what was there."""
        use = self.use()
        shutil.rmtree(self.folder, ignore_errors=True)
        return use

    def trim(self, limit_bytes: int) -> int:
        """Remove the pieces not used for the longest time until the rest fits; gives the bytes."""
        entries = [(path, path.stat()) for path in self._entries()]
        total = sum(facts.st_size for _, facts in entries)
        removed = 0
        for path, facts in sorted(entries, key=lambda entry: entry[1].st_mtime_ns):
            if total - removed <= limit_bytes:
                break
            with suppress(OSError):
                self.forget(path)
                removed += facts.st_size
        return removed

    def _entries(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return [path for path in self.folder.iterdir() if path.suffix != _DIGEST and path.is_file()]

    def _place(self, key: str, suffix: str) -> Path:
        return self.folder / f"{key}{suffix}"


def _digest_place(entry: Path) -> Path:
    return entry.with_name(f"{entry.name}{_DIGEST}")


def _digest_of(entry: Path) -> bytes:
    with entry.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest().encode()
