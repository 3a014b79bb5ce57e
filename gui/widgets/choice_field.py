"""One of several values, each with a label, some of them with a reason against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QMenu, QStyle, QStyleOptionComboBox, QStylePainter
from typing_extensions import override

from gui.widgets.fields import SEVERAL, ignore_wheel, named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtGui import QPaintEvent

T = TypeVar("T")

_MIN_LETTERS = 12
_ROOM_BESIDE_TEXT = 24


@dataclass(frozen=True)
class Choice:
    """One value that can be chosen.

    Attributes:
        why_not: why it cannot be chosen now; empty where it can.
        tip: says more about it.
        begins_group: a line is drawn above it.
        group: the list shows it in a menu of that name, beside others of the group.
    """

    value: object
    label: str
    why_not: str = ""
    tip: str = ""
    begins_group: bool = False
    group: str = ""


def choices_of(labels: Mapping[T, str], why_not: Mapping[T, str] | None = None) -> list[Choice]:
    """The values of a table of labels, some with a reason against them."""
    reasons = why_not or {}
    return [Choice(value, label, reasons.get(value, "")) for value, label in labels.items()]


class ChoiceField(QComboBox):
    """A combo box over values; a value that is not among the choices is shown and kept.

    Signals:
        edited(value): a person chose, perhaps what was chosen already.
    """

    edited = Signal(object)

    def __init__(self, choices: Sequence[Choice] = ()) -> None:
        super().__init__()
        self._choices: tuple[Choice, ...] = ()
        self._shown: list[Choice | None] = []
        self._menu = named(QMenu(self), "choice_menu")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_MIN_LETTERS)
        ignore_wheel(self)
        self._fill(choices)
        self.activated.connect(self._tell)

    def value(self) -> object:
        """What is chosen; None where nothing is."""
        choice = self._shown[self.currentIndex()] if self.currentIndex() >= 0 else None
        return None if choice is None else choice.value

    def show_choices(self, choices: Sequence[Choice], value: object) -> None:
        """Offer these and show the one of that value; tells nobody."""
        self._fill(choices)
        self.show_value(value)

    def _fill(self, choices: Sequence[Choice]) -> None:
        # Only when it must be: an open list would close.
        if tuple(choices) == self._choices:
            return
        self._choices = tuple(choices)
        with QSignalBlocker(self):
            self.clear()
            self._shown = []
            for choice in choices:
                self._add(choice)

    def show_value(self, value: object) -> None:
        """Show this as chosen; tells nobody."""
        index = self.index_of(value)
        with QSignalBlocker(self):
            if index is None and value is not None:
                self._add(Choice(value, f"{value} (unknown)"))
                index = len(self._shown) - 1
            self.setCurrentIndex(-1 if index is None else index)

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

    @override
    def showPopup(self) -> None:
        """Let the list be wider than the box, so that what differs at the end is read.

        A list with groups is a menu, so that all of it has room on a small screen.
        """
        if any(choice.group for choice in self._choices):
            self._fill_menu()
            self._menu.popup(self.mapToGlobal(self.rect().bottomLeft()))
            return
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + _ROOM_BESIDE_TEXT)
        super().showPopup()

    def _fill_menu(self) -> None:
        menu = self._menu
        menu.clear()
        for old in menu.findChildren(QMenu):
            old.deleteLater()
        groups: dict[str, QMenu] = {}
        for row, choice in enumerate(self._shown):
            if choice is None:
                continue
            if choice.group and choice.group not in groups:
                groups[choice.group] = menu.addMenu(choice.group)
            into = groups.get(choice.group, menu)
            action = into.addAction(choice.label.replace("&", "&&"))
            action.setCheckable(True)
            action.setEnabled(not choice.why_not)
            action.setToolTip(choice.why_not or choice.tip)
            action.triggered.connect(partial(self._take, row))
            if row == self.currentIndex():
                action.setChecked(True)
                # Where the keys begin: at what is chosen, or at the group that it is in.
                menu.setActiveAction(action if into is menu else into.menuAction())

    def _take(self, row: int) -> None:
        self.setCurrentIndex(row)
        self._tell(row)

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
        text = option.currentText  # pyright: ignore[reportAttributeAccessIssue] - not among PySide's types
        option.currentText = self.fontMetrics().elidedText(  # pyright: ignore[reportAttributeAccessIssue] - not among PySide's types
            text, Qt.TextElideMode.ElideRight, place.width() - _ROOM_BESIDE_TEXT // 3
        )
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    @Slot(int)
    def _tell(self, index: int) -> None:
        choice = self._shown[index] if index >= 0 else None
        if choice is not None:
            self.edited.emit(choice.value)
