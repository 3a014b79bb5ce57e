"""How a clip's colours are coded, by the names that FFmpeg has for what ITU-T H.273 counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.frozen import Frozen

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from core.film.model.source import SourceFacts

_UNSPECIFIED = 2
_HDR_TRANSFERS = {16: "smpte2084", 18: "arib-std-b67"}
_MATRICES = {
    0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco",
    9: "bt2020nc", 10: "bt2020c", 11: "smpte2085", 12: "chroma-derived-nc",
    13: "chroma-derived-c", 14: "ictcp", 15: "ipt-c2", 16: "ycgco-re", 17: "ycgco-ro",
}  # fmt: skip
_PRIMARIES = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film", 9: "bt2020",
    10: "smpte428", 11: "smpte431", 12: "smpte432", 22: "ebu3213",
}  # fmt: skip
_TRANSFERS = {
    1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m", 8: "linear",
    9: "log100", 10: "log316", 11: "iec61966-2-4", 12: "bt1361e", 13: "iec61966-2-1",
    14: "bt2020-10", 15: "bt2020-12", 17: "smpte428", **_HDR_TRANSFERS,
}  # fmt: skip
_RANGES = {1: "tv", 2: "pc"}
# What FFmpeg's scaler turns into red, green and blue.
_READABLE_MATRICES = frozenset(
    ("", "gbr", "bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "bt2020nc")
)
SPOKEN = {
    "bt709": "BT.709", "bt470m": "BT.470 M", "bt470bg": "BT.601 for 625 lines",
    "smpte170m": "BT.601 for 525 lines", "smpte240m": "SMPTE 240M", "film": "colour film",
    "bt2020": "BT.2020", "smpte428": "CIE XYZ", "smpte431": "DCI-P3", "smpte432": "Display P3",
    "ebu3213": "EBU 3213", "gamma22": "gamma 2.2", "gamma28": "gamma 2.8", "linear": "linear light",
    "log100": "logarithm 100:1", "log316": "logarithm 316:1", "iec61966-2-1": "sRGB",
    "iec61966-2-4": "xvYCC", "bt1361e": "BT.1361", "bt2020-10": "BT.2020", "bt2020-12": "BT.2020",
}  # fmt: skip
"""What people call primaries and transfers."""

RGB_FORMATS = ("rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "x2rgb", "pal8", "gray", "mono")
"""How FFmpeg's names begin of pixel formats without brightness and colour difference."""
# Of these FFmpeg's scaler makes sRGB by itself.
_NO_RGB = "xyz"
_LIKE_BT709 = frozenset(
    ("", "bt709", "smpte170m", "bt2020-10", "bt2020-12", "iec61966-2-4", "bt1361e")
)


class Colour(Frozen):
    """FFmpeg's names of a picture's colour tags; empty where the file does not say.

    A number that has no name here is kept as it is: "matrix 200".
    """

    primaries: str = ""
    transfer: str = ""
    matrix: str = ""
    range: str = ""

    @property
    def is_hdr(self) -> bool:
        """Whether the brightness is coded for an HDR screen."""
        return self.transfer in _HDR_TRANSFERS.values()

    @property
    def has_readable_matrix(self) -> bool:
        """Whether red, green and blue can be worked out of brightness and colour difference."""
        return self.matrix in _READABLE_MATRICES


def colour_of(frame: VideoFrame) -> Colour:
    """The colour tags of a decoded frame."""

    # PyAV gives plain numbers of FFmpeg's enums here, and enums there, by version.
    def name(attribute: str, kind: str, names: dict[int, str]) -> str:
        value: Any = getattr(frame, attribute, None)
        if value is None or int(value) == _UNSPECIFIED or int(value) < 0:
            return names.get(_UNSPECIFIED, "")
        return names.get(int(value), f"{kind} {int(value)}" if kind else "")

    return Colour(
        primaries=name("color_primaries", "primaries", _PRIMARIES),
        transfer=name("color_trc", "transfer", _TRANSFERS),
        matrix=name("colorspace", "matrix", _MATRICES),
        range=name("color_range", "", _RANGES),
    )


@dataclass(frozen=True)
class ColourConversion:
    """From which primaries and transfer to BT.709's primaries and which transfer."""

    primaries: str
    transfer: str
    to_transfer: str


def conversion_of(facts: SourceFacts) -> ColourConversion | None:
    """How a clip's colours become the film's; None where they are the film's already, or HDR."""
    colour = facts.colour
    if colour.is_hdr or facts.pixel_format.startswith(_NO_RGB):
        return None
    primaries = colour.primaries if colour.primaries in SPOKEN else ""
    if not primaries:
        primaries = "bt2020" if colour.matrix == "bt2020nc" else "bt709"
    transfer = colour.transfer if colour.transfer in SPOKEN else ""
    if transfer in _LIKE_BT709:
        transfer = "bt709"
    # Pictures, and what is drawn on a screen, are sRGB, and films take their numbers as they are:
    # else a logo in a clip would look unlike the same logo as a watermark.
    to_transfer = "iec61966-2-1" if _is_drawn(facts) and transfer != "bt709" else "bt709"
    if primaries == "bt709" and transfer == to_transfer:
        return None
    return ColourConversion(primaries, transfer, to_transfer)


def _is_drawn(facts: SourceFacts) -> bool:
    return facts.pixel_format.startswith(RGB_FORMATS) or facts.num_frames == 1


def conversion_note(name: str, facts: SourceFacts) -> str:
    """A sentence about a clip whose colours are not simply the film's; else nothing."""
    colour = facts.colour
    unknown = [
        said
        for said in (colour.primaries, colour.transfer)
        if said and said not in SPOKEN and not colour.is_hdr
    ]
    if unknown:
        return (
            f"{name} has colours that are not known here ({' and '.join(unknown)}); they are taken "
            "for BT.709."
        )
    if colour.is_hdr:
        return f"{name} is HDR; it is brought to the brightness and colours of BT.709."
    conversion = conversion_of(facts)
    if conversion is None:
        return ""
    parts: list[str] = []
    if conversion.primaries != "bt709":
        parts.append(f"the colours of {SPOKEN[conversion.primaries]}")
    if conversion.transfer not in ("bt709", conversion.to_transfer):
        parts.append(f"the brightness of {SPOKEN[conversion.transfer]}")
    return f"{name} has {' and '.join(parts)}; they are converted to BT.709."
