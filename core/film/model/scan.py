"""How a clip's frames were scanned: whole, or as two fields, one of every other line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, assert_never

if TYPE_CHECKING:
    from collections.abc import Sequence

# FFmpeg's AVFieldOrder. Which field is *stored* first (TB, BT) does not matter once frames are
# decoded, and programs write these two for "top first" and "bottom first" all the same.
_STREAM_ORDERS = {2: "top", 3: "bottom", 4: "top", 5: "bottom"}
# Their decoders say of no frame how it was scanned: there only the stream's own word counts.
_SILENT_DECODERS = frozenset(
    ("huffyuv", "ffvhuff", "utvideo", "rawvideo", "v210", "v308", "v408", "v410", "magicyuv",
     "png", "qtrle", "cfhd", "jpeg2000", "mjpeg", "mjpegb", "r210", "vc3")
)  # fmt: skip


class Deinterlace(StrEnum):
    """How fields become whole pictures: as the clip says, never, or with that field first."""

    AUTO = "auto"
    OFF = "off"
    TOP = "top"
    BOTTOM = "bottom"


class Scan(StrEnum):
    """What a clip says of its frames.

    SOME: only some of the frames are interlaced. UNORDERED: all are, and each says for itself which
    field comes first. CLAIMED: the stream says that they are, its frames that they are not.
    """

    PROGRESSIVE = "progressive"
    TOP = "top"
    BOTTOM = "bottom"
    UNORDERED = "unordered"
    SOME = "some"
    CLAIMED = "claimed"


@dataclass(frozen=True)
class Deinterlacing:
    """How the frames of a shot are made whole.

    Attributes:
        parity: FFmpeg's name of the field that comes first; "auto" as each frame says.
        is_selective: whether frames that say that they are whole stay as they are.
        is_doubled: whether each field becomes a picture, so that there are twice as many.
    """

    parity: Literal["auto", "tff", "bff"]
    is_selective: bool = False
    is_doubled: bool = False


def scan_of(codec: str, stream_order: int, are_interlaced: Sequence[bool]) -> Scan:
    """How a clip's frames were scanned.

    Args:
        codec: of the stream.
        stream_order: its number of FFmpeg's AVFieldOrder; 0 where it does not say.
        are_interlaced: what its first frames say of themselves.
    """
    said = _STREAM_ORDERS.get(stream_order)
    if are_interlaced and all(are_interlaced):
        return Scan(said) if said else Scan.UNORDERED
    if any(are_interlaced):
        return Scan.SOME
    if said is None:
        return Scan.PROGRESSIVE
    return Scan(said) if codec in _SILENT_DECODERS else Scan.CLAIMED


def deinterlacing_of(
    asked: Deinterlace, scan: Scan, codec: str, *, is_doubled: bool
) -> Deinterlacing | None:
    """How to make the frames whole; None where they stay as they are."""
    match asked:
        case Deinterlace.OFF:
            return None
        case Deinterlace.TOP:
            return Deinterlacing("tff", is_doubled=is_doubled)
        case Deinterlace.BOTTOM:
            return Deinterlacing("bff", is_doubled=is_doubled)
        case Deinterlace.AUTO:
            pass
        case _:
            assert_never(asked)
    match scan:
        case Scan.PROGRESSIVE | Scan.CLAIMED:
            return None
        case Scan.SOME:
            # One picture a frame: among whole frames there are no fields to take apart.
            return Deinterlacing("auto", is_selective=True)
        case Scan.UNORDERED:
            return Deinterlacing("auto", is_doubled=is_doubled)
        case Scan.TOP | Scan.BOTTOM:
            # The frames know best, where they know.
            parity = "tff" if scan is Scan.TOP else "bff"
            return Deinterlacing(
                parity if codec in _SILENT_DECODERS else "auto", is_doubled=is_doubled
            )
        case _:
            assert_never(scan)


def scan_note(name: str, asked: Deinterlace, scan: Scan) -> str:
    """A sentence about a clip whose frames are not whole, or may not be; empty for the rest."""
    if asked in (Deinterlace.TOP, Deinterlace.BOTTOM):
        return f"{name} is deinterlaced, {asked} field first, as you asked."
    match scan:
        case Scan.PROGRESSIVE:
            return ""
        case Scan.CLAIMED:
            return (
                f"{name} is interlaced by its file, but its frames say that they are whole, so "
                "they stay as they are. If you see combs, deinterlace it with the top or bottom "
                "field first."
            )
        case Scan.SOME:
            what = "Some frames of"
        case Scan.TOP | Scan.BOTTOM | Scan.UNORDERED:
            what = ""
        case _:
            assert_never(scan)
    order = f", {scan} field first" if scan in (Scan.TOP, Scan.BOTTOM) else ""
    subject, verb = (f"{what} {name}", "are") if what else (name, "is")
    they = "they stay" if what else "it stays"
    if asked is Deinterlace.OFF:
        return f"{subject} {verb} interlaced{order}; {they} so, as you asked."
    return f"{subject} {verb} interlaced{order}: deinterlaced."
