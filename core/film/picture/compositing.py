"""One image over another, in all the depth that the film has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.film.picture.graph import VideoStream

# What FFmpeg's overlay filter calls the film's formats.
_LAID_OVER = {"yuv420p": "yuv420", "yuv420p10le": "yuv420p10", "yuv422p10le": "yuv422p10"}
# Before FFmpeg 6 it has none for this one. An image twice as wide with half as many colours across
# has the same samples: each brightness twice, each colour once.
_WHOLE, _WIDE, _WIDE_ALPHA = "yuv444p10le", "yuv422p10le", "yuva422p10le"
# For what lets something through the overlay filter has 8 bits alone.
_DEEP_ALPHA, _DEEP_UNIT = "gbrap16le", 257
# Not "gbrp16le": from what has alpha FFmpeg 5 to 7 convert to it coarsely, and 9.0 wrongly.
_DEEP = "rgb48le"


@dataclass(frozen=True)
class Layer:
    """An image that is laid over others.

    Attributes:
        image: in the film's colours; opaque where its format has no alpha.
        x: of its left edge, in the frame that it is laid over.
        y: of its top edge.
        eof_action: what is seen behind its end: its last frame ("repeat") or nothing ("pass").
    """

    image: VideoStream
    x: int
    y: int
    eof_action: Literal["repeat", "pass"] = "repeat"


def laid_over(image: VideoStream, layers: Sequence[Layer], pixel_format: str) -> VideoStream:
    """Frames with layers over them, the last one on top, in the film's format, which they keep.

    Left to choose, FFmpeg takes one with whole colours: halved again, those of the whole picture
    would be smeared by whatever lies in its corner.
    """
    if pixel_format != _WHOLE:
        for layer in layers:
            image = _overlaid(image, layer.image, layer, layer.x, _LAID_OVER[pixel_format])
        return image
    image = _widened(image, _WIDE)
    for layer in layers:
        other = _widened(layer.image, _WIDE_ALPHA)
        image = _overlaid(image, other, layer, 2 * layer.x, _LAID_OVER[_WIDE])
    return _resampled(image, "iw/2", _WHOLE)


def _overlaid(
    image: VideoStream, other: VideoStream, layer: Layer, x: int, form: str
) -> VideoStream:
    return image.under(other, x=x, y=layer.y, eof_action=layer.eof_action, format=form)


def _widened(image: VideoStream, pixel_format: str) -> VideoStream:
    return _resampled(image, "2*iw", pixel_format)


def _resampled(image: VideoStream, width: str, pixel_format: str) -> VideoStream:
    return image.filter("scale", width, "ih", flags="neighbor").filter("format", pixel_format)


def on_background(image: VideoStream, background: str, *, is_deep: bool) -> VideoStream:
    """Frames in RGB on a colour where they let something through.

    Args:
        image: frames with alpha.
        background: "#rrggbb".
        is_deep: mix in 16 bits a channel; else in 8, which is quicker.
    """
    # By a table of constants: FFmpeg 5.1 crashes when it draws a box on pictures with alpha.
    red, green, blue = bytes.fromhex(background.removeprefix("#"))
    if not is_deep:
        over, under = image.filter("format", "rgba").split(2)
        filled = under.filter("lutrgb", r=red, g=green, b=blue, a=255)
        return filled.under(over, format="rgb").filter("format", "rgb24")
    over, under, alpha = image.filter("format", _DEEP_ALPHA).split(3)
    deep = {"r": red * _DEEP_UNIT, "g": green * _DEEP_UNIT, "b": blue * _DEEP_UNIT}
    filled = under.filter("lutrgb", **deep)
    mask = alpha.filter("shuffleplanes", 3, 3, 3, 3)
    return filled.under(over, mask, name="maskedmerge").filter("format", _DEEP)
