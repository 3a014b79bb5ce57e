"""Standard streams that are there, and that may go away: services start programs without some."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

# What a write ends with when a pipe, a socket or a terminal was closed; the last one on Windows.
_READER_GONE = (errno.EPIPE, errno.EIO, errno.EBADF, errno.ECONNRESET, errno.EINVAL)
_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_missing_streams() -> None:
    """Point each standard stream that was closed at nothing.

    Otherwise the next file that is opened, such as the journal, would get its number, and whatever
    writes to "stderr" would write into that file.
    """
    for number in range(len(_STREAMS)):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one, for those below it are open by now.
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
    for name, mode in _STREAMS:
        if getattr(sys, name) is None:
            nothing = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - for good
            setattr(sys, name, nothing)


class ForgivingStream:
    """A text stream whose reader may go away, such as a terminal that is closed.

    Attributes:
        lost: the first error that is none of a reader, such as that of a full disk.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str, /) -> int:
        """Write, or pretend to when nobody reads."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError) as error:
            self._let_go(error)
            return len(text)

    def flush(self) -> None:
        """Flush, or pretend to when nobody reads."""
        try:
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._let_go(error)

    def _let_go(self, error: OSError | ValueError) -> None:
        """Point the stream at nothing, so that leaving does not fail on it."""
        if self.lost is None and isinstance(error, OSError) and not self._is_unread(error):
            self.lost = error
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def _is_unread(self, error: OSError) -> bool:
        """Whether it says that the reader is gone; a file has none, whatever fails there."""
        with suppress(OSError, ValueError):
            if stat.S_ISREG(os.fstat(self._stream.fileno()).st_mode):
                return False
        return error.errno in _READER_GONE
