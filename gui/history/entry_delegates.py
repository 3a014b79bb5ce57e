"""How entries of the history are painted: as table rows and as tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QListView, QStyleOptionViewItem
from typing_extensions import override

from core.history.history_entry import HistoryEntry, WorkKind
from gui import theme
from gui.history.history_model import ENTRY, kind_of, title_of
from gui.theme import Tone
from gui.widgets.cells import PAD, Cell, CellDelegate, centred

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from gui.history.history_model import Index
    from gui.widgets.thumbnails import Thumbnails

ROW_HEIGHT = 56
_ROW_IMAGE = QSize(80, 48)
_TILE_IMAGE = QSize(160, 108)
_ICON = 28
_ICONS = {WorkKind.CLIP: "movie-outline", WorkKind.IMAGE: "image-outline", WorkKind.FILM: "film"}


class _EntryDelegate(CellDelegate):
    """Draws the cell of an entry."""

    def __init__(self, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails

    @override
    def paint_cell(self, cell: Cell, index: Index) -> None:
        entry = index.data(ENTRY)
        if isinstance(entry, HistoryEntry):
            self.paint_entry(cell, entry)

    def paint_entry(self, cell: Cell, entry: HistoryEntry) -> None:
        """Draw what the cell says of the entry."""

    def paint_image(self, cell: Cell, place: QRect, entry: HistoryEntry) -> None:
        """Its small picture in the middle of a place; a sign while there is none."""
        cell.painter.fillRect(place, cell.palette.color(QPalette.ColorRole.Midlight))
        ratio = cell.painter.device().devicePixelRatioF()
        found = None
        if not entry.is_missing:
            found = self._thumbnails.pixmap(entry.path, place.size() * ratio)
        if found is None:
            name = "file-question-outline" if entry.is_missing else _ICONS[entry.kind]
            sign = theme.icon(name, cell.palette)
            sign.paint(cell.painter, centred(QSize(_ICON, _ICON), place))
            return
        size = found.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        cell.painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        cell.painter.drawPixmap(centred(size, place), found)

    def paint_title(self, cell: Cell, line: QRect, entry: HistoryEntry) -> None:
        """Its words in a line, grey where the file is gone."""
        colour = cell.colour()
        if entry.is_missing and not cell.is_selected:
            colour = cell.palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
        cell.text(title_of(entry), line, colour)


class RowDelegate(_EntryDelegate):
    """The first column of the table: a small picture, the words, and what it is."""

    @override
    def paint_entry(self, cell: Cell, entry: HistoryEntry) -> None:
        box = cell.inner
        image = centred(_ROW_IMAGE, box)
        image.moveLeft(box.left())
        self.paint_image(cell, image, entry)
        words = box.adjusted(_ROW_IMAGE.width() + PAD, 0, 0, 0)
        height = cell.option.fontMetrics.height()
        line = QRect(words.left(), words.center().y() - height, words.width(), height)
        self.paint_title(cell, line, entry)
        summary = f"{kind_of(entry)} · not there any more" if entry.is_missing else kind_of(entry)
        cell.text(summary, line.translated(0, height), cell.colour(Tone.QUIET))

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(_ROW_IMAGE.width() + 240, ROW_HEIGHT)


class TileDelegate(_EntryDelegate):
    """A tile: the picture, and a line of its words below."""

    @override
    def paint_entry(self, cell: Cell, entry: HistoryEntry) -> None:
        self.paint_image(cell, image_rect(cell), entry)
        self.paint_title(cell, words_rect(cell), entry)

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return _TILE_IMAGE + QSize(2 * PAD, 3 * PAD + option.fontMetrics.height())


def image_rect(cell: Cell) -> QRect:
    """Where the picture of a tile is."""
    box = cell.rect.adjusted(PAD, PAD, -PAD, -PAD)
    return box.adjusted(0, 0, 0, -cell.option.fontMetrics.height() - PAD)


def words_rect(cell: Cell) -> QRect:
    """Where the line of words below it is."""
    box = cell.rect.adjusted(PAD, PAD, -PAD, -PAD)
    box.setTop(image_rect(cell).bottom() + PAD)
    return box


def show_as_tiles(view: QListView, thumbnails: Thumbnails) -> None:
    """Have a list show its entries as tiles, as many in a row as there is room for."""
    view.setItemDelegate(TileDelegate(thumbnails, view))
    view.setViewMode(QListView.ViewMode.IconMode)
    view.setResizeMode(QListView.ResizeMode.Adjust)
    view.setMovement(QListView.Movement.Static)
    view.setUniformItemSizes(True)
    view.setSpacing(theme.GAP // 2)
    view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
    view.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
