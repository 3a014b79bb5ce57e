"""How entries of the history are painted: as table rows and as tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)
from typing_extensions import override

from core.history.history_entry import HistoryEntry, WorkKind
from gui import theme
from gui.history.history_model import ENTRY, kind_of, title_of
from gui.theme import Tone

if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtGui import QColor

    from gui.history.history_model import Index
    from gui.widgets.thumbnails import Thumbnails

ROW_HEIGHT = 56
_ROW_IMAGE = QSize(80, 48)
_TILE_IMAGE = QSize(160, 108)
_PAD = 6
_ICON = 28
_ICONS = {WorkKind.CLIP: "movie-outline", WorkKind.IMAGE: "image-outline", WorkKind.FILM: "film"}
_Selected = QStyle.StateFlag.State_Selected


class RowDelegate(QStyledItemDelegate):
    """The first column of the table: a small picture, the words, and what it is."""

    def __init__(self, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry = index.data(ENTRY)
        if not isinstance(entry, HistoryEntry):
            super().paint(painter, option, index)
            return
        paint_ground(painter, option)
        painter.save()
        box = option.rect.adjusted(_PAD, 0, -_PAD, 0)
        image = QRect(QPoint(0, 0), _ROW_IMAGE)
        image.moveCenter(QPoint(box.left() + _ROW_IMAGE.width() // 2, box.center().y()))
        paint_image(painter, image, entry, self._thumbnails, option)
        words = box.adjusted(_ROW_IMAGE.width() + _PAD, 0, 0, 0)
        metrics = option.fontMetrics
        line = metrics.height()
        top = words.center().y() - line
        painter.setPen(text_colour(option, is_grey=entry.is_missing))
        paint_line(painter, QRect(words.left(), top, words.width(), line), title_of(entry))
        summary = f"{kind_of(entry)} · not there any more" if entry.is_missing else kind_of(entry)
        painter.setPen(quiet_colour(option))
        paint_line(painter, QRect(words.left(), top + line, words.width(), line), summary)
        painter.restore()

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(_ROW_IMAGE.width() + 240, ROW_HEIGHT)


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


class TileDelegate(QStyledItemDelegate):
    """A tile: the picture, and a line of its words below."""

    def __init__(self, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry = index.data(ENTRY)
        if not isinstance(entry, HistoryEntry):
            return
        paint_ground(painter, option)
        painter.save()
        image, words = tile_parts(option)
        paint_image(painter, image, entry, self._thumbnails, option)
        painter.setPen(text_colour(option, is_grey=entry.is_missing))
        paint_line(painter, words, title_of(entry))
        painter.restore()

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return tile_size(option)


def tile_size(option: QStyleOptionViewItem) -> QSize:
    """The size of every tile."""
    line = option.fontMetrics.height()
    return _TILE_IMAGE + QSize(2 * _PAD, 3 * _PAD + line)


def tile_parts(option: QStyleOptionViewItem) -> tuple[QRect, QRect]:
    """Where a tile's picture and its words go."""
    box = option.rect.adjusted(_PAD, _PAD, -_PAD, -_PAD)
    line = option.fontMetrics.height()
    image = QRect(box.left(), box.top(), box.width(), box.height() - line - _PAD)
    return image, QRect(box.left(), image.bottom() + _PAD, box.width(), line)


def paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """The ground of a cell as the style paints it: selected, under the mouse, in focus."""
    style = option.widget.style() if option.widget else QApplication.style()
    style.drawPrimitive(
        QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget
    )
    if option.state & QStyle.StateFlag.State_HasFocus and not option.state & _Selected:
        painter.save()
        painter.setPen(option.palette.color(QPalette.ColorRole.Highlight))
        painter.drawRect(option.rect.adjusted(0, 0, -1, -1))
        painter.restore()


def paint_image(
    painter: QPainter,
    box: QRect,
    entry: HistoryEntry,
    thumbnails: Thumbnails,
    option: QStyleOptionViewItem,
) -> None:
    """The small picture of an entry in the middle of a box; a sign while there is none."""
    painter.fillRect(box, option.palette.color(QPalette.ColorRole.Midlight))
    ratio = painter.device().devicePixelRatioF()
    pixmap = None if entry.is_missing else thumbnails.pixmap(entry.path, box.size() * ratio)
    if pixmap is None or pixmap.isNull():
        name = "file-question-outline" if entry.is_missing else _ICONS[entry.kind]
        sign = QRect(0, 0, _ICON, _ICON)
        sign.moveCenter(box.center())
        theme.icon(name, option.palette).paint(painter, sign)
        return
    size = (pixmap.size() / ratio).scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRect(QPoint(0, 0), size)
    place.moveCenter(box.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(place, pixmap)


def text_colour(option: QStyleOptionViewItem, *, is_grey: bool = False) -> QColor:
    """The colour of a cell's words."""
    if option.state & _Selected:
        return option.palette.color(QPalette.ColorRole.HighlightedText)
    group = QPalette.ColorGroup.Disabled if is_grey else QPalette.ColorGroup.Normal
    return option.palette.color(group, QPalette.ColorRole.Text)


def quiet_colour(option: QStyleOptionViewItem) -> QColor:
    """The colour of a cell's less important words."""
    if option.state & _Selected:
        return option.palette.color(QPalette.ColorRole.HighlightedText)
    return theme.tone(option.palette, Tone.QUIET)


def paint_line(painter: QPainter, box: QRect, text: str) -> None:
    """One line of words, cut off with dots where it is too long."""
    metrics = QFontMetrics(painter.font())
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
