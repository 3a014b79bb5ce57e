"""The history as rows, read page by page beside the main thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPalette
from typing_extensions import override

from core.history.history import HistoryQuery
from core.history.history_entry import HistoryEntry, WorkKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.errors import StudioError
    from core.history.history import History
    from core.jobs.job import CancelToken
    from gui.background import Background

Index = QModelIndex | QPersistentModelIndex
ENTRY = Qt.ItemDataRole.UserRole
"""The role under which a row gives its `HistoryEntry`."""
PAGE = 200

_NO_INDEX = QModelIndex()
_SHOWN_LETTERS = 400
_HEADINGS = ("What", "Model", "Made", "Length", "Size")
_KINDS = {WorkKind.CLIP: "Clip", WorkKind.IMAGE: "Picture", WorkKind.FILM: "Film"}


@dataclass(frozen=True)
class _Page:
    """Rows from `offset` on; `total` is how many fit the query."""

    entries: tuple[HistoryEntry, ...]
    offset: int
    total: int


class HistoryModel(QAbstractTableModel):
    """What fits a query, newest first.

    Signals:
        loaded(int): rows have come or gone; the number of all that fit the query.
        failed(StudioError): the history cannot be read.
    """

    loaded = Signal(object)
    failed = Signal(object)

    def __init__(self, history: History, background: Background) -> None:
        super().__init__()
        self._history = history
        self._background = background
        self._query = HistoryQuery()
        self._entries: list[HistoryEntry] = []
        self._total = 0
        self._is_loading = False
        # One name for each model: two lists may share the threads and must not stop each other.
        self._key = f"history-{id(self)}"

    def ask(self, query: HistoryQuery) -> None:
        """Show what fits another query."""
        self._query = query
        self._load(0, PAGE)

    def reload(self) -> None:
        """Read anew what is shown; rows that stay keep their place and selection."""
        self._load(0, max(PAGE, len(self._entries)))

    def load_all(self) -> None:
        """Read all that fits the query; `loaded` tells when it is there."""
        if self._total > len(self._entries):
            self._load(len(self._entries), self._total - len(self._entries))

    @property
    def has_all(self) -> bool:
        """Whether all that fits the query is read, and nothing is on its way."""
        return not self._is_loading and len(self._entries) >= self._total

    @property
    def entries(self) -> tuple[HistoryEntry, ...]:
        """Everything that is read."""
        return tuple(self._entries)

    def entry(self, index: Index) -> HistoryEntry | None:
        """The entry of a row; None where the row has none."""
        row = index.row()
        return self._entries[row] if index.isValid() and 0 <= row < len(self._entries) else None

    def index_of(self, entry_id: int) -> QModelIndex:
        """The row of an entry, as far as it is read; else no index."""
        for row, entry in enumerate(self._entries):
            if entry.id == entry_id:
                return self.index(row, 0)
        return QModelIndex()

    def take_out(self, entry_id: int) -> None:
        """Remove a row that the history has just lost."""
        index = self.index_of(entry_id)
        if not index.isValid():
            return
        self.beginRemoveRows(QModelIndex(), index.row(), index.row())
        del self._entries[index.row()]
        self._total -= 1
        self.endRemoveRows()
        self.loaded.emit(self._total)

    def change(self, entries: Iterable[HistoryEntry]) -> None:
        """Show other words of these, before the history has them."""
        changed = {entry.id: entry for entry in entries}
        self._entries = [changed.get(entry.id, entry) for entry in self._entries]
        if self._entries:
            last = self.index(self.rowCount() - 1, len(_HEADINGS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    @override
    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._entries)

    @override
    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(_HEADINGS)

    @override
    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and not self._is_loading and len(self._entries) < self._total

    @override
    def fetchMore(self, parent: Index) -> None:
        if self.canFetchMore(parent):
            self._load(len(self._entries), PAGE)

    @override
    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return _HEADINGS[section]
        return None

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entry(index)
        if entry is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _texts(entry)[index.column()]
            case Qt.ItemDataRole.ToolTipRole:
                return entry_summary(entry)
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(filter(None, (_KINDS[entry.kind], *_texts(entry))))
            case Qt.ItemDataRole.ForegroundRole if entry.is_missing:
                colours = QGuiApplication.palette()
                return colours.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
            case _:
                return entry if role == ENTRY else None

    def _load(self, offset: int, limit: int) -> None:
        history, query = self._history, self._query

        def read(cancel: CancelToken) -> _Page:
            entries = history.find(query, limit=limit, offset=offset)
            cancel.check()
            return _Page(entries, offset, history.count(query))

        self._is_loading = True
        self._background.run(read, self._take, self._fail, key=self._key)

    def _take(self, page: _Page) -> None:
        self._is_loading = False
        self._total = page.total
        if page.offset:
            # Something may have been added meanwhile, which moves all the rows on.
            known = {entry.id for entry in self._entries}
            self._append([entry for entry in page.entries if entry.id not in known])
        else:
            self._renew(list(page.entries))
        self.loaded.emit(self._total)

    def _append(self, entries: list[HistoryEntry]) -> None:
        if entries:
            first = len(self._entries)
            self.beginInsertRows(QModelIndex(), first, first + len(entries) - 1)
            self._entries += entries
            self.endInsertRows()

    def _renew(self, entries: list[HistoryEntry]) -> None:
        old = [entry.id for entry in self._entries]
        new = [entry.id for entry in entries]
        added = new.index(old[0]) if old and old[0] in new else 0
        is_same = bool(old) and new[added : added + len(old)] == old[: len(new) - added]
        is_all = len(new) >= self._total
        if not is_same or (is_all and len(new) - added < len(old)):
            self.beginResetModel()
            self._entries = entries
            self.endResetModel()
            return
        if added:
            self.beginInsertRows(QModelIndex(), 0, added - 1)
            self._entries[:0] = entries[:added]
            self.endInsertRows()
        # The rest is known, but what it says may have changed: files come and go.
        kept = self._entries[len(entries) :]
        self._entries = entries + kept
        last = self.index(self.rowCount() - 1, len(_HEADINGS) - 1)
        self.dataChanged.emit(self.index(0, 0), last)

    def _fail(self, error: StudioError) -> None:
        self._is_loading = False
        self.failed.emit(error)


def title_of(entry: HistoryEntry) -> str:
    """The words that an entry is known by, in one line."""
    return " ".join((entry.title or entry.prompt).split()) or entry.path.name


def kind_of(entry: HistoryEntry) -> str:
    """What it is, in a word."""
    return _KINDS[entry.kind]


def length_of(entry: HistoryEntry) -> str:
    """How long it runs; empty for pictures and where it is not known."""
    minutes, seconds = divmod(entry.duration_s, 60)
    if not entry.duration_s:
        return ""
    return f"{int(minutes)}:{seconds:05.2f}" if minutes else f"{seconds:.2f} s"


def size_of(entry: HistoryEntry) -> str:
    """Its size in pixels; empty where it is not known."""
    return f"{entry.width}×{entry.height}" if entry.width else ""


def entry_summary(entry: HistoryEntry) -> str:
    """What a tooltip says: the words, and where the file is or was."""
    words = entry.title or entry.prompt
    words = words if len(words) <= _SHOWN_LETTERS else f"{words[: _SHOWN_LETTERS - 1]}…"
    missing = "Not there any more: " if entry.is_missing else ""
    return f"{words}\n{missing}{entry.path}".strip()


def _texts(entry: HistoryEntry) -> tuple[str, ...]:
    moment = entry.created_at.astimezone()
    made = f"{moment:%Y-%m-%d %H:%M}"
    return title_of(entry), entry.model, made, length_of(entry), size_of(entry)
