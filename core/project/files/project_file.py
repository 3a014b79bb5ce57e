"""A project as a folder: read with its last good copies at hand, and saved in one step."""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from core.errors import NoSuchProject, ProjectError
from core.platform.files import (
    exists,
    is_folder,
    read_plain_file,
    set_aside,
    sync_folder,
    write_text_atomically,
)
from core.platform.text_files import unicode_text
from core.project.files.project_json import (
    VERSION,
    LoadedProject,
    Unusable,
    parse_project,
    project_text,
    version_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from core.project.model.project import VideoProject

NAME = "project.json"
INPUTS, CLIPS, EXPORTS = "inputs", "clips", "exports"
FOLDERS = (INPUTS, CLIPS, EXPORTS)
NUM_COPIES = 3
MAX_BYTES = 200_000_000
"""Of a project file; one of ten thousand scenes has about ten million."""
COPY_EVERY_S = 300.0
_MAX_NAME = 60


def is_project(path: Path) -> bool:
    """Whether it is a project's folder, or its file."""
    if path.name == NAME:
        return exists(path)
    return is_folder(path) and any(exists(file) for file in (path / NAME, *_copies(path)))


def project_folder(path: Path) -> Path:
    """The folder of a project that is named by its folder or its file."""
    return path.parent if path.name == NAME and not is_folder(path) else path


def lies_inside(folder: Path, path: Path) -> bool:
    """Whether a path lies in a project's folder once every link in it is followed."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # links in a circle
        return False


def link_problem(folder: Path, name: str) -> str:
    """Why nothing is written into a folder of the project: it leads elsewhere; else empty."""
    place = folder / name
    if lies_inside(folder, place):
        return ""
    return (
        f"The folder {name!r} of the project is a link that leads out of it, to "
        f"{os.path.realpath(place)!r}, and nothing is written there. Put a folder in its place."
    )


def plain_name(name: str) -> str:
    """The project's name as a file name that every disk takes."""
    plain = re.sub(r'[<>:"/\\|?*\x00-\x1f\ud800-\udfff]+', " ", name)
    return " ".join(plain.split())[:_MAX_NAME].strip(". ") or "Project"


def read_project(folder: Path) -> LoadedProject:
    """The project in a folder; where its file is damaged, the newest good copy, with a note.

    Raises:
        ProjectError: there is none, it is of a newer or another program, or no copy of it is good.
    """
    folder = folder.absolute()
    file = folder / NAME
    try:
        content = read_plain_file(file, MAX_BYTES)
    except FileNotFoundError:
        return _from_copy(folder, None)
    except OSError as error:
        raise ProjectError(
            f"The project file {str(file)!r} cannot be read: {error.strerror}.",
            hint="Check its permissions and that the disk is there.",
        ) from error
    read = parse_project(content, folder)
    if isinstance(read, LoadedProject):
        return read
    if not read.is_damage:
        raise ProjectError(
            f"The project {str(file)!r} cannot be opened: {read.reason}.", hint=read.hint
        )
    return _from_copy(folder, read)


def _from_copy(folder: Path, damage: Unusable | None) -> LoadedProject:
    """The newest good copy of a project file that is damaged, or missing where that is None."""
    file = folder / NAME
    for copy in _copies(folder):
        try:
            read = parse_project(read_plain_file(copy, MAX_BYTES), folder)
            written = datetime.fromtimestamp(copy.stat().st_mtime).astimezone()
        except OSError:
            continue
        if isinstance(read, LoadedProject):
            when = f"{written:%Y-%m-%d %H:%M}"
            note = (
                f"{_fate(file, damage)} The copy of {when} is used instead; what was changed after "
                "that is not in it."
            )
            return LoadedProject(read.project, (note, *read.notes))
    if damage is None:
        raise NoSuchProject(
            f"There is no project in {str(folder)!r}.",
            hint=f"Name a folder with a {NAME}, or make a new project.",
        )
    raise ProjectError(
        f"The project file {str(file)!r} cannot be understood: {damage.reason}. There is no good "
        "copy of it beside it.",
        hint=f"Put a copy from a backup in its place. The clips are safe in {CLIPS!r}.",
    )


def _fate(file: Path, damage: Unusable | None) -> str:
    """What was found, and where the damaged file is now."""
    if damage is None:
        return f"The project file {file.name!r} was missing."
    message = f"The project file {file.name!r} was damaged ({damage.reason})"
    try:
        return f"{message} and is kept as {set_aside(file).name!r}."
    except OSError:
        return f"{message}."


def _copies(folder: Path) -> list[Path]:
    """The places of the last good copies, newest first."""
    return [folder / f"{NAME}.{number}" for number in range(1, NUM_COPIES + 1)]


def write_project(project: VideoProject, folder: Path) -> None:
    """Save the project in one step: at every moment a whole file, the old or the new, is there.

    Every few minutes the file that is replaced is kept as the newest of the last good copies.

    Raises:
        ProjectError: the disk is full or read-only, or the project could not be read again: a
            value in it is out of range, or it names a file that no text names.
    """
    folder = folder.absolute()
    text = project_text(project, folder)
    # Edits are not checked one by one; what could not be read again must not replace what can.
    read = parse_project(text.encode(), folder)
    if isinstance(read, Unusable):
        raise ProjectError(
            f"The project cannot be saved, as it could not be read again: {read.reason}.",
            hint="Undo the last change. This is a defect of the program.",
        )
    try:
        if _needs_copy(folder):
            _keep_copy(folder)
        write_text_atomically(folder / NAME, text)
        sync_folder(folder)
    except OSError as error:
        raise cannot_write("The project cannot be saved in", folder, error) from error


def _needs_copy(folder: Path) -> bool:
    """Whether the file that is about to be replaced is good, and the newest copy is old."""
    try:
        version = version_of(unicode_text(read_plain_file(folder / NAME, MAX_BYTES)))
    except (OSError, UnicodeDecodeError):
        return False
    if version == 0:
        return False
    try:
        age_s = time.time() - _copies(folder)[0].stat().st_mtime
    except OSError:
        return True
    # What an older version wrote is kept in any case. A clock that was set back has copies to come.
    return version != VERSION or not 0 <= age_s < COPY_EVERY_S


def _keep_copy(folder: Path) -> None:
    for left in folder.glob(f".{NAME}.*"):
        # Of a save that was killed: only one window at a time saves here.
        left.unlink(missing_ok=True)
    copies = _copies(folder)
    # Only up to the first gap, which a kill may have left: saves that are killed cost no copy.
    gaps = (number for number, copy in enumerate(copies) if not copy.exists())
    for number in range(next(gaps, len(copies) - 1), 0, -1):
        copies[number - 1].replace(copies[number])
    aside = folder / f".{NAME}.{uuid.uuid4().hex[:12]}"
    # A copy and not a rename: the project file stays where it is until the new one replaces it.
    shutil.copyfile(folder / NAME, aside)
    with aside.open("rb+") as file:
        os.fsync(file.fileno())
    aside.replace(copies[0])


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)


def cannot_write(what: str, place: Path, error: OSError) -> ProjectError:
    """The sentence for a file or folder that cannot be written; `what` begins it."""
    return ProjectError(f"{what} {str(place)!r}: {error.strerror or error}.", hint=_hint(error))


def _hint(error: OSError) -> str:
    if error.errno in _FULL:
        return "Free some space on that disk, or use another."
    if error.errno in _CLOSED:
        return "The folder is read-only. Change its permissions, or use another."
    return "Check that the disk is there, or use another."
