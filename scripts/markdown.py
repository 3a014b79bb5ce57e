"""Tables in Markdown, and documents of which a part is written by a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def markdown_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, has_numbers: bool = False
) -> str:
    """A table whose columns are even in plain text too; numbers stand to the right."""
    widths = [max(3, *(len(row[column]) for row in (head, *rows))) for column in range(len(head))]
    right = [has_numbers and column > 0 for column in range(len(head))]
    rule = [
        "-" * (width - 1) + ":" if is_right else "-" * width
        for width, is_right in zip(widths, right, strict=True)
    ]
    lines: list[str] = []
    for cells in (head, rule, *rows):
        padded = [
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(cells, widths, right, strict=True)
        ]
        lines.append(f"| {' | '.join(padded)} |")
    return "\n".join(lines)


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
