"""Everything that was ever made: found, looked at, played, and made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QHeaderView,
    QLabel,
    QListView,
    QPushButton,
    QStackedWidget,
    QTableView,
    QWidget,
)

from core.history.history import HistoryQuery
from core.platform.units import count_text
from gui import theme
from gui.history.entry_delegates import ROW_HEIGHT, RowDelegate, show_as_tiles
from gui.history.history_details import HistoryDetails
from gui.history.history_filter_bar import FilterNames, HistoryFilterBar
from gui.history.history_model import HistoryModel
from gui.theme import Tone
from gui.widgets.buttons import IconButton
from gui.widgets.fields import named
from gui.widgets.file_field import choose_folder
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.panes import Splitter

if TYPE_CHECKING:
    from pathlib import Path

    from core.errors import StudioError
    from core.history.history import History
    from core.history.history_entry import HistoryEntry
    from core.jobs.job import CancelToken
    from gui.background import Background
    from gui.widgets.thumbnails import Thumbnails

_NOTHING_MADE = "Nothing was made yet.\nClips, pictures and films appear here when they are done."
_NOTHING_FITS = "Nothing fits.\nUse other words, or show everything."
_DETAILS_WIDTH = 340


class HistoryTab(QWidget):
    """The history with its filter, as a list or as tiles, and the chosen entry in full.

    Attributes:
        details: the chosen entry, and what is asked for it.
        model: the rows that are shown.
    """

    def __init__(self, history: History, background: Background, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._history = history
        self._background = background
        self._thumbnails = thumbnails
        self._bar = HistoryFilterBar()
        self.model = HistoryModel(history, background)
        self.model.setParent(self)
        self._table = QTableView()
        self._tiles = QListView()
        self._empty = QLabel(_NOTHING_MADE, alignment=Qt.AlignmentFlag.AlignCenter)
        self._views = QStackedWidget()
        self.details = HistoryDetails(thumbnails)
        self._as_table = _view_button("as_table", "List", "format-list-bulleted")
        self._as_tiles = _view_button("as_tiles", "Tiles", "view-grid-outline")
        self._read_folder = QPushButton("Add a folder…")
        self._count = QLabel()
        self._message = ToneLabel()
        self._prepare_table()
        self._prepare_tiles()
        self._lay_out()
        self._connect()

    def _prepare_table(self) -> None:
        table = self._table
        named(table, "table", says="Everything made, newest first")
        table.setModel(self.model)
        table.setItemDelegateForColumn(0, RowDelegate(self._thumbnails, table))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setShowGrid(False)
        table.setWordWrap(False)
        # Tab leaves the table: the arrow keys move inside it.
        table.setTabKeyNavigation(False)
        rows, columns = table.verticalHeader(), table.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        columns.setHighlightSections(False)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        letter = self.fontMetrics().horizontalAdvance("0")
        for column, letters in enumerate((18, 20, 11, 12), start=1):
            columns.resizeSection(column, letters * letter)

    def _prepare_tiles(self) -> None:
        tiles = self._tiles
        named(tiles, "tiles", says="Everything made, newest first")
        tiles.setModel(self.model)
        tiles.setSelectionModel(self._table.selectionModel())
        show_as_tiles(tiles, self._thumbnails)

    def _lay_out(self) -> None:
        self._empty.setWordWrap(True)
        for view in (self._table, self._tiles, self._empty):
            self._views.addWidget(view)
        self._views.setCurrentWidget(self._empty)
        named(
            self._read_folder,
            "read_folder",
            "Add every clip, picture and film below a folder that says how it was made",
        )
        self._read_folder.setIcon(theme.icon("folder-search-outline"))
        choice = QButtonGroup(self)
        for button in (self._as_table, self._as_tiles):
            choice.addButton(button)
        self._as_table.setChecked(True)
        below = hbox(
            self._count, None, self._read_folder, self._as_table, self._as_tiles, gap=theme.GAP
        )
        left = QWidget()
        lines = vbox(self._views, below, of=left, gap=theme.GAP, grows=self._views)
        lines.setContentsMargins(0, 0, theme.GAP, 0)
        halves = Splitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(left)
        halves.addWidget(self.details)
        halves.setStretchFactor(0, 1)
        halves.setSizes([3 * _DETAILS_WIDTH, _DETAILS_WIDTH])
        self.details.setMinimumWidth(_DETAILS_WIDTH * 3 // 4)
        vbox(
            self._bar,
            self._message,
            halves,
            of=self,
            gap=theme.GAP,
            grows=halves,
            margin=theme.EDGE,
        )

    def _connect(self) -> None:
        self._bar.changed.connect(self._ask)
        self.model.loaded.connect(self._on_loaded)
        self.model.failed.connect(self._on_failed)
        self.model.modelReset.connect(self._show_chosen)
        self.model.dataChanged.connect(self._show_chosen)
        self._table.selectionModel().currentRowChanged.connect(self._show_chosen)
        self._table.activated.connect(self.details.play.click)
        self._tiles.activated.connect(self.details.play.click)
        self._thumbnails.ready.connect(self._on_thumbnail)
        self._as_table.clicked.connect(self._show_view)
        self._as_tiles.clicked.connect(self._show_view)
        self._read_folder.clicked.connect(self._on_read_folder)
        self.details.remove.wanted.connect(self._on_remove)

    def begin(self) -> None:
        """Read the history; to be called when the tab is first shown.

        A history that was begun anew is filled from the files themselves meanwhile.
        """
        self._ask(self._bar.value())
        history = self._history

        def look(cancel: CancelToken) -> bool:
            found = history.catch_up(cancel)
            return history.refresh_missing(cancel) + found > 0

        self._background.run(look, self._on_looked, self._on_failed, key="history-look")

    @Slot()
    def reload(self) -> None:
        """Show what has been made since; to be called when a job has succeeded."""
        self.model.reload()
        self._read_names()

    @Slot(object)
    def _ask(self, query: HistoryQuery) -> None:
        self.model.ask(query)
        self._read_names()

    def _read_names(self) -> None:
        history = self._history
        self._background.run(
            lambda _: FilterNames.of(history),
            self._bar.set_names,
            self._on_failed,
            key="history-names",
        )

    def _on_looked(self, has_changed: bool) -> None:
        if self._history.notes:
            self._message.show_message(" ".join(self._history.notes), Tone.WARNING)
        if has_changed:
            self.reload()

    @Slot(object)
    def _on_loaded(self, total: int) -> None:
        self._count.setText(count_text(total, "entry", "entries"))
        self._empty.setText(_NOTHING_MADE if self._bar.value() == HistoryQuery() else _NOTHING_FITS)
        self._show_view()
        if not self._table.currentIndex().isValid() and self.model.rowCount():
            self._choose(self.model.index(0, 0))
        self._show_chosen()

    @Slot(object)
    def _on_failed(self, error: StudioError) -> None:
        self._message.show_message(str(error), Tone.BAD)

    @Slot()
    def _show_view(self) -> None:
        view = self._tiles if self._as_tiles.isChecked() else self._table
        self._views.setCurrentWidget(view if self.model.rowCount() else self._empty)

    @Slot()
    def _show_chosen(self) -> None:
        self.details.show_entry(self.model.entry(self._table.currentIndex()))

    @Slot(object)
    def _on_thumbnail(self, _: object) -> None:
        for view in (self._table, self._tiles):
            view.viewport().update()

    @Slot(object)
    def _on_remove(self, entry: HistoryEntry) -> None:
        history, entry_id = self._history, entry.id

        def remove(_: CancelToken) -> int:
            history.remove(entry_id)
            return entry_id

        self._background.run(remove, self._take_out, self._on_failed)

    def _take_out(self, entry_id: int) -> None:
        row = self.model.index_of(entry_id).row()
        self.model.take_out(entry_id)
        below = min(row, self.model.rowCount() - 1)
        self._choose(self.model.index(below, 0))

    def _choose(self, index: QModelIndex) -> None:
        flags = QItemSelectionModel.SelectionFlag
        self._table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self._show_chosen()

    @Slot()
    def _on_read_folder(self) -> None:
        choose_folder(self, "Add what lies in a folder", "", self._add_folder)

    def _add_folder(self, folder: Path) -> None:
        history = self._history
        self._read_folder.setEnabled(False)
        self._message.show_message(f"Looking through {folder}…", Tone.QUIET)

        def scanned(count: int) -> None:
            self._read_folder.setEnabled(True)
            found = count_text(count, "new file was", "new files were")
            self._message.show_message(f"{found} found below {folder}.", Tone.GOOD)
            self.reload()

        def failed(error: StudioError) -> None:
            self._read_folder.setEnabled(True)
            self._on_failed(error)

        self._background.run(lambda cancel: history.scan([folder], cancel), scanned, failed)


def _view_button(name: str, text: str, icon: str) -> IconButton:
    button = IconButton(name, icon, f"Show as {text.lower()}")
    button.setAutoRaise(False)
    button.setIconSize(QSize(20, 20))
    button.setAccessibleName(text)
    button.setCheckable(True)
    return button
