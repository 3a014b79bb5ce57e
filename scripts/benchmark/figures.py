"""Measured series, and what is said about them: medians and ratios."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Series:
    """One thing measured several times, in the order in which it was measured."""

    name: str
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError(f"{self.name!r} was never measured")

    @property
    def median(self) -> float:
        """The middle value."""
        return median(self.values)

    @property
    def least(self) -> float:
        """The smallest value."""
        return min(self.values)

    @property
    def most(self) -> float:
        """The largest value."""
        return max(self.values)


def ratio(series: Series, base: Series) -> float:
    """The median of the ratios of values that were measured side by side.

    A machine that gets slower over the minutes changes both values of a pair alike, so this says
    more than the ratio of the medians.

    Raises:
        ValueError: the two were not measured in pairs.
    """
    if len(series.values) != len(base.values):
        raise ValueError(f"{series.name!r} and {base.name!r} were not measured in pairs")
    return median(value / beside for value, beside in zip(series.values, base.values, strict=True))
