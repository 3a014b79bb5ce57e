"""A picture's own colours and depth become plain sRGB of 8 bits, and it is told how."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from itertools import chain, product
from typing import TYPE_CHECKING, Any, Literal

from core.media.colorimetry import (
    ADOBE_RGB,
    PRIMARIES,
    Primaries,
    Transfer,
    grid,
    in_bt709,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL import Image, ImageCms

_REDUCED = "The {} has 16 bits a channel; it is reduced to 8."
_SRGB = "iec61966-2-1"
# Two colours of 8 bits that differ by so much are the same: it is rounding.
_SAME = 1
_TABLE_SIZE = 65
_PROFILE_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK", "Lab": "LAB"}
_EXIF_IFD, _INTEROP_IFD, _COLOUR_SPACE_TAG, _UNCALIBRATED = 0x8769, 0xA005, 0xA001, 0xFFFF
_ADOBE_GAMMA = 563 / 256
_USUAL_POWER, _NEAR_POWER = 2.2, 0.06
# By what FFmpeg describes the transfer of BT.709 in the PNG of a frame: video, which is shown as
# sRGB is.
_VIDEO_POWER, _NEAR_VIDEO = 1.961, 0.002
_UNSPECIFIED = 2
# The numbers of H.273 that pictures hold. Those that say BT.709 or BT.601 are sRGB all the same:
# encoders write these numbers by habit.
_NUMBERED_PRIMARIES = {9: ("BT.2020", "bt2020"), 11: ("DCI-P3", "smpte431"),
                       12: ("Display P3", "smpte432")}  # fmt: skip
_NUMBERED_TRANSFERS = {4: "gamma22", 5: "gamma28", 8: "linear"}
_HDR_NUMBERS = (16, 18)
# A float picture brighter than white and darker than this holds light, not codes of 8 bits.
_BRIGHTEST_LIGHT = 16
_WHOLE = 65_535
# How files hold the numbers of H.273: a box of HEIF and AVIF, a chunk of PNG.
_NCLX, _CICP = b"colrnclx", b"cICP"


class UnshowableImage(Exception):
    """Values that no rule turns into a picture; says what they are and what to do."""


@dataclass(frozen=True)
class PlainImage:
    """A picture in RGB or RGBA of 8 bits, in sRGB, and what was done to it."""

    image: Image.Image
    notes: tuple[str, ...]


def to_srgb(image: Image.Image, kind: str, head: bytes, *, is_deep: bool) -> PlainImage:
    """The decoded picture as people see it; sentences call it by its `kind`.

    Args:
        image: whole and upright; in any mode that Pillow has.
        kind: such as "start image".
        head: the file's first bytes, which say some things that Pillow does not.
        is_deep: whether its file has 16 bits a channel of colour, of which Pillow reads 8.

    Raises:
        UnshowableImage: its values are none that can be shown.
    """
    info, exif = dict(image.info), image.getexif()
    image, notes = _in_eight_bits(image, kind)
    if is_deep and not notes:
        notes.append(_REDUCED.format(kind))
    colours, alpha = _apart(image)
    profile = info.get("icc_profile")
    converted, note = None, ""
    if profile:
        converted, note = _by_profile(colours, profile, kind)
    elif (gamut := _gamut_of(info, exif, head)) is not None:
        converted, note = _by_primaries(_plain(colours), gamut, kind)
    if note:
        notes.append(note)
    if converted is None:
        if colours.mode == "CMYK":
            why = "its colour profile cannot be used" if profile else "it has no colour profile"
            notes.append(
                f"The {kind} is for print (CMYK) and {why}, so its colours in RGB are only roughly "
                "those of the print."
            )
        converted = _plain(colours)
    if alpha is not None:
        converted = converted.convert("RGB")
        converted.putalpha(alpha)
    return PlainImage(converted, tuple(notes))


def _in_eight_bits(image: Image.Image, kind: str) -> tuple[Image.Image, list[str]]:
    """The picture with values of 0 to 255, brought there from a wider range by one factor."""
    import numpy as np
    from PIL import Image

    if image.mode not in ("I", "F") and not image.mode.startswith("I;16"):
        return image, []
    values = np.asarray(image, dtype=np.float32)
    if not np.isfinite(values).all():
        raise UnshowableImage(
            "holds values that are no numbers, so it cannot be shown. Save it with 8 or 16 bits."
        )
    low, high = float(values.min()), float(values.max())
    is_float = image.mode == "F"
    if low < 0 or high > _WHOLE or (is_float and 1 < high <= _BRIGHTEST_LIGHT):
        raise UnshowableImage(
            f"holds values from {low:g} to {high:g}, of which nobody knows here which one is "
            "white. Save it with 8 or 16 bits a channel."
        )
    if is_float:
        white = 1 if high <= 1 else 255 if high <= 255 else _WHOLE
        note = f"The {kind} has floating-point values; those from 0 to {white} become 0 to 255."
    else:
        white, note = _WHOLE, _REDUCED.format(kind)
    grey = Image.fromarray(np.round(values * (255 / white)).astype(np.uint8))
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey = grey.convert("LA")
        grey.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return grey, [note]


def _apart(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colours without and with their transparency, in modes that profiles are made for."""
    if image.has_transparency_data:
        whole = image if image.mode == "LA" else image.convert("RGBA")
        alpha = whole.getchannel("A")
        return whole.convert("L" if whole.mode == "LA" else "RGB"), alpha
    if image.mode == "1":
        return image.convert("L"), None
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image, None
    return image.convert("RGB"), None


def _own_profile(space: Literal["LAB", "sRGB"]) -> ImageCms.ImageCmsProfile:
    from PIL import ImageCms

    of_any_type: Any = ImageCms
    return ImageCms.ImageCmsProfile(of_any_type.createProfile(space))


def _plain(colours: Image.Image) -> Image.Image:
    if colours.mode != "LAB":
        return colours.convert("RGB")
    return _through(colours, _own_profile("LAB"))


def _through(colours: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    """The colours of a profile as sRGB."""
    from PIL import ImageCms

    transform = ImageCms.buildTransform(
        profile,
        _own_profile("sRGB"),
        colours.mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    done = ImageCms.applyTransform(colours, transform)
    assert done is not None  # It is only None where the picture itself is changed.
    return done


def _by_profile(colours: Image.Image, content: bytes, kind: str) -> tuple[Image.Image | None, str]:
    """The colours by an ICC profile, and a sentence; None where it is of no use or no effect."""
    from PIL import ImageCms

    unused = f"The {kind} has a colour profile that {{}}; its colours are taken as they are."
    try:
        profile: Any = ImageCms.ImageCmsProfile(io.BytesIO(content))
        space = str(profile.profile.xcolor_space).strip()
        mode = _PROFILE_MODES.get(space)
        if mode == "RGB" and colours.mode == "L":
            colours = colours.convert("RGB")
        if mode != colours.mode:
            return None, unused.format(f"is for other colours ({space}, not {colours.mode})")
        name = str(profile.profile.profile_description or "").strip() or "of no name"
        if mode in ("L", "RGB") and _is_srgb(mode, profile):
            return None, ""
        done = _through(colours, profile)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None, unused.format("cannot be read")
    return done, f"The colours of the {kind} ({name}) are converted to sRGB."


def _is_srgb(mode: str, profile: ImageCms.ImageCmsProfile) -> bool:
    """Whether a profile leaves colours as they are, whatever it calls itself."""
    from PIL import Image, ImageChops

    if mode == "L":
        probe = Image.linear_gradient("L")
    else:
        steps = range(0, 256, 17)
        probe = Image.frombytes("RGB", (64, 64), bytes(chain(*product(steps, steps, steps))))
    change = ImageChops.difference(_through(probe, profile), probe.convert("RGB"))
    return max(change.tobytes()) <= _SAME


@dataclass(frozen=True)
class _Gamut:
    """Colours that a file names without a profile."""

    name: str
    primaries: Primaries
    transfer: Transfer
    is_hdr: bool = False


def _gamut_of(info: Mapping[Any, Any], exif: Image.Exif, head: bytes) -> _Gamut | None:
    """What a file says of its colours by numbers or by EXIF; None where it says nothing of use."""
    numbers = _numbers(head)
    if numbers is not None:
        name, primaries = _NUMBERED_PRIMARIES.get(numbers[0], ("by their transfer", "bt709"))
        transfer = _NUMBERED_TRANSFERS.get(numbers[1], _SRGB)
        return _Gamut(name, PRIMARIES[primaries], transfer, numbers[1] in _HDR_NUMBERS)
    if "srgb" in info:
        return None
    # As Pillow has it: x and y of white, red, green and blue.
    points: Any = info.get("chromaticity")
    gamma: Any = info.get("gamma")
    transfer = _power(gamma) if isinstance(gamma, float) else _SRGB
    if points:
        white, red, green, blue = zip(points[::2], points[1::2], strict=True)
        return _Gamut("by its own chromaticities", Primaries(red, green, blue, white), transfer)
    if transfer != _SRGB:
        return _Gamut("by its own gamma", PRIMARIES["bt709"], transfer)
    try:
        shown = exif.get_ifd(_EXIF_IFD).get(_COLOUR_SPACE_TAG)
        by_rule = exif.get_ifd(_INTEROP_IFD).get(1)
    except (KeyError, OSError, SyntaxError, TypeError, ValueError, struct.error):
        return None
    is_adobe = shown == _UNCALIBRATED and str(by_rule).startswith("R03")
    return _Gamut("Adobe RGB", ADOBE_RGB, _ADOBE_GAMMA) if is_adobe else None


def _numbers(head: bytes) -> tuple[int, int] | None:
    """H.273's numbers of primaries and transfer in a file's first bytes."""
    if head.startswith(b"\x89PNG"):
        at = head.find(_CICP)
        found = head[at + len(_CICP) :][:2] if 0 <= at < head.find(b"IDAT") else b""
        numbers = (found[0], found[1]) if len(found) == len("12") else None
    else:
        at = head.find(_NCLX) if head[4:8] == b"ftyp" else -1
        found = head[at + len(_NCLX) :][:4] if at >= 0 else b""
        numbers = struct.unpack(">HH", found) if len(found) == struct.calcsize(">HH") else None
    return numbers if numbers and numbers[0] != _UNSPECIFIED else None


def _power(gamma: float) -> Transfer:
    """The transfer of a PNG's gamma; what is written for sRGB or for video is sRGB."""
    power = 1 / gamma if gamma > 0 else _USUAL_POWER
    is_plain = abs(power - _USUAL_POWER) < _NEAR_POWER or abs(power - _VIDEO_POWER) < _NEAR_VIDEO
    return _SRGB if is_plain else power


def _by_primaries(colours: Image.Image, gamut: _Gamut, kind: str) -> tuple[Image.Image | None, str]:
    """The colours by their primaries, and a sentence; None where nothing changes."""
    import numpy as np
    from PIL import ImageFilter

    if gamut.is_hdr:
        return None, (
            f"The {kind} is made for an HDR screen, which is not converted: it may look flat. "
            "Save it as an ordinary picture."
        )
    same = grid(_TABLE_SIZE)
    table = in_bt709(same, gamut.primaries, gamut.transfer, _SRGB)
    if float(np.abs(table - same).max()) * 255 <= _SAME:
        return None, ""
    lut = ImageFilter.Color3DLUT(_TABLE_SIZE, table.reshape(-1).tolist())
    return colours.filter(lut), f"The colours of the {kind} ({gamut.name}) are converted to sRGB."
