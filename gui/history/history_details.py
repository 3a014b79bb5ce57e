"""One entry of the history in full, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from core.history.history_entry import WorkKind
from gui import theme
from gui.history.entry_view import EntryView

if TYPE_CHECKING:
    from core.history.history_entry import HistoryEntry
    from gui.widgets.thumbnails import Thumbnails


class HistoryDetails(QWidget):
    """Shows an entry, or that none is chosen.

    Signals:
        play_wanted(HistoryEntry): to be seen and heard.
        show_file_wanted(Path): to be shown in its folder.
        make_again(ClipRecord | ExportOrder): to be made with the very same settings.
        edit_wanted(ClipRecord): to be made with other settings.
        remove_wanted(HistoryEntry): to leave the list; its file stays.
    """

    play_wanted = Signal(object)
    show_file_wanted = Signal(object)
    make_again = Signal(object)
    edit_wanted = Signal(object)
    remove_wanted = Signal(object)

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry: HistoryEntry | None = None
        self._view = EntryView(thumbnails, "Choose something to see how it was made.")
        self._play = _button("play", "Play", "Play it", "play")
        self._show = _button("show_file", "Show file", "Show the file in its folder", "folder")
        self._copy = _button("copy", "Copy prompt", "Copy the prompt", "content-copy")
        self._again = _button(
            "again", "Make again", "Make it once more with the same settings and seed", "refresh"
        )
        self._edit = _button(
            "edit", "Edit and make", "Take its settings over, to change and make them", "pencil"
        )
        self._remove = _button(
            "remove",
            "Remove from the list",
            "Take it off this list; the file stays",
            "playlist-remove",
        )
        self._lay_out()
        self._play.clicked.connect(self._on_play)
        self._show.clicked.connect(self._on_show)
        self._copy.clicked.connect(self._on_copy)
        self._again.clicked.connect(self._on_again)
        self._edit.clicked.connect(self._on_edit)
        self._remove.clicked.connect(self._on_remove)
        self.show_entry(None)

    def _lay_out(self) -> None:
        buttons = QGridLayout()
        buttons.setSpacing(theme.GAP)
        rows = ((self._again, self._edit), (self._play, self._show), (self._copy, self._remove))
        for row, (left, right) in enumerate(rows):
            buttons.addWidget(left, row, 0)
            buttons.addWidget(right, row, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(theme.GAP, 0, 0, 0)
        whole.setSpacing(theme.GAP)
        whole.addWidget(self._view, 1)
        whole.addLayout(buttons)

    @property
    def entry(self) -> HistoryEntry | None:
        """What is shown."""
        return self._entry

    def show_entry(self, entry: HistoryEntry | None) -> None:
        """Show an entry; None says that none is chosen."""
        if entry is not None and entry == self._entry:
            return
        self._entry = entry
        self._view.show_entry(entry)
        self._enable(entry)

    def _enable(self, entry: HistoryEntry | None) -> None:
        is_there = entry is not None and not entry.is_missing
        record = None if entry is None else entry.clip_record
        order = None if entry is None else entry.export_order
        self._play.setEnabled(is_there)
        self._show.setEnabled(is_there)
        self._copy.setEnabled(entry is not None and bool(entry.prompt))
        self._again.setEnabled(record is not None or order is not None)
        self._edit.setEnabled(record is not None)
        self._remove.setEnabled(entry is not None)
        is_film = entry is not None and entry.kind is WorkKind.FILM
        self._edit.setToolTip(
            "A film is edited in its project"
            if is_film
            else "Take its settings over, to change and make them"
        )

    @Slot()
    def _on_play(self) -> None:
        self.play_wanted.emit(self._entry)

    @Slot()
    def _on_show(self) -> None:
        if self._entry is not None:
            self.show_file_wanted.emit(self._entry.path)

    @Slot()
    def _on_copy(self) -> None:
        if self._entry is not None:
            QGuiApplication.clipboard().setText(self._entry.prompt)

    @Slot()
    def _on_again(self) -> None:
        if self._entry is not None:
            self.make_again.emit(self._entry.clip_record or self._entry.export_order)

    @Slot()
    def _on_edit(self) -> None:
        if self._entry is not None:
            self.edit_wanted.emit(self._entry.clip_record)

    @Slot()
    def _on_remove(self) -> None:
        self.remove_wanted.emit(self._entry)


def _button(name: str, text: str, tip: str, icon: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tip)
    button.setIcon(theme.icon(icon, button.palette()))
    return button
