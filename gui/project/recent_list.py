"""The projects that were open lately, as a list to choose from."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyleOptionViewItem, QWidget
from typing_extensions import override

from core.project.files.recent import RecentProject
from gui import theme
from gui.theme import Tone
from gui.widgets.cells import Cell, CellDelegate
from gui.widgets.file_field import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from PySide6.QtCore import QModelIndex, QPersistentModelIndex

_ENTRY = Qt.ItemDataRole.UserRole
_MISSING = "not there now"


class RecentList(QListWidget):
    """Shows projects, newest first; a double click or Enter chooses one.

    Signals:
        chosen(Path): the folder of a project.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Recent projects")
        self.setToolTip("A double click, or Enter, opens a project")
        self.setItemDelegate(_RowDelegate(self))
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.itemActivated.connect(self._on_activated)

    def set_entries(self, entries: Sequence[RecentProject]) -> None:
        """The projects of the list; missing ones are shown and cannot be chosen."""
        self.clear()
        for entry in entries:
            folder = printable(entry.folder)
            item = QListWidgetItem(f"{entry.name}, {_MISSING}" if entry.is_missing else entry.name)
            item.setData(_ENTRY, entry)
            item.setToolTip(folder)
            if entry.is_missing:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
                item.setToolTip(
                    f"{folder}\nNo project is there now. It may have been moved, or its disk may "
                    "be away."
                )
            self.addItem(item)

    @Slot(QListWidgetItem)
    def _on_activated(self, item: QListWidgetItem) -> None:
        entry = item.data(_ENTRY)
        if isinstance(entry, RecentProject) and not entry.is_missing:
            self.chosen.emit(entry.folder)


class _RowDelegate(CellDelegate):
    """The name and when it was open; below them the folder."""

    @override
    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(0, 2 * option.fontMetrics.lineSpacing() + 2 * theme.GAP)

    @override
    def paint_cell(self, cell: Cell, index: QModelIndex | QPersistentModelIndex) -> None:
        entry = index.data(_ENTRY)
        if not isinstance(entry, RecentProject):
            return
        metrics = cell.painter.fontMetrics()
        line = metrics.lineSpacing()
        box = cell.inner
        above = QRect(box.left(), box.top() + theme.GAP, box.width(), line)
        below = above.translated(0, line)
        when = _MISSING if entry.is_missing else when_text(entry.opened_at, date.today())
        width = metrics.horizontalAdvance(when)
        is_grey = entry.is_missing or not cell.option.widget.isEnabled()
        grey = cell.palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
        quiet = grey if is_grey else cell.colour(Tone.QUIET)
        cell.text(when, above, quiet, is_right=True)
        name = above.adjusted(0, 0, -width - theme.GAP, 0)
        cell.bold_text(entry.name, name, grey if is_grey else cell.colour())
        folder = metrics.elidedText(
            printable(entry.folder), Qt.TextElideMode.ElideMiddle, below.width()
        )
        cell.text(folder, below, quiet)


def when_text(moment: datetime, today: date) -> str:
    """When something was, in a word or a date."""
    local = moment.astimezone()
    day = local.date()
    if day == today:
        return local.strftime("today %H:%M")
    if day == today - timedelta(days=1):
        return "yesterday"
    return local.strftime("%d %b" if day.year == today.year else "%d %b %Y")
