"""Where a picture stands on a larger one, by the nine places."""

from __future__ import annotations

from dataclasses import dataclass

from core.film.model.film import Alignment

_LEFT = (Alignment.TOP_LEFT, Alignment.LEFT, Alignment.BOTTOM_LEFT)
_RIGHT = (Alignment.TOP_RIGHT, Alignment.RIGHT, Alignment.BOTTOM_RIGHT)
_TOP = (Alignment.TOP_LEFT, Alignment.TOP, Alignment.TOP_RIGHT)
_BOTTOM = (Alignment.BOTTOM_LEFT, Alignment.BOTTOM, Alignment.BOTTOM_RIGHT)


@dataclass(frozen=True)
class Anchor:
    """How much of the free room lies to the left and above: 0, a half or 1."""

    across: float
    down: float


def anchor_of(place: Alignment) -> Anchor:
    """How a place divides the free room."""
    return Anchor(
        across=0.0 if place in _LEFT else 1.0 if place in _RIGHT else 0.5,
        down=0.0 if place in _TOP else 1.0 if place in _BOTTOM else 0.5,
    )
