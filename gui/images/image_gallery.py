"""All pictures that were made, newest first, found by their words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QLabel,
    QListView,
    QStackedWidget,
    QWidget,
)

from core.history.history import HistoryQuery
from core.history.history_entry import WorkKind
from core.platform.units import count_text
from gui import theme
from gui.history.entry_delegates import show_as_tiles
from gui.history.history_model import HistoryModel
from gui.theme import Tone
from gui.widgets.fields import SearchField, named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from core.errors import StudioError
    from core.history.history import History
    from core.history.history_entry import HistoryEntry
    from gui.background import Background
    from gui.widgets.thumbnails import Thumbnails

_NOTHING_MADE = "No pictures yet.\nDescribe one on the left, then press Make."
_NOTHING_FITS = "No picture has these words.\nUse others, or clear the search."


class ImageGallery(QWidget):
    """Shows pictures as tiles.

    Signals:
        chosen(HistoryEntry | None): another picture is chosen, or none is.
    """

    chosen = Signal(object)

    def __init__(self, history: History, background: Background, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._chosen: HistoryEntry | None = None
        self._follows = False
        self._model = HistoryModel(history, background)
        self._model.setParent(self)
        self._search = SearchField(
            "gallery_search",
            "Search prompts, models and file names",
            "Show only pictures with these words",
            "Search pictures",
        )
        self._tiles = named(QListView(), "gallery", says="Pictures, newest first")
        self._tiles.setModel(self._model)
        show_as_tiles(self._tiles, thumbnails)
        self._empty = QLabel("", alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._count = ToneLabel()
        self._lay_out()
        self._search.searched.connect(self.begin)
        self._tiles.selectionModel().currentChanged.connect(self._on_current)
        self._model.loaded.connect(self._on_loaded)
        self._model.failed.connect(self._on_failed)
        thumbnails.ready.connect(self._on_thumbnail)

    def _lay_out(self) -> None:
        self._pages = QStackedWidget()
        self._pages.addWidget(self._tiles)
        self._pages.addWidget(self._empty)
        rows = vbox(
            self._search, self._pages, self._count, of=self, gap=theme.GAP, grows=self._pages
        )
        rows.setContentsMargins(theme.GAP // 2, 0, theme.GAP // 2, 0)

    @Slot()
    def begin(self) -> None:
        """Read the pictures that have the words of the search."""
        self._model.ask(HistoryQuery(text=self._search.text(), kind=WorkKind.IMAGE))

    def reload(self, *, is_made: bool = False) -> None:
        """Read the pictures anew.

        Args:
            is_made: one was just made; it is chosen, unless a person is looking at an older one.
        """
        newest = self._tiles.currentIndex().row() <= 0
        self._follows = newest and (is_made or self._follows)
        self._model.reload()

    def take_out(self, entry_id: int) -> None:
        """Remove a picture that the history has lost; the next one is chosen."""
        self._model.take_out(entry_id)

    @property
    def entry(self) -> HistoryEntry | None:
        """The chosen picture."""
        return self._model.entry(self._tiles.currentIndex())

    @Slot(object)
    def _on_loaded(self, total: int) -> None:
        has_words = bool(self._search.text().strip())
        self._empty.setText(_NOTHING_FITS if has_words else _NOTHING_MADE)
        self._pages.setCurrentWidget(self._tiles if self._model.rowCount() else self._empty)
        self._count.show_message(count_text(total, "picture") if total else "", Tone.QUIET)
        if self._follows and total:
            self._tiles.setCurrentIndex(self._model.index(0, 0))
        elif self._chosen is not None and not self._tiles.currentIndex().isValid():
            # All rows were read anew: it is looked for among them.
            self._tiles.setCurrentIndex(self._model.index_of(self._chosen.id))
        self._follows = False
        self._on_current()

    @Slot(QModelIndex)
    def _on_current(self, _: object = None) -> None:
        if self.entry != self._chosen:
            self._chosen = self.entry
            self.chosen.emit(self._chosen)

    @Slot(object)
    def _on_failed(self, error: StudioError) -> None:
        self._count.show_message(str(error), Tone.BAD)

    @Slot(object)
    def _on_thumbnail(self, _: object) -> None:
        self._tiles.viewport().update()
