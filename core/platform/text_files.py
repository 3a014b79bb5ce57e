"""Text files of people, in whatever encoding and with whatever line ends they have."""

from __future__ import annotations

import codecs
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.errors import UnreadableText
from core.platform.files import read_plain_file

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
_ASCII_LETTER = re.compile(rb"[A-Za-z]")
_MOST_ACCENTS = 0.4
"""The most letters with accents among the letters of a Latin text."""
_LEAST_LETTERS = 20
"""Bytes above ASCII, below which no alphabet but the Latin one is told from another."""
_WESTERN = "cp1252"
_LATIN_NAMES = {
    "cp1252": "Windows-1252 (western)",
    "cp1250": "Windows-1250 (central European)",
    "cp1254": "Windows-1254 (Turkish)",
    "iso8859_2": "ISO 8859-2 (central European)",
}
_OTHER_NAMES = {
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8_r": "KOI8-R (Cyrillic)",
    "iso8859_5": "ISO 8859-5 (Cyrillic)",
    "cp866": "DOS 866 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp874": "Windows-874 (Thai)",
    "gb18030": "GB 18030, GBK (Chinese)",
    "big5": "Big5 (Chinese)",
    "cp932": "Shift-JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "cp949": "Windows-949, EUC-KR (Korean)",
}
_CHOSEN_NAMES = {
    "utf_8": "UTF-8",
    "utf_16_le": "UTF-16",
    "utf_16_be": "UTF-16, big end first",
    "cp1257": "Windows-1257 (Baltic)",
    "cp1258": "Windows-1258 (Vietnamese)",
    "cp850": "DOS 850 (western)",
    "cp437": "DOS 437 (American)",
    "mac_roman": "Mac Roman (western)",
    "iso8859_15": "ISO 8859-15 (western)",
}
ENCODINGS = _LATIN_NAMES | _OTHER_NAMES | _CHOSEN_NAMES
"""The encodings that a text file can be read in, and what people know them as."""
# Names of the same encoding, or of one that is a part of it.
_SAME = {
    "gbk": "gb18030", "gb2312": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
    "big5hkscs": "big5", "cp950": "big5", "iso8859_1": "cp1252", "iso8859_9": "cp1254",
    "iso8859_7": "cp1253", "iso8859_8": "cp1255", "iso8859_6": "cp1256", "tis_620": "cp874",
    "iso8859_11": "cp874", "utf_8_sig": "utf_8", "ascii": "utf_8", "utf_16": "utf_16_le",
}  # fmt: skip
# Common letters of scripts with thousands of them begin with these bytes; rare ones follow.
_COMMON = {
    "gb18030": frozenset({*range(0xA1, 0xA4), *range(0xB0, 0xD8)}),
    "big5": frozenset(range(0xA1, 0xC7)),
    "cp932": frozenset(range(0x81, 0x98)),
    "euc_jp": frozenset({*range(0xA1, 0xA6), *range(0xB0, 0xD0)}),
    "cp949": frozenset({*range(0xA1, 0xA4), *range(0xB0, 0xC9)}),
}
_SAMPLE_BYTES = 20_000
_CLOSE = 0.03
_MOST_ODD = 0.2
# Old programs ended lines twice, and files with this sign.
_LINE_END = re.compile("\r*\n|\r")
_END_OF_FILE = "\x1a"
_HINT = "Save it as plain text in UTF-8."


@dataclass(frozen=True)
class TextFile:
    """What a file says, its lines ended by line feeds.

    Attributes:
        note: how a guess was made; empty where there is no doubt.
        encoding: what it was read in, a name of `ENCODINGS`.
    """

    text: str
    note: str = ""
    encoding: str = "utf_8"


class UnknownEncoding(UnreadableText):
    """A text in an encoding that somebody has to name."""


def known_encoding(name: str) -> str | None:
    """The encoding of `ENCODINGS` that people call so; None where there is none."""
    cleaned = name.strip().lower().replace("_", "-")
    digits = re.fullmatch(r"(?:windows-|cp-?|win-?)?(\d{3,4})", cleaned)
    try:
        found = codecs.lookup(f"cp{digits[1]}" if digits else cleaned).name
    except (LookupError, ValueError):
        return None
    found = found.replace("-", "_")
    found = _SAME.get(found, found)
    return found if found in ENCODINGS else None


def read_text_file(path: Path, kind: str = "text file", *, encoding: str | None = None) -> TextFile:
    """Read a text: UTF-8, UTF-16, UTF-32 with its mark, else the older encoding that it must be.

    Args:
        path: the file.
        kind: what sentences call it.
        encoding: one of `ENCODINGS` that somebody chose; a byte order mark counts for more.

    Raises:
        UnknownEncoding: it is in an encoding that cannot be told from its letters.
        UnreadableText: it is missing, huge or no text, or not in the encoding that was chosen.
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
        content = read_plain_file(path, MAX_BYTES)
    except FileNotFoundError as error:
        raise UnreadableText(
            f"There is no {kind} at {str(path)!r}.", hint="Choose another file."
        ) from error
    except OSError as error:
        raise UnreadableText(
            f"{name} cannot be read: {error.strerror or error}.",
            hint="Check that it is a file and that you may read it.",
        ) from error
    read = _encoding(name, content, encoding)
    try:
        text = content.decode(read.name)
    except UnicodeDecodeError as error:
        raise UnreadableText(
            f"{name} is damaged, or in another encoding: it is no text in {read.name}: byte "
            f"{error.start} is wrong.",
            hint=_HINT,
        ) from error
    return TextFile(_cleaned(text), _note(name, read), read.name.replace("-", "_"))


def unicode_text(content: bytes, errors: Literal["strict", "replace"] = "strict") -> str:
    """What a file of a program says: UTF-8, or what its byte order mark says.

    Raises:
        UnicodeDecodeError: it is in another encoding, unless what cannot be read is replaced.
    """
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    return _cleaned(content.decode(encoding, errors))


def _cleaned(text: str) -> str:
    """The text with plain line ends, without what old programs end files with."""
    return _LINE_END.sub("\n", text).rstrip(_END_OF_FILE).removeprefix("\ufeff")


@dataclass(frozen=True)
class _Encoding:
    """An encoding; `is_guess` where its letters alone tell it, with others that would fit."""

    name: str
    is_guess: bool = False
    others: tuple[str, ...] = ()


def _note(name: str, read: _Encoding) -> str:
    if not read.is_guess:
        return ""
    others = " and ".join(ENCODINGS[other] for other in read.others)
    sure = (
        f"This is not certain: {others} would fit as well."
        if others
        else "No other that was tried fits as well."
    )
    return (
        f"{name} is not UTF-8 and is read as {ENCODINGS[read.name]}. {sure} Save it as UTF-8, or "
        "choose its encoding, if letters come out wrong."
    )


def _encoding(name: str, content: bytes, chosen: str | None) -> _Encoding:
    """The encoding of a content."""
    for begin, what in _DOCUMENTS.items():
        if content.startswith(begin):
            raise UnreadableText(f"{name} is {what}, not a text file.", hint=_HINT)
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _Encoding(encoding)
    if chosen is not None:
        return _Encoding(chosen)
    if b"\0" in content:
        encoding = _two_byte_encoding(content)
        if encoding is None:
            raise UnreadableText(f"{name} is not a text file: it holds zero bytes.", hint=_HINT)
        return _Encoding(encoding)
    with suppress(UnicodeDecodeError):
        content.decode("utf-8")
        return _Encoding("utf-8")
    older = _older_encoding(content)
    if older is None:
        raise UnknownEncoding(
            f"{name} is damaged, or in an encoding that cannot be told from its letters.",
            hint="Choose its encoding, or save it as plain text in UTF-8.",
        )
    return older


def _two_byte_encoding(content: bytes) -> str | None:
    """UTF-16 without a mark, told by the zeros that half of its bytes are in western texts."""
    first, second = content[0::2].count(0), content[1::2].count(0)
    if len(content) % 2 or max(first, second) < len(content) * _ZEROS or min(first, second):
        return None
    return "utf-16-be" if first else "utf-16-le"


def _older_encoding(content: bytes) -> _Encoding | None:
    """The encoding from before Unicode; None where two fit as well, and each reads other words."""
    # Nobody but who reads such a file needs it.
    from charset_normalizer import from_bytes

    sample = content[:_SAMPLE_BYTES]
    odd = {name: _odd_share(sample, name) for name in (*_LATIN_NAMES, *_OTHER_NAMES)}
    num_above = len(_ABOVE_ASCII.findall(sample))
    is_latin = (
        _OTHER_ALPHABET.search(sample) is None
        and num_above <= _MOST_ACCENTS * (num_above + len(_ASCII_LETTER.findall(sample)))
        and min(odd[name] for name in _LATIN_NAMES) <= _MOST_ODD
    )
    if not is_latin and num_above < _LEAST_LETTERS:
        return None
    names = _LATIN_NAMES if is_latin else _OTHER_NAMES
    least = min(odd[name] for name in names)
    if least > _MOST_ODD:
        return None
    fitting = [name for name in names if odd[name] <= least + _CLOSE]
    if len(fitting) == 1:
        return _Encoding(fitting[0], is_guess=True)
    found = list(
        from_bytes(
            sample,
            cp_isolation=fitting,
            preemptive_behaviour=False,  # a declaration within the text is no proof
            enable_fallback=False,
        )
    )
    if not found:
        return _Encoding(_WESTERN, is_guess=True) if is_latin else None
    best = found[0]
    rank = (best.chaos, best.coherence)
    equal = [match for match in found if (match.chaos, match.coherence) == rank]
    if not is_latin:
        # Few contents can be read in pairs of bytes at all, and nearly every one in single bytes.
        paired = [match for match in equal if match.encoding in _COMMON]
        fit = paired or equal
        return _Encoding(fit[0].encoding, is_guess=True) if len(fit) == 1 else None
    # They share most of their letters, and the western one is by far the most common.
    known = {name for match in equal for name in match.could_be_from_charset}
    name = _WESTERN if _WESTERN in known else best.encoding
    text = sample.decode(name, errors="replace")
    others = tuple(n for n in fitting if sample.decode(n, errors="replace") != text)
    return _Encoding(name, is_guess=True, others=others)


def _odd_share(content: bytes, encoding: str) -> float:
    """How many of the letters above ASCII are what no text has, from 0 to 1; 1 for no text.

    Odd are signs within words, capitals behind small letters, two scripts in one word, and letters
    that are rare in their script.
    """
    try:
        # The sample may end within a letter.
        text = codecs.getincrementaldecoder(encoding)().decode(content, final=False)
    except UnicodeDecodeError:
        return 1.0
    common = _COMMON.get(encoding)
    odd = above = 0
    before = " "
    for char in text:
        if char.isascii():
            odd += before.islower() and not before.isascii() and char.isupper()
        else:
            above += 1
            odd += _is_odd(before, char, None if common is None else char.encode(encoding), common)
        before = char
    return odd / above if above else 1.0


def _is_odd(before: str, char: str, coded: bytes | None, common: frozenset[int] | None) -> bool:
    if coded is not None and common is not None:
        return len(coded) != 2 or coded[0] not in common
    kind = unicodedata.category(char)
    if kind in ("Cc", "Cn", "Co"):
        return True
    if kind == "Mn" and not (before.isalpha() or unicodedata.category(before) == "Mn"):
        return True
    if not before.isalpha():
        return False
    if kind[0] == "L":
        is_other_script = _is_latin(before) != _is_latin(char)
        goes_up = before.islower() and char.isupper()
        return goes_up or is_other_script
    return kind in ("So", "Sc", "Sm", "No", "Sk") and char not in "\u00b4"


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")
