"""The list of reference images: selecting, renaming in place, dragging, and what keys do."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QDropEvent, QKeySequence, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QWidget
from typing_extensions import override

from gui.scenes.reference_delegate import ReferenceDelegate, cell_size
from gui.scenes.reference_list_model import ROWS_MIME
from gui.widgets.cells import paint_hint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gui.scenes.reference_list_model import ReferenceListModel
    from gui.widgets.thumbnails import Thumbnails

_MOST_LINES = 3


class ReferenceListView(QListView):
    """Shows a `ReferenceListModel` as pictures beside and below each other.

    Signals:
        preview_wanted(ReferenceRow): to see that picture large.
        paste_wanted()
    """

    preview_wanted = Signal(object)
    paste_wanted = Signal()

    def __init__(
        self, model: ReferenceListModel, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._references = model
        self._empty = ""
        self.setObjectName("reference_list")
        self.setAccessibleName("Reference images")
        self.setModel(model)
        self.setItemDelegate(ReferenceDelegate(thumbnails, self))
        self._set_up_looks()
        self._set_up_behaviour()
        self.preview = self._action("See it large", ("Return", "Enter"), self._want_preview)
        self.rename = self._action("Rename", ("F2",), self._rename)
        self.move_left = self._action("Move forward", ("Alt+Left",), self._move_left)
        self.move_right = self._action("Move back", ("Alt+Right",), self._move_right)
        self.paste = self._action("Paste a picture", ("Ctrl+V",), self.paste_wanted.emit)
        self.remove = self._action("Remove", ("Del",), self._remove)
        thumbnails.ready.connect(self._redraw)
        self.doubleClicked.connect(self._want_preview)
        self.selectionModel().selectionChanged.connect(self.update_actions)
        for changed in (model.rowsInserted, model.rowsRemoved, model.layoutChanged):
            changed.connect(self.update_actions)
        self.update_actions()

    def _set_up_looks(self) -> None:
        # Qt draws where a dragged picture would go only in this mode; it looks the same.
        self.setViewMode(QListView.ViewMode.ListMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    def _set_up_behaviour(self) -> None:
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        # F2 is an action of its own, which the menu shows.
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        # Else a picture that was moved away would be emptied behind it.
        self.setDragDropOverwriteMode(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _action(self, text: str, keys: Sequence[str], act: Callable[[], None]) -> QAction:
        action = QAction(text, self)
        action.setShortcuts([QKeySequence(one) for one in keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(act)
        self.addAction(action)
        return action

    @property
    def selected_rows(self) -> tuple[int, ...]:
        """The places of the selected pictures that belong to this list."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        return tuple(row for row in rows if row < len(self._references.own))

    def show_empty(self, text: str) -> None:
        """Say this where there is no picture."""
        self._empty = text
        self.viewport().update()

    @Slot()
    def update_actions(self) -> None:
        """Allow what can be done with the selected pictures."""
        rows, count = self.selected_rows, len(self._references.own)
        can = self._references.is_editable and bool(rows)
        self.preview.setEnabled(len(self.selectedIndexes()) == 1)
        self.rename.setEnabled(can and len(self.selectedIndexes()) == 1)
        self.move_left.setEnabled(can and rows[0] > 0)
        self.move_right.setEnabled(can and rows[-1] < count - 1)
        self.remove.setEnabled(can)
        self.paste.setEnabled(self._references.is_editable)
        self._fit()

    @Slot()
    def _want_preview(self, _: object = None) -> None:
        selected = self.selectedIndexes()
        if len(selected) == 1:
            self.preview_wanted.emit(self._references.rows[selected[0].row()])

    @Slot()
    def _rename(self) -> None:
        (index,) = self.selectedIndexes()
        self.setCurrentIndex(index)
        self.edit(index)

    @Slot()
    def _move_left(self) -> None:
        rows = self.selected_rows
        self._references.move(rows, rows[0] - 1)
        self.scrollTo(self.currentIndex())

    @Slot()
    def _move_right(self) -> None:
        rows = self.selected_rows
        self._references.move(rows, rows[-1] + 2)
        self.scrollTo(self.currentIndex())

    @Slot()
    def _remove(self) -> None:
        rows = self.selected_rows
        self._references.remove(rows)
        left = len(self._references.own)
        if left:
            self._select(min(rows[0], left - 1))

    def _select(self, row: int) -> None:
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().setCurrentIndex(self._references.index(row), flags)

    @Slot()
    def _redraw(self) -> None:
        self.viewport().update()

    def _fit(self) -> None:
        """Share the width among the pictures; be as high as their lines, then scroll."""
        # Qt leaves room for the scroll bar whether it is shown or not, and a pixel more.
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, self)
        width = max(self.contentsRect().width() - bar - 1, 1)
        cell = cell_size(self.fontMetrics())
        in_line = max(width // cell.width(), 1)
        grid = QSize(max(width // in_line, cell.width()), cell.height())
        if grid != self.gridSize():
            self.setGridSize(grid)
        lines = min(max(ceil(len(self._references.rows) / in_line), 1), _MOST_LINES)
        self.setFixedHeight(lines * cell.height() + 2 * self.frameWidth() + 2)

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        is_ours = event.mimeData().hasFormat(ROWS_MIME)
        # Not the list's own way: it moves row by row, and ends at the first that stays.
        QAbstractItemView.dropEvent(self, event)
        if not is_ours:
            # Files are copied later: who sent them must not take them for moved.
            event.setDropAction(Qt.DropAction.CopyAction)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._references.rows:
            paint_hint(self, self._empty)
