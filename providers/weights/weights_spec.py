"""Which files a model is made of: where they come from and where they go on disk."""

from __future__ import annotations

import re
from datetime import date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Protocol

from pydantic import Field

from core.frozen import Frozen
from core.platform.units import bytes_text

if TYPE_CHECKING:
    from collections.abc import Collection

# Weights in several files are numbered, and each name says how many there are.
_SHARD = re.compile(r"(?P<start>.*-)(?P<number>\d{5})(?P<end>-of-(?P<count>\d{5})\.[^/]+)")

TRANSFORMER = "transformer"
"""The folder of a model's transformer."""

WEIGHT_SCALES = (".weight_scale", ".scale_weight")
"""How the names end of what the weights of a layer in 8 bit are multiplied by."""


class FileOfRepo(Protocol):
    """A file that is known by where it came from."""

    @property
    def repo_id(self) -> str:
        """The repository."""
        ...

    @property
    def path(self) -> str:
        """Where it lies there."""
        ...


class SizedFile(FileOfRepo, Protocol):
    """The same with its size."""

    @property
    def size_bytes(self) -> int:
        """In bytes."""
        ...


class RemoteFile(Frozen):
    """One file of a repository; size and hash are None where only the hub knows them."""

    path: str
    size_bytes: int | None = None
    sha256: str | None = None


class FileSet(Frozen):
    """Some files of one repository, and the place they take in the model's own folder.

    Attributes:
        revision: a branch, tag or commit of the repository.
        allow_patterns: a file belongs here when its path in the repository matches one of them;
            `*` also matches slashes, as in huggingface_hub.
        ignore_patterns: and none of these.
        part: what they are to the model, where it may have been installed without them.
        licence: of these files, where it is another than the model's.
        is_extra: the model makes clips without them, so what a repository lacks of them is no
            reason to fetch nothing.
        source_folder: the folder in the repository that is taken away from each path.
        target_folder: the folder inside the model's folder that is put in its place.
        known_files: the files whose size or hash is known without asking the hub.
    """

    repo_id: str
    revision: str = "main"
    allow_patterns: tuple[str, ...] = Field(min_length=1)
    ignore_patterns: tuple[str, ...] = ()
    part: str = ""
    licence: str = ""
    is_extra: bool = False
    source_folder: str = ""
    target_folder: str = ""
    known_files: tuple[RemoteFile, ...] = ()

    def has(self, path: str) -> bool:
        """Whether a file of the repository belongs to this set."""
        return any(fnmatchcase(path, pattern) for pattern in self.allow_patterns) and not any(
            fnmatchcase(path, pattern) for pattern in self.ignore_patterns
        )

    def missing(self, paths: Collection[str]) -> tuple[str, ...]:
        """What of this set is not among the files of a repository.

        Single files beside folders may be optional; of weights in several files each must be there.
        """
        if self.is_extra and not any(map(self.has, paths)):
            return ()
        folders = tuple(pattern for pattern in self.allow_patterns if pattern.endswith("/*"))
        absent = [
            pattern
            for pattern in folders or self.allow_patterns
            if not any(fnmatchcase(path, pattern) for path in paths)
        ]
        for shard in filter(None, (_SHARD.fullmatch(path) for path in paths if self.has(path))):
            start, end = shard["start"], shard["end"]
            every = (f"{start}{number + 1:05}{end}" for number in range(int(shard["count"])))
            absent += [name for name in every if name not in paths]
        return tuple(dict.fromkeys(absent))

    def place(self, path: str) -> str:
        """Where a file of the repository lies, relative to the model's folder, with slashes."""
        inner = path.removeprefix(f"{self.source_folder}/") if self.source_folder else path
        return f"{self.target_folder}/{inner}" if self.target_folder else inner


class WeightsSpec(Frozen):
    """The whole download of one model, into one folder in the layout of diffusers.

    Attributes:
        sets: in the order in which they are fetched; no two put a file in the same place.
        download_bytes: about the sum of all files.
        page_url: where a person reads about the model and, when it is gated, accepts its terms.
        as_of, source: when and where the numbers were read.
    """

    model: str
    sets: tuple[FileSet, ...] = Field(min_length=1)
    download_bytes: int = Field(gt=0)
    page_url: str
    as_of: date
    source: str

    @property
    def repo_ids(self) -> tuple[str, ...]:
        """The repositories, each once."""
        return tuple(dict.fromkeys(files.repo_id for files in self.sets))

    def licensed_parts(self, files: Collection[SizedFile]) -> tuple[str, ...]:
        """Of each part with a licence of its own the size, where it is from, and that licence."""
        parts: list[str] = []
        for part in self.sets:
            sizes = [
                file.size_bytes
                for file in files
                if file.repo_id == part.repo_id and part.has(file.path)
            ]
            if part.licence and sizes:
                size = bytes_text(sum(sizes))
                parts.append(f"{part.part}: {size} of {part.repo_id}, under {part.licence}")
        return tuple(parts)

    def missing_parts(self, files: Collection[FileOfRepo]) -> tuple[str, ...]:
        """What the parts are called of which there is no file."""
        missing = [
            part
            for part in self.sets
            if not any(file.repo_id == part.repo_id and part.has(file.path) for file in files)
        ]
        return tuple(dict.fromkeys(part.part or part.repo_id for part in missing))
