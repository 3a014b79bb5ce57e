"""Lets one process at a time change a model's folder; the system frees the lock of a dead one."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

# The holder's number stands behind the locked byte: Windows lets nobody read that one.
_NUMBER_AT = 1


@contextmanager
def hold_model(models_dir: Path, model: str) -> Generator[None]:
    """Keep everyone else from installing, verifying or removing a model.

    Raises:
        OutputError: someone else is at it, or the folder cannot be written.
    """
    path = models_dir / f".{model}.lock"
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        lock_fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise OutputError(
            f"Models cannot be kept in {str(models_dir)!r}: {error.strerror}.",
            hint="Make the folder writable, or choose another one: "
            "`python3 main.py config set folders.models FOLDER`.",
        ) from error
    try:
        if not _try_lock(lock_fd):
            holder = os.pread(lock_fd, 20, _NUMBER_AT) if hasattr(os, "pread") else b""
            number = holder.decode("ascii", "replace").strip()
            raise OutputError(
                f"The model {model!r} is being installed or removed by another process"
                f"{f' (number {number})' if number else ''}.",
                hint="Wait until it has ended, or stop it; an installation that is stopped goes "
                "on where it was.",
            )
        os.ftruncate(lock_fd, _NUMBER_AT)
        os.lseek(lock_fd, _NUMBER_AT, os.SEEK_SET)
        os.write(lock_fd, str(os.getpid()).encode("ascii"))
        yield
    finally:
        os.close(lock_fd)


def _try_lock(lock_fd: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock_fd, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
