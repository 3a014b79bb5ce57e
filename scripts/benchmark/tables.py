"""What the benchmark prints, and how it gets into Docs/Benchmarks.md: sections in Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.benchmark.figures import Series, ratio

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
    return markdown_table(head, rows)


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose columns are even in plain text too; all but the first are to the right."""
    widths = [max(3, *(len(row[column]) for row in (head, *rows))) for column in range(len(head))]
    rule = [("-" * width if not column else "-" * (width - 1) + ":")
            for column, width in enumerate(widths)]  # fmt: skip
    return "\n".join(_row(cells, widths) for cells in (head, rule, *rows))


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"


def put_between(document: str, key: str, text: str) -> str:
    """The document with what stands between the markers of `key` replaced.

    Raises:
        ValueError: the markers are not there, once and in order.
    """
    start, end = f"<!-- {key}: begin -->", f"<!-- {key}: end -->"
    if document.count(start) != 1 or document.count(end) != 1:
        raise ValueError(f"The document needs the markers {start!r} and {end!r}, once each.")
    before, rest = document.split(start)
    if end not in rest:
        raise ValueError(f"The marker {end!r} stands before {start!r}.")
    after = rest.split(end)[1]
    return f"{before}{start}\n{text.strip()}\n{end}{after}"
