"""Masks of images: white where one is edited; what is made stays within, the rest as it was."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from core.media.images import read_image

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

_OPAQUE = 255
# Of the shorter side: wide enough that no seam shows, narrow enough to keep what was asked for.
_FEATHER_SHARE = 1 / 96
_LEAST_KEPT = 0.5


def read_mask(path: Path, kind: str = "mask", field: str = "inputs.mask") -> Image.Image:
    """A mask as `(height, width)` uint8, mode L: 255 where the image is edited, 0 where it stays.

    Greys are edited in part; what is transparent is edited, as many programs save a mask.

    Raises:
        UnsupportedRequest: it is missing, unreadable, cut off or huge.
    """
    from PIL import Image

    image = read_image(path, kind, field).image
    if image.mode != "RGBA":
        return image.convert("L")
    on_white = Image.new("RGB", image.size, (_OPAQUE, _OPAQUE, _OPAQUE))
    on_white.paste(image, mask=image.getchannel("A"))
    return on_white.convert("L")


def edited_share(mask: Image.Image) -> float:
    """How much of an image a mask edits: 0 nothing, 1 all of it."""
    counts = mask.histogram()
    return sum(value * count for value, count in enumerate(counts)) / _OPAQUE / sum(counts)


def clear_where_edited(mask: Image.Image) -> bytes:
    """The mask as a PNG for whoever edits what is transparent, and keeps what is opaque."""
    from PIL import Image, ImageChops

    kept = ImageChops.invert(mask)
    image = Image.merge("RGBA", (kept, kept, kept, kept))
    written = BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def laid_over(
    original: Image.Image, edited: Image.Image, mask: Image.Image
) -> tuple[Image.Image, int]:
    """What was made laid over the original within the mask, and how wide the soft edge is.

    The edge lies inside the mask, so that outside of it every pixel is the original's. It is
    narrower where the mask itself is, down to nothing.

    Args:
        original: RGB or RGBA; the result has its size and mode.
        edited: of any size with the same ratio of its sides.
        mask: L, of the original's size, as `read_mask` gives it.
    """
    from PIL import Image, ImageChops, ImageFilter

    feather_px = max(1, round(min(original.size) * _FEATHER_SHARE))
    whole = edited_share(mask)
    weights, width = mask, 0
    while feather_px:
        inner = mask.filter(ImageFilter.MinFilter(2 * feather_px + 1))
        if edited_share(inner) >= _LEAST_KEPT * whole:
            soft = inner.filter(ImageFilter.GaussianBlur(feather_px / 2))
            weights, width = ImageChops.darker(soft, mask), feather_px
            break
        feather_px //= 2
    fitted = edited.convert(original.mode)
    if fitted.size != original.size:
        fitted = fitted.resize(original.size, Image.Resampling.LANCZOS)
    return Image.composite(fitted, original, weights), width
