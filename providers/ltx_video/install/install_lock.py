"""Lets one process at a time change a model's folder; the system frees the lock of a dead one."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import OutputError
from core.platform.files import hold_file

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
        lock = hold_file(path)
        with path.open("rb" if lock is None else "r+b", buffering=0) as file:
            file.seek(_NUMBER_AT)
            if lock is None:
                number = file.read(20).decode("ascii", "replace").strip()
            else:
                file.truncate()
                number = str(os.getpid())
                file.write(number.encode("ascii"))
    except OSError as error:
        raise OutputError(
            f"Models cannot be kept in {str(models_dir)!r}: {error.strerror}.",
            hint="Make the folder writable, or choose another one: "
            "`python3 main.py config set folders.models FOLDER`.",
        ) from error
    if lock is None:
        raise OutputError(
            f"The model {model!r} is being installed or removed by another process"
            f"{f' (number {number})' if number else ''}.",
            hint="Wait until it has ended, or stop it; an installation that is stopped goes "
            "on where it was.",
        )
    try:
        yield
    finally:
        lock.release()
