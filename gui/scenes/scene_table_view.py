"""The table of scenes: selecting, editing in place, dragging, dropping pictures."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget
from typing_extensions import override

from core.video.request import Role
from gui.scenes.scene_delegates import (
    DurationDelegate,
    ImageDelegate,
    NumberDelegate,
    PromptDelegate,
    StatusDelegate,
    row_height,
)
from gui.scenes.scene_rows import SceneColumn
from gui.widgets.cells import paint_hint

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from core.video.spec import ModelSpec
    from gui.scenes.scene_table_model import SceneTableModel
    from gui.widgets.thumbnails import Thumbnails

_MOST_REMEMBERED = 20
_WIDTHS = {
    SceneColumn.NUMBER: 34,
    SceneColumn.START: 72,
    SceneColumn.END: 72,
    SceneColumn.CLIP: 72,
    SceneColumn.DURATION: 58,
    SceneColumn.STATUS: 130,
}
# Where all columns are shown on a small screen, the words give way first, then the status.
_NARROWEST_PROMPT, _NARROWEST_STATUS = 96, 96
_EMPTY = "No scenes yet. Write a storyboard and make scenes of it, or press Insert to add one."


class SceneTableView(QTableView):
    """Shows a `SceneTableModel`; the selection belongs to scenes, wherever they move.

    Signals:
        selection_changed(tuple of str): the ids of the selected scenes, in the table's order.
        play_wanted(Take): this clip was asked for by a double click or Enter.
    """

    selection_changed = Signal(object)
    play_wanted = Signal(object)

    def __init__(
        self, model: SceneTableModel, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._scenes = model
        self._sent: tuple[str, ...] = ()
        self._selections: deque[tuple[str, ...]] = deque(maxlen=_MOST_REMEMBERED)
        self.setObjectName("scene_table")
        self.setAccessibleName("Scenes")
        self.setModel(model)
        self._set_up_looks()
        self._set_up_behaviour()
        for column, delegate in {
            SceneColumn.NUMBER: NumberDelegate(self),
            SceneColumn.PROMPT: PromptDelegate(self),
            SceneColumn.START: ImageDelegate(thumbnails, SceneColumn.START, self),
            SceneColumn.END: ImageDelegate(thumbnails, SceneColumn.END, self),
            SceneColumn.CLIP: ImageDelegate(thumbnails, SceneColumn.CLIP, self),
            SceneColumn.DURATION: DurationDelegate(self),
            SceneColumn.STATUS: StatusDelegate(self),
        }.items():
            self.setItemDelegateForColumn(column, delegate)
        thumbnails.ready.connect(self._redraw)
        self.selectionModel().selectionChanged.connect(self._tell_selection)
        # After the table: the selection of a row that was taken out is gone by then.
        model.rowsRemoved.connect(self._select_as_before)
        model.layoutChanged.connect(self._tell_selection)
        self.doubleClicked.connect(self._play)

    def _set_up_looks(self) -> None:
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(row_height(self.fontMetrics().height()))
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(30)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        columns.setSectionResizeMode(SceneColumn.PROMPT, QHeaderView.ResizeMode.Fixed)
        # Most models take none; until the model is known the column would come and go.
        self.setColumnHidden(SceneColumn.END, True)

    def _set_up_behaviour(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setTabKeyNavigation(False)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        # Else a row that was moved away would be emptied behind it.
        self.setDragDropOverwriteMode(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def set_spec(self, spec: ModelSpec) -> None:
        """Show the end frames only where the model takes them."""
        self.setColumnHidden(SceneColumn.END, not spec.limit(Role.END))
        self._fit_prompt()

    @property
    def selected_ids(self) -> tuple[str, ...]:
        """The selected scenes, in the table's order."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return tuple(self._scenes.row(row).scene.id for row in rows)

    @Slot(object)
    def select(self, scene_ids: tuple[str, ...]) -> None:
        """Select exactly these scenes; the first of them is scrolled to."""
        rows = [row for row, scene_id in enumerate(self._scenes.ids) if scene_id in set(scene_ids)]
        selection = QItemSelection()
        for row in rows:
            index = self._scenes.index(row, 0)
            selection.select(index, index)
        flags = QItemSelectionModel.SelectionFlag
        if rows:
            first = self._scenes.index(rows[0], SceneColumn.PROMPT)
            self.selectionModel().setCurrentIndex(first, flags.NoUpdate)
            self.scrollTo(first)
        self.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)

    @Slot(object)
    def edit_prompt(self, scene_id: str) -> None:
        """Begin to write the prompt of a scene in its row."""
        if scene_id in self._scenes.ids:
            index = self._scenes.index(self._scenes.ids.index(scene_id), SceneColumn.PROMPT)
            self.setCurrentIndex(index)
            self.edit(index)

    @Slot()
    def _select_as_before(self) -> None:
        """Where all that was selected is gone, as after undo, select what was so before."""
        left = set(self._scenes.ids)
        if not self.selected_ids:
            earlier = (tuple(left.intersection(ids)) for ids in reversed(self._selections))
            self.select(next(filter(None, earlier), ()))
        self._tell_selection()

    @Slot()
    def _tell_selection(self) -> None:
        selected = self.selected_ids
        if selected != self._sent:
            self._selections.append(selected)
            self._sent = selected
            self.selection_changed.emit(selected)

    @Slot()
    def _redraw(self) -> None:
        self.viewport().update()

    @Slot(QModelIndex)
    def _play(self, index: QModelIndex) -> None:
        row = self._scenes.row(index.row())
        if SceneColumn(index.column()) is SceneColumn.CLIP and row.take is not None:
            self.play_wanted.emit(row.take)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the prompt what the other columns leave."""
        super().resizeEvent(event)
        self._fit_prompt()

    def _fit_prompt(self) -> None:
        flexible = (SceneColumn.PROMPT, SceneColumn.STATUS)
        others = sum(self.columnWidth(column) for column in SceneColumn if column not in flexible)
        left = self.viewport().width() - others
        status = min(max(left - _NARROWEST_PROMPT, _NARROWEST_STATUS), _WIDTHS[SceneColumn.STATUS])
        self.setColumnWidth(SceneColumn.STATUS, status)
        self.setColumnWidth(SceneColumn.PROMPT, max(left - status, _NARROWEST_PROMPT))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the table, or what to do where it is empty."""
        super().paintEvent(event)
        if not self._scenes.rowCount():
            paint_hint(self, _EMPTY)
