"""One of several values, each under a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QWidget
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

_FEWEST_LETTERS = 12
_ROOM_BESIDE_TEXT = 24


@dataclass(frozen=True)
class BoxChoice:
    """A value, the name under which it is offered, and more about it."""

    value: object
    label: str
    tip: str = ""


class ChoiceBox(QComboBox):
    """A combo box over values of any kind.

    Signals:
        edited(value): a person chose, perhaps what was chosen already.
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices: tuple[BoxChoice, ...] = ()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_FEWEST_LETTERS)
        self.activated.connect(self._on_activated)

    def show_choices(self, choices: Sequence[BoxChoice], value: object) -> None:
        """Offer these and show the one of that value; tells nobody."""
        with QSignalBlocker(self):
            # Filled anew only when it must be: an open list would close.
            if tuple(choices) != self._choices:
                self._choices = tuple(choices)
                self.clear()
                for row, choice in enumerate(choices):
                    self.addItem(choice.label)
                    self.setItemData(row, choice.tip, Qt.ItemDataRole.ToolTipRole)
                # The list may be wider than the box, so that what differs at the end is read.
                self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + _ROOM_BESIDE_TEXT)
            values = [choice.value for choice in choices]
            self.setCurrentIndex(values.index(value) if value in values else -1)

    def value(self) -> object:
        """What is shown as chosen; None where nothing is."""
        index = self.currentIndex()
        return self._choices[index].value if index >= 0 else None

    @override
    def paintEvent(self, _: QPaintEvent) -> None:
        """Show that a text goes on where it does not fit."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        place = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        option.currentText = self.fontMetrics().elidedText(  # pyright: ignore[reportAttributeAccessIssue]
            self.currentText(), Qt.TextElideMode.ElideRight, place.width() - _ROOM_BESIDE_TEXT // 3
        )
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    @Slot(int)
    def _on_activated(self, index: int) -> None:
        self.edited.emit(self._choices[index].value)


def with_kept(choices: Sequence[BoxChoice], value: object, label: str) -> list[BoxChoice]:
    """The choices and, where it is none of them, the value itself, so that it is seen."""
    if value is None or any(choice.value == value for choice in choices):
        return list(choices)
    return [*choices, BoxChoice(value, label)]
