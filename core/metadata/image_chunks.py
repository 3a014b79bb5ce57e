"""The parts of PNG, JPEG and WebP files that are no pixels: found, read, and put in without a loss.

Nothing is decoded but texts, and of these no more than `MAX_TEXT_BYTES` a file.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from core.platform.files import special_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

MAX_TEXT_BYTES = 1_000_000
XMP_KEYWORD = "XML:com.adobe.xmp"
"""Under which a PNG keeps its XMP."""
PNG_BEGIN = b"\x89PNG\r\n\x1a\n"

_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_EXIF_HEAD, _XMP_HEAD = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_JPEG_APP1, _JPEG_APP11, _JPEG_SCAN, _JPEG_END = 0xE1, 0xEB, 0xDA, 0xD9
_JPEG_ALONE = (0x01, *range(0xD0, 0xD9))
_C2PA_NAME = b"c2pa"
_MOST_CHUNKS = 20_000
_EXIF_IFD, _USER_COMMENT = 0x8769, 0x9286
_EXIF_TAGS = {0x010E: "ImageDescription", 0x010F: "Make", 0x0110: "Model", 0x0131: "Software"}
_COMMENT_CODE_BYTES = 8
_LATIN = "latin-1"


class ImageContainer(StrEnum):
    """The kinds of files whose parts are known."""

    PNG = "PNG"
    JPEG = "JPEG"
    WEBP = "WebP"


@dataclass(frozen=True)
class ImageTexts:
    """What an image file says beside its pixels.

    Attributes:
        container: None for a file of another kind.
        texts: of a PNG by keyword; of others by the name of the EXIF tag, such as "UserComment".
        is_signed: whether its maker has signed it (C2PA); that is not checked.
        too_long: the names of texts that are longer than is read.
    """

    container: ImageContainer | None
    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    xmp: str = ""
    is_signed: bool = False
    too_long: tuple[str, ...] = ()


@dataclass(frozen=True)
class _FilePart:
    """A part of a file by its kind, and where its content lies."""

    kind: bytes
    begin: int
    size: int


def read_image_texts(path: Path) -> ImageTexts:
    """All that is said beside the pixels; a damaged file says what stands before the damage.

    Raises:
        OSError: it cannot be read, or is no plain file.
    """
    kind = special_kind(path)
    if kind:
        raise OSError(f"it is {kind}, not a file")
    with path.open("rb") as file:
        head = file.read(16)
        if head.startswith(PNG_BEGIN):
            return _TextReader(file, ImageContainer.PNG).read(_png_parts(file))
        if head.startswith(b"\xff\xd8\xff"):
            return _TextReader(file, ImageContainer.JPEG).read(_jpeg_parts(file))
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return _TextReader(file, ImageContainer.WEBP).read(_webp_parts(file))
    return ImageTexts(None)


def _png_parts(file: BinaryIO) -> Iterator[_FilePart]:
    at = len(PNG_BEGIN)
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        size, kind = struct.unpack(">I4s", head)
        yield _FilePart(kind, at + 8, size)
        at += 12 + size


def _webp_parts(file: BinaryIO) -> Iterator[_FilePart]:
    at = 12
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        kind, size = struct.unpack("<4sI", head)
        yield _FilePart(kind, at + 8, size)
        at += 8 + size + size % 2


def _jpeg_parts(file: BinaryIO) -> Iterator[_FilePart]:
    """The segments before the pixels; the kind is the marker's second byte."""
    at = 2
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] in (_JPEG_SCAN, _JPEG_END):
            return
        if head[1] == 0xFF or head[1] in _JPEG_ALONE:
            at += 1 if head[1] == 0xFF else 2
            continue
        size = max(struct.unpack(">H", head[2:])[0] - 2, 0)
        yield _FilePart(head[1:2], at + 4, size)
        at += 4 + size


class _TextReader:
    """Reads what the parts of one file say, as long as it is not too much."""

    def __init__(self, file: BinaryIO, container: ImageContainer) -> None:
        self._file = file
        self._container = container
        self._left = MAX_TEXT_BYTES
        self._texts: dict[str, str] = {}
        self._too_long: list[str] = []
        self._xmp = ""
        self._is_signed = False

    def read(self, parts: Iterable[_FilePart]) -> ImageTexts:
        for part in parts:
            match self._container:
                case ImageContainer.PNG:
                    self._png(part)
                case ImageContainer.JPEG:
                    self._jpeg(part)
                case ImageContainer.WEBP:
                    self._webp(part)
        return ImageTexts(
            self._container, self._texts, self._xmp, self._is_signed, tuple(self._too_long)
        )

    def _png(self, part: _FilePart) -> None:
        if part.kind == b"caBX":
            self._is_signed = True
        elif part.kind == b"eXIf":
            self._exif(self._content(part, "EXIF"))
        elif part.kind in _TEXTS:
            keyword = self._peek(part, 80).partition(b"\0")[0].decode(_LATIN)
            content = self._content(part, keyword)
            text = None if content is None else self._png_text(part.kind, keyword, content)
            if text is not None and keyword == XMP_KEYWORD:
                self._xmp = text
            elif text is not None:
                # Of two with one name the first counts, as for those who wrote them.
                self._texts.setdefault(keyword, text)

    def _png_text(self, kind: bytes, keyword: str, content: bytes) -> str | None:
        rest = content.partition(b"\0")[2]
        if kind == b"tEXt":
            return _text(rest)
        if kind == b"zTXt":
            found = self._inflated(keyword, rest[1:])
            return None if found is None else _text(found)
        is_packed, rest = rest[:1] == b"\1", rest[2:]
        rest = rest.partition(b"\0")[2].partition(b"\0")[2]
        found = self._inflated(keyword, rest) if is_packed else rest
        return None if found is None else found.decode("utf-8", "replace")

    def _inflated(self, keyword: str, packed: bytes) -> bytes | None:
        unpacker = zlib.decompressobj()
        try:
            content = unpacker.decompress(packed, self._left + 1)
        except zlib.error:
            return None
        if len(content) > self._left:
            self._too_long.append(keyword)
            return None
        self._left -= len(content)
        return content

    def _jpeg(self, part: _FilePart) -> None:
        marker = part.kind[0]
        if marker == _JPEG_APP11:
            self._is_signed |= _C2PA_NAME in self._peek(part, 64)
        elif marker == _JPEG_APP1:
            begin = self._peek(part, len(_XMP_HEAD))
            if begin.startswith(_EXIF_HEAD):
                self._exif(self._content(part, "EXIF"))
            elif begin == _XMP_HEAD:
                content = self._content(part, "XMP")
                if content is not None:
                    self._xmp = content[len(_XMP_HEAD) :].decode("utf-8", "replace")

    def _webp(self, part: _FilePart) -> None:
        if part.kind == b"C2PA":
            self._is_signed = True
        elif part.kind == b"EXIF":
            self._exif(self._content(part, "EXIF"))
        elif part.kind == b"XMP ":
            content = self._content(part, "XMP")
            if content is not None:
                self._xmp = content.decode("utf-8", "replace")

    def _exif(self, content: bytes | None) -> None:
        if content is None:
            return
        # Imported late: most files that are looked at have none.
        from PIL import Image

        exif = Image.Exif()
        head = b"" if content.startswith(_EXIF_HEAD) else _EXIF_HEAD
        # What Pillow raises at damaged tags is of many kinds; all of it means that none are read.
        kinds = (SyntaxError, ValueError, TypeError, KeyError, OSError, struct.error)
        with suppress(*kinds), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exif.load(head + content)
            found = {name: exif.get(tag) for tag, name in _EXIF_TAGS.items()}
            found["UserComment"] = exif.get_ifd(_EXIF_IFD).get(_USER_COMMENT)
            for name, value in found.items():
                text = _comment(value) if isinstance(value, bytes) else value
                if isinstance(text, str) and text.strip("\0 "):
                    self._texts.setdefault(name, text.strip("\0"))

    def _peek(self, part: _FilePart, most: int) -> bytes:
        self._file.seek(part.begin)
        return self._file.read(min(part.size, most))

    def _content(self, part: _FilePart, name: str) -> bytes | None:
        if part.size > self._left:
            self._too_long.append(name)
            return None
        self._file.seek(part.begin)
        content = self._file.read(part.size)
        self._left -= len(content)
        return content


def _text(content: bytes) -> str:
    """A PNG's plain text: Latin-1, though many programs write UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode(_LATIN)


def _comment(value: bytes) -> str:
    """An EXIF comment, whose first eight bytes name its letters."""
    code, content = value[:_COMMENT_CODE_BYTES], value[_COMMENT_CODE_BYTES:]
    if code.startswith(b"UNICODE"):
        # Big end first as the programs for images write it; the other way round where a camera's
        # tags are. In most texts it is the first or the second half of the letters that is zero.
        is_little = content[0::2].count(0) < content[1::2].count(0)
        return content.decode("utf-16-le" if is_little else "utf-16-be", "replace")
    if code.startswith(b"ASCII") or code == b"\0" * _COMMENT_CODE_BYTES:
        return content.decode("utf-8", "replace")
    return value.decode("utf-8", "replace")


def png_text(keyword: str, text: str, *, is_packed: bool = False) -> bytes:
    """A whole chunk with a text: plain where Latin-1 has its letters, which all programs read.

    Args:
        keyword: of 1 to 79 letters.
        text: of any length.
        is_packed: compressed, for texts that this program alone reads.
    """
    name = keyword.encode(_LATIN)
    if is_packed or keyword == XMP_KEYWORD or not _is_plain(text):
        content = text.encode("utf-8")
        packed = zlib.compress(content) if is_packed else content
        return _png_chunk(b"iTXt", name + bytes((0, is_packed, 0, 0, 0)) + packed)
    return _png_chunk(b"tEXt", name + b"\0" + text.encode(_LATIN))


def _is_plain(text: str) -> bool:
    # Beyond ASCII, readers differ on whether a plain text is Latin-1 or UTF-8.
    return text.isascii() and "\0" not in text


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    crc = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)


def with_png_texts(content: bytes, chunks: Iterable[bytes]) -> bytes:
    """A PNG with whole chunks put in before its pixels, in place of those with the same keyword.

    Every other byte of the file stays what it is.

    Raises:
        ValueError: it is no PNG, or has no pixels.
    """
    if not content.startswith(PNG_BEGIN):
        raise ValueError("it is no PNG")
    new = tuple(chunks)
    replaced = {chunk[8:].partition(b"\0")[0] for chunk in new}
    found = [PNG_BEGIN]
    at, is_put = len(PNG_BEGIN), False
    while at + 8 <= len(content):
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        whole = content[at : at + 12 + size]
        if kind == b"IDAT" and not is_put:
            found += new
            is_put = True
        if kind not in _TEXTS or whole[8:].partition(b"\0")[0] not in replaced:
            found.append(whole)
        at += 12 + size
    if not is_put:
        raise ValueError("it has no pixels")
    return b"".join(found)
