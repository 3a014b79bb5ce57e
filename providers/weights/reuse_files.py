"""Takes over files that lie on disk already: found by size, proved by hash, linked or copied."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import OutputError
from core.platform.machine import free_disk_bytes
from core.video.model_store import FoundFiles
from providers.weights.hub import ContentCheck
from providers.weights.installed import PART_SUFFIX, read_chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken
    from providers.weights.hub import NeededFile


@dataclass(frozen=True)
class LocalCopy:
    """A file that may be a needed one, and the folder below which it was found."""

    path: Path
    folder: Path


@dataclass(frozen=True)
class ReusedFile:
    """A file that was taken over; `source` is the file that it is one with, None for a copy."""

    sha256: str
    source: Path | None


class LocalCopies:
    """The files below some folders, by size; whatever layout they are in."""

    def __init__(self, folders: Iterable[Path], cancel: CancelToken) -> None:
        self._by_size: dict[int, list[LocalCopy]] = {}
        seen: set[Path] = set()
        for top in folders:
            for folder, _, names in os.walk(top):
                cancel.check()
                for path in (top.joinpath(folder, name) for name in names):
                    # A hub cache shows each file twice, as a link and as what it points to.
                    with suppress(OSError):
                        real = path.resolve()
                        if real.is_file() and real not in seen:
                            seen.add(real)
                            copy = LocalCopy(path, top)
                            self._by_size.setdefault(real.stat().st_size, []).append(copy)

    def candidates(self, file: NeededFile) -> Sequence[LocalCopy]:
        """The files of the right size, those with the right name first."""
        found = self._by_size.get(file.size_bytes, [])
        return sorted(found, key=lambda copy: not copy.path.as_posix().endswith(f"/{file.path}"))

    def found(self, files: Iterable[NeededFile]) -> tuple[FoundFiles, ...]:
        """In which folders files of the right sizes lie, the most bytes first."""
        by_folder: dict[Path, list[NeededFile]] = {}
        for file in files:
            for copy in self.candidates(file)[:1]:
                by_folder.setdefault(copy.folder, []).append(file)
        found = [
            FoundFiles(folder, len(those), sum(file.size_bytes for file in those))
            for folder, those in by_folder.items()
        ]
        return tuple(sorted(found, key=lambda one: -one.size_bytes))


def check_content(
    path: Path, file: NeededFile, cancel: CancelToken, on_bytes: Callable[[int], None]
) -> str | None:
    """The SHA-256 of a file that is the needed one, None when it is another.

    Raises:
        JobCancelled: asked to stop.
        OSError: it cannot be read.
    """
    check = ContentCheck(file)
    for chunk in read_chunks(path, cancel):
        check.update(chunk)
        on_bytes(len(chunk))
    if check.is_right():
        return check.sha256
    on_bytes(-check.size_bytes)
    return None


def reuse(
    file: NeededFile,
    copies: LocalCopies,
    folder: Path,
    cancel: CancelToken,
    on_bytes: Callable[[int], None],
    *,
    may_copy: bool = False,
) -> ReusedFile | None:
    """Put a local copy of a file in place; None when there is none.

    Raises:
        JobCancelled: asked to stop.
        OutputError: it cannot be linked and may not be copied, or there is no room for a copy.
        OSError: the model's folder cannot be written.
    """
    for copy in copies.candidates(file):
        sha256 = None
        # A file that cannot be read is no candidate; the hub has another.
        with suppress(OSError):
            sha256 = check_content(copy.path, file, cancel, on_bytes)
        if sha256 is not None:
            source = copy.path.resolve()
            place = folder / file.place
            is_linked = place_file(source, place, sha256, cancel, may_copy=may_copy)
            return ReusedFile(sha256, source if is_linked else None)
    return None


def place_file(
    source: Path, final: Path, sha256: str, cancel: CancelToken, *, may_copy: bool
) -> bool:
    """Put a file into a model's folder by a link, or by a copy where that is wanted.

    Gives whether it is a link, which takes no room: a hard link, which lives on when the other name
    is deleted, or on another disk a symbolic one, which does not.

    Raises:
        JobCancelled: asked to stop.
        OutputError: it cannot be linked and may not be copied, or there is no room for a copy.
        OSError: the folder cannot be written.
    """
    # Never under the name of a half-fetched file: what is appended to that one would change the
    # other program's file too.
    aside = final.with_name(f"{final.name}.link{PART_SUFFIX}")
    final.parent.mkdir(parents=True, exist_ok=True)
    aside.unlink(missing_ok=True)
    if may_copy:
        _copy(source, aside, sha256, cancel)
    else:
        _link(source, aside)
    aside.replace(final)
    # Where both were one file already, nothing was renamed.
    aside.unlink(missing_ok=True)
    return not may_copy


def _link(source: Path, aside: Path) -> None:
    for make_link in (aside.hardlink_to, aside.symlink_to):
        with suppress(OSError):
            make_link(source)
            return
    # Where the folder cannot be written, that is what is to be told.
    aside.touch()
    aside.unlink()
    size_bytes = source.stat().st_size
    raise OutputError(
        f"{str(source)!r} cannot be linked into {str(aside.parent)!r}: the disks or this system do "
        "not allow it.",
        hint=f"Give the same command with --copy, which takes {size_bytes / 1e9:.1f} GB more, or "
        "keep the models on that disk: 'main.py config set folders.models FOLDER'.",
    )


def _copy(source: Path, aside: Path, sha256: str, cancel: CancelToken) -> None:
    size_bytes, free_bytes = source.stat().st_size, free_disk_bytes(aside.parent)
    if free_bytes < size_bytes:
        raise OutputError(
            f"A copy of {str(source)!r} needs {size_bytes / 1e9:.1f} GB, and "
            f"{free_bytes / 1e9:.1f} GB are free.",
            hint="Make room, or leave out --copy: a link takes none.",
        )
    digest = hashlib.sha256()
    with aside.open("wb") as copy:
        for chunk in read_chunks(source, cancel):
            copy.write(chunk)
            digest.update(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    if digest.hexdigest() != sha256:
        aside.unlink()
        raise OutputError(
            f"{str(source)!r} changed while it was copied.", hint="Give the same command again."
        )
