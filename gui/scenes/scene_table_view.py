"""The table of scenes: selecting, editing in place, dragging, dropping pictures."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QDrag, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget
from typing_extensions import override

from core.video.terms import Role
from gui.scenes.scene_delegates import (
    THUMBNAILS,
    DurationDelegate,
    ImageDelegate,
    NumberDelegate,
    PromptDelegate,
    StatusDelegate,
    empty_slot,
    row_height,
)
from gui.scenes.scene_rows import SceneColumn
from gui.scenes.scene_table_model import FRAMES, SCENES_MIME
from gui.widgets.cells import PAD, paint_hint, paint_target
from gui.widgets.file_field import IMAGES, FileKind, choose_files

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import (
        QDragLeaveEvent,
        QDragMoveEvent,
        QDropEvent,
        QMouseEvent,
        QPaintEvent,
        QResizeEvent,
    )

    from core.video.spec import ModelSpec
    from gui.scenes.scene_table_model import SceneTableModel
    from gui.widgets.thumbnails import Thumbnails

_MOST_REMEMBERED = 20
_WIDTHS = {
    SceneColumn.NUMBER: 34,
    SceneColumn.DURATION: 58,
    SceneColumn.STATUS: 130,
}
# Where all columns are shown on a small screen, the words give way first, then the status.
_NARROWEST_PROMPT, _NARROWEST_STATUS = 96, 96
_IMAGES = (SceneColumn.START, SceneColumn.END, SceneColumn.CLIP)
_BESIDE_IMAGE = 8
# From how wide a table on it has the second and the third size of small pictures.
_WIDE = (0, 800, 1100)
_BESIDE_CURSOR = 14
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
        self._pressed: QModelIndex | None = None
        self._target: QRect | None = None
        self._is_worn = False
        self._selections: deque[tuple[str, ...]] = deque(maxlen=_MOST_REMEMBERED)
        self.setObjectName("scene_table")
        self.setAccessibleName("Scenes")
        self.setModel(model)
        self._set_up_looks()
        self._set_up_behaviour()
        for column, delegate in {
            SceneColumn.NUMBER: NumberDelegate(self),
            SceneColumn.PROMPT: PromptDelegate(lambda: model.characters, self),
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
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(30)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        self._wear(THUMBNAILS[0])
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
        """Where all that was selected is gone, as after undo, select what was before that."""
        left = set(self._scenes.ids)
        if not self.selected_ids:
            whole = (ids for ids in reversed(self._selections) if ids and left.issuperset(ids))
            self.select(next(whole, ()))
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

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        plain = event.modifiers() is Qt.KeyboardModifier.NoModifier
        is_plain = plain and event.button() is Qt.MouseButton.LeftButton
        self._pressed = self._empty_frame_at(event.position().toPoint()) if is_plain else None
        super().mousePressEvent(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on an empty frame chooses a picture for it; one that dragged the row does not."""
        super().mouseReleaseEvent(event)
        pressed, self._pressed = self._pressed, None
        if pressed is not None and self._empty_frame_at(event.position().toPoint()) == pressed:
            self._choose_frame(pressed)

    def _empty_frame_at(self, place: QPoint) -> QModelIndex | None:
        """The frame whose empty box lies there, where it can be filled."""
        index = self.indexAt(place)
        if not index.isValid() or not index.flags() & Qt.ItemFlag.ItemIsDropEnabled:
            return None
        column, row = SceneColumn(index.column()), self._scenes.row(index.row())
        rests = column is SceneColumn.START and row.scene.continues
        if column not in FRAMES or rests or row.image(column) is not None:
            return None
        return index if empty_slot(self.visualRect(index)).contains(place) else None

    def _choose_frame(self, index: QModelIndex) -> None:
        role, scene_id = FRAMES[SceneColumn(index.column())], self._scenes.ids[index.row()]

        def bring(paths: tuple[Path, ...]) -> None:
            if scene_id in self._scenes.ids:
                self._scenes.bring_frames(self._scenes.ids.index(scene_id), role, paths)

        choose_files(self, FileKind(f"the {role.value}", (IMAGES,)), bring)

    @override
    def startDrag(self, supportedActions: Qt.DropAction) -> None:
        """Drag the rows as a small mark, beside which the line where they would go is seen."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        if not rows:
            return
        number = self._scenes.row(rows[0]).number
        drag = QDrag(self)
        drag.setMimeData(self._scenes.mimeData([self._scenes.index(row, 0) for row in rows]))
        drag.setPixmap(self._mark(f"Scene {number}" if len(rows) == 1 else f"{len(rows)} scenes"))
        drag.setHotSpot(QPoint(-_BESIDE_CURSOR, -_BESIDE_CURSOR))
        drag.exec(supportedActions, self.defaultDropAction())

    def _mark(self, text: str) -> QPixmap:
        size = self.fontMetrics().size(0, text) + QSize(2 * PAD, PAD)
        pixmap = QPixmap(size * self.devicePixelRatio())
        pixmap.setDevicePixelRatio(self.devicePixelRatio())
        pixmap.fill(self.palette().color(QPalette.ColorRole.Highlight))
        painter = QPainter(pixmap)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(QPalette.ColorRole.HighlightedText))
        painter.drawText(QRect(QPoint(), size), Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
        return pixmap

    @override
    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)
        self._show_target(self._target_of(event) if event.isAccepted() else None)

    @override
    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._show_target(None)

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        super().dropEvent(event)
        self._show_target(None)

    def _show_target(self, target: QRect | None) -> None:
        if target != self._target:
            self._target = target
            self.viewport().update()

    def _target_of(self, event: QDragMoveEvent) -> QRect:
        """Where what is dragged would be put: a cell, or a line of no height between two rows."""
        index, width = self.indexAt(event.position().toPoint()), self.viewport().width()
        where, is_ours = self.dropIndicatorPosition(), event.mimeData().hasFormat(SCENES_MIME)
        if not index.isValid():
            last = self.visualRect(self._scenes.index(self._scenes.rowCount() - 1, 0))
            return QRect(0, last.bottom() + 1, width, 0)
        cell = self.visualRect(index)
        if where is QAbstractItemView.DropIndicatorPosition.OnItem and not is_ours:
            return cell
        is_below = where is QAbstractItemView.DropIndicatorPosition.BelowItem
        return QRect(0, cell.bottom() + 1 if is_below else cell.top(), width, 0)

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

    def _wear(self, size: QSize) -> None:
        """Have rows for small pictures of that size, and columns, unless a person set theirs."""
        widths = [size.width() + _BESIDE_IMAGE for size in THUMBNAILS]
        self.verticalHeader().setDefaultSectionSize(row_height(self.fontMetrics().height(), size))
        for column in _IMAGES:
            if self.columnWidth(column) in (*widths, 0) or not self._is_worn:
                self.setColumnWidth(column, size.width() + _BESIDE_IMAGE)
        self._is_worn = True

    def _fit_prompt(self) -> None:
        width = self.viewport().width()
        self._wear(THUMBNAILS[sum(width >= least for least in _WIDE) - 1])
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
        if self._target is not None:
            painter = QPainter(self.viewport())
            paint_target(painter, self._target.adjusted(1, 1, -2, -2), self.palette())
            painter.end()
