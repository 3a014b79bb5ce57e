"""Start images: everything that can be wrong with one, and an upright RGB picture of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.picture_files import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

_WHITE = (255, 255, 255)


@dataclass(frozen=True)
class StartImage:
    """A start image that can be used: its upright size, and what is done to it."""

    path: Path
    width: int
    height: int
    notes: tuple[str, ...]


def check_start_image(path: Path) -> StartImage:
    """The facts of a start image, read by decoding all of it.

    Raises:
        UnsupportedRequest: it is missing, unreadable, cut off or huge.
    """
    image, notes = _read(path)
    return StartImage(path, image.width, image.height, notes)


def write_start_image(source: Path, destination: Path, width: int, height: int) -> None:
    """Write the upright RGB picture, cut around its centre and resized to the clip, as PNG.

    Raises:
        UnsupportedRequest: the source is missing, unreadable, cut off or huge.
    """
    from PIL import Image, ImageOps

    image, _ = _read(source)
    fitted = ImageOps.fit(image, (width, height), method=Image.Resampling.LANCZOS)
    fitted.save(destination, format="PNG")


def _read(path: Path) -> tuple[Image.Image, tuple[str, ...]]:
    picture = read_picture(path, "start image", "inputs.start_image")
    if picture.image.mode == "RGB":
        return picture.image, picture.notes
    # Imported late: most commands never look at a picture.
    from PIL import Image

    rgb = Image.new("RGB", picture.image.size, _WHITE)
    rgb.paste(picture.image, mask=picture.image.getchannel("A"))
    return rgb, (*picture.notes, "The transparent parts of the start image are shown on white.")
