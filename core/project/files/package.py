"""A project with all its media somewhere else: as a folder of its own, or as one zip file."""

from __future__ import annotations

import lzma
import os
import stat
import struct
import sys
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from core.errors import ProjectError, first_line
from core.platform.files import special_kind, write_text_atomically
from core.platform.machine import free_disk_bytes
from core.project.files.atomic_folder import (
    aside_of,
    copy_bytes,
    copy_file,
    fresh_folder,
    need_space,
)
from core.project.files.collect_media import collect_media
from core.project.files.project_file import NAME, cannot_write, plain_name
from core.project.files.project_json import Unusable, parse_project, project_text
from core.project.model.project import new_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.jobs.job import CancelToken
    from core.project.files.collect_media import MediaCollection
    from core.project.model.project import VideoProject

MAX_ENTRIES = 30_000
# The oldest time that a zip file can name.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = (stat.S_IFREG | 0o644) << 16
_ENCRYPTED = 0x1
# What `zipfile` and its ways of packing raise of a damaged file; also names that are no text, sizes
# that are no numbers, and ways of packing that it does not know.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    ValueError,
    OverflowError,
    LookupError,
)


def save_copy(project: VideoProject, folder: Path, destination: Path, cancel: CancelToken) -> None:
    """Copy a project with every file that it uses; the copy is a project of its own.

    Args:
        project: as it is now, saved or not.
        folder: its folder.
        destination: a folder that is new or empty, not inside the other.
        cancel: heeded at every part of every file.

    Raises:
        ProjectError: it cannot be read or written, or does not fit; nothing of it is left.
        JobCancelled: asked to stop; nothing of it is left.
    """
    destination = destination.absolute()
    _need_outside(folder, destination)
    collection = collect_media(
        project.model_copy(update={"id": new_id("project")}), folder, destination
    )
    need_space(destination, collection.size_bytes)
    text = project_text(collection.project, destination)
    with fresh_folder(destination) as aside:
        for file in collection.files:
            copy_file(file.source, aside / file.place, cancel)
        cancel.check()
        write_text_atomically(aside / NAME, text)


def _need_outside(folder: Path, destination: Path) -> None:
    if destination.resolve().is_relative_to(folder.resolve()):
        raise ProjectError(
            f"{str(destination)!r} lies inside the project itself.",
            hint="Choose a place outside the project's folder.",
        )


def package(project: VideoProject, folder: Path, zip_path: Path, cancel: CancelToken) -> None:
    """Write a project with every file that it uses into one zip file, replacing what is there.

    Raises:
        ProjectError: it cannot be read or written, or does not fit; what was there still is.
        JobCancelled: asked to stop; what was there still is.
    """
    zip_path = zip_path.absolute()
    top = zip_path.parent / plain_name(project.name)
    collection = collect_media(project, folder, top)
    need_space(zip_path.parent, collection.size_bytes)
    aside = aside_of(zip_path)
    try:
        with aside.open("xb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                _fill(archive, collection, top, cancel)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(zip_path)
    except BaseException as error:
        with suppress(OSError):
            aside.unlink()
        if isinstance(error, OSError):
            raise cannot_write("The package cannot be written to", zip_path, error) from error
        raise


def _fill(
    archive: zipfile.ZipFile, collection: MediaCollection, top: Path, cancel: CancelToken
) -> None:
    project = collection.project
    # Where this machine keeps the film means nothing on another.
    if project.film.path is not None and not project.film.path.is_relative_to(top):
        film = project.film.model_copy(update={"path": None})
        project = project.model_copy(update={"film": film})
    entry = _entry(f"{top.name}/{NAME}")
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, project_text(project, top).encode())
    for file in collection.files:
        entry = _entry(f"{top.name}/{file.place}")
        entry.file_size = file.size_bytes
        with file.source.open("rb") as reader, archive.open(entry, "w", force_zip64=True) as writer:
            copy_bytes(reader, writer, cancel)
    cancel.check()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
    entry.external_attr = _PLAIN_FILE
    return entry


def unpack(
    zip_path: Path,
    destination: Path,
    cancel: CancelToken,
    free_bytes: Callable[[Path], int] = free_disk_bytes,
) -> None:
    """Unpack a project into a folder that is new or empty.

    Raises:
        ProjectError: it is no package or a dangerous one, or does not fit; nothing of it is left.
        JobCancelled: asked to stop; nothing of it is left.
    """
    destination = destination.absolute()
    try:
        kind = special_kind(zip_path)
        if kind:
            raise _refused(zip_path, f"it is {kind}")
        with zipfile.ZipFile(zip_path) as archive, fresh_folder(destination) as aside:
            entries = _safe_entries(zip_path, archive)
            size_bytes = sum(entry.file_size for entry in entries.values())
            need_space(destination, size_bytes, free_bytes)
            for place, entry in entries.items():
                target = aside / place
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as reader, target.open("xb") as writer:
                    copy_bytes(reader, writer, cancel)
            cancel.check()
            read = parse_project((aside / NAME).read_bytes(), aside)
            if isinstance(read, Unusable):
                raise _refused(zip_path, f"its {NAME} cannot be used: {read.reason}", read.hint)
    except _DAMAGE as error:
        raise ProjectError(
            f"The package {str(zip_path)!r} is damaged or no zip file: {first_line(error)}.",
            hint="Copy it again from where it came from.",
        ) from error
    except OSError as error:
        # bzip2 says of its own damage that it is an error of the system, of no number.
        raise ProjectError(
            f"The package {str(zip_path)!r} cannot be read: {error.strerror or 'it is damaged'}.",
            hint="Check that it is a file and that you may read it, or copy it again.",
        ) from error


def _safe_entries(zip_path: Path, archive: zipfile.ZipFile) -> dict[PurePosixPath, zipfile.ZipInfo]:
    """The files in a package by their place in the project's folder.

    Raises:
        ProjectError: one of them would land elsewhere, is none, or there is no project.
    """
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_ENTRIES:
        raise _refused(zip_path, f"it holds {len(entries)} files")
    files: dict[PurePosixPath, zipfile.ZipInfo] = {}
    for entry in entries:
        place = PurePosixPath(entry.filename)
        if not _is_safe(entry):
            raise _refused(zip_path, f"{entry.filename!r} is no plain file inside it")
        files[place] = entry
    tops = [place.parent for place in files if place.name == NAME]
    if not tops:
        raise _refused(zip_path, f"there is no {NAME} in it")
    top = min(tops, key=lambda folder: len(folder.parts))
    return {
        place.relative_to(top): entry for place, entry in files.items() if place.is_relative_to(top)
    }


def _is_safe(entry: zipfile.ZipInfo) -> bool:
    """Whether the entry is a plain file at a place below the folder that it is unpacked into."""
    # The name as it stands in the file: zipfile itself cuts it at a zero, and turns slashes.
    name = entry.orig_filename
    parts = name.split("/")
    is_link = stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG)
    is_strange = "\\" in name or "\0" in name or (sys.platform == "win32" and ":" in name)
    is_outside = name.startswith("/") or ".." in parts or Path(name).is_absolute()
    return not (is_link or is_strange or is_outside or entry.flag_bits & _ENCRYPTED)


def _refused(zip_path: Path, why: str, hint: str = "") -> ProjectError:
    return ProjectError(
        f"{str(zip_path)!r} is no package of a project: {why}.",
        hint=hint or "Choose a zip file that was written with Package.",
    )
