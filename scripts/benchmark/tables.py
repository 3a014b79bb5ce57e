"""What the benchmark prints: sections in Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.benchmark.figures import Series, ratio
from scripts.markdown import markdown_table

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Goal:
    """Something the figures must hold, and whether they do."""

    text: str
    is_met: bool

    def __str__(self) -> str:
        return f"{self.text}: {'yes' if self.is_met else 'NO'}"


@dataclass(frozen=True)
class Section:
    """The outcome of one part: a table, sentences below it, and goals."""

    title: str
    table: str
    findings: tuple[str, ...] = ()
    goals: tuple[Goal, ...] = ()

    def text(self) -> str:
        """The section in Markdown."""
        below = [*self.findings, *map(str, self.goals)]
        listed = "\n".join(f"- {line}" for line in below)
        return f"## {self.title}\n\n{self.table}\n" + (f"\n{listed}\n" if listed else "")


def series_table(series: Sequence[Series], unit: str, digits: int) -> str:
    """A table of series; the ratio is to the first of them."""
    base = series[0]
    head = ("", f"median, {unit}", f"least, {unit}", f"most, {unit}", "times", "ratio")
    rows = [
        (
            one.name,
            f"{one.median:.{digits}f}",
            f"{one.least:.{digits}f}",
            f"{one.most:.{digits}f}",
            str(len(one.values)),
            f"{ratio(one, base):.2f}",
        )
        for one in series
    ]
    return markdown_table(head, rows, has_numbers=True)
