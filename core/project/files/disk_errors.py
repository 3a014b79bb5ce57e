"""What a disk's refusal means to the person whose project it is."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from core.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

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
