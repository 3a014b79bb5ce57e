"""The projects that were open lately, so that they are one click away."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from core.frozen import Frozen
from core.platform.files import set_aside, write_text_atomically
from core.project.files.project_file import cannot_write, is_project

NAME = "recent_projects.json"
MAX_PROJECTS = 30


class _StoredEntry(Frozen):
    folder: Path
    name: str
    opened_at: datetime


class _StoredRecent(Frozen):
    schema_version: Literal[1] = 1
    projects: tuple[_StoredEntry, ...] = ()


@dataclass(frozen=True)
class RecentProject:
    """A project that was open lately; one that `is_missing` may be on a disk that is away."""

    folder: Path
    name: str
    opened_at: datetime
    is_missing: bool


class RecentProjects:
    """The list in one file; every call reads it anew, as other windows change it too."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / NAME

    def entries(self) -> tuple[RecentProject, ...]:
        """The projects, latest first, each looked for on disk."""
        return tuple(
            RecentProject(
                item.folder, item.name, item.opened_at, is_missing=not is_project(item.folder)
            )
            for item in self._read()
        )

    def opened(self, folder: Path, name: str) -> None:
        """Put a project that is open now at the top of the list.

        Raises:
            ProjectError: the list cannot be written.
        """
        folder = folder.absolute()
        now = datetime.now().astimezone()
        others = (item for item in self._read() if item.folder != folder)
        projects = (_StoredEntry(folder=folder, name=name, opened_at=now), *others)
        stored = _StoredRecent(projects=projects[:MAX_PROJECTS])
        try:
            write_text_atomically(self.path, stored.model_dump_json(indent=1) + "\n")
        except OSError as error:
            raise cannot_write(
                "The list of projects cannot be kept at", self.path, error
            ) from error

    def _read(self) -> tuple[_StoredEntry, ...]:
        try:
            return _StoredRecent.model_validate_json(self.path.read_bytes()).projects
        except OSError:
            return ()
        except ValidationError:
            # A list of shortcuts is not worth a question, but it is not thrown away either.
            with suppress(OSError):
                set_aside(self.path)
            return ()
