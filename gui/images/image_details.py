"""The chosen picture in full, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel
from typing_extensions import override

from gui.history.entry_view import EntryButton, EntryView, copy_text, path_there
from gui.scenes.image_controller import ImageRole
from gui.widgets.labels import ToneLabel

if TYPE_CHECKING:
    from pathlib import Path

    from core.history.history_entry import HistoryEntry
    from core.metadata.ai_marks import ImageMarks
    from gui.widgets.thumbnails import Thumbnails


_USES = (
    ("start", "Start frame", "The shown scene starts from it", ImageRole.START),
    ("end", "End frame", "The shown scene ends with it", ImageRole.END),
    (
        "reference",
        "Reference",
        "Every scene of the project goes by it",
        ImageRole.PROJECT_REFERENCE,
    ),
    ("character", "Character", "It shows the chosen character", ImageRole.CHARACTER),
)


@dataclass(frozen=True)
class GalleryUse:
    """A picture of the gallery is wanted in the project."""

    path: Path
    role: ImageRole


class ImageDetails(EntryView):
    """Shows a picture, or that none is chosen.

    Signals:
        use_wanted(GalleryUse): to be used in the open project.

    Attributes:
        again: asks for the very same picture of a ClipRecord once more.
        vary: asks for others like that of the HistoryEntry.
        settings: asks for the form to be filled with what the file of this Path was made with.
        show_file: asks for the Path to be shown in its folder.
        trash: asks for the file of the HistoryEntry to be thrown away.
    """

    use_wanted = Signal(object)

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__(thumbnails, "Choose a picture to see how it was made.")
        self._marks = ToneLabel()
        self._uses = QLabel("Use in the open project as")
        self.again = EntryButton(
            "picture_again", "Make again", "Make it once more with the same settings and seed",
            lambda entry: entry.clip_record,
        )  # fmt: skip
        self.vary = EntryButton(
            "picture_vary", "Variations", "Fill in an order for others that differ a little",
            _variable,
        )  # fmt: skip
        self.settings = EntryButton(
            "picture_settings", "Use its settings", "Fill the form on the left as it was for it",
            path_there,
        )  # fmt: skip
        copy = EntryButton(
            "picture_copy", "Copy prompt", "Copy the words it was made from",
            lambda entry: entry.prompt,
        )  # fmt: skip
        copy.wanted.connect(copy_text)
        self.show_file = EntryButton(
            "picture_file", "Show file", "Show the file in its folder", path_there
        )
        self.trash = EntryButton(
            "picture_trash", "Move to trash…", "Throw the file away",
            lambda entry: None if entry.is_missing else entry,
        )  # fmt: skip
        self.buttons.addWidget(self._uses, 0, 0, 1, 2)
        for place, (name, text, tip, role) in enumerate(_USES):
            use = EntryButton(f"picture_{name}", text, tip, partial(_use, role))
            use.wanted.connect(self.use_wanted)
            self.buttons.addWidget(use, 1 + place // 2, place % 2)
        buttons = (self.again, self.vary, self.settings, copy, self.show_file, self.trash)
        for place, button in enumerate(buttons):
            self.buttons.addWidget(button, 3 + place // 2, place % 2)
        self.buttons.addWidget(self._marks, 6, 0, 1, 2)
        for column in range(2):
            self.buttons.setColumnStretch(column, 1)
        self._uses.setEnabled(False)

    @override
    def show_entry(self, entry: HistoryEntry | None) -> None:
        super().show_entry(entry)
        self._uses.setEnabled(entry is not None and not entry.is_missing)
        self._marks.show_message("")

    def show_marks(self, path: Path, marks: ImageMarks) -> None:
        """Say what the file of the shown picture says of who made it."""
        if self.entry is not None and self.entry.path == path:
            self._marks.show_message(" ".join(marks.sentences))


def _use(role: ImageRole, entry: HistoryEntry) -> GalleryUse | None:
    return None if entry.is_missing else GalleryUse(entry.path, role)


def _variable(entry: HistoryEntry) -> HistoryEntry | None:
    return None if entry.is_missing or entry.clip_record is None else entry
