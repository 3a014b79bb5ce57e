"""A project's folder that is there whole or not at all, and the copying that fills it."""

from __future__ import annotations

import os
import shutil
import uuid
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from core.errors import ProjectError
from core.platform.files import write_text_atomically
from core.platform.machine import free_disk_bytes
from core.project.files.project_file import FOLDERS, NAME, cannot_write
from core.project.files.project_json import project_text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.project.model.project import VideoProject

CHUNK = 1 << 20
_SPARE_BYTES = 20_000_000


@contextmanager
def fresh_folder(destination: Path) -> Generator[Path]:
    """A project's folder to fill, which becomes `destination` at the end or vanishes.

    Raises:
        ProjectError: something is at `destination`, or it cannot be looked at or written.
    """
    try:
        is_taken = os.path.lexists(destination) and (
            not destination.is_dir() or any(destination.iterdir())
        )
    except OSError as error:
        raise cannot_write("The folder cannot be used:", destination, error) from error
    if is_taken:
        raise ProjectError(
            f"There is something at {str(destination)!r} already.",
            hint="Choose a new or an empty folder.",
        )
    aside = aside_of(destination)
    try:
        for part in FOLDERS:
            (aside / part).mkdir(parents=True)
        yield aside
        if destination.exists():
            destination.rmdir()
        aside.rename(destination)
    except BaseException as error:
        shutil.rmtree(aside, ignore_errors=True)
        if isinstance(error, OSError):
            raise cannot_write("The folder cannot be made at", destination, error) from error
        raise


def create_project(folder: Path, project: VideoProject) -> None:
    """Make the folder of a project that has none yet; it must be new or empty.

    Raises:
        ProjectError: there is something in the folder, or it cannot be made.
    """
    with fresh_folder(folder) as aside:
        write_text_atomically(aside / NAME, project_text(project, folder.absolute()))


def aside_of(place: Path) -> Path:
    """A hidden name beside a place, for what moves there once it is whole."""
    return place.with_name(f".{place.name[:60]}.{uuid.uuid4().hex[:12]}.part")


def copy_bytes(source: IO[bytes], sink: IO[bytes], cancel: CancelToken) -> None:
    """Copy what is left of one file into another.

    Raises:
        JobCancelled: asked to stop; half of it is written.
        OSError: one of them cannot be read or written.
    """
    while chunk := source.read(CHUNK):
        cancel.check()
        sink.write(chunk)


def copy_file(source: Path, destination: Path, cancel: CancelToken) -> None:
    """Copy a file to a place where there is none, and force it to disk.

    Raises:
        JobCancelled: asked to stop; half of it is written.
        OSError: it cannot be read, written, or is there already.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reader, destination.open("xb") as writer:
        copy_bytes(reader, writer, cancel)
        writer.flush()
        os.fsync(writer.fileno())


def need_space(
    place: Path, num_bytes: int, free_bytes: Callable[[Path], int] = free_disk_bytes
) -> None:
    """Do nothing where the disk of `place` has room for so many bytes.

    Raises:
        ProjectError: it has not.
    """
    free = free_bytes(place)
    if free < num_bytes + _SPARE_BYTES:
        raise ProjectError(
            f"The disk of {str(place)!r} has {free / 1e6:.0f} MB free, and about "
            f"{(num_bytes + _SPARE_BYTES) / 1e6:.0f} MB are needed.",
            hint="Free some space there, or use another disk.",
        )
