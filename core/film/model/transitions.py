"""The transitions there are, by the names that people use, and what FFmpeg calls them."""

from __future__ import annotations

from dataclasses import dataclass

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
    """

    name: str
    label: str
    xfade: str = ""
    is_common: bool = False


_DIRECTIONS = ("left", "right", "up", "down")


def _in_directions(name: str, xfade: str, label: str) -> tuple[TransitionKind, ...]:
    return tuple(
        TransitionKind(f"{name}-{to}", f"{label} {to}", f"{xfade}{to}", is_common=name == "wipe")
        for to in _DIRECTIONS
    )


_TABLE: tuple[TransitionKind, ...] = (
    TransitionKind(NONE, "None (cut)", is_common=True),
    TransitionKind(FADE_BLACK, "Fade through black", is_common=True),
    TransitionKind(FADE_WHITE, "Fade through white", is_common=True),
    # What an editor calls a dissolve is xfade's "fade"; xfade's "dissolve" scatters pixels.
    TransitionKind(DISSOLVE, "Dissolve", "fade", is_common=True),
    *_in_directions("wipe", "wipe", "Wipe"),
    *_in_directions("slide", "slide", "Slide"),
    *_in_directions("smooth", "smooth", "Smooth wipe"),
    TransitionKind("circle-open", "Circle opens", "circleopen"),
    TransitionKind("circle-close", "Circle closes", "circleclose"),
    TransitionKind("circle-crop", "Circle through black", "circlecrop"),
    TransitionKind("rect-crop", "Rectangle through black", "rectcrop"),
    TransitionKind("vertical-open", "Opens sideways", "vertopen"),
    TransitionKind("vertical-close", "Closes sideways", "vertclose"),
    TransitionKind("horizontal-open", "Opens up and down", "horzopen"),
    TransitionKind("horizontal-close", "Closes up and down", "horzclose"),
    TransitionKind("radial", "Clock hand", "radial"),
    TransitionKind("distance", "By colour distance", "distance"),
    TransitionKind("scatter", "Scattered pixels", "dissolve"),
    TransitionKind("pixelize", "Pixelize", "pixelize"),
    TransitionKind("blur", "Blur", "hblur"),
    TransitionKind("fade-greys", "Fade through greys", "fadegrays"),
    TransitionKind("zoom-in", "Zoom in", "zoomin"),
    TransitionKind("squeeze-horizontal", "Squeeze flat", "squeezeh"),
    TransitionKind("squeeze-vertical", "Squeeze narrow", "squeezev"),
    TransitionKind("fade-fast", "Dissolve, fast at first", "fadefast"),
    TransitionKind("fade-slow", "Dissolve, slow at first", "fadeslow"),
    *(
        TransitionKind(f"diagonal-{corner}", f"Diagonal from {words}", f"diag{corner}")
        for corner, words in (
            ("tl", "top left"), ("tr", "top right"), ("bl", "bottom left"), ("br", "bottom right")
        )
    ),
    *(
        TransitionKind(f"wipe-{corner}", f"Wipe from {words}", f"wipe{corner}")
        for corner, words in (
            ("tl", "top left"), ("tr", "top right"), ("bl", "bottom left"), ("br", "bottom right")
        )
    ),
    *(
        TransitionKind(f"slices-{to}", f"Slices {to}", f"{xfade}slice")
        for to, xfade in (("left", "hl"), ("right", "hr"), ("up", "vu"), ("down", "vd"))
    ),
    *(
        TransitionKind(f"wind-{to}", f"Wind {to}", f"{xfade}wind")
        for to, xfade in (("left", "hl"), ("right", "hr"), ("up", "vu"), ("down", "vd"))
    ),
    *_in_directions("cover", "cover", "Cover"),
    *_in_directions("reveal", "reveal", "Reveal"),
)  # fmt: skip

TRANSITIONS: dict[str, TransitionKind] = {kind.name: kind for kind in _TABLE}
"""Every transition by its name, the common ones first."""
