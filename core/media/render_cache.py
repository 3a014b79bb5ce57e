"""Finished parts of films on disk, found again by what they were made of."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import threading
import time
import uuid
import weakref
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.platform.files import hold_file, remove, set_aside
from core.platform.scratch import ScratchFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

log = logging.getLogger(__name__)

# Raised when the same description would give other bytes: a key of an older program is not found.
FORMAT = 3
_KEY_LENGTH = 40
_PART = ".part"
_DIGEST = ".seal"
_LOCK = ".lock"
_WAIT_S, _LOOK_S = 2.0, 0.02
_OURS = re.compile(rf"[0-9a-f]{{{_KEY_LENGTH}}}\.|[0-9a-f]{{32}}\.ffconcat$")
_ASIDE = re.compile(rf"{re.escape(_PART)}\b|\.ffconcat$")


def key_of(description: Mapping[str, Any]) -> str:
    """A name for whatever is made from this description, the same on every run; hex only."""
    text = json.dumps({"format": FORMAT, **description}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_LENGTH]


@dataclass(frozen=True)
class StoreUse:
    """How much lies in the cache."""

    count: int
    size_bytes: int


class RenderCache:
    """A folder of pieces; the ones that were used longest ago go when it grows too big.

    Beside each piece lies the digest of what was written. A piece that was damaged since, by a bad
    disk or a power cut, counts as missing, for FFmpeg would join it without a word.

    Pieces are made outside and put into the folder afterwards, so whatever is wrong with it costs
    time only. Who works with `held_in` has each piece in a folder of its own as well, by a second
    name of the same file where the disk knows such: nobody who clears the cache takes it away.

    Attributes:
        trouble: why nothing more can be kept, as a sentence; empty where all is well.
    """

    def __init__(self, folder: Path, hold: Path | None = None) -> None:
        self.folder = folder
        self.trouble = ""
        self._held = hold
        self._guard = threading.Lock()

    def held_in(self, hold: Path) -> RenderCache:
        """The same cache for one piece of work, whose pieces lie in its own folder."""
        return type(self)(self.folder, hold)

    def keep(self, key: str, suffix: str, make: Callable[[Path], None]) -> Path:
        """The piece of that key; `make` writes it to the path it gets when there is none yet.

        Whatever `make` raises leaves nothing behind.
        """
        found = self.find(key, suffix)
        if found is not None:
            return found
        hold = self._hold
        hold.mkdir(parents=True, exist_ok=True)
        # The suffix stays last: FFmpeg reads the format from it.
        aside = hold / f"{key}.{uuid.uuid4().hex[:8]}{_PART}{suffix}"
        try:
            make(aside)
            held = hold / f"{key}{suffix}"
            aside.replace(held)
        finally:
            aside.unlink(missing_ok=True)
        try:
            kept = self._publish(held)
        except OSError as error:
            log.warning("%s cannot be kept: %s", held.name, error)
            self.trouble = (
                f"Nothing can be kept in the cache {str(self.folder)!r} "
                f"({error.strerror or error}), so it is made again each time. Make it a folder "
                "that can be written, with space on its disk."
            )
            return held
        if self._held is None and kept != held:
            held.unlink(missing_ok=True)
        return held if self._held is not None else kept

    def find(self, key: str, suffix: str) -> Path | None:
        """The piece of that key, which counts as used now; None when there is no sound one."""
        path = self._place(key, suffix)
        try:
            found = path if self._held is None else self._hold_piece(path)
            if _digest_of(found) != _digest_place(path).read_bytes():
                if found != path:
                    found.unlink()
                return None
        except OSError:
            # Missing, gone this moment, or on a disk that no longer gives it back.
            return None
        with suppress(OSError):
            os.utime(path)
        return found

    def forget(self, entry: Path) -> None:
        """Remove one piece, so that it is made anew the next time; one that is held stays there."""
        path = self.folder / entry.name
        remove(path)
        remove(_digest_place(path))

    def use(self) -> StoreUse:
        """How much lies there now."""
        sizes = list(self._sizes().values())
        return StoreUse(len(sizes), sum(sizes))

    def clear(self) -> StoreUse:
        """Remove all pieces and give how much of them went; nothing else in the folder is touched.

        Who is just working with some of them holds them and loses nothing.
        """
        sizes = self._sizes()
        for path in self._files():
            if _OURS.match(path.name):
                remove(path)
        gone = [size for path, size in sizes.items() if not os.path.lexists(path)]
        return StoreUse(len(gone), sum(gone))

    def trim(self, limit_bytes: int) -> int:
        """Remove the pieces not used for the longest time until the rest fits; gives the bytes.

        What others left behind when they were killed goes as well.
        """
        self._sweep()
        used_at: dict[Path, int] = {}
        sizes = self._sizes()
        for path in sizes:
            with suppress(OSError):
                used_at[path] = path.stat().st_mtime_ns
        total, removed = sum(sizes.values()), 0
        for path in sorted(used_at, key=lambda path: used_at[path]):
            if total - removed <= limit_bytes:
                break
            self.forget(path)
            removed += sizes[path]
        return removed

    @cached_property
    def _hold(self) -> Path:
        if self._held is not None:
            return self._held
        folder = ScratchFolder("pieces")
        # What could be kept lies in the cache by then.
        weakref.finalize(self, folder.remove)
        return folder.path

    def _hold_piece(self, path: Path) -> Path:
        assert self._held is not None, "asked before"
        held = self._held / path.name
        if not held.exists():
            self._held.mkdir(parents=True, exist_ok=True)
            _link_or_copy(path, held)
        return held

    def _publish(self, held: Path) -> Path:
        """Put a piece into the cache and give its place there.

        Raises:
            OSError: the cache cannot be written, or has no space.
        """
        path = self.folder / held.name
        self.folder.mkdir(parents=True, exist_ok=True)
        digest = _digest_of(held)
        with self._writing(_WAIT_S) as may_write:
            if not may_write:
                return held
            for place in (path, _digest_place(path)):
                # In its own place a folder can only be of somebody else.
                if place.is_dir():
                    set_aside(place)
            aside = self.folder / f"{held.stem}.{uuid.uuid4().hex[:8]}{_PART}{held.suffix}"
            try:
                _link_or_copy(held, aside)
                _digest_place(path).write_bytes(digest)
                aside.replace(path)
            finally:
                # Also where it is the very file that was there: then nothing is replaced.
                remove(aside)
        return path

    @contextmanager
    def _writing(self, wait_s: float = 0.0) -> Generator[bool]:
        """Whether this is the one who writes here now; whatever lies aside then is nobody's."""
        end = time.monotonic() + wait_s
        with self._guard:
            # Beside the folder: within it there is nothing but pieces.
            place = self.folder.with_name(f".{self.folder.name}{_LOCK}")
            while (lock := hold_file(place)) is None and time.monotonic() < end:
                time.sleep(_LOOK_S)
            try:
                yield lock is not None
            finally:
                if lock is not None:
                    lock.release()

    def _sweep(self) -> None:
        """Remove what was being written when its process was killed."""
        with suppress(OSError), self._writing() as may_write:
            for path in self._files() if may_write else ():
                is_bare = path.suffix == _DIGEST and not path.with_suffix("").exists()
                if _OURS.match(path.name) and (is_bare or _ASIDE.search(path.name)):
                    remove(path)

    def _files(self) -> list[Path]:
        try:
            return list(self.folder.iterdir())
        except OSError:
            return []

    def _sizes(self) -> dict[Path, int]:
        """The pieces and their bytes."""
        found: dict[Path, int] = {}
        for path in self._files():
            if path.suffix == _DIGEST or not _OURS.match(path.name) or _ASIDE.search(path.name):
                continue
            with suppress(OSError):
                if path.is_file():
                    found[path] = path.stat().st_size
        return found

    def _place(self, key: str, suffix: str) -> Path:
        return self.folder / f"{key}{suffix}"


def _link_or_copy(source: Path, destination: Path) -> None:
    try:
        os.link(source, destination)
    except FileExistsError:
        return
    except OSError:
        # On another disk, or on one that knows no second names.
        if not source.is_file():
            raise
        shutil.copyfile(source, destination)


def _digest_place(entry: Path) -> Path:
    return entry.with_name(f"{entry.name}{_DIGEST}")


def _digest_of(entry: Path) -> bytes:
    with entry.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest().encode()
