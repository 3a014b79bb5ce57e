"""Text files in whatever encoding they have."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 8_000_000
"""A novel has about one million; what is larger is no storyboard."""

# The longer mark first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DOCUMENTS = {b"%PDF": "a PDF", b"PK\x03\x04": "a packed document", b"{\\rtf": "an RTF document"}
_ZEROS = 0.2
"""The least share of zeros among the bytes of what is taken for UTF-16."""
_HINT = "Save it as plain text (UTF-8), or copy the words and paste them."


@dataclass(frozen=True)
class TextFile:
    """What a file says, and what must be told about how it was read."""

    text: str
    note: str = ""


def read_text_file(path: Path) -> TextFile:
    """Read a text file: UTF-8, UTF-16, UTF-32 with its mark, else Windows-1252.

    Raises:
        ProjectError: it is missing, huge or no text.
    """
    name = repr(path.name)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ProjectError(
                f"{name} has {size / 1e6:.0f} MB, and at most {MAX_BYTES / 1e6:.0f} MB are read.",
                hint="Choose a text file, or paste the part that you need.",
            )
        content = path.read_bytes()
    except OSError as error:
        raise ProjectError(
            f"{name} cannot be read: {error.strerror or error}.",
            hint="Check that the file is there and that you may read it.",
        ) from error
    for begin, what in _DOCUMENTS.items():
        if content.startswith(begin):
            raise ProjectError(f"{name} is {what}, not a text file.", hint=_HINT)
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return TextFile(_decoded(content, encoding, name))
    if b"\0" in content:
        encoding = _two_byte_encoding(content)
        if encoding is None:
            raise ProjectError(f"{name} is not a text file.", hint=_HINT)
        return TextFile(_decoded(content, encoding, name))
    try:
        return TextFile(content.decode("utf-8"))
    except UnicodeDecodeError:
        note = f"{name} is not in UTF-8; it was read as Windows-1252. Check letters with accents."
        return TextFile(_decoded(content, "cp1252", name), note)


def _two_byte_encoding(content: bytes) -> str | None:
    """UTF-16 without a mark, told by the zeros that half of its bytes are in western texts."""
    first, second = content[0::2].count(0), content[1::2].count(0)
    if len(content) % 2 or max(first, second) < len(content) * _ZEROS or min(first, second):
        return None
    return "utf-16-be" if first else "utf-16-le"


def _decoded(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ProjectError(f"{name} is damaged or not a text file.", hint=_HINT) from error
