"""PNG files that say how they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.video.record import ClipRecord

if TYPE_CHECKING:
    from pathlib import Path

_KEYWORD = "Comment"


def write_still_record(path: Path, record: ClipRecord, destination: Path) -> None:
    """Copy a PNG, its pixels untouched, with the record as its comment.

    Raises:
        OSError: it cannot be read or the copy cannot be written.
    """
    # Imported late: only a finished still needs it.
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    stored = PngInfo()
    # International text, because a prompt may be in any script; compressed like the pixels.
    stored.add_itxt(_KEYWORD, record.model_dump_json(), zip=True)
    with Image.open(path) as image:
        image.save(destination, format="PNG", pnginfo=stored)


def read_still_record(path: Path) -> ClipRecord | None:
    """The record inside a PNG, or None when it carries none of ours or is no PNG."""
    # Imported late: most commands never look at a picture.
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG",)) as image:
            stored = image.info.get(_KEYWORD, "")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    try:
        return ClipRecord.model_validate_json(str(stored))
    except ValueError:
        return None
