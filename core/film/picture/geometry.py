"""How a picture of any shape is brought into the film's frame, in whole pixels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from core.film.model.timeline import nearest

if TYPE_CHECKING:
    from core.film.model.source import SourceFacts


@dataclass(frozen=True)
class Inside:
    """A size, and where it lies in the frame: negative where it sticks out."""

    width: int
    height: int
    x: int
    y: int


def contained(facts: SourceFacts, width: int, height: int) -> Inside:
    """The largest size that is wholly in the frame, in the middle of it."""
    return _centred(facts, width, height, is_cover=False)


def covering(facts: SourceFacts, width: int, height: int) -> Inside:
    """The smallest size that leaves nothing of the frame empty, in the middle of it."""
    return _centred(facts, width, height, is_cover=True)


def _centred(facts: SourceFacts, width: int, height: int, *, is_cover: bool) -> Inside:
    shape = Fraction(facts.width, facts.height) * facts.sample_aspect
    is_wider = shape > Fraction(width, height)
    if is_wider != is_cover:
        size = (width, _even(width / shape))
    else:
        size = (_even(height * shape), height)
    # Even places: a colour sample covers two pixels by two.
    x, y = (_even_down(width - size[0]), _even_down(height - size[1]))
    return Inside(*size, x, y)


def _even(value: Fraction) -> int:
    return max(2, 2 * nearest(value / 2))


def _even_down(gap: int) -> int:
    half = gap // 2
    return half - half % 2
