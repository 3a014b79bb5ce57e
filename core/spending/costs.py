"""What was spent, summed up for people: by day, by project, by model; and every purchase as CSV."""

from __future__ import annotations

import csv
import io
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import OutputError, Problem, UnsupportedRequest
from core.platform.files import write_text_atomically
from core.platform.units import dollars

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from core.spending.caps import Purchase

UNKNOWN = "unknown"
NO_PROJECT = "no project"
_MONTHS_LENGTH = len("2026-11")
_MOST_DAYS = 100


class Grouping(StrEnum):
    """By what purchases are summed up."""

    DAY = "day"
    PROJECT = "project"
    MODEL = "model"


@dataclass(frozen=True)
class Period:
    """Days from the first to the last, both included; None for no end."""

    first: date | None = None
    last: date | None = None

    @classmethod
    def month_of(cls, day: date) -> Period:
        """The calendar month that a day is in."""
        length = monthrange(day.year, day.month)[1]
        return cls(day.replace(day=1), day.replace(day=length))

    @classmethod
    def parse_month(cls, text: str) -> Period:
        """A month written as "2026-11".

        Raises:
            UnsupportedRequest: it is no month.
        """
        try:
            if len(text) != _MONTHS_LENGTH:
                raise ValueError(text)
            return cls.month_of(date.fromisoformat(f"{text}-01"))
        except ValueError as error:
            message = f"{text!r} is no month. Write it as 2026-11."
            raise UnsupportedRequest([Problem("month", message)]) from error

    def __str__(self) -> str:
        first, last = self.first, self.last
        if first is None:
            return "ever" if last is None else f"until {last}"
        if last is None:
            return f"since {first}"
        if first == last:
            return str(first)
        return f"{first:%Y-%m}" if self == Period.month_of(first) else f"{first} to {last}"


@dataclass(frozen=True)
class Amount:
    """A sum of what is known, and of how many purchases it is not; never nothing for unknown."""

    usd: float = 0.0
    num_known: int = 0
    num_unknown: int = 0

    @classmethod
    def of(cls, prices: Iterable[float | None]) -> Amount:
        """The sum of these prices."""
        every = list(prices)
        known = [usd for usd in every if usd is not None]
        return cls(sum(known, 0.0), len(known), len(every) - len(known))

    def __str__(self) -> str:
        if not self.num_unknown:
            return dollars(self.usd)
        return f"{dollars(self.usd)} + {self.num_unknown} {UNKNOWN}" if self.num_known else UNKNOWN


@dataclass(frozen=True)
class CostRow:
    """Purchases that belong together.

    Attributes:
        estimated: the prices when they were ordered.
        charged: what the services say that they ask; many say nothing.
        counted: what counts towards caps: what is charged, or else what was estimated.
    """

    name: str
    count: int
    estimated: Amount
    charged: Amount
    counted: Amount

    @classmethod
    def of(cls, name: str, purchases: Sequence[Purchase]) -> CostRow:
        """The sums of these purchases."""
        return cls(
            name=name,
            count=len(purchases),
            estimated=Amount.of(one.estimated_usd for one in purchases),
            charged=Amount.of(one.charged_usd for one in purchases),
            counted=Amount.of(one.counted_usd for one in purchases),
        )


def cost_rows(purchases: Iterable[Purchase], by: Grouping) -> list[CostRow]:
    """Days in their order; of projects and models the dearest first."""
    groups: dict[str, list[Purchase]] = {}
    for one in purchases:
        groups.setdefault(group_of(one, by), []).append(one)
    rows = [CostRow.of(name, group) for name, group in groups.items()]
    if by is Grouping.DAY:
        return sorted(rows, key=lambda row: row.name)
    return sorted(rows, key=lambda row: (-row.counted.usd, row.name))


def group_of(purchase: Purchase, by: Grouping) -> str:
    """What a purchase is summed up under."""
    match by:
        case Grouping.DAY:
            return f"{purchase.ordered_at:%Y-%m-%d}"
        case Grouping.PROJECT:
            return UNKNOWN if purchase.project is None else purchase.project or NO_PROJECT
        case Grouping.MODEL:
            return purchase.target or UNKNOWN


@dataclass(frozen=True)
class CostBar:
    """What one day or month cost, and how many of its purchases have no known price.

    Attributes:
        name: such as "2026-11-30", or "2026-11" for a month.
    """

    name: str
    usd: float
    num_unknown: int = 0


def cost_bars(purchases: Sequence[Purchase], period: Period) -> list[CostBar]:
    """Every day of a period, those without purchases included; every month where it is long.

    Where the period has no end, the first and the last purchase are its ends.
    """
    bought = [one.ordered_at.date() for one in purchases]
    first = period.first or min(bought, default=None)
    last = period.last or max(bought, default=None)
    if first is None or last is None:
        return []
    is_long = (last - first).days >= _MOST_DAYS
    prices: dict[str, list[float | None]] = {}
    for number in range((last - first).days + 1):
        prices.setdefault(_bar_name(first + timedelta(days=number), is_long), [])
    for one in purchases:
        prices[_bar_name(one.ordered_at.date(), is_long)].append(one.counted_usd)
    amounts = {name: Amount.of(of_bar) for name, of_bar in prices.items()}
    return [CostBar(name, one.usd, one.num_unknown) for name, one in amounts.items()]


def _bar_name(day: date, is_month: bool) -> str:
    return f"{day:%Y-%m}" if is_month else f"{day:%Y-%m-%d}"


_COLUMNS = (
    "day",
    "time",
    "project",
    "target",
    "model",
    "task",
    "estimated_usd",
    "charged_usd",
    "counted_usd",
    "job",
)


def as_csv(purchases: Iterable[Purchase]) -> str:
    """Every purchase as a line of a table, under a line with the names of the columns."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(_COLUMNS)
    for one in purchases:
        prices = (one.estimated_usd, one.charged_usd, one.counted_usd)
        lines.writerow(
            [
                f"{one.ordered_at:%Y-%m-%d}",
                f"{one.ordered_at:%H:%M:%S}",
                UNKNOWN if one.project is None else _harmless(one.project),
                *(_harmless(text) or UNKNOWN for text in (one.target, one.model, one.task)),
                *(
                    UNKNOWN if usd is None else f"{usd:.6f}".rstrip("0").rstrip(".")
                    for usd in prices
                ),
                one.job_id,
            ]
        )
    return text.getvalue()


def _harmless(text: str) -> str:
    # A name that begins like this is run as a formula by the programs that open such tables.
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def write_csv(purchases: Iterable[Purchase], path: Path) -> None:
    """Write every purchase to a file, in the place of one of that name.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        write_text_atomically(path, as_csv(purchases))
    except OSError as error:
        raise OutputError(
            f"The table cannot be written to {str(path)!r}: {error.strerror}.",
            hint="Choose another place.",
        ) from error
