"""What is made, as it is so far: pictures that a service sends before the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Previews:
    """Keeps the pictures of one job as files, each under a name of its own.

    Attributes:
        newest: None before the first.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self.newest: Path | None = None

    def add(self, content: bytes, suffix: str) -> Path:
        """Keep one more; `suffix` is of its kind, such as ".png"."""
        self._count += 1
        self.newest = self._folder / f"preview-{self._count:03}{suffix}"
        self.newest.write_bytes(content)
        return self.newest
