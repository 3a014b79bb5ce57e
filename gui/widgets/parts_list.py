"""A short list of things with an order: buttons to add, remove and move them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from gui.theme import GAP
from gui.widgets.buttons import IconButton
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_LINES = 5


@dataclass(frozen=True)
class PartsLabels:
    """How a list of parts speaks.

    Attributes:
        name: begins the object names.
        one: "piece of music".
        add: on the button.
        empty: shown while there is none.
    """

    name: str
    one: str
    add: str
    empty: str


class PartsList(QWidget):
    """Shows labels; the owner has the things themselves and changes them.

    Signals:
        add_wanted()
        remove_wanted(int): the row.
        move_wanted(int): from the current row by that many rows.
        current_changed(int): the current row, -1 for none.
    """

    add_wanted = Signal()
    remove_wanted = Signal(object)
    move_wanted = Signal(object)
    current_changed = Signal(object)

    def __init__(self, words: PartsLabels, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._add = named(QPushButton(words.add), f"{words.name}_add")
        self._add.setToolTip(f"Add a {words.one}.")
        self._remove = IconButton(
            f"{words.name}_remove", "delete-outline", f"Remove this {words.one}.\nDel"
        )
        self._up = IconButton(f"{words.name}_up", "arrow-up", f"Move this {words.one} up.")
        self._down = IconButton(f"{words.name}_down", "arrow-down", f"Move this {words.one} down.")
        self._list = named(QListWidget(), f"{words.name}_list")
        self._list.setToolTip(f"Choose a {words.one} to change it below.")
        self._list.setAccessibleName(f"Each {words.one}")
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._list.installEventFilter(self)
        self._empty = ToneLabel()
        self._empty.show_message(words.empty)
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP // 2)
        buttons.addWidget(self._add)
        buttons.addStretch(1)
        for button in (self._up, self._down, self._remove):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._empty)
        layout.addWidget(self._list)
        layout.addLayout(buttons)
        self._add.clicked.connect(self.add_wanted)
        self._remove.clicked.connect(self._want_remove)
        self._up.clicked.connect(self._want_up)
        self._down.clicked.connect(self._want_down)
        self._list.currentRowChanged.connect(self._chosen)
        self._enable()

    @property
    def current(self) -> int:
        """The row that is chosen; -1 for none."""
        return self._list.currentRow()

    def show_labels(self, labels: Sequence[str], current: int) -> None:
        """Show these, one of them chosen; tells nobody."""
        with QSignalBlocker(self._list):
            if len(labels) == self._list.count():
                for row, label in enumerate(labels):
                    self._list.item(row).setText(label)
            else:
                self._list.clear()
                self._list.addItems(list(labels))
            self._list.setCurrentRow(current)
        self._enable()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The delete key removes what is chosen."""
        if (
            watched is self._list
            and isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Delete
            and self.current >= 0
        ):
            self._want_remove()
            return True
        return super().eventFilter(watched, event)

    @Slot()
    def _want_remove(self) -> None:
        self.remove_wanted.emit(self.current)

    @Slot()
    def _want_up(self) -> None:
        self.move_wanted.emit(-1)

    @Slot()
    def _want_down(self) -> None:
        self.move_wanted.emit(1)

    @Slot(int)
    def _chosen(self, row: int) -> None:
        self._enable()
        self.current_changed.emit(row)

    def _enable(self) -> None:
        count, row = self._list.count(), self.current
        self._empty.setVisible(count == 0)
        self._list.setVisible(count > 0)
        lines = min(max(count, 1), _MAX_LINES)
        height = max(self._list.sizeHintForRow(0), self._list.fontMetrics().lineSpacing())
        self._list.setFixedHeight(lines * height + 2 * self._list.frameWidth() + 2)
        self._remove.setEnabled(row >= 0)
        self._up.setEnabled(row > 0)
        self._down.setEnabled(0 <= row < count - 1)
        for button in (self._remove, self._up, self._down):
            button.setVisible(count > 0)
