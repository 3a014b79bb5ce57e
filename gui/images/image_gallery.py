"""All images that were made, newest first: found, starred, tagged, compared, dragged away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QPushButton, QStackedWidget, QWidget

from core.history.history_entry import WorkKind
from core.history.marks import FAVOURITE
from core.platform.units import count_text
from gui import theme
from gui.history.history_filter_bar import FilterNames, HistoryFilterBar
from gui.images.gallery_model import GalleryModel
from gui.images.gallery_view import GalleryView
from gui.theme import Tone
from gui.widgets.buttons import IconButton
from gui.widgets.fields import named
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.errors import StudioError
    from core.history.history import History
    from core.history.history_entry import HistoryEntry
    from core.history.marks import FileMarks
    from core.jobs.job import CancelToken, JobUpdate
    from core.video.request import RenderRequest
    from gui.background import Background
    from gui.images.tags_dialog import TagChange
    from gui.widgets.thumbnails import Thumbnails

_NOTHING_MADE = "No pictures yet.\nDescribe one on the left, then press Make."
_NOTHING_FITS = "No picture fits.\nUse other words, or show everything."


class ImageGallery(QWidget):
    """Shows images as tiles.

    Signals:
        chosen(HistoryEntry | None): another image is chosen, or none is.
        trash_wanted(tuple[HistoryEntry, ...]): these are to be thrown away.
    """

    chosen = Signal(object)
    trash_wanted = Signal(object)

    def __init__(self, history: History, background: Background, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._history = history
        self._background = background
        self._chosen: HistoryEntry | None = None
        self._follows = False
        self._selects_all = False
        self._model = GalleryModel(history, background)
        self._model.setParent(self)
        self._filter = HistoryFilterBar("gallery_", only=WorkKind.IMAGE)
        self._tiles = GalleryView(self._model, thumbnails)
        self._empty = QLabel("", alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._count = ToneLabel()
        self._problem = ToneLabel(Tone.BAD)
        self._favourite = IconButton(
            "gallery_favourite", "star-outline", "Make it a favourite, or none any more (F)"
        )
        self._tag = named(QPushButton("Tags…"), "gallery_tags", "Change the tags (T)")
        self._compare = named(
            QPushButton("Compare"), "gallery_compare", "Compare the two selected pictures (C)"
        )
        self._add_actions()
        self._lay_out()
        self._connect()
        self._offer()

    def _add_actions(self) -> None:
        add = self._tiles.add_action
        self._favour_action = add("Favourite", "F", self._on_favourite)
        self._tag_action = add("Tags…", "T", self._on_tags)
        self._compare_action = add("Compare", "C", self._on_compare)
        self._trash_action = add("Move to trash…", "Del", self._on_trash)
        add("Select all", "Ctrl+A", self._select_all)
        self._star_actions = [
            add(
                f"{'★' * stars} (stars)" if stars else "No stars",
                str(stars),
                partial(self._rate, stars),
            )
            for stars in range(FAVOURITE + 1)
        ]

    def _lay_out(self) -> None:
        self._pages = QStackedWidget()
        self._pages.addWidget(self._tiles)
        self._pages.addWidget(self._empty)
        below = QWidget()
        FlowLayout(self._favourite, self._tag, self._compare, self._count, of=below, gap=theme.GAP)
        rows = vbox(
            self._filter, self._pages, self._problem, below,
            of=self, gap=theme.GAP, grows=self._pages,
        )  # fmt: skip
        rows.setContentsMargins(theme.GAP // 2, 0, theme.GAP // 2, 0)

    def _connect(self) -> None:
        self._filter.changed.connect(self.begin)
        self._tiles.selectionModel().currentChanged.connect(self._on_current)
        self._tiles.selectionModel().selectionChanged.connect(self._offer)
        self._tiles.star_clicked.connect(self._on_star)
        self._model.loaded.connect(self._on_loaded)
        self._model.failed.connect(self._on_failed)
        self._favourite.clicked.connect(self._on_favourite)
        self._tag.clicked.connect(self._on_tags)
        self._compare.clicked.connect(self._on_compare)

    @Slot()
    def begin(self) -> None:
        """Read the images that fit what is looked for."""
        self._problem.show_message("")
        self._model.ask(self._filter.value())
        self._read_names()

    def reload(self, *, is_made: bool = False) -> None:
        """Read the images anew.

        Args:
            is_made: one was just made; it is chosen, unless a person is looking at an older one.
        """
        self._follows = self._is_at_newest and (is_made or self._follows)
        self._model.reload()

    def expect(self, requests: Mapping[str, RenderRequest]) -> None:
        """Show that these are on their way, by the ids of their jobs."""
        self._model.expect(requests)
        self._show_page()
        if self._is_at_newest:
            self._tiles.scrollToTop()

    def forget(self, job_ids: Sequence[str]) -> None:
        """These are not made after all."""
        self._model.forget(job_ids)
        self._show_page()

    def on_event(self, update: JobUpdate) -> None:
        """Show how far the images are that are on their way."""
        self._model.on_event(update)
        self._show_page()

    def take_out(self, entry_ids: Sequence[int]) -> None:
        """Remove images that the history has lost; the next one is chosen."""
        for entry_id in entry_ids:
            self._model.take_out(entry_id)

    @property
    def entry(self) -> HistoryEntry | None:
        """The chosen image."""
        return self._model.entry(self._tiles.currentIndex())

    @property
    def selected(self) -> tuple[HistoryEntry, ...]:
        """All that are selected, the chosen one among them."""
        return self._tiles.selected

    @property
    def _is_at_newest(self) -> bool:
        """Whether nobody looks at another image than the newest, or one ordered with it."""
        first, shown = next(iter(self._model.entries), None), self.entry
        if first is None or shown is None or first.id == shown.id:
            return True
        if first.batch is None or shown.batch is None:
            return False
        return first.batch.id == shown.batch.id

    def _read_names(self) -> None:
        history = self._history
        self._background.run(
            lambda _: FilterNames.of(history),
            self._filter.set_names,
            self._on_failed,
            key=f"gallery-names-{id(self)}",
        )

    @Slot(object)
    def _on_loaded(self, total: int) -> None:
        self._count.show_message(count_text(total, "picture") if total else "", Tone.QUIET)
        self._show_page()
        entries = self._model.entries
        if self._selects_all and self._model.has_all:
            self._selects_all = False
            self._tiles.selectAll()
        elif self._follows and entries:
            newest = max(entries, key=lambda entry: entry.created_at)
            self._tiles.setCurrentIndex(self._model.index_of(newest.id))
        elif self._chosen is not None and not self._tiles.currentIndex().isValid():
            # All rows were read anew: it is looked for among them.
            self._tiles.setCurrentIndex(self._model.index_of(self._chosen.id))
        self._follows = False
        self._on_current()
        self._offer()

    def _show_page(self) -> None:
        self._empty.setText(_NOTHING_FITS if self._filter.is_asking else _NOTHING_MADE)
        self._pages.setCurrentWidget(self._tiles if self._model.rowCount() else self._empty)

    @Slot(QModelIndex)
    def _on_current(self, _: object = None) -> None:
        if self.entry != self._chosen:
            self._chosen = self.entry
            self.chosen.emit(self._chosen)

    @Slot()
    def _offer(self) -> None:
        there = self._there
        is_favourite = bool(there) and all(entry.rating == FAVOURITE for entry in there)
        self._favourite.show_icon("star" if is_favourite else "star-outline")
        for part in (self._favourite, self._tag):
            part.setEnabled(bool(there))
        for action in (self._favour_action, self._tag_action, *self._star_actions):
            action.setEnabled(bool(there))
        self._trash_action.setEnabled(bool(there))
        self._compare.setEnabled(len(there) == 2)
        self._compare_action.setEnabled(len(there) == 2)

    @property
    def _there(self) -> tuple[HistoryEntry, ...]:
        """The selected images whose files are there."""
        return tuple(entry for entry in self._tiles.selected if not entry.is_missing)

    @Slot(object)
    def _on_failed(self, error: StudioError) -> None:
        self._selects_all = False
        self._problem.show_message(str(error))

    @Slot()
    def _select_all(self) -> None:
        if self._model.has_all:
            self._tiles.selectAll()
        else:
            self._selects_all = True
            self._model.load_all()

    @Slot(object)
    def _on_star(self, entry: HistoryEntry) -> None:
        rating = 0 if entry.rating == FAVOURITE else FAVOURITE
        self._mark([entry], lambda marks: marks.with_rating(rating))

    @Slot()
    def _on_favourite(self) -> None:
        is_favourite = all(entry.rating == FAVOURITE for entry in self._there)
        self._rate(0 if is_favourite else FAVOURITE)

    def _rate(self, rating: int, _: bool = False) -> None:
        self._mark(self._there, lambda marks: marks.with_rating(rating))

    @Slot()
    def _on_tags(self) -> None:
        history, there = self._history, self._there

        def open_dialog(known: tuple[str, ...]) -> None:
            # Loaded late: most people look at pictures more often than they tag them.
            from gui.images.tags_dialog import TagsDialog

            dialog = TagsDialog(there, known, self)
            dialog.decided.connect(partial(self._change_tags, there))
            dialog.open()

        if there:
            self._background.run(lambda _: history.tags(), open_dialog, self._on_failed)

    def _change_tags(self, entries: Sequence[HistoryEntry], change: TagChange) -> None:
        self._mark(entries, lambda marks: marks.with_tags(change.added, change.removed))

    def _mark(
        self, entries: Sequence[HistoryEntry], change: Callable[[FileMarks], FileMarks]
    ) -> None:
        # Seen at once: a disk may take a moment for each of many.
        self._model.change(entry.with_marks(change(entry.marks)) for entry in entries)
        self._on_current()
        self._offer()
        history = self._history

        def mark(_: CancelToken) -> None:
            history.mark(entries, change)

        def failed(error: StudioError) -> None:
            self._model.reload()
            self._on_failed(error)

        self._background.run(mark, self._on_marked, failed)

    def _on_marked(self, _: None) -> None:
        self._problem.show_message("")
        self._model.reload()
        self._read_names()

    @Slot()
    def _on_compare(self) -> None:
        there = self._there
        if len(there) != 2:
            return
        # Loaded late: only this shows whole pictures.
        from gui.images.compare_images_dialog import CompareImagesDialog

        # The older one is on the left, as one reads.
        older, newer = sorted(there, key=lambda entry: entry.created_at)
        CompareImagesDialog(older, newer, self._background, self).open()

    @Slot()
    def _on_trash(self) -> None:
        self.trash_wanted.emit(self._there)
