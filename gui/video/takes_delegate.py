"""How a take is drawn in the strip: its first frame, what it is, and two marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPalette, QPen
from typing_extensions import override

from gui.theme import Tone, tone
from gui.video.take_words import seed_text, short_facts, take_name
from gui.video.takes_model import TAKE_ROLE
from gui.widgets.cells import ICON, PAD, Cell, CellDelegate

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex
    from PySide6.QtGui import QColor
    from PySide6.QtWidgets import QStyleOptionViewItem

    from gui.video.takes_model import ShownTake
    from gui.widgets.thumbnails import Thumbnails

    Index = QModelIndex | QPersistentModelIndex

PICTURE = QSize(128, 60)
_BORDER = 2


class TakesDelegate(CellDelegate):
    """A picture above two lines of words."""

    def __init__(self, thumbnails: Thumbnails, parent: QObject) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return tile_size(option.fontMetrics.height())

    @override
    def paint_cell(self, cell: Cell, index: Index) -> None:
        row: ShownTake = index.data(TAKE_ROLE)
        box = cell.rect.adjusted(PAD, PAD, -PAD, -PAD)
        picture = QRect(box.left(), box.top(), box.width(), PICTURE.height())
        is_there = self._paint_picture(cell, picture, row)
        if row.is_chosen:
            pen = QPen(cell.palette.color(QPalette.ColorRole.Link), _BORDER)
            cell.painter.setPen(pen)
            cell.painter.drawRect(picture.adjusted(0, 0, -1, -1))
            self._badge(cell, picture, "check-circle", "In film", Tone.GOOD, is_right=False)
        if row.is_stale:
            self._badge(
                cell, picture, "alert-circle-outline", "Out of date", Tone.WARNING, is_right=True
            )
        height = cell.option.fontMetrics.height()
        line = QRect(box.left(), picture.bottom() + PAD // 2 + 1, box.width(), height)
        cell.text(_title(row), line, cell.colour())
        line.translate(0, height)
        words = short_facts(row.take) if is_there else "Missing or damaged"
        cell.text(words, line, cell.colour(Tone.QUIET if is_there else Tone.BAD))

    def _paint_picture(self, cell: Cell, place: QRect, row: ShownTake) -> bool:
        """Draw the first frame; gives whether the file can be read, as far as that is known."""
        cell.painter.fillRect(place, cell.palette.color(QPalette.ColorRole.Midlight))
        ratio = cell.option.widget.devicePixelRatio()
        size = PICTURE * ratio
        found = self._thumbnails.pixmap(row.take.path, size)
        if found is None:
            return True
        shown = QRect(0, 0, round(found.width() / ratio), round(found.height() / ratio))
        shown.moveCenter(place.center())
        cell.painter.drawPixmap(shown, found)
        return not self._thumbnails.problem(row.take.path, size)

    def _badge(
        self, cell: Cell, picture: QRect, icon: str, words: str, of: Tone, *, is_right: bool
    ) -> None:
        """A mark with its words on a plain ground, at a lower corner of the picture."""
        metrics = cell.painter.fontMetrics()
        # Two marks side by side have room for one word only; the mark says the rest.
        room = picture.width() // 2
        width = ICON + metrics.horizontalAdvance(words) + PAD
        shown = words if width <= room or not is_right else ""
        width = min(width, picture.width()) if shown else ICON + 2
        place = QRect(0, 0, width, ICON + 2)
        place.moveBottom(picture.bottom())
        place.moveLeft(picture.right() - width + 1 if is_right else picture.left())
        colour: QColor = tone(cell.palette, of)
        cell.painter.fillRect(place, cell.palette.color(QPalette.ColorRole.Base))
        cell.icon(icon, QRect(place.left() + 1, place.top() + 1, ICON, ICON), colour)
        cell.painter.setPen(colour)
        text = place.adjusted(ICON + 3, 0, 0, 0)
        cell.painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, shown)


def tile_size(line_height: int) -> QSize:
    """The size of a take in the strip."""
    return QSize(PICTURE.width() + 2 * PAD, PICTURE.height() + 2 * line_height + 2 * PAD + PAD)


def _title(row: ShownTake) -> str:
    seed = seed_text(row.take)
    return f"{take_name(row.number)} · {seed.lower()}" if seed else take_name(row.number)
