"""Where a picture stands on a larger one, by the nine places."""

from __future__ import annotations

from dataclasses import dataclass

from core.film.model.film import Place

_LEFT = (Place.TOP_LEFT, Place.LEFT, Place.BOTTOM_LEFT)
_RIGHT = (Place.TOP_RIGHT, Place.RIGHT, Place.BOTTOM_RIGHT)
_TOP = (Place.TOP_LEFT, Place.TOP, Place.TOP_RIGHT)
_BOTTOM = (Place.BOTTOM_LEFT, Place.BOTTOM, Place.BOTTOM_RIGHT)


@dataclass(frozen=True)
class Shares:
    """How much of the free room lies to the left and above: 0, a half or 1."""

    across: float
    down: float


def shares_of(place: Place) -> Shares:
    """How a place divides the free room."""
    return Shares(
        across=0.0 if place in _LEFT else 1.0 if place in _RIGHT else 0.5,
        down=0.0 if place in _TOP else 1.0 if place in _BOTTOM else 0.5,
    )
