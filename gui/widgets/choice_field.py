"""One of several values, each with a label, some of them with a reason against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox

from gui.widgets.field_binding import SEVERAL, Binding
from gui.widgets.ignore_wheel import ignore_wheel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

_MIN_LETTERS = 12


@dataclass(frozen=True)
class Choice:
    """One value that can be chosen.

    Attributes:
        why_not: why it cannot be chosen now; empty where it can.
        tip: says more about it.
        begins_group: a line is drawn above it.
    """

    value: object
    label: str
    why_not: str = ""
    tip: str = ""
    begins_group: bool = False


class ChoiceField(QComboBox):
    """A combo box over values; a value that is not among the choices is shown and kept.

    Signals:
        edited(value): a person chose.
    """

    edited = Signal(object)

    def __init__(self, choices: Sequence[Choice] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices: tuple[Choice, ...] = ()
        self._shown: list[Choice | None] = []
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_MIN_LETTERS)
        ignore_wheel(self)
        self.set_choices(choices)
        self.currentIndexChanged.connect(self._tell)

    def value(self) -> object:
        """What is chosen; None where nothing is."""
        choice = self._shown[self.currentIndex()] if self.currentIndex() >= 0 else None
        return None if choice is None else choice.value

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Offer these; what is chosen stays."""
        if tuple(choices) == self._choices:
            return
        self._choices = tuple(choices)
        value = self.value()
        with QSignalBlocker(self):
            self.clear()
            self._shown = []
            for choice in choices:
                self._add(choice)
        if value is not None:
            self.show_value(value)

    def wiring(self) -> Binding:
        """This field as a form takes it."""
        return Binding(self, self.show_value, self.edited)

    def show_value(self, value: object) -> None:
        """Show this as chosen; tells nobody."""
        index = self.index_of(value)
        with QSignalBlocker(self):
            if index is None:
                self._add(Choice(value, f"{value} (unknown)"))
                index = len(self._shown) - 1
            self.setCurrentIndex(index)

    def show_several(self) -> None:
        """Show that it stands for several values; tells nobody."""
        with QSignalBlocker(self):
            self.setPlaceholderText(SEVERAL)
            self.setCurrentIndex(-1)

    def index_of(self, value: object) -> int | None:
        """The row of a value; None where it is not offered."""
        for index, choice in enumerate(self._shown):
            if choice is not None and choice.value == value:
                return index
        return None

    def _add(self, choice: Choice) -> None:
        if choice.begins_group:
            self.insertSeparator(len(self._shown))
            self._shown.append(None)
        self.addItem(choice.label)
        self._shown.append(choice)
        row = len(self._shown) - 1
        reason = choice.why_not or choice.tip
        if reason:
            self.setItemData(row, reason, Qt.ItemDataRole.ToolTipRole)
        model = self.model()
        if choice.why_not and isinstance(model, QStandardItemModel):
            model.item(row).setEnabled(False)

    @Slot(int)
    def _tell(self, index: int) -> None:
        choice = self._shown[index] if index >= 0 else None
        if choice is not None:
            self.edited.emit(choice.value)
