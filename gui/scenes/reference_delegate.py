"""Draws a reference image: the picture, its name, and whether it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPalette
from PySide6.QtWidgets import QLineEdit, QStyleOptionViewItem, QWidget
from typing_extensions import override

from gui.scenes.reference_list_model import ROW_ROLE
from gui.theme import Tone, tone
from gui.widgets.cells import ICON, PAD, Cell, CellDelegate, Index, centred

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from gui.scenes.reference_rows import ReferenceRow
    from gui.widgets.thumbnails import Thumbnails

IMAGE = QSize(84, 60)
_FAINT = 0.45
_EDITOR_WIDTH = 180
_BADGE = ICON + 4


def cell_size(metrics: QFontMetrics) -> QSize:
    """The room of one picture with its name below."""
    height = IMAGE.height() + metrics.height() + 3 * PAD
    return QSize(IMAGE.width() + 2 * PAD, height)


class ReferenceDelegate(CellDelegate):
    """Pictures of the project that a scene only shares are drawn faint."""

    def __init__(self, thumbnails: Thumbnails, parent: QObject) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return cell_size(option.fontMetrics)

    @override
    def paint_cell(self, cell: Cell, index: Index) -> None:
        row: ReferenceRow = index.data(ROW_ROLE)
        place = centred(IMAGE, cell.rect)
        place.moveTop(cell.rect.top() + PAD)
        ratio = cell.option.widget.devicePixelRatio()
        found = self._thumbnails.pixmap(row.reference.path, IMAGE * ratio)
        cell.image(found, place, _FAINT if row.is_global else 1.0)
        self._paint_badge(cell, place, row)
        cell.painter.setPen(cell.colour(Tone.QUIET if row.is_global else None))
        name = cell.option.fontMetrics.elidedText(
            row.caption, Qt.TextElideMode.ElideMiddle, cell.inner.width()
        )
        cell.painter.drawText(_below(cell.inner, place), Qt.AlignmentFlag.AlignCenter, name)

    def _paint_badge(self, cell: Cell, place: QRect, row: ReferenceRow) -> None:
        if row.chosen is None:
            return
        badge = QRect(0, 0, _BADGE, _BADGE)
        badge.moveBottomRight(place.bottomRight())
        cell.painter.setPen(Qt.PenStyle.NoPen)
        cell.painter.setBrush(cell.palette.color(QPalette.ColorRole.Base))
        cell.painter.drawRoundedRect(badge, 4, 4)
        # On a ground of its own, so the colour is that of rows that are not selected.
        is_sent = row.chosen.is_sent
        name = "check-circle" if is_sent else "eye-off-outline"
        cell.icon(
            name,
            centred(QSize(ICON, ICON), badge),
            tone(cell.palette, Tone.GOOD if is_sent else Tone.WARNING),
        )

    @override
    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        line = QLineEdit(parent)
        line.setObjectName("reference_name")
        line.setAccessibleName("Name of the picture")
        line.setToolTip("Enter takes the name over, Escape leaves. Without one the file's counts.")
        return line

    @override
    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        rect = QRect(option.rect)
        rect.setTop(rect.bottom() - editor.sizeHint().height())
        # Wider than the picture, but never out of the list.
        around = editor.parentWidget()
        room = rect if around is None else around.rect()
        rect.setWidth(min(max(rect.width(), _EDITOR_WIDTH), room.width()))
        rect.moveRight(min(rect.right(), room.right()))
        editor.setGeometry(rect)


def _below(inner: QRect, image: QRect) -> QRect:
    return QRect(inner.left(), image.bottom() + 1, inner.width(), inner.bottom() - image.bottom())
