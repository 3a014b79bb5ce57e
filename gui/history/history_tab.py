"""Everything that was ever made: found, looked at, played, and made again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListView,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.history.entry_delegates import ROW_HEIGHT, RowDelegate, show_as_tiles
from gui.history.history_details import HistoryDetails
from gui.history.history_filter_bar import HistoryFilter, HistoryFilterBar
from gui.history.history_model import HistoryModel
from gui.theme import Tone
from gui.widgets.buttons import IconButton
from gui.widgets.labels import ToneLabel
from gui.widgets.panes import Splitter

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.errors import StudioError
    from core.history.history import History
    from core.history.history_entry import HistoryEntry
    from core.jobs.job import CancelToken
    from gui.background import Background
    from gui.widgets.thumbnails import Thumbnails

_NOTHING_MADE = "Nothing was made yet.\nClips, pictures and films appear here when they are done."
_NOTHING_FITS = "Nothing fits.\nUse other words, or show everything."
_DETAILS_WIDTH = 340


def ask_for_folder(parent: QWidget) -> Path | None:
    """A folder that the user chooses, or None."""
    name = QFileDialog.getExistingDirectory(parent, "Add what lies in a folder")
    return Path(name) if name else None


class HistoryTab(QWidget):
    """The history with its filter, as a list or as tiles, and the chosen entry in full.

    Signals:
        play_wanted(HistoryEntry): to be seen and heard.
        show_file_wanted(Path): to be shown in its folder.
        make_again(ClipRecord | ExportOrder): to be made with the very same settings.
        edit_wanted(ClipRecord): its settings to be opened for editing.
    """

    play_wanted = Signal(object)
    show_file_wanted = Signal(object)
    make_again = Signal(object)
    edit_wanted = Signal(object)

    def __init__(
        self,
        history: History,
        background: Background,
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
        *,
        choose_folder: Callable[[QWidget], Path | None] = ask_for_folder,
    ) -> None:
        super().__init__(parent)
        self._history = history
        self._background = background
        self._thumbnails = thumbnails
        self._choose_folder = choose_folder
        self._bar = HistoryFilterBar()
        self._model = HistoryModel(history, background)
        self._model.setParent(self)
        self._table = QTableView()
        self._tiles = QListView()
        self._empty = QLabel(_NOTHING_MADE, alignment=Qt.AlignmentFlag.AlignCenter)
        self._views = QStackedWidget()
        self._details = HistoryDetails(thumbnails)
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
        table.setObjectName("table")
        table.setAccessibleName("Everything made, newest first")
        table.setModel(self._model)
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
        tiles.setObjectName("tiles")
        tiles.setAccessibleName("Everything made, newest first")
        tiles.setModel(self._model)
        tiles.setSelectionModel(self._table.selectionModel())
        show_as_tiles(tiles, self._thumbnails)

    def _lay_out(self) -> None:
        self._empty.setWordWrap(True)
        for view in (self._table, self._tiles, self._empty):
            self._views.addWidget(view)
        self._views.setCurrentWidget(self._empty)
        self._read_folder.setObjectName("read_folder")
        self._read_folder.setToolTip(
            "Add every clip, picture and film below a folder that says how it was made"
        )
        self._read_folder.setIcon(theme.icon("folder-search-outline", self.palette()))
        choice = QButtonGroup(self)
        for button in (self._as_table, self._as_tiles):
            choice.addButton(button)
        self._as_table.setChecked(True)
        below = QHBoxLayout()
        below.setSpacing(theme.GAP)
        below.addWidget(self._count)
        below.addStretch(1)
        below.addWidget(self._read_folder)
        below.addWidget(self._as_table)
        below.addWidget(self._as_tiles)
        left = QWidget()
        lines = QVBoxLayout(left)
        lines.setContentsMargins(0, 0, theme.GAP, 0)
        lines.setSpacing(theme.GAP)
        lines.addWidget(self._views, 1)
        lines.addLayout(below)
        halves = Splitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(left)
        halves.addWidget(self._details)
        halves.setStretchFactor(0, 1)
        halves.setSizes([3 * _DETAILS_WIDTH, _DETAILS_WIDTH])
        self._details.setMinimumWidth(_DETAILS_WIDTH * 3 // 4)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(theme.EDGE, theme.EDGE, theme.EDGE, theme.EDGE)
        whole.setSpacing(theme.GAP)
        whole.addWidget(self._bar)
        whole.addWidget(self._message)
        whole.addWidget(halves, 1)

    def _connect(self) -> None:
        self._bar.changed.connect(self._on_filter)
        self._model.loaded.connect(self._on_loaded)
        self._model.failed.connect(self._on_failed)
        self._model.modelReset.connect(self._show_chosen)
        self._model.dataChanged.connect(self._show_chosen)
        self._table.selectionModel().currentRowChanged.connect(self._show_chosen)
        self._table.activated.connect(self._on_activated)
        self._tiles.activated.connect(self._on_activated)
        self._thumbnails.ready.connect(self._on_thumbnail)
        self._as_table.clicked.connect(self._show_view)
        self._as_tiles.clicked.connect(self._show_view)
        self._read_folder.clicked.connect(self._on_read_folder)
        self._details.play_wanted.connect(self.play_wanted)
        self._details.show_file_wanted.connect(self.show_file_wanted)
        self._details.make_again.connect(self.make_again)
        self._details.edit_wanted.connect(self.edit_wanted)
        self._details.remove_wanted.connect(self._on_remove)

    def begin(self) -> None:
        """Read the history; to be called when the tab is first shown.

        A history that was begun anew is filled from the files themselves meanwhile.
        """
        self._ask()
        history = self._history

        def look(cancel: CancelToken) -> bool:
            found = history.catch_up(cancel)
            return history.refresh_missing(cancel) + found > 0

        self._background.run(look, self._on_looked, self._on_failed, key="history-look")

    @Slot()
    def reload(self) -> None:
        """Show what has been made since; to be called when a job has succeeded."""
        self._model.reload()
        self._read_models()

    @property
    def chosen(self) -> HistoryEntry | None:
        """The entry that is shown in full."""
        return self._details.entry

    @property
    def model(self) -> HistoryModel:
        """The rows that are shown."""
        return self._model

    def _ask(self) -> None:
        today = datetime.now().astimezone().date()
        self._model.ask(self._bar.value().query(today))
        self._read_models()

    def _read_models(self) -> None:
        history = self._history
        self._background.run(
            lambda _: history.models(), self._bar.set_models, self._on_failed, key="history-models"
        )

    def _on_looked(self, has_changed: bool) -> None:
        if self._history.notes:
            self._message.show_message(" ".join(self._history.notes), Tone.WARNING)
        if has_changed:
            self.reload()

    @Slot(object)
    def _on_filter(self, _: HistoryFilter) -> None:
        self._ask()

    @Slot(object)
    def _on_loaded(self, total: int) -> None:
        word = "entry" if total == 1 else "entries"
        self._count.setText(f"{total:,} {word}")
        self._empty.setText(
            _NOTHING_MADE if self._bar.value() == HistoryFilter() else _NOTHING_FITS
        )
        self._show_view()
        if not self._table.currentIndex().isValid() and self._model.rowCount():
            self._choose(self._model.index(0, 0))
        self._show_chosen()

    @Slot(object)
    def _on_failed(self, error: StudioError) -> None:
        self._message.show_message(str(error), Tone.BAD)

    @Slot()
    def _show_view(self) -> None:
        view = self._tiles if self._as_tiles.isChecked() else self._table
        self._views.setCurrentWidget(view if self._model.rowCount() else self._empty)

    @Slot()
    def _show_chosen(self) -> None:
        self._details.show_entry(self._model.entry(self._table.currentIndex()))

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        entry = self._model.entry(index)
        if entry is not None and not entry.is_missing:
            self.play_wanted.emit(entry)

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
        row = self._model.index_of(entry_id).row()
        self._model.take_out(entry_id)
        below = min(row, self._model.rowCount() - 1)
        self._choose(self._model.index(below, 0))

    def _choose(self, index: QModelIndex) -> None:
        flags = QItemSelectionModel.SelectionFlag
        self._table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self._show_chosen()

    @Slot()
    def _on_read_folder(self) -> None:
        folder = self._choose_folder(self)
        if folder is None:
            return
        history = self._history
        self._read_folder.setEnabled(False)
        self._message.show_message(f"Looking through {folder}…", Tone.QUIET)

        def scanned(count: int) -> None:
            self._read_folder.setEnabled(True)
            word = "file was" if count == 1 else "files were"
            self._message.show_message(f"{count:,} new {word} found below {folder}.", Tone.GOOD)
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
