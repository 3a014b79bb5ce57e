"""Whose a job is: each process holds the lock of a file of its own for as long as it lives."""

from __future__ import annotations

import os
import threading
import uuid
import weakref
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.platform.files import hold_file

if TYPE_CHECKING:
    from pathlib import Path

    from filelock import BaseFileLock

_SUFFIX = ".lock"


@dataclass(frozen=True)
class Owner:
    """A process at work, by a name that no other one ever has; its number is for people."""

    name: str
    pid: int


class Owners:
    """Tells which owners are alive by trying their locks, which the system frees at their end.

    Neither the clock nor the number of a process is asked: the one may be set, and the other means
    something else in a container that shares the folder.

    Attributes:
        own: this process, as far as whoever holds this object is concerned.
    """

    def __init__(self, folder: Path) -> None:
        self.own = Owner(uuid.uuid4().hex, os.getpid())
        self._folder = folder
        self._guard = threading.Lock()
        self._lock: BaseFileLock | None = None

    def begin(self) -> None:
        """Be seen as alive from now on, before anything is owned.

        Raises:
            OSError: the folder cannot be made or written.
        """
        with self._guard:
            if self._lock is not None:
                return
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Whoever sweeps may take a file for one of the dead before its lock is held.
            place = self._place(self.own)
            while self._lock is None:
                self._lock = hold_file(place)
            weakref.finalize(self, _give_up, self._lock, place)
            self._sweep()

    def is_alive(self, owner: Owner) -> bool:
        """Whether an owner's process still runs, here or in a container beside this one."""
        if owner == self.own:
            return True
        place = self._place(owner)
        try:
            if not place.is_file():
                return False
            lock = hold_file(place)
        except OSError:
            # It is there and cannot be opened: of another user, whose jobs are not ours to take.
            return True
        if lock is None:
            return True
        try:
            # Where the disk knows no locks, nothing better is left than the process's number.
            # Imported late: it is slow to load, and most starts find no owner but themselves.
            import psutil

            if not lock.is_locked and psutil.pid_exists(owner.pid):
                return True
            with suppress(OSError):
                place.unlink(missing_ok=True)
        finally:
            lock.release()
        return False

    def _sweep(self) -> None:
        """Remove the files of those who have ended and owned nothing any more."""
        for file in list(self._folder.glob(f"*{_SUFFIX}")):
            # Where the disk knows no locks, a file stays: whose number it is is not known.
            self.is_alive(Owner(file.stem, self.own.pid))

    def _place(self, owner: Owner) -> Path:
        return self._folder / f"{owner.name}{_SUFFIX}"


def _give_up(lock: BaseFileLock, place: Path) -> None:
    with suppress(OSError):
        place.unlink(missing_ok=True)
    lock.release()
