"""Start images: everything that can be wrong with one, and an upright RGB picture of the rest."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.names import nearest_name

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

MAX_MEGAPIXELS = 80
_ORIENTATION_TAG = 0x0112
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


def _problem(message: str) -> UnsupportedRequest:
    return UnsupportedRequest([Problem("inputs.start_image", message)])


def _read(path: Path) -> tuple[Image.Image, tuple[str, ...]]:
    # Imported late: most commands never look at a picture.
    from PIL import Image, UnidentifiedImageError

    name = repr(str(path))
    if path.is_dir():
        raise _problem(f"The start image {name} is a folder. Name a picture in it.")
    try:
        with warnings.catch_warnings():
            # Pillow only warns about pictures whose size we refuse by name just below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path)
        with image:
            megapixels = image.width * image.height / 1e6
            if megapixels > MAX_MEGAPIXELS:
                raise _too_huge(name, f"has {megapixels:.0f} megapixels")
            image.load()
            return _upright_rgb(image)
    except FileNotFoundError as error:
        raise _missing(path) from error
    except Image.DecompressionBombError as error:
        raise _too_huge(name, "has hundreds of megapixels") from error
    except UnidentifiedImageError as error:
        raise _problem(
            f"The start image {name} is no picture in a known format. Save it as PNG or JPEG."
        ) from error
    except PermissionError as error:
        raise _problem(
            f"The start image {name} may not be read. Change its permissions."
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise _problem(
            f"The start image {name} is damaged or cut off ({error}). Get a whole copy of it."
        ) from error


def _too_huge(name: str, size: str) -> UnsupportedRequest:
    return _problem(
        f"The start image {name} {size}, and at most {MAX_MEGAPIXELS} are read. Make it smaller."
    )


def _missing(path: Path) -> UnsupportedRequest:
    siblings = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
    near = nearest_name(path.name, siblings)
    guess = f" Did you mean {str(path.with_name(near))!r}?" if near else ""
    return _problem(f"There is no start image at {str(path)!r}.{guess}")


def _upright_rgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    from PIL import Image, ImageOps

    notes: list[str] = []
    if getattr(image, "n_frames", 1) > 1:
        notes.append("The start image is animated; its first picture is used.")
    if image.getexif().get(_ORIENTATION_TAG, 1) not in (0, 1):
        notes.append("The start image is turned upright as its camera noted (EXIF).")
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        notes.append("The transparent parts of the start image are shown on white.")
        layer = upright.convert("RGBA")
        rgb = Image.new("RGB", layer.size, _WHITE)
        rgb.paste(layer, mask=layer.getchannel("A"))
    elif upright.mode == "I" or upright.mode.startswith("I;16"):
        notes.append("The start image has 16 bits a channel; it is reduced to 8.")
        # Pillow's own conversion would cut the values off at 255 instead of scaling them.
        scaled = upright.convert("I").point(lambda value: value * (1 / 256))
        rgb = scaled.convert("L").convert("RGB")
    else:
        if upright.mode == "CMYK":
            notes.append("The start image is for print (CMYK); its colours are turned into RGB.")
        rgb = upright.convert("RGB")
    return rgb, tuple(notes)
