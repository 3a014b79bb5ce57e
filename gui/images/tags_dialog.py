"""Which tags the chosen images have: all known ones to tick, and new ones to write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QWidget,
)

from core.history.marks import clean_tags
from core.platform.units import count_text
from gui.theme import EDGE, GAP
from gui.widgets.fields import named
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.history.history_entry import HistoryEntry

_State = Qt.CheckState


@dataclass(frozen=True)
class TagChange:
    """Tags that the images get, and tags that they lose."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class TagsDialog(QDialog):
    """Ticks tags; one that only some of the images have is left as it is unless it is clicked.

    Signals:
        decided(TagChange): what a person chose; not sent where nothing changes.
    """

    decided = Signal(object)

    def __init__(
        self, entries: Sequence[HistoryEntry], known: Sequence[str], parent: QWidget
    ) -> None:
        """Make it.

        Args:
            entries: the images.
            known: all tags that there are.
            parent: the panel over which it opens.
        """
        super().__init__(parent)
        self.setObjectName("tags_dialog")
        self.setWindowTitle(f"Tags of {count_text(len(entries), 'picture')}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._list = named(QListWidget(), "tags_known", "Tick what the pictures show", "Tags")
        self._before: dict[str, Qt.CheckState] = {}
        own = [{tag.casefold() for tag in entry.tags} for entry in entries]
        names = clean_tags((*known, *(tag for entry in entries for tag in entry.tags)))
        for name in sorted(names, key=str.casefold):
            self._add(name, _state(name, own))
        self._new = named(QLineEdit(), "tags_new", "New tags, with commas between them", "New tags")
        self._new.setPlaceholderText("New tags, with commas between them")
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        named(buttons.button(QDialogButtonBox.StandardButton.Ok), "tags_ok", "Keep these tags")
        named(
            buttons.button(QDialogButtonBox.StandardButton.Cancel), "tags_cancel",
            "Leave all as it is",
        )  # fmt: skip
        buttons.accepted.connect(self._decide)
        buttons.rejected.connect(self.reject)
        empty = QLabel("No picture has a tag yet. Write the first below.")
        empty.setVisible(not names)
        empty.setWordWrap(True)
        vbox(empty, self._list, self._new, buttons, of=self, gap=GAP, margin=EDGE, grows=self._list)
        self._new.setFocus()

    def _add(self, name: str, state: Qt.CheckState) -> QListWidgetItem:
        item = QListWidgetItem(name, self._list)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(state)
        self._before[name] = state
        return item

    def _take_new(self) -> None:
        """Put what is written into the list, ticked."""
        known = {item.text().casefold(): item for item in self._items()}
        for name in clean_tags(self._new.text().split(",")):
            item = known.get(name.casefold()) or self._add(name, _State.Unchecked)
            item.setCheckState(_State.Checked)

    def _items(self) -> list[QListWidgetItem]:
        return [self._list.item(row) for row in range(self._list.count())]

    @Slot()
    def _decide(self) -> None:
        self._take_new()
        changed = [item for item in self._items() if item.checkState() != self._before[item.text()]]
        change = TagChange(
            tuple(item.text() for item in changed if item.checkState() is _State.Checked),
            tuple(item.text() for item in changed if item.checkState() is _State.Unchecked),
        )
        if change != TagChange():
            self.decided.emit(change)
        self.accept()


def _state(name: str, own: Sequence[set[str]]) -> Qt.CheckState:
    having = sum(name.casefold() in tags for tags in own)
    if not having:
        return _State.Unchecked
    return _State.Checked if having == len(own) else _State.PartiallyChecked
