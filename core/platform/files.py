"""Writing and moving files so that a reader never sees half of one."""

from __future__ import annotations

import errno
import os
import shutil
import stat
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


def special_kind(path: Path) -> str:
    """What is at a path if not a plain file or nothing: "a folder", "a pipe"; links are followed.

    Raises:
        OSError: the place cannot be asked about.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return ""
    if stat.S_ISREG(mode):
        return ""
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def read_plain_file(path: Path, max_bytes: int) -> bytes:
    """All of a file that came from outside.

    Raises:
        OSError: there is none, it is a pipe or device, too large, or cannot be read; `strerror`
            says so in words that go on after "cannot be read:".
    """
    # Asked before it is opened: a pipe that nobody writes to would be waited for without an end.
    kind = special_kind(path)
    if kind:
        raise OSError(errno.EINVAL, f"it is {kind}, not a file", str(path))
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        most = f"it has more than the {max_bytes / 1e6:g} MB that are read at most"
        raise OSError(errno.EFBIG, most, str(path))
    return content


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


def free_bad_name(path: Path) -> Path:
    """The name under which something damaged is kept: its own with ".bad", and a number at need."""
    number = 0
    while True:
        bad = path.with_name(f"{path.name}{f'.{number}' if number else ''}.bad")
        if not os.path.lexists(bad):
            return bad
        number += 1


def set_aside(path: Path) -> Path:
    """Rename a file to a free name that ends in ".bad" and give that name."""
    bad = free_bad_name(path)
    path.rename(bad)
    return bad


def move_if_free(source: Path, destination: Path) -> bool:
    """Give a file its name in one step, unless the name is taken.

    Raises:
        OSError: it cannot be moved there.
    """
    try:
        if sys.platform == "win32":
            source.rename(destination)
        else:
            os.link(source, destination)
        return True
    except FileExistsError:
        return False
    except OSError:
        # No hard links here (FAT, some network shares): reserve the name, then replace it.
        try:
            os.close(os.open(destination, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return False
        source.replace(destination)
        return True


def folders_in(folder: Path) -> list[Path]:
    """The folders within one, links aside; none where it is missing, a file or closed to us."""
    try:
        return [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    except OSError:
        return []


def out_of_the_way(folder: Path) -> Path:
    """Give a folder that is to be removed a hidden name in one step; gives where it lies now."""
    aside = folder.with_name(f".gone-{uuid.uuid4().hex[:12]}")
    try:
        folder.rename(aside)
    except OSError:
        return folder
    return aside


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, if it is there and can be removed."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


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
        return "" if _takes_folders(folder) else f"{str(folder)!r} cannot be written."
    if exists(folder):
        return f"{str(folder)!r} is a file, not a folder."
    parent = nearest_existing(folder)
    if not is_folder(parent):
        return f"{str(parent)!r} is a file, so no folder can be made below it."
    if not _takes_folders(parent):
        return f"There is no {str(folder)!r}, and it cannot be made: {str(parent)!r} is protected."
    return ""


def _takes_folders(folder: Path) -> bool:
    """Whether a folder can be made in it: tried, since what rights allow a disk may refuse."""
    # Not by tempfile, which on Windows takes a protected folder for a taken name, and tries others.
    trial = folder / f".imageai-{uuid.uuid4().hex}"
    try:
        trial.mkdir()
        trial.rmdir()
    except OSError:
        return False
    return True
