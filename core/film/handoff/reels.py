"""Reel names: what an edit decision list calls the files that a film is cut from."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LONGEST = 8
# These mean black, colour bars and "no reel" in every list.
_RESERVED: frozenset[str] = frozenset(("BL", "BLACK", "BARS", "AX"))


def reel_names(paths: Iterable[Path]) -> dict[Path, str]:
    """A name for each file: up to eight capitals and digits, each file another one."""
    names: dict[Path, str] = {}
    taken = set(_RESERVED)
    for path in paths:
        if path not in names:
            names[path] = _free(_plain(path.stem) or "REEL", taken)
            taken.add(names[path])
    return names


def _plain(stem: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^A-Z0-9]", "", ascii_only.upper())


def _free(name: str, taken: set[str]) -> str:
    candidate = name[:LONGEST]
    number = 1
    while candidate in taken:
        number += 1
        candidate = f"{name[: LONGEST - len(str(number))]}{number}"
    return candidate
