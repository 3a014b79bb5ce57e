"""The rows of the gallery: images that are made, and in their places those on their way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from heapq import merge
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, Qt, QUrl, Signal, Slot
from typing_extensions import override

from core.history.history_entry import HistoryEntry
from core.jobs.job import Cancelled, Failed, Progressed, Succeeded
from gui.history.history_model import ENTRY, HistoryModel, entry_summary, title_of
from gui.jobs.job_text import stage
from gui.widgets.row_changes import change_rows

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from core.history.history import History, HistoryQuery
    from core.jobs.job import JobUpdate
    from core.video.request import Batch, RenderRequest
    from gui.background import Background
    from gui.history.history_model import Index

GALLERY_MIME = "application/x-imageai-gallery"
"""Tells that what is dragged comes from a gallery."""
_TOP = QModelIndex()
_AT_ONCE = 5000
_FLAG = Qt.ItemFlag
_WAITING = _FLAG.ItemIsEnabled | _FLAG.ItemNeverHasChildren
_MADE = _WAITING | _FLAG.ItemIsSelectable


@dataclass(frozen=True)
class PendingImage:
    """An image that is on its way.

    Attributes:
        progress: how far it is; None while it waits for its turn.
        is_made: it is done, and about to be shown as what it became.
    """

    job_id: str
    prompt: str
    batch: Batch | None
    ordered_at: datetime
    progress: Progressed | None = None
    is_made: bool = False

    @property
    def order_key(self) -> tuple[float, str, int]:
        """Its place, as an entry of the history has one."""
        if self.batch is None:
            return (-self.ordered_at.timestamp(), "", 0)
        return (-self.batch.ordered_at.timestamp(), self.batch.id, self.batch.number)

    @property
    def words(self) -> str:
        """How far it is, in a few words."""
        return "Waiting in the queue" if self.progress is None else stage(self.progress)


Tile = HistoryEntry | PendingImage


class GalleryModel(QAbstractListModel):
    """Rows of a `Tile` by `ENTRY`; those of one order stand together.

    Signals:
        loaded(int): rows have come or gone; the number of all images that fit the query.
        failed(StudioError): the history cannot be read.
    """

    loaded = Signal(object)
    failed = Signal(object)

    def __init__(
        self, history: History, background: Background, *, at_once: int = _AT_ONCE
    ) -> None:
        """Make it; up to `at_once` images are all read without being asked for."""
        super().__init__()
        self._at_once = at_once
        self._made = HistoryModel(history, background)
        self._made.setParent(self)
        self._made.loaded.connect(self._on_loaded)
        self._made.failed.connect(self.failed)
        self._pending: dict[str, PendingImage] = {}
        self._tiles: list[Tile] = []

    def ask(self, query: HistoryQuery) -> None:
        """Show what fits another query."""
        self._made.ask(query)

    def reload(self) -> None:
        """Read anew what is shown."""
        self._made.reload()

    def load_all(self) -> None:
        """Read all that fits the query; `loaded` tells when it is there."""
        self._made.load_all()

    @property
    def has_all(self) -> bool:
        """Whether all that fits the query is read."""
        return self._made.has_all

    def expect(self, requests: Mapping[str, RenderRequest]) -> None:
        """Show that these are on their way, by the ids of their jobs."""
        now = datetime.now(UTC)
        for job_id, request in requests.items():
            self._pending[job_id] = PendingImage(job_id, request.prompt, request.batch, now)
        self._merge()

    def forget(self, job_ids: Sequence[str]) -> None:
        """These are not made after all."""
        for job_id in job_ids:
            self._pending.pop(job_id, None)
        self._merge()

    def on_event(self, update: JobUpdate) -> None:
        """Take what happened to a job."""
        pending = self._pending.get(update.job_id)
        if pending is None:
            return
        match update.event:
            case Progressed() as progress:
                self._pending[update.job_id] = changed = replace(pending, progress=progress)
                row = self._tiles.index(pending)
                self._tiles[row] = changed
                self.dataChanged.emit(self.index(row), self.index(row))
            case Succeeded():
                # It gives way to what it became as soon as that is read.
                self._pending[update.job_id] = replace(pending, is_made=True)
            case Failed() | Cancelled():
                self.forget([update.job_id])
            case _:
                pass

    def tile(self, index: Index) -> Tile | None:
        """What a row shows."""
        row = index.row()
        return self._tiles[row] if index.isValid() and 0 <= row < len(self._tiles) else None

    def entry(self, index: Index) -> HistoryEntry | None:
        """The image of a row; None for one that is on its way."""
        tile = self.tile(index)
        return tile if isinstance(tile, HistoryEntry) else None

    @property
    def entries(self) -> tuple[HistoryEntry, ...]:
        """The images that are made, as far as they are read."""
        return self._made.entries

    def index_of(self, entry_id: int) -> QModelIndex:
        """The row of an image, as far as it is read; else no index."""
        for row, tile in enumerate(self._tiles):
            if isinstance(tile, HistoryEntry) and tile.id == entry_id:
                return self.index(row)
        return QModelIndex()

    def take_out(self, entry_id: int) -> None:
        """Remove an image that the history has just lost."""
        self._made.take_out(entry_id)

    def change(self, entries: Iterable[HistoryEntry]) -> None:
        """Show other stars and tags of these, before they are written."""
        self._made.change(entries)
        self._merge()

    @override
    def rowCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self._tiles)

    @override
    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and self._made.canFetchMore(_TOP)

    @override
    def fetchMore(self, parent: Index) -> None:
        self._made.fetchMore(_TOP)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        tile = self.tile(index)
        if tile is None:
            return None
        if role == ENTRY:
            return tile
        if isinstance(tile, PendingImage):
            return self._pending_text(tile, role)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return title_of(tile)
            case Qt.ItemDataRole.ToolTipRole:
                return "\n".join(filter(None, (entry_summary(tile), _marks_text(tile))))
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(filter(None, (title_of(tile), tile.model, _marks_text(tile))))
            case _:
                return None

    def _pending_text(self, tile: PendingImage, role: int) -> str | None:
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return tile.words
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return f"{tile.prompt}\n{tile.words}"
            case _:
                return None

    @override
    def flags(self, index: Index) -> Qt.ItemFlag:
        entry = self.entry(index)
        if entry is None:
            return _WAITING if index.isValid() else _FLAG.NoItemFlags
        return _MADE if entry.is_missing else _MADE | _FLAG.ItemIsDragEnabled

    @override
    def supportedDragActions(self) -> Qt.DropAction:
        # Never moved: who takes it makes a copy, and the image stays.
        return Qt.DropAction.CopyAction

    @override
    def mimeTypes(self) -> list[str]:
        return ["text/uri-list", GALLERY_MIME]

    @override
    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        mime = QMimeData()
        rows = sorted(indexes, key=lambda index: index.row())
        entries = [entry for entry in map(self.entry, rows) if entry is not None]
        mime.setUrls([QUrl.fromLocalFile(str(e.path)) for e in entries if not e.is_missing])
        mime.setData(GALLERY_MIME, b"")
        return mime

    @Slot(object)
    def _on_loaded(self, total: int) -> None:
        self._pending = {job_id: one for job_id, one in self._pending.items() if not one.is_made}
        self._merge()
        self.loaded.emit(total)
        # The scroll bar is then that of all of them; of very many, more come as they are reached.
        if total <= self._at_once and not self.has_all:
            self._made.load_all()

    def _merge(self) -> None:
        pending = sorted(self._pending.values(), key=_order_key)
        change_rows(
            self, self._tiles, list(merge(pending, self._made.entries, key=_order_key)), _keys
        )


def _order_key(tile: Tile) -> tuple[float, str, int]:
    return tile.order_key


def _keys(tiles: Sequence[Tile]) -> list[Hashable]:
    return [tile.id if isinstance(tile, HistoryEntry) else tile.job_id for tile in tiles]


def _marks_text(entry: HistoryEntry) -> str:
    stars = "★" * entry.rating
    return " ".join(filter(None, (stars, ", ".join(entry.tags))))
