"""Pictures that clips are made from: what can be wrong with one, and an upright one of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.media.images import read_image

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

_START = "start image"
_WHITE = (255, 255, 255)


@dataclass(frozen=True)
class InputImage:
    """A picture that can be used: its upright size, and what is done to it."""

    path: Path
    width: int
    height: int
    notes: tuple[str, ...]


def check_start_image(path: Path) -> InputImage:
    """The facts of a start image, read by decoding all of it.

    Raises:
        UnsupportedRequest: it is missing, unreadable, cut off or huge.
    """
    return check_image(path, _START, "inputs.start")


def check_image(path: Path, kind: str, field: str) -> InputImage:
    """The facts of any picture, which sentences call by its `kind`, such as "end image".

    Raises:
        UnsupportedRequest: it is missing, unreadable, cut off or huge.
    """
    image, notes = _read(path, kind, field)
    return InputImage(path, image.width, image.height, notes)


def write_start_image(source: Path, destination: Path, width: int, height: int) -> None:
    """Write the upright RGB picture, cut around its centre and resized to the clip, as PNG.

    Raises:
        UnsupportedRequest: the source is missing, unreadable, cut off or huge.
    """
    from PIL import Image, ImageOps

    image, _ = _read(source, _START, "inputs.start")
    fitted = ImageOps.fit(image, (width, height), method=Image.Resampling.LANCZOS)
    fitted.save(destination, format="PNG")


def _read(path: Path, kind: str, field: str) -> tuple[Image.Image, tuple[str, ...]]:
    upright = read_image(path, kind, field)
    if upright.image.mode == "RGB":
        return upright.image, upright.notes
    # Imported late: most commands never look at a picture.
    from PIL import Image

    rgb = Image.new("RGB", upright.image.size, _WHITE)
    rgb.paste(upright.image, mask=upright.image.getchannel("A"))
    return rgb, (*upright.notes, f"The transparent parts of the {kind} are shown on white.")
