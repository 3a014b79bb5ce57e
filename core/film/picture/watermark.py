"""The watermark as a picture to lay over the film: scaled, made fainter and placed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from core.errors import OutputError, Problem, UnsupportedRequest
from core.film.model.timeline import exact, nearest
from core.film.picture.alignment import anchor_of
from core.film.picture.text_overlays import RenderedText
from core.media.images import read_image

if TYPE_CHECKING:
    from pathlib import Path

    from core.film.model.film import Watermark


@dataclass(frozen=True)
class PreparedWatermark:
    """The watermark's plate, and what there is to say about it."""

    rendered: RenderedText
    notes: tuple[str, ...] = ()


def draw_watermark(watermark: Watermark, width: int, height: int, path: Path) -> PreparedWatermark:
    """Write the watermark for a frame of that size as a PNG.

    It is never larger than the frame less its margins; a note says when it had to be made smaller.

    Raises:
        UnsupportedRequest: the picture cannot be used, or its margin leaves no room.
        OutputError: the PNG cannot be written.
    """
    # Imported late: most commands never look at a picture.
    from PIL import Image

    upright = read_image(watermark.path, "watermark", "watermark")
    margin = nearest(exact(watermark.margin) * width)
    room_x, room_y = width - 2 * margin, height - 2 * margin
    if room_x < 1 or room_y < 1:
        raise UnsupportedRequest(
            [
                Problem(
                    "watermark",
                    f"A margin of {watermark.margin:g} of the width leaves the watermark no room "
                    f"in {width}x{height}. Make it smaller.",
                )
            ]
        )
    source = upright.image
    asked = exact(watermark.size) * width / source.width
    scale = min(asked, Fraction(room_x, source.width), Fraction(room_y, source.height))
    size = (max(1, nearest(source.width * scale)), max(1, nearest(source.height * scale)))
    notes = upright.notes
    if scale < asked:
        notes += (
            f"The watermark is {size[0]}x{size[1]} instead of {nearest(source.width * asked)}x"
            f"{nearest(source.height * asked)}, so that it fits the picture with its margin.",
        )
    layer = source.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    fainter = [round(value * watermark.opacity) for value in range(256)]
    layer.putalpha(layer.getchannel("A").point(fainter))
    try:
        layer.save(path, format="PNG")
    except OSError as error:
        raise OutputError(
            f"The watermark {str(path)!r} cannot be written: {error.strerror or error}."
        ) from error
    shares = anchor_of(watermark.place)
    x = margin + nearest((room_x - size[0]) * exact(shares.across))
    y = margin + nearest((room_y - size[1]) * exact(shares.down))
    return PreparedWatermark(RenderedText(path, x, y), notes)
