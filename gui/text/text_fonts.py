"""The fonts that texts are drawn in, the program's own and the machine's, and what none has."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from typing import TYPE_CHECKING

import pymupdf_fonts  # pyright: ignore[reportMissingTypeStubs] - it has none
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QFont, QFontDatabase, QRawFont, QTextLayout

if TYPE_CHECKING:
    from collections.abc import Iterable

# FiraGO, then Noto's letterlike signs and dingbats.
_BROUGHT = ("figo", "symbol1", "symbol2")
_NEAR = 4
_WITHOUT_SHAPE = ("Cc", "Cf", "Zs", "Zl", "Zp")
_MARKS = ("Mn", "Me")
# They choose among the shapes of the character before them.
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


class UnknownFont(Exception):
    """No font of that name is on this machine; the text says which are like it."""


class TextFonts:
    """Every font that can be had, the program's own first; needs a running QGuiApplication."""

    def __init__(self) -> None:
        self._own: list[str] = []
        for code in _BROUGHT:
            content: bytes = pymupdf_fonts.myfont(code)  # pyright: ignore[reportUnknownMemberType] - pymupdf-fonts has no types
            number = QFontDatabase.addApplicationFontFromData(QByteArray(content))
            self._own += QFontDatabase.applicationFontFamilies(number)
        self._families = {name.casefold(): name for name in QFontDatabase.families()}

    def font(self, family: str, size_px: int) -> QFont:
        """The font of a family, or the program's own for "", with all others behind it.

        Raises:
            UnknownFont: there is no such family.
        """
        font = QFont()
        font.setFamilies([*self._asked(family), *self._own])
        font.setPixelSize(size_px)
        # Letters keep the shape they were drawn in, at any size and on every machine.
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font

    def replaced(self, family: str, text: str) -> list[str]:
        """The characters that an asked family lacks, so that others must come in for it."""
        if not family:
            return []
        alone = QFont()
        alone.setFamilies(self._asked(family))
        raw = QRawFont.fromFont(alone)
        return [
            char
            for char in _visible(text)
            # A letter and its mark may be one shape, in a font that has no such mark alone.
            if unicodedata.category(char) not in _MARKS and not raw.supportsCharacter(ord(char))
        ]

    def missing(self, text: str) -> list[str]:
        """The characters that no font has."""
        # What a cluster of glyphs stands for cannot be told from the glyphs when several fonts
        # share it, so every character is asked for by itself.
        font = self.font("", 20)
        return [char for char in _visible(text) if has_gap(char, font)]

    def _asked(self, family: str) -> list[str]:
        if not family:
            return []
        known = self._families.get(family.casefold())
        if known is None:
            near = get_close_matches(family.casefold(), self._families, n=_NEAR, cutoff=0.4)
            names = [self._families[name] for name in near] or self._own[:1]
            raise UnknownFont(
                f"there is no font {family!r} on this machine. Install it, or choose another; "
                f"there is {' or '.join(repr(name) for name in names)}."
            )
        return [known]


def has_gap(text: str, font: QFont) -> bool:
    """Whether no font has a glyph for something in the text."""
    layout = QTextLayout(text, font)
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    return any(0 in run.glyphIndexes() for run in layout.glyphRuns())


def name_of(char: str) -> str:
    """A character as a person can look it up: U+1F600 GRINNING FACE."""
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".rstrip()


def _visible(text: str) -> Iterable[str]:
    """Each character once that must have a shape."""
    for char in dict.fromkeys(text):
        is_selector = any(ord(char) in block for block in _VARIATION_SELECTORS)
        if unicodedata.category(char) not in _WITHOUT_SHAPE and not is_selector:
            yield char
