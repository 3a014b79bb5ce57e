"""The range that a model gives one of its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True)
class Limits:
    """A range; `is_open` where `low` itself is not in it."""

    low: float
    high: float
    is_open: bool = False


def limits_of(model: type[BaseModel], name: str, *, most: float = 1e6) -> Limits:
    """The range of a field; `most` where the model sets no upper end."""
    low, high, is_open = 0.0, most, False
    for rule in model.model_fields[name].metadata:
        above = getattr(rule, "gt", None)
        low = getattr(rule, "ge", low) if above is None else above
        is_open = is_open or above is not None
        high = getattr(rule, "le", high)
    return Limits(float(low), float(high), is_open)
