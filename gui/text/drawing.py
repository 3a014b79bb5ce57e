"""Draws the texts of an order with Qt and says what there is to say about them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gui.text.messages import DrawAnswer, Drawn
from gui.text.text_fonts import TextFonts, UnknownFont, name_of
from gui.text.text_painting import DoesNotFit, paint, place_text, size_px
from gui.text.typesetting import without_controls

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.film.model.film import Caption
    from gui.text.messages import DrawOrder
    from gui.text.text_painting import Block

_SHOWN = 30
_NAMED = 12


def draw(order: DrawOrder) -> DrawAnswer:
    """The pictures of all texts of an order, or all that is wrong with them."""
    fonts = TextFonts()
    blocks: list[Block] = []
    problems: list[str] = []
    for number, caption in enumerate(order.captions, start=1):
        try:
            font = fonts.font(caption.font, size_px(caption, order.height))
            blocks.append(place_text(caption, font, order.width, order.height))
        except (UnknownFont, DoesNotFit) as refused:
            problems.append(f"{_title(number, caption)}: {refused}")
    if problems:
        return DrawAnswer(problems=tuple(problems))
    drawn: list[Drawn] = []
    for number, (caption, block) in enumerate(zip(order.captions, blocks, strict=True), start=1):
        name = f"text-{number:04}.png"
        path = Path(order.folder, name)
        if not paint(block, caption).save(str(path)):
            return DrawAnswer(unwritten=str(path))
        drawn.append(Drawn(name=name, x=max(0, block.box.left()), y=max(0, block.box.top())))
    return DrawAnswer(drawn=tuple(drawn), notes=tuple(_notes(order.captions, blocks, fonts)))


def _notes(captions: Sequence[Caption], blocks: Sequence[Block], fonts: TextFonts) -> Iterable[str]:
    missing: dict[str, list[int]] = {}
    for number, (caption, block) in enumerate(zip(captions, blocks, strict=True), start=1):
        title = _title(number, caption)
        if without_controls(caption.text) != caption.text:
            yield f"{title} holds control characters; they are left out."
        if block.box.isEmpty():
            yield f"{title} has no visible letters; nothing is drawn."
        gaps = fonts.missing(caption.text) if block.has_gap else []
        for char in gaps:
            missing.setdefault(char, []).append(number)
        others = [char for char in fonts.replaced(caption.font, caption.text) if char not in gaps]
        if others:
            yield (
                f"{title}: the font {caption.font!r} has no {' '.join(others)}; "
                "another font is used for it."
            )
    if missing:
        yield _about_missing(missing)


def _about_missing(missing: dict[str, list[int]]) -> str:
    names = [f"{name_of(char)} (text {texts[0]})" for char, texts in missing.items()]
    named = "; ".join(names[:_NAMED])
    more = f"; and {len(names) - _NAMED} more characters" if len(names) > _NAMED else ""
    return (
        f"No font on this machine has {named}{more}. Empty boxes are drawn instead. "
        "Install a font that has them, such as one of the Noto fonts."
    )


def _title(number: int, caption: Caption) -> str:
    shown = " ".join(caption.text.split())
    return f"Text {number} ({shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + '…'!r})"
