"""Copies of images for other people: as PNG, JPEG or WebP, with their settings or without."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from core.media.images import read_image
from core.metadata.ai_marks import SourceType, mark_packet, marked_png
from core.metadata.image_chunks import PNG_BEGIN, read_image_texts

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

QUALITY = 92
"""Of JPEG and WebP where nobody says."""
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""By suffix, what a copy can be."""
_SOFTWARE, _EXIF_IFD, _USER_COMMENT = 0x0131, 0x8769, 0x9286
# What a part of a JPEG can hold is 65,533 bytes.
_MOST_PART_BYTES = 60_000


@dataclass(frozen=True)
class ImageCopy:
    """A finished copy.

    Attributes:
        notes: what is not in it any more.
    """

    content: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CopyText:
    """What is written into a copy.

    Attributes:
        source: what the mark says; None writes none, for an image that no model made.
        program: which writes it.
        parameters: prompt and settings as other programs read them; empty for none.
        record: the same as this program keeps it; empty for none.
    """

    source: SourceType | None
    program: str
    parameters: str = ""
    record: str = ""


def copy_image(path: Path, suffix: str, text: CopyText, quality: int = QUALITY) -> ImageCopy:
    """The file of a copy; a PNG that becomes a PNG keeps its pixels as they are encoded.

    Args:
        path: of the image.
        suffix: of the copy, one of `FORMATS`.
        text: what stands in it.
        quality: of JPEG and WebP, 1 to 100.

    Raises:
        UnsupportedRequest: the image cannot be read.
        OSError: likewise.
    """
    if FORMATS[suffix] == "PNG":
        return ImageCopy(_as_png(path, text))
    image = read_image(path, "image", "file").image
    notes: list[str] = []
    if FORMATS[suffix] == "JPEG" and image.mode != "RGB":
        image = _on_white(image)
        notes.append("What is transparent is shown on white: JPEG has no transparent parts.")
    exif, more = _exif(text)
    written = BytesIO()
    image.save(written, FORMATS[suffix], quality=quality, exif=exif, xmp=_packet(text, notes))
    return ImageCopy(written.getvalue(), (*notes, *more))


def _as_png(path: Path, text: CopyText) -> bytes:
    content = path.read_bytes()
    texts = {"parameters": text.parameters} if text.parameters else {}
    packed = {"Comment": text.record} if text.record else {}
    is_signed = read_image_texts(path).is_signed
    if not content.startswith(PNG_BEGIN) or not text.parameters or is_signed:
        # Written anew, so that nothing is left of what stood in it; a signature would be broken.
        written = BytesIO()
        read_image(path, "image", "file").image.save(written, "PNG")
        content = written.getvalue()
    if text.source is None:
        return content
    return marked_png(content, text.source, text.program, texts, packed)


def _exif(text: CopyText) -> tuple[bytes, list[str]]:
    from PIL import Image

    exif = Image.Exif()
    exif[_SOFTWARE] = text.program
    comment = b"UNICODE\0" + text.parameters.encode("utf-16-be")
    if text.parameters and len(comment) <= _MOST_PART_BYTES:
        exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = comment
    is_left_out = len(comment) > _MOST_PART_BYTES
    note = "The prompt is too long for such a file, and left out."
    return exif.tobytes(), [note] if is_left_out else []


def _packet(text: CopyText, notes: list[str]) -> bytes:
    if text.source is None:
        return b""
    whole = mark_packet(text.source, text.program, text.record).encode()
    if len(whole) <= _MOST_PART_BYTES:
        return whole
    notes.append("The record is too long for such a file, and left out.")
    return mark_packet(text.source, text.program).encode()


def _on_white(image: Image.Image) -> Image.Image:
    from PIL import Image as Images

    rgb = Images.new("RGB", image.size, (255, 255, 255))
    rgb.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return rgb
