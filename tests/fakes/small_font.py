"""A font with one colour glyph, as emoji fonts have them: a square in one colour on another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fontTools.colorLib.builder import buildCOLR, buildCPAL
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

if TYPE_CHECKING:
    from pathlib import Path


def write_colour_font(
    path: Path, char: str, outer: str, inner: str, family: str = "Small Emoji"
) -> None:
    """Write a font that has this one character: a square in two colours."""
    names = [".notdef", "face", "outer", "inner"]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(char): "face"})
    sides = {".notdef": 0, "face": 900, "outer": 900, "inner": 450}
    builder.setupGlyf({name: _square(side) for name, side in sides.items()})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 50)))
    builder.setupHorizontalHeader(ascent=950, descent=-50)
    builder.setupOS2(sTypoAscender=950, sTypoDescender=-50, usWinAscent=950, usWinDescent=50)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupPost()
    builder.font["COLR"] = buildCOLR({"face": [("outer", 0), ("inner", 1)]}, version=0)
    builder.font["CPAL"] = buildCPAL([[_colour(outer), _colour(inner)]])
    builder.save(path)


def _square(side: int) -> object:
    pen = TTGlyphPen(None)
    if side:
        pen.moveTo((50, 0))
        for corner in ((50, side), (50 + side, side), (50 + side, 0)):
            pen.lineTo(corner)
        pen.closePath()
    return pen.glyph()


def _colour(text: str) -> tuple[float, float, float, float]:
    red, green, blue = (int(text[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue, 1.0
