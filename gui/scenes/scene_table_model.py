"""The scenes of a project as rows of a table that can be edited, moved and dropped upon."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QMimeData, QModelIndex, QObject, Qt, Signal, Slot
from typing_extensions import override

from core.project.model.edits import move_scenes, with_duration, with_prompt
from core.project.model.status import project_statuses
from gui.scenes.image_controller import ImageRole, ImageUse
from gui.scenes.scene_rows import SceneColumn, SceneRow, TableFacts, rows_of
from gui.widgets.file_field import files_in, is_image_name
from gui.widgets.row_changes import change_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from core.project.model.characters import Character
    from core.project.model.status import SceneJob
    from gui.project.project_model import Change, ProjectModel
    from gui.widgets.cells import Index


@dataclass(frozen=True)
class FilesDropped:
    """Files, and where they were let go.

    Attributes:
        index: new scenes come before the one of this place; None for the end.
        scene_id: clips become takes of this scene; empty for scenes of their own.
    """

    paths: tuple[Path, ...]
    index: int | None = None
    scene_id: str = ""


SCENES_MIME = "application/x-imageai-scenes"
ROW_ROLE = Qt.ItemDataRole.UserRole
FRAMES = {SceneColumn.START: ImageRole.START, SceneColumn.END: ImageRole.END}
"""The columns of frames, and what a picture there is for."""
_NOWHERE = QModelIndex()
# Read once: Qt asks for them with every cell that it draws.
_COLUMNS = tuple(SceneColumn)
_FLAG = Qt.ItemFlag
_PLAIN = _FLAG.ItemIsEnabled | _FLAG.ItemIsSelectable | _FLAG.ItemNeverHasChildren
_FLAGS = {
    column: _PLAIN
    | _FLAG.ItemIsDragEnabled
    | (_FLAG.ItemIsEditable if column in (SceneColumn.PROMPT, SceneColumn.DURATION) else _PLAIN)
    | (_FLAG.ItemIsDropEnabled if column in (*FRAMES, SceneColumn.CLIP) else _PLAIN)
    for column in SceneColumn
}


class SceneTableModel(QAbstractTableModel):
    """Rows of `SceneRow` by `ROW_ROLE`; edits go to the project and come back from it.

    Signals:
        image_dropped(ImageUse): a picture file was dropped on a start or end frame.
        files_dropped(FilesDropped): other files were dropped on a clip or between two rows.
    """

    image_dropped = Signal(object)
    files_dropped = Signal(object)

    def __init__(self, model: ProjectModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._facts = TableFacts({}, {})
        self._rows = rows_of(model.project, self._facts)
        model.changed.connect(self._take_over)

    @property
    def ids(self) -> tuple[str, ...]:
        """The scenes' ids, in the order of the rows."""
        return _ids(self._rows)

    @property
    def characters(self) -> tuple[Character, ...]:
        """Whom prompts can mention."""
        return self._model.project.characters

    def row(self, number: int) -> SceneRow:
        """A row by its place, from 0."""
        return self._rows[number]

    def set_fingerprints(self, fingerprints: Mapping[str, str]) -> None:
        """Tell what each scene's clip would be made from now, by scene id."""
        self._facts = replace(self._facts, fingerprints=dict(fingerprints))
        self._update_statuses()

    def set_jobs(self, jobs: Mapping[str, SceneJob]) -> None:
        """Tell where the newest job of each scene stands, by scene id."""
        self._facts = replace(self._facts, jobs=dict(jobs))
        self._update_statuses()

    def set_frame_jobs(self, jobs: Mapping[str, SceneJob]) -> None:
        """Tell where the newest job for each scene's start frame stands, by scene id."""
        self._facts = replace(self._facts, frame_jobs=dict(jobs))
        self._update(rows_of(self._model.project, self._facts))

    def set_default_duration(self, seconds: float | None) -> None:
        """Tell the length of a clip where nobody asks for one."""
        self._facts = replace(self._facts, default_duration_s=seconds)
        self._update(rows_of(self._model.project, self._facts))

    def _update_statuses(self) -> None:
        facts = self._facts
        statuses = project_statuses(self._model.project, facts.fingerprints, facts.jobs)
        rows = zip(self._rows, statuses, strict=True)
        self._update([row if row.status == now else replace(row, status=now) for row, now in rows])

    @Slot(object)
    def _take_over(self, change: Change) -> None:
        self._update(rows_of(change.after, self._facts))

    def _update(self, rows: list[SceneRow]) -> None:
        change_rows(self, self._rows, rows, _ids, columns=len(SceneColumn))

    @override
    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """One row for each scene."""
        return 0 if parent.isValid() else len(self._rows)

    @override
    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """The columns of `SceneColumn`."""
        return 0 if parent.isValid() else len(SceneColumn)

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """The headings."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return SceneColumn(section).heading
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row itself, its words, its help and what an editor begins with."""
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        column = _COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return row.text(column)
            case Qt.ItemDataRole.ToolTipRole:
                return row.help(column)
            case Qt.ItemDataRole.EditRole if column is SceneColumn.PROMPT:
                return row.scene.prompt
            case Qt.ItemDataRole.EditRole if column is SceneColumn.DURATION:
                return row.scene.own.frame.duration_s if row.is_own_duration else None
            case _:
                return None

    @override
    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Write a prompt (str), or a length of the scene's own (float, None for the usual)."""
        row, column = self._rows[index.row()], SceneColumn(index.column())
        name = f"scene {row.number}"
        if role != Qt.ItemDataRole.EditRole or self._model.is_read_only:
            return False
        if column is SceneColumn.PROMPT:
            self._model.edit_scene(f"Change prompt of {name}", with_prompt(row.scene, str(value)))
        elif column is SceneColumn.DURATION:
            seconds = None if value is None else float(value)
            scene = with_duration(row.scene, seconds)
            self._model.edit_scene(f"Change length of {name}", scene)
        else:
            return False
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """What can be done with a cell."""
        if not index.isValid():
            # Between the rows a row can be put down.
            return _FLAG.ItemIsDropEnabled
        return _PLAIN if self._model.is_read_only else _FLAGS[_COLUMNS[index.column()]]

    @override
    def supportedDropActions(self) -> Qt.DropAction:
        """Rows are moved, files are copied."""
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    @override
    def mimeTypes(self) -> list[str]:
        """What can be put down on the table."""
        return [SCENES_MIME, "text/uri-list"]

    @override
    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The dragged scenes' ids."""
        rows = sorted({index.row() for index in indexes})
        mime = QMimeData()
        ids = json.dumps([self._rows[row].scene.id for row in rows])
        mime.setData(SCENES_MIME, ids.encode())
        return mime

    @override
    def canDropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Rows and files anywhere."""
        if self._model.is_read_only:
            return False
        return data.hasFormat(SCENES_MIME) or bool(files_in(data))

    @override
    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Move the scenes, or tell of the files.

        On a frame: pictures for this scene and those after it, one each. On a clip: takes of the
        scene. Elsewhere: scenes of their own, where they were let go.
        """
        if not self.canDropMimeData(data, action, row, column, parent):
            return False
        if data.hasFormat(SCENES_MIME):
            where = parent.row() if parent.isValid() else row
            self._move(json.loads(data.data(SCENES_MIME).toStdString()), where)
            return True
        paths = files_in(data)
        on = SceneColumn(parent.column()) if parent.isValid() else None
        role = None if on is None else FRAMES.get(on)
        if role is not None and all(map(is_image_name, paths)):
            self.bring_frames(parent.row(), role, paths)
            return True
        scene_id = self._rows[parent.row()].scene.id if on is SceneColumn.CLIP else ""
        where = parent.row() + 1 if parent.isValid() else row
        index = where if 0 <= where <= len(self._rows) else None
        self.files_dropped.emit(FilesDropped(paths, index=index, scene_id=scene_id))
        return True

    def bring_frames(self, row: int, role: ImageRole, paths: Sequence[Path]) -> None:
        """Tell of pictures for a scene and those after it, one each."""
        for scene_id, path in zip(self.ids[row:], paths, strict=False):
            self.image_dropped.emit(ImageUse((path,), role, scene_id))

    def _move(self, ids: list[str], where: int) -> None:
        index = where if where >= 0 else len(self._rows)
        text = "Move scene" if len(ids) == 1 else f"Move {len(ids)} scenes"
        self._model.edit(text, move_scenes(self._model.project, ids, index))


def _ids(rows: Sequence[SceneRow]) -> tuple[str, ...]:
    return tuple(row.scene.id for row in rows)
