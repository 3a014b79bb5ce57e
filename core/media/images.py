"""Picture files: everything that can be wrong with one, and an upright picture of the rest."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.platform.suggestions import nearest_name

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

MAX_MEGAPIXELS = 80
_WHITE = (255, 255, 255)
_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True)
class UprightImage:
    """An upright picture, in RGB or, where it has clear parts, RGBA; and what was done to it."""

    image: Image.Image
    notes: tuple[str, ...]


def read_image(path: Path, kind: str, field: str) -> UprightImage:
    """Read a picture by decoding all of it; sentences call it by its `kind`, "start image".

    Raises:
        UnsupportedRequest: it is missing, unreadable, cut off or huge.
    """
    # Imported late: most commands never look at a picture.
    from PIL import Image, UnidentifiedImageError

    name = repr(str(path))

    def refused(message: str) -> UnsupportedRequest:
        return UnsupportedRequest([Problem(field, message)])

    def too_huge(size: str) -> UnsupportedRequest:
        return refused(
            f"The {kind} {name} {size}, and at most {MAX_MEGAPIXELS} are read. Make it smaller."
        )

    if path.is_dir():
        raise refused(f"The {kind} {name} is a folder. Name a picture in it.")
    try:
        with warnings.catch_warnings():
            # Pillow only warns about pictures whose size we refuse by name just below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path)
        with image:
            megapixels = image.width * image.height / 1e6
            if megapixels > MAX_MEGAPIXELS:
                raise too_huge(f"has {megapixels:.0f} megapixels")
            image.load()
            return _upright(image, kind)
    except FileNotFoundError as error:
        raise refused(f"There is no {kind} at {name}.{_guess(path)}") from error
    except Image.DecompressionBombError as error:
        raise too_huge("has hundreds of megapixels") from error
    except UnidentifiedImageError as error:
        raise refused(
            f"The {kind} {name} is no picture in a known format. Save it as PNG or JPEG."
        ) from error
    except PermissionError as error:
        raise refused(f"The {kind} {name} may not be read. Change its permissions.") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise refused(
            f"The {kind} {name} is damaged or cut off ({error}). Get a whole copy of it."
        ) from error


def _guess(path: Path) -> str:
    siblings = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
    near = nearest_name(path.name, siblings)
    return f" Did you mean {str(path.with_name(near))!r}?" if near else ""


def _upright(image: Image.Image, kind: str) -> UprightImage:
    from PIL import ImageOps

    notes: list[str] = []
    if getattr(image, "n_frames", 1) > 1:
        notes.append(f"The {kind} is animated; its first picture is used.")
    if image.getexif().get(_ORIENTATION_TAG, 1) not in (0, 1):
        notes.append(f"The {kind} is turned upright as its camera noted (EXIF).")
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        return UprightImage(upright.convert("RGBA"), tuple(notes))
    if upright.mode == "I" or upright.mode.startswith("I;16"):
        notes.append(f"The {kind} has 16 bits a channel; it is reduced to 8.")
        # Pillow's own conversion would cut the values off at 255 instead of scaling them.
        upright = upright.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif upright.mode == "CMYK":
        notes.append(f"The {kind} is for print (CMYK); its colours are turned into RGB.")
    return UprightImage(upright.convert("RGB"), tuple(notes))


def read_rgb_image(path: Path, kind: str, field: str) -> UprightImage:
    """Read a picture as `read_image` does; what is transparent is shown on white.

    Raises:
        UnsupportedRequest: it is missing, unreadable, cut off or huge.
    """
    upright = read_image(path, kind, field)
    if upright.image.mode == "RGB":
        return upright
    # Imported late: most commands never look at a picture.
    from PIL import Image

    rgb = Image.new("RGB", upright.image.size, _WHITE)
    rgb.paste(upright.image, mask=upright.image.getchannel("A"))
    note = f"The transparent parts of the {kind} are shown on white."
    return UprightImage(rgb, (*upright.notes, note))


def write_start_image(source: Path, destination: Path, width: int, height: int) -> None:
    """Write the upright RGB picture, cut around its centre and resized to the clip, as PNG.

    Raises:
        UnsupportedRequest: the source is missing, unreadable, cut off or huge.
    """
    from PIL import Image, ImageOps

    image = read_rgb_image(source, "start image", "inputs.start").image
    fitted = ImageOps.fit(image, (width, height), method=Image.Resampling.LANCZOS)
    fitted.save(destination, format="PNG")
