"""Text files of people, in whatever encoding and with whatever line ends they have."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UnreadableText

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 8_000_000
"""A novel has about one million."""

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
# Letters with accents stand alone or in twos; four in a row are another alphabet.
_OTHER_ALPHABET = re.compile(rb"[\x80-\xff]{4}")
_ABOVE_ASCII = re.compile(rb"[\x80-\xff]")
_LEAST_LETTERS = 20
"""Bytes above ASCII, below which no alphabet but the Latin one is told from another."""
_WESTERN = "cp1252"
_LATIN_NAMES = {
    "cp1252": "Windows-1252 (western)",
    "cp1250": "Windows-1250 (central European)",
    "cp1254": "Windows-1254 (Turkish)",
}
_OTHER_NAMES = {
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8_r": "KOI8-R (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "cp932": "Shift-JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "cp949": "Windows-949 (Korean)",
}
# Old programs ended lines twice, and files with this sign.
_LINE_END = re.compile("\r*\n|\r")
_END_OF_FILE = "\x1a"
_HINT = "Save it as plain text in UTF-8."


@dataclass(frozen=True)
class TextFile:
    """What a file says, its lines ended by line feeds; `note` tells how a guess was made."""

    text: str
    note: str = ""


def read_text_file(path: Path, kind: str = "text file") -> TextFile:
    """Read a text: UTF-8, UTF-16, UTF-32 with its mark, else the older encoding that it must be.

    Args:
        path: the file.
        kind: what sentences call it.

    Raises:
        UnreadableText: it is missing, huge, no text, or in an encoding that cannot be told.
    """
    name = f"The {kind} {str(path)!r}"
    try:
        size_bytes = path.stat().st_size
        if size_bytes > MAX_BYTES:
            raise UnreadableText(
                f"{name} has {size_bytes / 1e6:.0f} MB, and at most {MAX_BYTES / 1e6:.0f} MB "
                "are read.",
                hint="Choose another file, or the part of it that you need.",
            )
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise UnreadableText(
            f"There is no {kind} at {str(path)!r}.", hint="Choose another file."
        ) from error
    except OSError as error:
        raise UnreadableText(
            f"{name} cannot be read: {error.strerror or error}.",
            hint="Check that it is a file and that you may read it.",
        ) from error
    encoding, is_sure = _encoding(name, content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableText(
            f"{name} is damaged: it is no text in {encoding}: byte {error.start} is wrong.",
            hint=_HINT,
        ) from error
    note = (
        ""
        if is_sure
        else f"{name} is not UTF-8 and is read as {(_LATIN_NAMES | _OTHER_NAMES)[encoding]}. "
        "Save it as UTF-8 if letters come out wrong."
    )
    return TextFile(_LINE_END.sub("\n", text).removesuffix(_END_OF_FILE), note)


def _encoding(name: str, content: bytes) -> tuple[str, bool]:
    """The encoding of a content, and whether there is no doubt."""
    for begin, what in _DOCUMENTS.items():
        if content.startswith(begin):
            raise UnreadableText(f"{name} is {what}, not a text file.", hint=_HINT)
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding, True
    if b"\0" in content:
        encoding = _two_byte_encoding(content)
        if encoding is None:
            raise UnreadableText(f"{name} is not a text file: it holds zero bytes.", hint=_HINT)
        return encoding, True
    with suppress(UnicodeDecodeError):
        content.decode("utf-8")
        return "utf-8", True
    encoding = _older_encoding(content)
    if encoding is None:
        raise UnreadableText(
            f"{name} is damaged, or in an encoding that cannot be told from its letters.",
            hint=_HINT,
        )
    return encoding, False


def _two_byte_encoding(content: bytes) -> str | None:
    """UTF-16 without a mark, told by the zeros that half of its bytes are in western texts."""
    first, second = content[0::2].count(0), content[1::2].count(0)
    if len(content) % 2 or max(first, second) < len(content) * _ZEROS or min(first, second):
        return None
    return "utf-16-be" if first else "utf-16-le"


def _older_encoding(content: bytes) -> str | None:
    """The encoding from before Unicode; None where two fit as well, and each reads other words."""
    # Nobody but who reads such a file needs it.
    from charset_normalizer import from_bytes

    is_latin = _OTHER_ALPHABET.search(content) is None
    if not is_latin and len(_ABOVE_ASCII.findall(content)) < _LEAST_LETTERS:
        return None
    found = list(
        from_bytes(
            content,
            cp_isolation=list(_LATIN_NAMES if is_latin else _OTHER_NAMES),
            preemptive_behaviour=False,  # a declaration within the text is no proof
            enable_fallback=False,
        )
    )
    if not found:
        return _WESTERN if is_latin else None
    best = found[0]
    rank = (best.chaos, best.coherence)
    equal = [match for match in found if (match.chaos, match.coherence) == rank]
    if is_latin:
        # The three share most of their letters, and the western one is by far the most common.
        known = {name for match in equal for name in match.could_be_from_charset}
        return _WESTERN if _WESTERN in known else best.encoding
    return best.encoding if len(equal) == 1 else None
