"""The chosen picture in full, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui import theme
from gui.history.entry_view import EntryView
from gui.scenes.image_controller import ImageRole
from gui.widgets.fields import named

if TYPE_CHECKING:
    from pathlib import Path

    from core.history.history_entry import HistoryEntry
    from gui.widgets.thumbnails import Thumbnails


@dataclass(frozen=True)
class GalleryUse:
    """A picture of the gallery is wanted in the project."""

    path: Path
    role: ImageRole


class ImageDetails(QWidget):
    """Shows a picture, or that none is chosen.

    Signals:
        use_wanted(GalleryUse): to be used in the open project.
        again_wanted(HistoryEntry): the very same picture once more.
        show_file_wanted(Path): to be shown in its folder.
        trash_wanted(HistoryEntry): its file to be thrown away.
    """

    use_wanted = Signal(object)
    again_wanted = Signal(object)
    show_file_wanted = Signal(object)
    trash_wanted = Signal(object)

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = EntryView(thumbnails, "Choose a picture to see how it was made.")
        self._start = _button("picture_start", "Start frame", "The shown scene starts from it")
        self._end = _button("picture_end", "End frame", "The shown scene ends with it")
        self._reference = _button(
            "picture_reference",
            "Reference",
            "Every scene of the project goes by it",
        )
        self._again = _button(
            "picture_again", "Make again", "Make it once more with the same settings and seed"
        )
        self._copy = _button("picture_copy", "Copy prompt", "Copy the words it was made from")
        self._file = _button("picture_file", "Show file", "Show the file in its folder")
        self._trash = _button("picture_trash", "Move to trash…", "Throw the file away")
        self._uses = QLabel("Use in the open project as")
        self._lay_out()
        self._start.clicked.connect(self._on_start)
        self._end.clicked.connect(self._on_end)
        self._reference.clicked.connect(self._on_reference)
        self._again.clicked.connect(self._on_again)
        self._copy.clicked.connect(self._on_copy)
        self._file.clicked.connect(self._on_file)
        self._trash.clicked.connect(self._on_trash)
        self._enable()

    def _lay_out(self) -> None:
        # Six columns, so that three and two buttons in a row end at the same edges.
        buttons = QGridLayout()
        buttons.setSpacing(theme.GAP)
        buttons.addWidget(self._uses, 0, 0, 1, 6)
        for place, button in enumerate((self._start, self._end, self._reference)):
            buttons.addWidget(button, 1, 2 * place, 1, 2)
        for place, button in enumerate((self._again, self._copy, self._file, self._trash)):
            buttons.addWidget(button, 2 + place // 2, 3 * (place % 2), 1, 3)
        for column in range(6):
            buttons.setColumnStretch(column, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GAP)
        rows.addWidget(self._view, 1)
        rows.addLayout(buttons)

    @property
    def entry(self) -> HistoryEntry | None:
        """What is shown."""
        return self._view.entry

    def show_entry(self, entry: HistoryEntry | None) -> None:
        """Show a picture; None says that none is chosen."""
        self._view.show_entry(entry)
        self._enable()

    def _enable(self) -> None:
        entry = self.entry
        is_there = entry is not None and not entry.is_missing
        for button in (self._start, self._end, self._reference, self._file, self._trash):
            button.setEnabled(is_there)
        self._uses.setEnabled(is_there)
        self._again.setEnabled(entry is not None and entry.clip_record is not None)
        self._copy.setEnabled(entry is not None and bool(entry.prompt))

    def _use(self, role: ImageRole) -> None:
        if self.entry is not None:
            self.use_wanted.emit(GalleryUse(self.entry.path, role))

    @Slot()
    def _on_start(self) -> None:
        self._use(ImageRole.START)

    @Slot()
    def _on_end(self) -> None:
        self._use(ImageRole.END)

    @Slot()
    def _on_reference(self) -> None:
        self._use(ImageRole.PROJECT_REFERENCE)

    @Slot()
    def _on_again(self) -> None:
        if self.entry is not None:
            self.again_wanted.emit(self.entry)

    @Slot()
    def _on_copy(self) -> None:
        if self.entry is not None:
            QGuiApplication.clipboard().setText(self.entry.prompt)

    @Slot()
    def _on_file(self) -> None:
        if self.entry is not None:
            self.show_file_wanted.emit(self.entry.path)

    @Slot()
    def _on_trash(self) -> None:
        if self.entry is not None:
            self.trash_wanted.emit(self.entry)


def _button(name: str, text: str, tip: str) -> QPushButton:
    button = named(QPushButton(text), name)
    button.setToolTip(tip)
    return button
