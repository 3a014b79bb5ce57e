"""Texts of people in a form that every program can read, and numbers in sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from core.film.model.timeline import Shot

# What neither XML nor UTF-8 can hold.
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile(r"[\t\n\x85\u2028\u2029]+")


def readable(text: str) -> str:
    """The text with plain line ends and a replacement sign for what no file can hold."""
    return _UNREADABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """The readable text with its line breaks turned into spaces."""
    return _BREAKS.sub(" ", readable(text)).strip()


def title_of(shot: Shot) -> str:
    """The shot's title on one line; the file's name when there are no words in it."""
    return one_line(shot.title) or one_line(shot.source.path.name)


def clips(shots: Sequence[Shot]) -> str:
    """The shots in a sentence: "clip 2", "clips 2, 3 and 5"."""
    numbers = [str(shot.number) for shot in shots]
    if len(numbers) == 1:
        return f"clip {numbers[0]}"
    return f"clips {', '.join(numbers[:-1])} and {numbers[-1]}"


def decimal(value: Fraction) -> str:
    """A number in a sentence, with at most three digits after the point."""
    return f"{float(value):.3f}".rstrip("0").rstrip(".")
