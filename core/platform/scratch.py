"""Folders for what is needed for a moment; the next run sweeps those that a kill left behind."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.platform.files import folders_in, hold_file

if TYPE_CHECKING:
    from collections.abc import Generator

_PREFIX = "imageai-"
_LOCK = ".held"
# A folder that was made just now may not be held yet.
_NEW_S = 60.0


class ScratchFolder:
    """A folder of this process alone, in the system's place for such; gone with `remove`."""

    def __init__(self, name: str = "work") -> None:
        """Make it.

        Raises:
            OSError: there is no room or no right.
        """
        _sweep(tempfile.gettempdir())
        self.path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{name}-"))
        self._lock = hold_file(self.path / _LOCK)

    def remove(self) -> None:
        """Remove it with all that is in it; may be called twice."""
        if self._lock is not None:
            # Before it is gone: on Windows nothing can be removed that is open.
            self._lock.release()
        shutil.rmtree(self.path, ignore_errors=True)


@contextmanager
def scratch_folder(name: str = "work") -> Generator[Path]:
    """A folder for the time of the block.

    Raises:
        OSError: there is no room or no right.
    """
    folder = ScratchFolder(name)
    try:
        yield folder.path
    finally:
        folder.remove()


@cache
def _sweep(place: str) -> None:
    """Remove the folders of those who were killed, once in each run."""
    for folder in folders_in(Path(place)):
        lock = folder / _LOCK
        # Only our own: what another user laid there may be a trap.
        with suppress(OSError):
            if folder.name.startswith(_PREFIX) and lock.is_file() and _is_ours_and_old(folder):
                _remove_if_left(folder, lock)


def _is_ours_and_old(folder: Path) -> bool:
    found = folder.stat()
    is_ours = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return is_ours and time.time() - found.st_mtime > _NEW_S


def _remove_if_left(folder: Path, lock: Path) -> None:
    held = hold_file(lock)
    if held is None:
        return
    # Where the disk knows no locks, nobody can tell whether its maker lives.
    is_left = held.is_locked
    held.release()
    if is_left:
        shutil.rmtree(folder, ignore_errors=True)
