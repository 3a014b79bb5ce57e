"""Who may change a project: one window at a time, held by the system and freed by a kill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.platform.files import hold_file

if TYPE_CHECKING:
    from pathlib import Path

    from filelock import BaseFileLock

NAME = ".imageai-lock"
_TAKEN = (
    "The project is open in another window or being rendered by a command, so here it is open for "
    "reading only."
)


class ProjectLock:
    """The right to change the project in one folder; it ends with this object at the latest.

    Attributes:
        reason: why it was not given, as a sentence; empty while it is held or was never asked for.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.reason = ""
        self._held: BaseFileLock | None = None

    @property
    def is_held(self) -> bool:
        """Whether the project may be changed here."""
        return self._held is not None

    def acquire(self) -> bool:
        """Whether the right is given now; without it the project can only be looked at."""
        if self._held is not None:
            return True
        try:
            self._held = hold_file(self.path)
        except OSError as error:
            self.reason = (
                f"The folder {str(self.path.parent)!r} cannot be written ({error.strerror}), so "
                "the project is open for reading only."
            )
            return False
        self.reason = "" if self._held is not None else _TAKEN
        return self.is_held

    def release(self) -> None:
        """Give the right back; nothing happens where it is not held."""
        held, self._held = self._held, None
        if held is not None:
            held.release()
