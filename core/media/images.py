"""Picture files: everything that can be wrong with one, and an upright picture of the rest."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from core.errors import Problem, UnreadableClip, UnsupportedRequest
from core.media.image_colours import UnshowableImage, to_srgb
from core.platform.files import special_kind
from core.platform.suggestions import file_guess

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

MAX_MEGAPIXELS = 80
IMAGE_FORMATS = (
    "AVIF", "BMP", "GIF", "HEIF", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "QOI", "TIFF", "WEBP",
)  # fmt: skip
"""The formats that are opened, by Pillow's names: none of them runs another program."""
_WHITE = (255, 255, 255)
_ORIENTATION_TAG = 0x0112
_DNG_TAG, _SUBFILE_TAG, _PREVIEW = 0xC612, 0x00FE, 1
# What every service reads.
_SENT_AS_IT_IS = {"PNG": "image/png", "JPEG": "image/jpeg"}
_SAVE_AS = "Save it as PNG or JPEG."
_RAW = "a camera's raw file, which is not read"
_HEAD_BYTES, _TEXT_BYTES = 1 << 16, 1000
_BRANDS = (
    (frozenset((b"avif", b"avis")), "an AVIF picture"),
    (
        frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")),
        "a HEIC picture",
    ),
    (frozenset((b"crx ",)), "a camera's raw file"),
)
_BEGINNINGS = (
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (b"#?RADIANCE", "a Radiance HDR picture"),
    (b"#?RGBE", "a Radiance HDR picture"),
    (b"8BPS", "a Photoshop file"),
    (b"gimp xcf", "a GIMP file"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript document"),
    (b"FUJIFILMCCD-RAW", "a camera's raw file"),
    (b"IIU\x00", "a camera's raw file"),
    (b"IIRO", "a camera's raw file"),
    (b"DDS ", "a DDS texture"),
    (b"\x1a\x45\xdf\xa3", "a video"),
    (b"II*\x00", "a TIFF picture of an uncommon kind"),
    (b"MM\x00*", "a TIFF picture of an uncommon kind"),
    (b"PK\x03\x04", "a zip file or a document made of one"),
    (b"\x00\x00\x01\x00", "an icon"),
)


@dataclass(frozen=True)
class UprightImage:
    """An upright picture in sRGB: RGB or, where it has clear parts, RGBA; and what was done."""

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

    head = b""
    try:
        special = special_kind(path)
        if special:
            raise refused(f"The {kind} {name} is {special}. Name a picture file.")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        with open_image(path) as image:
            megapixels = image.width * image.height / 1e6
            if megapixels > MAX_MEGAPIXELS:
                raise too_huge(f"has {megapixels:.0f} megapixels")
            if _is_raw(image):
                raise refused(f"The {kind} {name} is {_RAW}. {_SAVE_AS}")
            is_deep = any(";16" in str(tile) for tile in getattr(image, "tile", ()))
            image.load()
            return _upright(image, kind, head, is_deep=is_deep)
    except FileNotFoundError as error:
        raise refused(f"There is no {kind} at {name}.{file_guess(path)}") from error
    except Image.DecompressionBombError as error:
        raise too_huge("has hundreds of megapixels") from error
    except UnshowableImage as error:
        raise refused(f"The {kind} {name} {error}") from error
    except UnidentifiedImageError as error:
        what = content_of(head)
        if what:
            raise refused(f"The {kind} {name} is {what}, which is not read. {_SAVE_AS}") from error
        raise refused(f"The {kind} {name} is no picture in a known format. {_SAVE_AS}") from error
    except PermissionError as error:
        raise refused(f"The {kind} {name} may not be read. Change its permissions.") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise refused(
            f"The {kind} {name} is damaged or cut off ({error}). Get a whole copy of it."
        ) from error


def open_image(path: Path) -> Image.Image:
    """A picture file, opened but not decoded; only formats in `IMAGE_FORMATS` are tried.

    Raises:
        UnidentifiedImageError: it is none of them, whatever it is called.
        OSError: it cannot be read.
        DecompressionBombError: it is far too large.
    """
    from PIL import Image

    _add_heif()
    with warnings.catch_warnings():
        # Pillow only warns about pictures whose size `read_image` refuses by name.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(path, formats=[name for name in IMAGE_FORMATS if name in _known()])


@cache
def _add_heif() -> None:
    # There is no wheel of it for every machine; without it the file is refused by its name.
    with suppress(ImportError):
        from pillow_heif import (
            register_heif_opener,  # pyright: ignore[reportUnknownVariableType] - its arguments
        )

        register_heif_opener()


@cache
def _known() -> frozenset[str]:
    """The formats that this Pillow has: one that it lacks would be an error of its own."""
    from PIL import Image

    Image.init()
    return frozenset(Image.OPEN)


def _is_raw(image: Image.Image) -> bool:
    """Whether a TIFF is a camera's raw file, of which Pillow would show the small preview."""
    tags = getattr(image, "tag_v2", None)
    return tags is not None and (_DNG_TAG in tags or tags.get(_SUBFILE_TAG, 0) & _PREVIEW == 1)


def content_of(head: bytes) -> str:
    """What a file is that is no picture to be read, by its first bytes; empty where unknown."""
    if head[4:8] == b"ftyp":
        brands = {head[at : at + 4] for at in range(8, 64, 4)}
        for known, what in _BRANDS:
            if brands & known:
                return what
        return "a video"
    for begin, what in _BEGINNINGS:
        if head.startswith(begin):
            return what
    text = head[:_TEXT_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in text:
        return "an SVG drawing"
    return "a web page" if text.startswith((b"<!doctype html", b"<html")) else ""


def _is_upright(image: Image.Image) -> bool:
    return image.getexif().get(_ORIENTATION_TAG, 1) in (0, 1)


def _upright(image: Image.Image, kind: str, head: bytes, *, is_deep: bool) -> UprightImage:
    from PIL import ImageOps

    notes: list[str] = []
    # A JPEG of several pictures is a photo with its preview or its map of brightness.
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        is_animated = image.format not in ("TIFF", "HEIF")
        what = "is animated" if is_animated else "holds several pictures"
        notes.append(f"The {kind} {what}; its first picture is used.")
    if not _is_upright(image):
        notes.append(f"The {kind} is turned upright as its camera noted (EXIF).")
    upright = ImageOps.exif_transpose(image)
    plain = to_srgb(upright, kind, head, is_deep=is_deep)
    return UprightImage(plain.image, (*notes, *plain.notes))


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


def check_image(path: Path) -> None:
    """Decode all of a finished picture.

    Raises:
        UnreadableClip: it cannot be shown.
    """
    from PIL import Image

    try:
        with open_image(path) as image:
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnreadableClip(str(error)) from error


def sendable_image(path: Path, *, is_png: bool = False) -> tuple[str, bytes]:
    """A picture for a service: its media type, and the file as it is or made a PNG.

    As it is goes a PNG or JPEG that stands upright and has no transparent parts.

    Args:
        path: the file.
        is_png: a JPEG is made a PNG too.

    Raises:
        UnsupportedRequest: it is missing, unreadable, cut off or huge.
    """
    content = path.read_bytes()
    with open_image(path) as image:
        is_plain = image.mode in ("RGB", "L") and "transparency" not in image.info
        known = _SENT_AS_IT_IS if not is_png else {"PNG": "image/png"}
        if image.format in known and is_plain and _is_upright(image):
            return known[image.format], content
    written = BytesIO()
    read_rgb_image(path, "image", "inputs").image.save(written, "PNG")
    return "image/png", written.getvalue()


def write_fitted_image(
    source: Path, destination: Path, width: int, height: int, kind: str = "image"
) -> None:
    """Write the upright RGB picture, cut around its centre and resized to the clip, as PNG.

    Raises:
        UnsupportedRequest: the source is missing, unreadable, cut off or huge.
    """
    from PIL import Image, ImageOps

    image = read_rgb_image(source, kind, "inputs").image
    fitted = ImageOps.fit(image, (width, height), method=Image.Resampling.LANCZOS)
    # Read once and thrown away: a smaller file would take longer than it saves.
    fitted.save(destination, format="PNG", compress_level=1)
