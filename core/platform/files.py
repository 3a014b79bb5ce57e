"""Writing and moving files so that a reader never sees half of one."""

from __future__ import annotations

import errno
import os
import sys
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from filelock import BaseFileLock

# What network drives answer that know no locks.
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)


def exists(path: Path) -> bool:
    """Whether something is there; a place that cannot even be asked about holds nothing for us."""
    try:
        return path.exists()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there; a name that no file can have names none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def nearest_existing(path: Path) -> Path:
    """The path itself, or the nearest of its parents that exists."""
    found = path.absolute()
    while not exists(found):
        found = found.parent
    return found


def write_text_atomically(path: Path, text: str) -> None:
    """Write UTF-8 text aside, force it to disk and put it in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not by tempfile, whose files are closed to everybody else: a clip's record is not.
    aside = path.with_name(f".{path.name[:60]}.{uuid.uuid4().hex[:12]}")
    try:
        with aside.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to disk, where the system can do that."""
    # Windows opens no folders, and keeps names safe by itself.
    if sys.platform == "win32":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def set_aside(path: Path) -> Path:
    """Rename a file to a free name that ends in ".bad" and give that name."""
    number = 0
    while True:
        bad = path.with_name(f"{path.name}{f'.{number}' if number else ''}.bad")
        if not bad.exists():
            path.rename(bad)
            return bad
        number += 1


def hold_file(path: Path) -> BaseFileLock | None:
    """Keep everyone else from holding a file until it is released, or None where another holds it.

    The system frees it when the process ends. On a disk that knows no locks nobody could ever hold
    one, so there it keeps nobody out.

    Raises:
        OSError: the folder is gone or cannot be written.
    """
    # Only who opens a project or installs a model needs it.
    from filelock import FileLock, Timeout

    # filelock would make the folder, and a project that was thrown away would be there again.
    path.parent.stat()
    # By default it counts for each thread, and files are opened in one and closed in another. What
    # it does where the disk knows no locks leaves a mark that a kill does not take away.
    lock = FileLock(path, blocking=False, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        return None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    return lock


def folder_problem(folder: Path) -> str:
    """What is wrong with a folder, which need not exist yet; empty where nothing is."""
    folder = folder.expanduser()
    if not folder.is_absolute():
        return "Give the whole path, from the root of the disk."
    if is_folder(folder):
        return "" if os.access(folder, os.W_OK) else f"{str(folder)!r} cannot be written."
    if exists(folder):
        return f"{str(folder)!r} is a file, not a folder."
    parent = nearest_existing(folder)
    if not is_folder(parent):
        return f"{str(parent)!r} is a file, so no folder can be made below it."
    if not os.access(parent, os.W_OK):
        return f"There is no {str(folder)!r}, and it cannot be made: {str(parent)!r} is protected."
    return ""
