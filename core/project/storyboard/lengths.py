"""Sharing a length among scenes by their words, each within what a model can make."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# A little more than a half, so that what is one half but for an error of floats is rounded alike.
_HALF = 0.5 + 1e-9


def share_out(total: int, weights: Sequence[float], low: int, high: int) -> list[int]:
    """Whole shares of a total in proportion to weights, each from `low` to `high`.

    They add up to the total wherever the bounds allow it; else all are at the nearer bound.
    """
    count = len(weights)
    if count * low >= total:
        return [low] * count
    if count * high <= total:
        return [high] * count
    fixed: dict[int, int] = {}
    # Those that a bound holds are fixed, and the rest is shared anew, until no bound is broken.
    while True:
        free = [index for index in range(count) if index not in fixed]
        rest = total - sum(fixed.values())
        rate = rest / sum(weights[index] for index in free)
        over = [index for index in free if weights[index] * rate > high]
        under = [index for index in free if weights[index] * rate < low]
        excess = sum(weights[index] * rate - high for index in over)
        reason_code = sum(low - weights[index] * rate for index in under)
        if not over and not under:
            break
        if excess >= reason_code:
            fixed.update(dict.fromkeys(over, high))
        if reason_code >= excess:
            fixed.update(dict.fromkeys(under, low))
        if len(fixed) == count:
            break
    shares = [fixed.get(index, 0) for index in range(count)]
    given, reached = 0, 0.0
    for index in (index for index in range(count) if index not in fixed):
        reached += weights[index] * rate
        shares[index] = floor(reached + _HALF) - given
        given += shares[index]
    return shares
