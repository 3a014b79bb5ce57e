"""Photos among clips: told apart by what lies in the file, and made ready for FFmpeg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import UnreadableClip, UnsupportedRequest
from core.media.images import read_image

if TYPE_CHECKING:
    from pathlib import Path

    from core.media.images import UprightImage

_HEAD_BYTES = 64
_BEGINNINGS = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+",
    b"\xff\x0a", b"\x00\x00\x00\x0cJXL \r\n\x87\n", b"\x00\x00\x00\x0cjP  \r\n\x87\n",
)  # fmt: skip
# The brands of HEIC and AVIF; an animated AVIF calls itself "avis".
_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif")
_ANIMATED_PNG = b"acTL"
_PNG_HEADERS_BYTES = 4096


def is_photo(path: Path) -> bool:
    """Whether the file is a picture that does not move, whatever its name says."""
    # A pipe that nobody writes to would be waited for without an end.
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_PNG_HEADERS_BYTES)
    except OSError:
        return False
    if head[:8] == _BEGINNINGS[0] and _ANIMATED_PNG in head:
        return False
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return True
    if head[4:8] == b"ftyp" and head[8:12] in _BRANDS:
        return True
    return head[:_HEAD_BYTES].startswith(_BEGINNINGS)


def read_photo(path: Path) -> UprightImage:
    """A photo among the clips, upright.

    Raises:
        UnreadableClip: it is missing, damaged, huge or of a kind that is not read.
    """
    try:
        return read_image(path, "photo", "clips")
    except UnsupportedRequest as error:
        raise UnreadableClip(error.problems[0].message) from error


def write_still(path: Path, place: Path) -> None:
    """Write the photo as a PNG that FFmpeg reads alike in every version.

    Raises:
        UnreadableClip: it cannot be read.
        OSError: the PNG cannot be written.
    """
    read_photo(path).image.save(place, format="PNG", compress_level=1)
