"""Paths in projects of ImageAI: often of another machine, and found again all the same."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from core.project.files.media_uses import is_file, shared_tail

_DRIVE = re.compile(r"([A-Za-z]):[\\/](.*)", re.DOTALL)


@dataclass(frozen=True)
class FoundPath:
    """A file; `is_repaired` when it lies elsewhere than the project says."""

    path: Path
    is_repaired: bool


class PathFinder:
    """Finds files that a project names: where it says, below its folder, or by their name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_name: dict[str, list[Path]] | None = None

    def find(self, named: str) -> FoundPath | None:
        """The file that is meant; None when it is nowhere."""
        for path in self._as_written(named):
            if is_file(path):
                return FoundPath(path, is_repaired=False)
        parts = [part for part in re.split(r"[\\/]+", named) if part not in ("", ".", "..")]
        for path in self._below(parts):
            if is_file(path):
                return FoundPath(path, is_repaired=True)
        like_it = self._named(parts[-1]) if parts else []
        if not like_it:
            return None
        return FoundPath(max(like_it, key=lambda path: shared_tail(path, parts)), is_repaired=True)

    def _as_written(self, named: str) -> tuple[Path, ...]:
        drive = _DRIVE.fullmatch(named)
        if drive is None:
            return (self._folder / named,)
        # Where Linux inside Windows sees that drive.
        mounted = Path("/mnt", drive[1].lower(), *re.split(r"[\\/]+", drive[2]))
        return (Path(named), mounted)

    def _below(self, parts: list[str]) -> list[Path]:
        """The same last folders below the project's own, the longest way first."""
        return [self._folder.joinpath(*parts[start:]) for start in range(len(parts))]

    def _named(self, name: str) -> list[Path]:
        if self._by_name is None:
            self._by_name = {}
            for place, folders, names in os.walk(self._folder):
                folders.sort()
                for found in sorted(names):
                    self._by_name.setdefault(found.casefold(), []).append(Path(place, found))
        return self._by_name.get(name.casefold(), [])
