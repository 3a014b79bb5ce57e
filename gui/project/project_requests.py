"""What a person may want done with projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class NewProject:
    """A person wants an empty project of that name."""

    name: str


@dataclass(frozen=True)
class OpenProject:
    """A person wants the project of that folder."""

    folder: Path


@dataclass(frozen=True)
class SaveProjectAs:
    """A person wants a copy in that folder, which does not exist yet."""

    folder: Path


@dataclass(frozen=True)
class PackageProject:
    """A person wants the project in that one file."""

    zip_path: Path


@dataclass(frozen=True)
class UnpackProject:
    """A person wants the project that is in that file."""

    zip_path: Path


@dataclass(frozen=True)
class ImportProject:
    """A person wants the ImageAI project of that file."""

    path: Path


@dataclass(frozen=True)
class SampleProject:
    """A person wants the sample project, rendered."""


ProjectRequest = (
    NewProject
    | OpenProject
    | SaveProjectAs
    | PackageProject
    | UnpackProject
    | ImportProject
    | SampleProject
)
