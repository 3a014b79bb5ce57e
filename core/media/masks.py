"""Masks of images: white where one is edited; what is made stays within, the rest as it was."""

from __future__ import annotations

import math
import uuid
from io import BytesIO
from typing import TYPE_CHECKING

from core.errors import OutputError
from core.media.images import read_image
from core.media.output import find_free_name
from core.platform.files import move_if_free, remove

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from PIL import Image

    Greys = np.ndarray[tuple[int, int], np.dtype[np.uint8]]

_OPAQUE = 255
# Of the shorter side: wide enough that no seam shows, narrow enough to keep what was asked for.
_FEATHER_SHARE = 1 / 96
_LEAST_KEPT = 0.5
# From one pixel to the next: an edge that rises faster was drawn hard. Of 255.
_HARD_STEP = 100


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


def write_mask(mask: Image.Image, image: Path, folder: Path) -> Path:
    """Write a mask as a PNG named after the image that it is for, and give its path.

    No mask is replaced by another: what was made within the earlier one can be made again.

    Args:
        mask: L, white where the image is edited.
        image: the file that it was painted over.
        folder: of masks; made where it is missing.

    Raises:
        OutputError: the folder is full or closed to us.
    """
    wanted = folder / f"{image.stem[:60]}-mask.png"
    aside = folder / f".{wanted.name}.{uuid.uuid4().hex[:12]}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mask.save(aside, format="PNG")
        path = find_free_name(wanted)
        while not move_if_free(aside, path):
            path = find_free_name(wanted)
    except OSError as error:
        raise OutputError(
            f"The mask cannot be written into {str(folder)!r} ({error.strerror}).",
            hint="Free some space or choose another output folder in the settings.",
        ) from error
    finally:
        remove(aside)
    return path


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


def white_where_edited(mask: Image.Image, *, is_clear: bool = False) -> bytes:
    """The mask as a PNG for whoever edits what is white, and keeps what is black.

    Args:
        mask: L, as `read_mask` gives it.
        is_clear: whether it is clear there besides, so that whoever looks at that reads the same.
    """
    from PIL import Image, ImageChops

    image = Image.merge("RGBA", (mask, mask, mask, ImageChops.invert(mask))) if is_clear else mask
    written = BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def grown(mask: Image.Image, px: int) -> Image.Image:
    """The mask with its edges moved outwards by so many pixels, round corners."""
    return _spread(mask, px)


def shrunk(mask: Image.Image, px: int) -> Image.Image:
    """The mask with its edges moved inwards; at the borders of the image it stays."""
    from PIL import ImageChops

    return ImageChops.invert(_spread(ImageChops.invert(mask), px))


def feathered(mask: Image.Image, px: int) -> tuple[Image.Image, int]:
    """The mask with soft edges, and how wide they are.

    An edge lies inside of what was white, so that nothing beyond is edited. It is narrower than
    asked for where the mask itself is, down to nothing: at least half of the mask is kept.
    """
    from PIL import ImageChops, ImageFilter

    whole = edited_share(mask)
    while px:
        inner = shrunk(mask, px)
        if edited_share(inner) >= _LEAST_KEPT * whole:
            soft = inner.filter(ImageFilter.GaussianBlur(px / 2))
            return ImageChops.darker(soft, mask), px
        px //= 2
    return mask, 0


def laid_over(
    original: Image.Image, edited: Image.Image, mask: Image.Image
) -> tuple[Image.Image, int]:
    """What was made laid over the original within the mask, and how wide the edge is made soft.

    The edge lies inside the mask, so that outside of it every pixel is the original's. It is
    narrower where the mask itself is, down to nothing. Edges that are soft already stay as they
    are.

    Args:
        original: RGB or RGBA; the result has its size and mode.
        edited: of any size with the same ratio of its sides.
        mask: L, of the original's size, as `read_mask` gives it.
    """
    from PIL import Image, ImageFilter

    weights, width = mask, 0
    hard = _hard_edges(mask)
    if hard.getbbox() is not None:
        usual_px = max(1, round(min(original.size) * _FEATHER_SHARE))
        soft, width = feathered(mask, usual_px)
        # Farther than a blur reaches, what is soft by itself counts.
        near = _spread(hard, 4 * width).filter(ImageFilter.GaussianBlur(width / 2))
        weights = Image.composite(soft, mask, near)
    fitted = edited.convert(original.mode)
    if fitted.size != original.size:
        fitted = fitted.resize(original.size, Image.Resampling.LANCZOS)
    return Image.composite(fitted, original, weights), width


def _hard_edges(mask: Image.Image) -> Image.Image:
    """White at the outermost pixels of a mask beside which it falls off at once."""
    import numpy as np
    from PIL import Image, ImageFilter

    lowest = np.asarray(mask.filter(ImageFilter.MinFilter(3)))
    steps = np.asarray(mask) - lowest
    return Image.fromarray(np.where(steps >= _HARD_STEP, _OPAQUE, 0).astype(np.uint8))


def _spread(mask: Image.Image, px: int) -> Image.Image:
    """Each pixel as bright as the brightest one within a circle around it.

    The circle is taken row by row: a row `away` pixels off reaches less far to both sides. Pillow's
    own filter looks at each pixel of a square: more than a minute at 4K where this takes a second.
    """
    import numpy as np
    from PIL import Image

    box = mask.getbbox()
    if box is None or px <= 0:
        return mask
    # Darkness around it, so that no pixel reaches beyond what is looked at.
    around = (box[0] - px, box[1] - px, box[2] + px, box[3] + px)
    wide = np.array(mask.crop(around))
    spread = wide.copy()
    reach = 0
    for away in range(px, -1, -1):
        wanted = math.isqrt(px * px - away * away)
        while reach < wanted:
            # More at a time would leave gaps between what is there and what is added.
            step = min(wanted - reach, 2 * reach + 1)
            wide = _widened(wide, step)
            reach += step
        if away < len(wide):
            np.maximum(spread[away:], wide[: len(wide) - away], out=spread[away:])
            np.maximum(spread[: len(wide) - away], wide[away:], out=spread[: len(wide) - away])
    whole = mask.copy()
    whole.paste(Image.fromarray(spread), around[:2])
    return whole


def _widened(rows: Greys, step: int) -> Greys:
    """Each pixel as bright as itself and those `step` pixels to its left and right."""
    import numpy as np

    wider = rows.copy()
    if step < rows.shape[1]:
        np.maximum(wider[:, step:], rows[:, :-step], out=wider[:, step:])
        np.maximum(wider[:, :-step], rows[:, step:], out=wider[:, :-step])
    return wider
