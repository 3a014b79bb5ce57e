"""The transitions there are, by the names that people use, and what FFmpeg calls them."""

from __future__ import annotations

from dataclasses import dataclass, replace

NONE = "none"
FADE_BLACK = "fade"
FADE_WHITE = "fade-white"
DISSOLVE = "dissolve"


@dataclass(frozen=True)
class TransitionKind:
    """One transition.

    Attributes:
        name: as typed and stored.
        label: as shown.
        xfade: its name in FFmpeg's `xfade` filter; empty for a cut and for fades through a colour,
            which are two plain fades (xfade's own are nearly black after a sixth of the time).
        is_common: whether it is offered first.
        group: what it and its like are called together in lists; empty for the common ones.
    """

    name: str
    label: str
    xfade: str = ""
    is_common: bool = False
    group: str = ""


_DIRECTIONS = {to: to for to in ("left", "right", "up", "down")}
_SLICES = {"left": "hl", "right": "hr", "up": "vu", "down": "vd"}
_CORNERS = {"tl": "top left", "tr": "top right", "bl": "bottom left", "br": "bottom right"}


def _toward(
    name: str,
    label: str,
    xfade: str,
    sides: dict[str, str] = _DIRECTIONS,
    *,
    is_common: bool = False,
) -> list[TransitionKind]:
    return [
        TransitionKind(f"{name}-{to}", f"{label} {to}", xfade.format(side), is_common)
        for to, side in sides.items()
    ]


def _from_corners(name: str, label: str, xfade: str) -> list[TransitionKind]:
    return [
        TransitionKind(f"{name}-{corner}", f"{label} from {words}", f"{xfade}{corner}")
        for corner, words in _CORNERS.items()
    ]


def _grouped(group: str, *kinds: TransitionKind) -> list[TransitionKind]:
    return [replace(kind, group=group) for kind in kinds]


_TABLE: tuple[TransitionKind, ...] = (
    TransitionKind(NONE, "None (cut)", is_common=True),
    TransitionKind(FADE_BLACK, "Fade through black", is_common=True),
    TransitionKind(FADE_WHITE, "Fade through white", is_common=True),
    # What an editor calls a dissolve is xfade's "fade"; xfade's "dissolve" scatters pixels.
    TransitionKind(DISSOLVE, "Dissolve", "fade", is_common=True),
    *_toward("wipe", "Wipe", "wipe{}", is_common=True),
    *_grouped(
        "Dissolves and fades",
        TransitionKind("fade-greys", "Fade through greys", "fadegrays"),
        TransitionKind("fade-fast", "Dissolve, fast at first", "fadefast"),
        TransitionKind("fade-slow", "Dissolve, slow at first", "fadeslow"),
        TransitionKind("distance", "By colour distance", "distance"),
        TransitionKind("scatter", "Scattered pixels", "dissolve"),
        TransitionKind("pixelize", "Pixelize", "pixelize"),
        TransitionKind("blur", "Blur", "hblur"),
    ),
    *_grouped(
        "Wipes",
        *_toward("smooth", "Smooth wipe", "smooth{}"),
        *_from_corners("wipe", "Wipe", "wipe"),
        *_from_corners("diagonal", "Diagonal", "diag"),
        TransitionKind("radial", "Clock hand", "radial"),
    ),
    *_grouped(
        "Slides and covers",
        *_toward("slide", "Slide", "slide{}"),
        *_toward("cover", "Cover", "cover{}"),
        *_toward("reveal", "Reveal", "reveal{}"),
    ),
    *_grouped(
        "Shapes that open and close",
        TransitionKind("circle-open", "Circle opens", "circleopen"),
        TransitionKind("circle-close", "Circle closes", "circleclose"),
        TransitionKind("circle-crop", "Circle through black", "circlecrop"),
        TransitionKind("rect-crop", "Rectangle through black", "rectcrop"),
        TransitionKind("vertical-open", "Opens sideways", "vertopen"),
        TransitionKind("vertical-close", "Closes sideways", "vertclose"),
        TransitionKind("horizontal-open", "Opens up and down", "horzopen"),
        TransitionKind("horizontal-close", "Closes up and down", "horzclose"),
    ),
    *_grouped(
        "Zoom and squeeze",
        TransitionKind("zoom-in", "Zoom in", "zoomin"),
        TransitionKind("squeeze-horizontal", "Squeeze flat", "squeezeh"),
        TransitionKind("squeeze-vertical", "Squeeze narrow", "squeezev"),
    ),
    *_grouped(
        "Slices and wind",
        *_toward("slices", "Slices", "{}slice", _SLICES),
        *_toward("wind", "Wind", "{}wind", _SLICES),
    ),
)

TRANSITIONS: dict[str, TransitionKind] = {kind.name: kind for kind in _TABLE}
"""Every transition by its name, the common ones first."""
