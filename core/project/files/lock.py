"""Who may change a project: one window at a time, held by the system and freed by a kill."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = ".imageai-lock"
_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)


class ProjectLock:
    """The right to change the project in one folder.

    Attributes:
        reason: why it was not given, as a sentence; empty while it is held or was never asked for.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.reason = ""
        self._number: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this window may change the project."""
        return self._number is not None

    def acquire(self) -> bool:
        """Whether the right is given now; without it the project can only be looked at."""
        if self._number is not None:
            return True
        try:
            number = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            self.reason = (
                f"The folder {str(self.path.parent)!r} cannot be written ({error.strerror}), so "
                "the project is open for reading only."
            )
            return False
        try:
            _lock(number)
        except OSError as error:
            if error.errno in _HELD:
                os.close(number)
                self.reason = (
                    "The project is open in another window, so here it is open for reading only."
                )
                return False
            # This disk knows no locks, as some network drives: nobody could ever get one.
        self._number = number
        self.reason = ""
        return True

    def release(self) -> None:
        """Give the right back; nothing happens where it is not held."""
        # The file stays: another window may be waiting at it, and a new one would be another lock.
        number, self._number = self._number, None
        if number is not None:
            os.close(number)

    def __del__(self) -> None:
        # A project may be opened and not wanted any more before anybody has its lock.
        self.release()


def _lock(number: int) -> None:
    """Take the system's lock on an open file; closing the file gives it back.

    Raises:
        OSError: another has it, or the disk knows no locks.
    """
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
