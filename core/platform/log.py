"""The log file: what went wrong and when, without prompts and keys."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from core.redaction import redacted

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
_MAX_BYTES = 2_000_000


class _RedactingFormatter(logging.Formatter):
    """Formats a record with its traceback, and takes out every secret that is known."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def start_log(path: Path) -> str | None:
    """Send this program's records to the file; gives a sentence when that is not possible.

    A file that has grown long is kept once as ".old" and begun anew.
    """
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists() and path.stat().st_size > _MAX_BYTES:
            path.replace(path.with_name(f"{path.name}.old"))
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        # Without any handler Python would print records on the user's terminal.
        root.addHandler(logging.NullHandler())
        return f"No log is kept: {str(path)!r} cannot be written ({error.strerror})."
    handler.setFormatter(_RedactingFormatter(_FORMAT))
    root.addHandler(handler)
    return None
