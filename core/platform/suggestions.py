"""Sentences about names that are not known, with the nearest name that is."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None when nothing is near."""
    by_folded = {item.casefold(): item for item in known}
    matches = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.5)
    return by_folded[matches[0]] if matches else None


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """One sentence or two: there is no such `kind`; which name was perhaps meant; what exists."""
    names = list(known)
    near = nearest_name(name, names)
    guess = f" Did you mean {near!r}?" if near else ""
    listing = f" Known: {', '.join(names)}." if names else ""
    return f"There is no {kind} named {name!r}.{guess}{listing}"
