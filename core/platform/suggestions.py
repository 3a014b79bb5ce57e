"""Sentences about names that are not known, with the nearest name that is."""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# Of short names, such as those of choices, people remember half; names of files have common words.
_ALIKE, _ALIKE_FILES = 0.5, 0.75


def nearest_name(name: str, known: Iterable[str], alike: float = _ALIKE) -> str | None:
    """The known name most like `name`, or None when nothing is near.

    Args:
        name: what was given.
        known: what there is.
        alike: how much of both must be the same, 0 to 1.
    """
    by_folded = {item.casefold(): item for item in known}
    matches = get_close_matches(name.casefold(), by_folded, n=1, cutoff=alike)
    return by_folded[matches[0]] if matches else None


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """One sentence or two: there is no such `kind`; which name was perhaps meant; what exists."""
    names = list(known)
    near = nearest_name(name, names)
    guess = f" Did you mean {near!r}?" if near else ""
    listing = f" Known: {', '.join(names)}." if names else ""
    return f"There is no {kind} named {name!r}.{guess}{listing}"


def file_guess(path: Path) -> str:
    """The question whether a neighbour of nearly the same name and kind was meant, or nothing."""
    by_stem: dict[str, str] = {}
    with suppress(OSError):
        for item in sorted(path.parent.iterdir(), key=lambda item: item.suffix == path.suffix):
            if nearest_name(path.suffix, [item.suffix], _ALIKE_FILES) is not None:
                by_stem[item.stem] = item.name
    # Without the suffix, or all files of a kind would be alike.
    near = nearest_name(path.stem, by_stem, _ALIKE_FILES)
    return f" Did you mean {str(path.with_name(by_stem[near]))!r}?" if near else ""
