"""Reference images as a list that can be renamed, moved and dropped upon."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, Qt, Signal
from typing_extensions import override

from core.project.model.edits import move_references, remove_references, rename_reference
from gui.scenes.image_controller import images_in
from gui.widgets.file_field import printable
from gui.widgets.row_changes import change_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from core.project.model.project import ReferenceImage
    from gui.scenes.reference_rows import ReferenceRow
    from gui.widgets.cells import Index

ROWS_MIME = "application/x-imageai-references"
ROW_ROLE = Qt.ItemDataRole.UserRole
_NOWHERE = QModelIndex()
_FLAG = Qt.ItemFlag
_PLAIN = _FLAG.ItemIsEnabled | _FLAG.ItemIsSelectable | _FLAG.ItemNeverHasChildren
_GLOBAL_HELP = "Belongs to the whole project; change it there."


class ReferenceListModel(QAbstractListModel):
    """Rows of `ReferenceRow` by `ROW_ROLE`; the owner shows what comes of an edit.

    Signals:
        edited(tuple[ReferenceImage, ...]): the list's own pictures, renamed or in another order.
        brought(tuple[Path | QImage, ...]): pictures were dropped.
    """

    edited = Signal(object)
    brought = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ReferenceRow] = []
        self._is_editable = True
        # Told in every drag: rows of another list, or another program, are not these.
        self._name = uuid.uuid4().hex

    @property
    def own(self) -> tuple[ReferenceImage, ...]:
        """The list's own pictures."""
        return tuple(row.reference for row in self._rows if not row.is_global)

    @property
    def rows(self) -> tuple[ReferenceRow, ...]:
        """Everything that is shown, its own first."""
        return tuple(self._rows)

    @property
    def is_editable(self) -> bool:
        """Whether pictures can be brought, renamed and moved."""
        return self._is_editable

    def set_editable(self, is_editable: bool) -> None:
        """Allow edits, or show only."""
        self._is_editable = is_editable

    def set_rows(self, rows: Sequence[ReferenceRow]) -> None:
        """Show these; what stays is still selected, wherever it moved."""
        change_rows(self, self._rows, rows, _keys)

    @override
    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.UserRole:
                return row
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return row.caption
            case Qt.ItemDataRole.AccessibleTextRole:
                return row.spoken
            case Qt.ItemDataRole.ToolTipRole:
                where = printable(row.reference.path)
                whose = _GLOBAL_HELP if row.is_global else ""
                return "\n".join(part for part in (row.caption, row.verdict, whose, where) if part)
            case _:
                return None

    @override
    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Give a picture another name; without one it is called by its file."""
        row, name = self._rows[index.row()], str(value).strip()
        is_new = name != row.caption
        if role != Qt.ItemDataRole.EditRole or row.is_global or not self._is_editable:
            return False
        if is_new:
            self.edited.emit(rename_reference(self.own, index.row(), name))
        return is_new

    @override
    def flags(self, index: Index) -> Qt.ItemFlag:
        if not self._is_editable:
            return _PLAIN if index.isValid() else _FLAG.NoItemFlags
        if not index.isValid():
            return _FLAG.ItemIsDropEnabled
        if self._rows[index.row()].is_global:
            return _PLAIN
        return _PLAIN | _FLAG.ItemIsEditable | _FLAG.ItemIsDragEnabled

    @override
    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    @override
    def mimeTypes(self) -> list[str]:
        return [ROWS_MIME, "text/uri-list", "application/x-qt-image"]

    @override
    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        mime = QMimeData()
        rows = sorted(index.row() for index in indexes)
        mime.setData(ROWS_MIME, json.dumps([self._name, *rows]).encode())
        return mime

    @override
    def canDropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        return self._is_editable and bool(self._dragged(data) or images_in(data))

    @override
    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        if not self._is_editable:
            return False
        rows = self._dragged(data)
        if rows:
            where = parent.row() if parent.isValid() else row
            self.move(rows, where if where >= 0 else len(self.own))
            return True
        images = images_in(data)
        if images:
            self.brought.emit(images)
        return bool(images)

    def move(self, rows: Collection[int], where: int) -> None:
        """Ask for these before the one that is now at `where`."""
        moved = move_references(self.own, rows, max(where, 0))
        if moved != self.own:
            self.edited.emit(moved)

    def remove(self, rows: Collection[int]) -> None:
        """Ask for the list without these."""
        self.edited.emit(remove_references(self.own, rows))

    def _dragged(self, mime: QMimeData) -> list[int]:
        """The rows that are dragged within this very list."""
        if not mime.hasFormat(ROWS_MIME):
            return []
        whose, *rows = json.loads(mime.data(ROWS_MIME).toStdString())
        return rows if whose == self._name else []


def _keys(rows: Sequence[ReferenceRow]) -> list[tuple[bool, Path, int]]:
    """What tells the rows apart; a list may hold a picture twice."""
    seen: Counter[tuple[bool, Path]] = Counter()
    keys: list[tuple[bool, Path, int]] = []
    for row in rows:
        name = (row.is_global, row.reference.path)
        keys.append((*name, seen[name]))
        seen[name] += 1
    return keys
