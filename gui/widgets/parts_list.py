"""A short list of things with an order: buttons to add, remove and move them, a form for one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QListWidget, QPushButton, QWidget

from gui.theme import GAP
from gui.widgets.buttons import IconButton
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import BaseModel

    from gui.widgets.model_form import ModelForm

P = TypeVar("P", bound="BaseModel")

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


class PartsList(QWidget, Generic[P]):
    """Edits a tuple of parts, the chosen one in a form below the list.

    Signals:
        edited(tuple[P, ...])
        chosen(P | None): this part is shown in the form now, as it is now.

    Attributes:
        form: edits the chosen part.
    """

    edited = Signal(object)
    chosen = Signal(object)

    def __init__(self, words: PartsLabels, form: ModelForm[P], label: Callable[[P], str]) -> None:
        super().__init__()
        self._parts: tuple[P, ...] = ()
        self._label = label
        self.form = form
        add = named(QPushButton(words.add), f"{words.name}_add", f"Add a {words.one}.")
        self._remove = IconButton(
            f"{words.name}_remove", "delete-outline", f"Remove this {words.one}.\nDel"
        )
        self._up = IconButton(f"{words.name}_up", "arrow-up", f"Move this {words.one} up.")
        self._down = IconButton(f"{words.name}_down", "arrow-down", f"Move this {words.one} down.")
        tip = f"Choose a {words.one} to change it below."
        self._list = named(QListWidget(), f"{words.name}_list", tip, f"Each {words.one}")
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self._list)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        self._empty = ToneLabel()
        self._empty.show_message(words.empty)
        buttons = hbox(add, None, self._up, self._down, self._remove, gap=GAP // 2)
        vbox(self._empty, self._list, buttons, form, of=self)
        add.clicked.connect(self.add)
        self._remove.clicked.connect(self._remove_chosen)
        delete.activated.connect(self._remove.click)
        self._up.clicked.connect(partial(self._move, -1))
        self._down.clicked.connect(partial(self._move, 1))
        self._list.currentRowChanged.connect(self._show)
        form.changed.connect(self._change)
        self._show(-1)

    def value(self) -> tuple[P, ...]:
        """The parts as they are now."""
        return self._parts

    def show_value(self, value: object) -> None:
        """Show other parts; tells nobody."""
        if isinstance(value, tuple) and value != self._parts:
            current = self._list.currentRow()
            self._parts = value
            self._show(min(max(current, 0), len(self._parts) - 1))

    @Slot()
    def add(self) -> None:
        """Called when a person wants one more part."""

    def append(self, parts: Sequence[P]) -> None:
        """Add parts at the end and choose the last."""
        self._take((*self._parts, *parts), len(self._parts) + len(parts) - 1)

    @Slot()
    def _remove_chosen(self) -> None:
        at = self._list.currentRow()
        rest = self._parts[:at] + self._parts[at + 1 :]
        self._take(rest, min(at, len(rest) - 1))

    def _move(self, by: int, _: bool = False) -> None:
        at = self._list.currentRow()
        parts = list(self._parts)
        parts.insert(at + by, parts.pop(at))
        self._take(tuple(parts), at + by)

    @Slot(object)
    def _change(self, value: P) -> None:
        at = self._list.currentRow()
        self._take((*self._parts[:at], value, *self._parts[at + 1 :]), at)

    def _take(self, parts: tuple[P, ...], current: int) -> None:
        self._parts = parts
        self._show(current)
        self.edited.emit(parts)

    @Slot(int)
    def _show(self, current: int) -> None:
        with QSignalBlocker(self._list):
            # Rows stay where they can, so that the list does not scroll while one is edited.
            if len(self._parts) != self._list.count():
                self._list.clear()
                self._list.addItems([""] * len(self._parts))
            for number, one in enumerate(self._parts):
                self._list.item(number).setText(self._label(one))
            self._list.setCurrentRow(current)
        count = len(self._parts)
        self._empty.setVisible(count == 0)
        self._list.setVisible(count > 0)
        lines = min(max(count, 1), _MAX_LINES)
        height = max(self._list.sizeHintForRow(0), self._list.fontMetrics().lineSpacing())
        self._list.setFixedHeight(lines * height + 2 * self._list.frameWidth() + 2)
        self._up.setEnabled(current > 0)
        self._down.setEnabled(0 <= current < count - 1)
        for button in (self._remove, self._up, self._down):
            button.setVisible(count > 0)
        self.form.setVisible(current >= 0)
        if current >= 0 and self.form.value() != self._parts[current]:
            self.form.set_value(self._parts[current])
        self.chosen.emit(self._parts[current] if current >= 0 else None)
