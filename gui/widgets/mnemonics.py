"""Letters that are reached with Alt: each leads to one thing only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Two of them are one that is shown.
_MARK = re.compile(r"(?<!&)((?:&&)*)&([^&])")


def mnemonic_of(text: str) -> str:
    """The letter of a text, in lower case; empty where it has none."""
    found = _MARK.search(text)
    return found[2].lower() if found else ""


def with_mnemonic(text: str, taken: Iterable[str]) -> str:
    """The text with a letter that is not taken: its own, else another of its words, else none."""
    if not mnemonic_of(text):
        return text
    used = set(taken)
    if mnemonic_of(text) not in used:
        return text
    plain = _MARK.sub(r"\1\2", text, count=1)
    # First letters of words are found most easily.
    places = sorted(
        (at for at, letter in enumerate(plain) if letter.isalpha()),
        key=lambda at: (at > 0 and plain[at - 1] != " ", at),
    )
    for at in places:
        if plain[at].lower() not in used:
            return f"{plain[:at]}&{plain[at:]}"
    return plain


def make_unique(root: QWidget, taken: Sequence[str]) -> None:
    """Give every label and button inside of `root` a letter of its own, or none.

    Args:
        root: a panel, whose parts may be seen together.
        taken: the letters of what is seen beside it, such as the menu bar.
    """
    used = {letter.lower() for letter in taken}
    labels = (one for one in root.findChildren(QLabel) if mnemonic_of(one.text()))
    for part in (*labels, *root.findChildren(QAbstractButton)):
        text = with_mnemonic(part.text(), used)
        if text != part.text():
            part.setText(text)
        used.add(mnemonic_of(text))
        used.discard("")
