"""The tiles of the gallery: how they are painted, starred by a click, and dragged away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QDrag, QKeySequence, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyleOptionViewItem
from typing_extensions import override

from core.history.history_entry import HistoryEntry
from core.history.marks import FAVOURITE
from gui import theme
from gui.history.entry_delegates import TileDelegate, image_rect, show_as_tiles, words_rect
from gui.history.history_model import ENTRY
from gui.images.gallery_model import GALLERY_MIME, GalleryModel, PendingImage
from gui.theme import Tone
from gui.widgets.cells import PAD, Cell, centred
from gui.widgets.fields import named

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QMouseEvent

    from core.video.request import Batch
    from gui.history.history_model import Index
    from gui.widgets.thumbnails import Thumbnails

_GROUND = 0.14
_STAR, _BADGE_PAD = 16, 4
_BAR = 5
_OVER = QStyle.StateFlag.State_MouseOver.value
_SMOOTH = Qt.TransformationMode.SmoothTransformation
_GAP = theme.GAP // 2


class GalleryDelegate(TileDelegate):
    """A tile with its stars and its place in its order; or how far an image is."""

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        batch = _batch_of(index)
        if batch is not None:
            # A common ground, also between the tiles: they were ordered together.
            ground = QColor(option.palette.color(QPalette.ColorRole.Highlight))
            ground.setAlphaF(_GROUND)
            before, after = (
                _GAP if _is_of(batch, index.sibling(index.row() + step, 0)) else 0
                for step in (-1, 1)
            )
            painter.fillRect(option.rect.adjusted(-before // 2, 0, after // 2, 0), ground)
        super().paint(painter, option, index)

    @override
    def paint_cell(self, cell: Cell, index: Index) -> None:
        tile = index.data(ENTRY)
        if isinstance(tile, PendingImage):
            self._paint_pending(cell, tile)
        elif isinstance(tile, HistoryEntry):
            self.paint_entry(cell, tile)
        if tile is not None and tile.batch is not None:
            _paint_number(cell, tile.batch)

    @override
    def paint_entry(self, cell: Cell, entry: HistoryEntry) -> None:
        super().paint_entry(cell, entry)
        is_over = bool(cell.option.state.value & _OVER)
        if entry.rating or ((is_over or cell.is_selected) and not entry.is_missing):
            _paint_stars(cell, entry.rating)

    def _paint_pending(self, cell: Cell, tile: PendingImage) -> None:
        image = image_rect(cell)
        cell.painter.fillRect(image, cell.palette.color(QPalette.ColorRole.Midlight))
        progress = tile.progress
        if progress is not None and progress.preview is not None:
            # Written anew under the same name as it gets better, so it is not kept as others are.
            found = QPixmap(str(progress.preview))
            if not found.isNull():
                size = found.size().scaled(image.size(), Qt.AspectRatioMode.KeepAspectRatio)
                cell.painter.drawPixmap(centred(size, image), found)
        else:
            side = QSize(_STAR * 2, _STAR * 2)
            name = "timer-sand" if progress is None else "image-outline"
            cell.icon(name, centred(side, image), cell.colour(Tone.QUIET))
        bar = QRectF(image.left() + PAD, image.bottom() - PAD - _BAR, image.width() - 2 * PAD, _BAR)
        cell.bar(bar, None if progress is None else progress.fraction)
        cell.text(tile.words, words_rect(cell), cell.colour(Tone.QUIET))


def _batch_of(index: Index) -> Batch | None:
    tile = index.data(ENTRY)
    return None if tile is None else tile.batch


def _is_of(batch: Batch, index: Index) -> bool:
    other = _batch_of(index) if index.isValid() else None
    return other is not None and other.id == batch.id


def star_rect(tile: QRect) -> QRect:
    """Where a click makes a tile a favourite."""
    corner = tile.adjusted(PAD, PAD, -PAD, -PAD).topRight()
    side = _STAR + 2 * _BADGE_PAD
    return QRect(corner - QPoint(side - 1, 0), QSize(side, side))


def _paint_stars(cell: Cell, rating: int) -> None:
    box = star_rect(cell.rect)
    # Between none and all the number says how many.
    number = str(rating) if 0 < rating < FAVOURITE else ""
    width = cell.option.fontMetrics.horizontalAdvance(number) + _BADGE_PAD if number else 0
    _ground(cell, box.adjusted(-width, 0, 0, 0))
    colour = theme.tone(cell.palette, Tone.WARNING)
    star = box.adjusted(_BADGE_PAD, _BADGE_PAD, -_BADGE_PAD, -_BADGE_PAD)
    cell.icon("star" if rating else "star-outline", star, colour)
    if number:
        place = QRect(box.left() - width + _BADGE_PAD, box.top(), width, box.height())
        cell.text(number, place, cell.palette.color(QPalette.ColorRole.Text))


def _paint_number(cell: Cell, batch: Batch) -> None:
    text = f"{batch.number}/{batch.count}"
    width = cell.option.fontMetrics.horizontalAdvance(text) + 2 * _BADGE_PAD + 2
    corner = cell.rect.adjusted(PAD, PAD, -PAD, -PAD).topLeft()
    box = QRect(corner, QSize(width, _STAR + 2 * _BADGE_PAD))
    _ground(cell, box)
    colour = theme.tone(cell.palette, Tone.QUIET)
    cell.text(text, box.adjusted(_BADGE_PAD, 0, 0, 0), colour)


def _ground(cell: Cell, box: QRect) -> None:
    """What is read on top of an image has a ground of its own."""
    cell.painter.setPen(Qt.PenStyle.NoPen)
    ground = QColor(cell.palette.color(QPalette.ColorRole.Base))
    ground.setAlphaF(0.85)
    cell.painter.setBrush(ground)
    cell.painter.drawRoundedRect(box, 4, 4)


class GalleryView(QListView):
    """Shows a `GalleryModel`; several images can be selected, and dragged to where they are used.

    Signals:
        star_clicked(HistoryEntry): it is to become a favourite, or is none any more.

    """

    star_clicked = Signal(object)

    def __init__(self, model: GalleryModel, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._images = model
        named(self, "gallery", says="Pictures, newest first")
        self.setModel(model)
        show_as_tiles(self, thumbnails)
        self.setItemDelegate(GalleryDelegate(thumbnails, self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.setDefaultDropAction(Qt.DropAction.CopyAction)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        thumbnails.ready.connect(self._on_thumbnail)

    def add_action(self, text: str, key: str, act: Callable[[], None]) -> QAction:
        """One more thing that can be done with what is selected, by its menu or its key."""
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        # Keys without Ctrl belong to the tiles alone: elsewhere they are letters.
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(act)
        self.addAction(action)
        return action

    @property
    def selected(self) -> tuple[HistoryEntry, ...]:
        """The images that are selected, in the order in which they stand."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        found = (self._images.entry(self._images.index(row)) for row in rows)
        return tuple(entry for entry in found if entry is not None)

    def _star_at(self, event: QMouseEvent) -> HistoryEntry | None:
        place = event.position().toPoint()
        index = self.indexAt(place)
        entry = self._images.entry(index)
        if entry is None or entry.is_missing or event.button() is not Qt.MouseButton.LeftButton:
            return None
        return entry if star_rect(self.visualRect(index)).contains(place) else None

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        entry = self._star_at(event)
        if entry is None:
            super().mousePressEvent(event)
        else:
            # What is selected stays selected.
            self.star_clicked.emit(entry)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._star_at(event) is None:
            super().mouseDoubleClickEvent(event)

    @override
    def startDrag(self, supportedActions: Qt.DropAction) -> None:
        # The list's own way shows nothing under the pointer.
        draggable = Qt.ItemFlag.ItemIsDragEnabled
        indexes = [one for one in self.selectedIndexes() if one.flags() & draggable]
        if not indexes:
            return
        drag = QDrag(self)
        drag.setMimeData(self._images.mimeData(indexes))
        tile = self.viewport().grab(self.visualRect(self.currentIndex()))
        drag.setPixmap(tile.scaledToWidth(tile.width() * 2 // 3, _SMOOTH))
        drag.exec(Qt.DropAction.CopyAction)

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        # Taken and then refused everywhere: left alone, the window around would bring the image
        # into the project when somebody drops it where it was.
        if event.mimeData().hasFormat(GALLERY_MIME):
            event.accept()
        else:
            event.ignore()

    @override
    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.ignore()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        event.ignore()

    def _on_thumbnail(self, path: Path) -> None:
        # Of what can be seen alone, and only its own tile.
        for index in self.shown_indexes():
            entry = self._images.entry(index)
            if entry is not None and entry.path == path:
                self.update(index)

    def shown_indexes(self) -> list[Index]:
        """The rows that can be seen now."""
        view = self.viewport().rect()
        first = self._first_shown(view)
        found: list[Index] = []
        for row in range(first, self._images.rowCount()):
            index = self._images.index(row)
            place = self.visualRect(index)
            if place.top() > view.bottom():
                break
            if place.intersects(view):
                found.append(index)
        return found

    def _first_shown(self, view: QRect) -> int:
        """The first row that can be seen, found by halves: there may be thousands before it."""
        low, high = 0, self._images.rowCount()
        while low < high:
            middle = (low + high) // 2
            if self.visualRect(self._images.index(middle)).bottom() < view.top():
                low = middle + 1
            else:
                high = middle
        return low
