"""One entry of the history in full, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from core.history.history_entry import HistoryEntry, WorkKind
from gui import theme
from gui.history.entry_view import EntryButton, EntryView, copy_text, path_there

if TYPE_CHECKING:
    from collections.abc import Callable

    from gui.widgets.thumbnails import Thumbnails

_EDIT = "Take its settings over, to change and make them"


class HistoryDetails(EntryView):
    """Shows an entry, or that none is chosen.

    Attributes:
        again: asks for the ClipRecord or ExportOrder to be made with the very same settings.
        edit: asks for the ClipRecord to be made with other settings.
        play: asks for the Path to be seen and heard.
        show_file: asks for the Path to be shown in its folder.
        remove: asks for the HistoryEntry to leave the list; its file stays.
    """

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__(thumbnails, "Choose something to see how it was made.")
        self.again = self._button(
            "again", "Make again", "Make it once more with the same settings and seed", "refresh",
            lambda entry: entry.clip_record or entry.export_order,
        )  # fmt: skip
        self.edit = self._button(
            "edit", "Edit and make", _EDIT, "pencil", lambda entry: entry.clip_record
        )
        self.play = self._button("play", "Play", "Play it", "play", path_there)
        self.show_file = self._button(
            "show_file", "Show file", "Show the file in its folder", "folder", path_there
        )
        copy = self._button(
            "copy", "Copy prompt", "Copy the prompt", "content-copy", lambda entry: entry.prompt
        )
        copy.wanted.connect(copy_text)
        self.remove = self._button(
            "remove", "Remove from the list", "Take it off this list; the file stays",
            "playlist-remove", lambda entry: entry,
        )  # fmt: skip

    def _button(
        self, name: str, text: str, tip: str, icon: str, request: Callable[[HistoryEntry], object]
    ) -> EntryButton:
        button = EntryButton(name, text, tip, request)
        button.setIcon(theme.icon(icon))
        self.buttons.addWidget(button, *divmod(self.buttons.count(), 2))
        return button

    @override
    def show_entry(self, entry: HistoryEntry | None) -> None:
        super().show_entry(entry)
        is_film = entry is not None and entry.kind is WorkKind.FILM
        self.edit.setToolTip("A film is edited in its project" if is_film else _EDIT)
