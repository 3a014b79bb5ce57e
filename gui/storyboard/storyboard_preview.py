"""The preview of a storyboard: one line for each scene that it would make."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QModelIndex,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget
from typing_extensions import override

from core.project.model.edits import own_duration_s
from core.video.spec import shown_name

if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtGui import QResizeEvent

    from core.project.storyboard.scenes import Renewal
    from core.project.storyboard.storyboard import SceneDraft, Storyboard
    from gui.widgets.cells import Index

_TOP = QModelIndex()
_Role = Qt.ItemDataRole
_ROWS_SHOWN = 4


class DraftColumn(IntEnum):
    """The columns in their order."""

    NUMBER = 0
    LENGTH = 1
    WORDS = 2
    TAGS = 3
    BECOMES = 4


_HEADINGS = {
    DraftColumn.NUMBER: ("#", "The scene's number"),
    DraftColumn.LENGTH: ("Length", "How long the scene lasts"),
    DraftColumn.WORDS: ("Words", "What the scene shows"),
    DraftColumn.TAGS: ("Tags", "What the text says about the scene besides its words"),
    DraftColumn.BECOMES: ("Becomes", "Whether the scene is there already"),
}
_TO_THE_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def tags_of(draft: SceneDraft) -> tuple[str, ...]:
    """What a draft says besides its words, each in a few words."""
    parts: list[str] = []
    if draft.title:
        parts.append(f"“{draft.title}”")
    if draft.camera:
        parts.append(shown_name(draft.camera))
    if draft.transition is not None:
        cut = draft.transition
        parts.append(f"{cut.kind} {cut.duration_s:g} s" if cut.duration_s else "cut")
    parts += [text for text in (draft.style, draft.mood) if text]
    if draft.seed is not None:
        parts.append(f"seed {draft.seed}")
    return tuple(parts)


class PreviewModel(QAbstractTableModel):
    """The drafts of a storyboard as a table."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._drafts: tuple[SceneDraft, ...] = ()
        self._kept: frozenset[int] = frozenset()
        self._lengths_s: tuple[float, ...] = ()

    @property
    def drafts(self) -> tuple[SceneDraft, ...]:
        """What is shown."""
        return self._drafts

    def show_board(self, board: Storyboard, renewal: Renewal, clip_s: float) -> None:
        """Show another storyboard, and which of its scenes are there already.

        `clip_s` is the length of scenes that have none of their own.
        """
        self.beginResetModel()
        self._drafts = board.drafts
        kept = set(renewal.kept)
        own = set(renewal.own)
        from_board = [scene for scene in renewal.scenes if scene.id not in own]
        self._lengths_s = tuple(own_duration_s(scene) or clip_s for scene in from_board)
        self._kept = frozenset(row for row, scene in enumerate(from_board) if scene.id in kept)
        self.endResetModel()

    @override
    def rowCount(self, parent: Index = _TOP) -> int:
        """One for each draft."""
        return 0 if parent.isValid() else len(self._drafts)

    @override
    def columnCount(self, parent: Index = _TOP) -> int:
        """All columns; the view hides what says nothing."""
        return 0 if parent.isValid() else len(DraftColumn)

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> object:
        """The headings."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        text, tip = _HEADINGS[DraftColumn(section)]
        if role == _Role.DisplayRole:
            return text
        return tip if role == _Role.ToolTipRole else None

    def data(self, index: Index, role: int = _Role.DisplayRole) -> object:
        """What a cell shows."""
        draft, column = self._drafts[index.row()], DraftColumn(index.column())
        if role == _Role.DisplayRole:
            return self._text(index.row(), column)
        if role == _Role.TextAlignmentRole and column in (DraftColumn.NUMBER, DraftColumn.LENGTH):
            return _TO_THE_RIGHT
        if role == _Role.ToolTipRole:
            if column is DraftColumn.LENGTH:
                if draft.is_asked and draft.duration_s == self._lengths_s[index.row()]:
                    return "As the text says"
                return "As it is" if index.row() in self._kept else "Its share, or the usual length"
            text = (draft.words,) if draft.is_written else ()
            return "\n".join((draft.prompt, ", ".join(tags_of(draft)), *text)).strip()
        return None

    def _text(self, row: int, column: DraftColumn) -> str:
        draft = self._drafts[row]
        match column:
            case DraftColumn.NUMBER:
                return str(row + 1)
            case DraftColumn.LENGTH:
                return f"{self._lengths_s[row]:g} s"
            case DraftColumn.WORDS:
                return draft.prompt if draft.is_written else draft.words
            case DraftColumn.TAGS:
                return ", ".join(tags_of(draft))
            case DraftColumn.BECOMES:
                return "stays" if row in self._kept else "new"


class PreviewTable(QTableView):
    """Shows the drafts; choosing one tells which.

    Signals:
        chosen(SceneDraft)
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._has_tags = False
        self._rows = PreviewModel(self)
        self.setModel(self._rows)
        self.setObjectName("storyboard_preview")
        self.setAccessibleName("Scenes that the storyboard makes")
        self.setToolTip("The scenes that the text makes; choose one to see its words in the text")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(DraftColumn.WORDS, QHeaderView.ResizeMode.Stretch)
        wide = self.fontMetrics().horizontalAdvance
        self.setColumnWidth(DraftColumn.NUMBER, wide("000") + 14)
        self.setColumnWidth(DraftColumn.LENGTH, wide("00.00 s") + 12)
        self.setColumnWidth(DraftColumn.BECOMES, wide("Becomes") + 12)
        rows = self.verticalHeader().defaultSectionSize() * _ROWS_SHOWN
        self._usual_height = header.sizeHint().height() + rows + 2 * self.frameWidth()
        self.setMinimumHeight(self._usual_height)
        self.selectionModel().selectionChanged.connect(self._on_selection)

    def show_board(self, board: Storyboard, renewal: Renewal, clip_s: float) -> None:
        """Show another storyboard."""
        self._rows.show_board(board, renewal, clip_s)
        self._has_tags = any(tags_of(draft) for draft in board.drafts)
        self.setColumnHidden(DraftColumn.BECOMES, not (renewal.kept or renewal.gone))
        self._fit()

    @override
    def sizeHint(self) -> QSize:
        """Room for a few rows."""
        return QSize(super().sizeHint().width(), self._usual_height)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave most of the room to the words."""
        self._fit()
        super().resizeEvent(event)

    def _fit(self) -> None:
        """Show the tags where the words still have more room than they."""
        wide = self.viewport().width()
        tags = wide * 3 // 10
        others = (DraftColumn.NUMBER, DraftColumn.LENGTH, DraftColumn.BECOMES)
        left = wide - tags - sum(self.columnWidth(column) for column in others)
        self.setColumnWidth(DraftColumn.TAGS, tags)
        self.setColumnHidden(DraftColumn.TAGS, not self._has_tags or left < tags)

    @Slot(QItemSelection, QItemSelection)
    def _on_selection(self, selected: QItemSelection, _: QItemSelection) -> None:
        indexes = selected.indexes()
        if indexes:
            self.chosen.emit(self._rows.drafts[indexes[0].row()])
