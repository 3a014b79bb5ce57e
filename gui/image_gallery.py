"""All pictures that were made, and what can be done with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from core.history import HistoryQuery
from core.history_entry import WorkKind
from gui import theme
from gui.entry_delegates import TileDelegate
from gui.history_model import HistoryModel
from gui.theme import Tone
from gui.video.picture_desk import PictureRole
from gui.widgets.tone_label import ToneLabel

if TYPE_CHECKING:
    from pathlib import Path

    from core.errors import StudioError
    from core.history import History
    from core.history_entry import HistoryEntry
    from gui.background import Background
    from gui.thumbnail_source import ThumbnailSource

_PAUSE_MS = 250


@dataclass(frozen=True)
class GalleryUse:
    """A picture of the gallery is wanted in the project."""

    path: Path
    role: PictureRole


class ImageGallery(QWidget):
    """Shows pictures, newest first.

    Signals:
        use_wanted(GalleryUse)
        show_file_wanted(Path)
        again_wanted(HistoryEntry): the very same picture once more.
        trash_wanted(HistoryEntry)
        chosen(HistoryEntry | None)
    """

    use_wanted = Signal(object)
    show_file_wanted = Signal(object)
    again_wanted = Signal(object)
    trash_wanted = Signal(object)
    chosen = Signal(object)

    def __init__(
        self, history: History, background: Background, thumbnails: ThumbnailSource
    ) -> None:
        super().__init__()
        self._model = HistoryModel(history, background)
        self._model.setParent(self)
        self._search = QLineEdit()
        self._search.setObjectName("gallery_search")
        self._search.setPlaceholderText("Search words, models, file names")
        self._search.setToolTip("Show only pictures whose prompt has these words")
        self._search.setClearButtonEnabled(True)
        self._tiles = QListView()
        self._tiles.setObjectName("gallery")
        self._tiles.setAccessibleName("Pictures, newest first")
        self._tiles.setModel(self._model)
        self._tiles.setItemDelegate(TileDelegate(thumbnails, self._tiles))
        self._tiles.setViewMode(QListView.ViewMode.IconMode)
        self._tiles.setResizeMode(QListView.ResizeMode.Adjust)
        self._tiles.setMovement(QListView.Movement.Static)
        self._tiles.setUniformItemSizes(True)
        self._tiles.setSpacing(theme.GAP // 2)
        self._empty = QLabel("No pictures yet. Describe one on the left and press Make.")
        self._empty.setWordWrap(True)
        self._facts = ToneLabel(Tone.QUIET)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._buttons = {
            "gallery_start": ("Use as &start frame", self._use_as_start),
            "gallery_end": ("Use as &end frame", self._use_as_end),
            "gallery_reference": ("Use as re&ference", self._use_as_reference),
            "gallery_again": ("Make a&gain", self._again),
            "gallery_file": ("Show &file", self._show_file),
            "gallery_trash": ("Move to &trash", self._trash),
        }
        self._lay_out()
        self._pause.timeout.connect(self.reload)
        self._search.textChanged.connect(self._pause.start)
        self._tiles.selectionModel().currentChanged.connect(self._on_current)
        self._model.modelReset.connect(self._on_current)
        self._model.loaded.connect(self._on_loaded)
        self._model.failed.connect(self._on_failed)
        thumbnails.ready.connect(self._on_thumbnail)
        self._on_current()

    def _lay_out(self) -> None:
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(self._tiles)
        self._pages.addWidget(self._empty)
        grid = QGridLayout()
        grid.setSpacing(theme.GAP)
        self._widgets: list[QPushButton] = []
        for place, (name, (text, act)) in enumerate(self._buttons.items()):
            button = QPushButton(text)
            button.setObjectName(name)
            button.setToolTip(f"{text.replace('&', '')}: the chosen picture")
            button.clicked.connect(act)
            grid.addWidget(button, place // 3, place % 3)
            self._widgets.append(button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GAP)
        rows.addWidget(self._search)
        rows.addWidget(pages, 1)
        rows.addWidget(self._facts)
        rows.addLayout(grid)

    @Slot()
    def reload(self) -> None:
        """Read the pictures anew."""
        self._model.ask(HistoryQuery(text=self._search.text(), kind=WorkKind.IMAGE))

    @property
    def entry(self) -> HistoryEntry | None:
        """The chosen picture."""
        index = self._tiles.currentIndex()
        return self._model.entry(index) if index.isValid() else None

    @Slot()
    def _on_current(self, _: object = None, __: object = None) -> None:
        entry = self.entry
        for button in self._widgets:
            button.setEnabled(entry is not None and not entry.is_missing)
        self._facts.say(
            ""
            if entry is None
            else f"{entry.prompt} · {entry.model} · seed {entry.seed} · "
            f"{entry.width}x{entry.height}"
        )
        self.chosen.emit(entry)

    @Slot()
    def _on_loaded(self, _: object = None) -> None:
        self._pages.setCurrentWidget(self._tiles if self._model.rowCount() else self._empty)

    @Slot(object)
    def _on_failed(self, error: StudioError) -> None:
        self._facts.say(str(error), Tone.BAD)

    @Slot(object)
    def _on_thumbnail(self, _: object) -> None:
        self._tiles.viewport().update()

    def _use(self, role: PictureRole) -> None:
        entry = self.entry
        if entry is not None:
            self.use_wanted.emit(GalleryUse(entry.path, role))

    @Slot()
    def _use_as_start(self) -> None:
        self._use(PictureRole.START)

    @Slot()
    def _use_as_end(self) -> None:
        self._use(PictureRole.END)

    @Slot()
    def _use_as_reference(self) -> None:
        self._use(PictureRole.PROJECT_REFERENCE)

    @Slot()
    def _again(self) -> None:
        if self.entry is not None:
            self.again_wanted.emit(self.entry)

    @Slot()
    def _show_file(self) -> None:
        if self.entry is not None:
            self.show_file_wanted.emit(self.entry.path)

    @Slot()
    def _trash(self) -> None:
        if self.entry is not None:
            self.trash_wanted.emit(self.entry)
