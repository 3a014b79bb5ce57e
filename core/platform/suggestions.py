"""Sentences about names that are not known, with the nearest name that is, if one is near."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# One letter in three may be wrong; two neighbours that changed places, as in "fkae", count as one.
_LETTERS_PER_MISTAKE = 3
# How far two numbers may lie apart, as a factor, to be taken for each other: 720 and 736, not 16:9
# and 1:1, however alike they are written.
_NEAR_NUMBER = 1.2
# Nobody mistypes longer names; to compare them would take long.
_LONGEST = 200
_NUMBER = re.compile(r"\d+")
_RATIO = re.compile(r"(\d+):(\d+)")


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant by `name`; None when nothing is near enough."""
    near = ((_distance(_plain(name), _plain(item)), item) for item in known)
    found = [(distance, item) for distance, item in near if distance is not None]
    # The first of those that are as near.
    return min(found, key=lambda one: one[0])[1] if found else None


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """One sentence or two: there is no such `kind`; which name was perhaps meant; what exists."""
    names = list(dict.fromkeys(known))
    near = nearest_name(name, names)
    guess = f" Did you mean {near!r}?" if near else ""
    listing = f" Known: {', '.join(names)}." if names else ""
    return f"There is no {kind} named {name!r}.{guess}{listing}"


def file_guess(path: Path) -> str:
    """The question whether a neighbour of nearly the same name and kind was meant, or nothing."""
    by_stem: dict[str, str] = {}
    with suppress(OSError):
        for item in sorted(path.parent.iterdir(), key=lambda item: item.suffix == path.suffix):
            if nearest_name(path.suffix, [item.suffix]) is not None:
                by_stem[item.stem] = item.name
    # Without the suffix, or all files of a kind would be alike.
    near = nearest_name(path.stem, by_stem)
    return f" Did you mean {str(path.with_name(by_stem[near]))!r}?" if near else ""


def _plain(name: str) -> str:
    """A name as it is compared: case and what parts its words are no mistakes."""
    return re.sub(r"[_\s]", "-", name.casefold())


def _distance(name: str, known: str) -> float | None:
    """How far a name is from a known one, the less the nearer; None where it is too far."""
    if name == known:
        return 0
    most = len(name) // _LETTERS_PER_MISTAKE
    if not most or not known or len(name) > _LONGEST:
        return None
    if _is_of_numbers(name) or _is_of_numbers(known):
        return _distance_of_numbers(name, known)
    if abs(len(known) - len(name)) <= most:
        mistakes = _num_mistakes(name, known)
        if mistakes <= most:
            return mistakes
    # The beginning of a longer name comes after every misspelt one.
    return most + 1 if known.startswith(name) else None


def _is_of_numbers(text: str) -> bool:
    """Whether numbers are most of a short name, such as those of sizes, shapes and rates."""
    return len(text) <= len("1920x1080") and 2 * sum(map(str.isdecimal, text)) >= len(text)


def _distance_of_numbers(name: str, known: str) -> float | None:
    ours, theirs = (list(map(int, _NUMBER.findall(text))) for text in (name, known))
    if ours == theirs:
        return 0
    ratios = [_RATIO.fullmatch(text) for text in (name, known)]
    if all(ratios):
        ours, theirs = ([ours[0] * theirs[1]], [theirs[0] * ours[1]])
    elif _NUMBER.sub("#", name) != _NUMBER.sub("#", known):
        return None
    apart = [
        max(a, b) / min(a, b) if a and b else float("inf")
        for a, b in zip(ours, theirs, strict=True)
    ]
    return max(apart) - 1 if max(apart) <= _NEAR_NUMBER else None


def _num_mistakes(name: str, known: str) -> int:
    """How many letters were left out, added, replaced, or changed places with their neighbour."""
    before: list[int] = []
    row = list(range(len(known) + 1))
    for at, letter in enumerate(name, start=1):
        older, before, row = before, row, [at]
        for to, other in enumerate(known, start=1):
            best = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (letter != other))
            is_swapped = at > 1 and to > 1 and (letter, name[at - 2]) == (known[to - 2], other)
            row.append(min(best, older[to - 2] + 1) if is_swapped else best)
    return row[-1]
