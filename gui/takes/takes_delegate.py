"""How a take is drawn in the strip: its first frame, its marks, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPalette, QPen
from typing_extensions import override

from gui.takes.take_text import seed_text, short_facts, short_when, title_of
from gui.takes.takes_model import TAKE_ROLE
from gui.theme import Tone
from gui.widgets.cells import ICON, PAD, Cell, CellDelegate, Index

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtCore import QObject
    from PySide6.QtGui import QFontMetrics
    from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

    from gui.takes.takes_model import ShownTake
    from gui.widgets.thumbnails import Thumbnails

IMAGE = QSize(82, 46)
_BORDER = 2
_LINES = 3
_GREYED = 0.5


@dataclass(frozen=True)
class _Mark:
    """Says its meaning in words, for colours alone are not seen by all."""

    icon: str
    words: str
    tone: Tone


_IN_FILM = _Mark("check-circle", "In film", Tone.GOOD)
_OUT_OF_DATE = _Mark("alert-circle-outline", "Out of date", Tone.WARNING)
# Ten digits are as many as a seed of 32 bits has.
_LONGEST_TITLE = "Take 10 · seed 4294967295"


class TakesDelegate(CellDelegate):
    """A picture with its marks beside it, above lines of words."""

    def __init__(self, thumbnails: Thumbnails, parent: QObject) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails

    def problem(self, path: Path, widget: QWidget) -> str:
        """Why a file has no picture on that widget; empty where it has one, or is not read yet."""
        return self._thumbnails.problem(path, IMAGE * widget.devicePixelRatio())

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return tile_size(option.fontMetrics)

    @override
    def paint_cell(self, cell: Cell, index: Index) -> None:
        row: ShownTake = index.data(TAKE_ROLE)
        box = cell.rect.adjusted(PAD, PAD, -PAD, -PAD)
        image = QRect(box.topLeft(), IMAGE)
        self._paint_image(cell, image, row)
        place = QRect(image.right() + PAD, box.top(), ICON, ICON)
        for mark in _marks(row):
            colour = cell.colour(mark.tone)
            cell.icon(mark.icon, place, colour)
            words = place.adjusted(ICON + PAD // 2, 0, 0, 0)
            words.setRight(box.right())
            cell.text(mark.words, words, colour)
            place.translate(0, ICON + PAD)
        height = cell.option.fontMetrics.height()
        line = QRect(box.left(), image.bottom() + PAD // 2 + 1, box.width(), height)
        quiet = cell.colour(Tone.QUIET)
        cell.text(_title(row), line, quiet if row.problem else cell.colour())
        line.translate(0, height)
        if row.problem:
            cell.text("Missing or damaged", line, cell.colour(Tone.BAD))
        else:
            cell.text(short_facts(row.take), line, quiet)
            when = short_when(row.take, datetime.now().astimezone().date())
            cell.text(when, line, quiet, is_right=True)
        line.translate(0, height)
        cell.text(row.take.model, line, quiet)

    def _paint_image(self, cell: Cell, place: QRect, row: ShownTake) -> None:
        cell.painter.fillRect(place, cell.palette.color(QPalette.ColorRole.Midlight))
        ratio = cell.option.widget.devicePixelRatio()
        found = self._thumbnails.pixmap(row.take.path, IMAGE * ratio)
        cell.image(found, place, _GREYED if row.problem else 1.0)
        if row.is_chosen:
            pen = QPen(cell.link_colour(), _BORDER)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            cell.painter.setPen(pen)
            cell.painter.drawRect(place.adjusted(0, 0, -1, -1))


def tile_size(metrics: QFontMetrics) -> QSize:
    """The size of a take in the strip, with room for its words in that font."""
    mark = max(metrics.horizontalAdvance(each.words) for each in (_IN_FILM, _OUT_OF_DATE))
    beside = IMAGE.width() + PAD + ICON + PAD + mark
    width = max(beside, metrics.horizontalAdvance(_LONGEST_TITLE))
    height = IMAGE.height() + PAD // 2 + _LINES * metrics.height()
    return QSize(width + 2 * PAD, height + 2 * PAD)


def _marks(row: ShownTake) -> tuple[_Mark, ...]:
    chosen = (_IN_FILM,) if row.is_chosen else ()
    return (*chosen, _OUT_OF_DATE) if row.is_stale else chosen


def _title(row: ShownTake) -> str:
    seed = seed_text(row.take)
    title = title_of(row.take, row.number)
    return f"{title} · {seed.lower()}" if seed and not row.take.name else title
