"""What a field of a form is, and the plain ones: a line, a box of lines, a box to tick."""

from __future__ import annotations

from typing import Protocol, TypeVar

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)
from typing_extensions import override

W = TypeVar("W", bound=QWidget)

_PAUSE_MS = 250
SEVERAL = "(several)"
"""What a field shows where it stands for things that differ in its value."""


class Field(Protocol):
    """What a form takes for a field: a widget that shows a value and tells when it is edited."""

    edited: Signal

    def show_value(self, value: object) -> None:
        """Show a value; tells nobody."""
        ...


def named(widget: W, name: str, tip: str = "", says: str = "") -> W:
    """The widget with that object name, its tooltip, and what a screen reader calls it."""
    widget.setObjectName(name)
    if tip:
        widget.setToolTip(tip)
    if says:
        widget.setAccessibleName(says)
    return widget


class LineField(QLineEdit):
    """One line of text.

    Signals:
        edited(str): a person typed.
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._shown = ""
        self.textEdited.connect(self._tell)

    def show_value(self, value: object) -> None:
        """Show a text; tells nobody and leaves the cursor where the same text stands."""
        if value != self._shown:
            self._shown = str(value)
            self.setText(self._shown)

    @Slot(str)
    def _tell(self, text: str) -> None:
        self._shown = text
        self.edited.emit(text)


class TextField(QPlainTextEdit):
    """Several lines of text; the tab key goes on to the next field.

    Signals:
        edited(str): a person typed.
    """

    edited = Signal(object)

    def __init__(self, *, lines: int = 2) -> None:
        super().__init__()
        self._shown = ""
        self.setTabChangesFocus(True)
        self.setFixedHeight(text_height(self, lines))
        self.textChanged.connect(self._tell)

    def show_value(self, value: object) -> None:
        """Show a text; tells nobody and leaves the cursor where the same text stands."""
        if value != self._shown:
            self._shown = str(value)
            with QSignalBlocker(self):
                self.setPlainText(self._shown)

    @Slot()
    def _tell(self) -> None:
        self._shown = self.toPlainText()
        self.edited.emit(self._shown)


def text_height(box: QPlainTextEdit, lines: int) -> int:
    """How high a box is that shows so many lines."""
    room = box.frameWidth() + round(box.document().documentMargin())
    return box.fontMetrics().lineSpacing() * lines + 2 * room


class SwitchField(QCheckBox):
    """Yes or no, with its words beside it.

    Signals:
        edited(bool): a person switched.
    """

    edited = Signal(object)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.checkStateChanged.connect(self._tell)

    def show_value(self, value: object) -> None:
        """Show it; tells nobody."""
        with QSignalBlocker(self):
            self.setTristate(False)
            self.setCheckState(Qt.CheckState.Checked if value else Qt.CheckState.Unchecked)

    def show_several(self) -> None:
        """Show that it stands for some that are on and some that are not; tells nobody."""
        with QSignalBlocker(self):
            self.setCheckState(Qt.CheckState.PartiallyChecked)

    @Slot(Qt.CheckState)
    def _tell(self, state: Qt.CheckState) -> None:
        self.setTristate(False)
        self.edited.emit(state == Qt.CheckState.Checked)


class SearchField(QLineEdit):
    """Words to look for, and a button that clears them.

    Signals:
        searched(): other words; after typing, once there is a pause.
    """

    searched = Signal()

    def __init__(self, name: str, placeholder: str, tip: str, says: str = "") -> None:
        super().__init__()
        named(self, name, tip, says or placeholder)
        self.setPlaceholderText(placeholder)
        self.setClearButtonEnabled(True)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self.searched)
        self.textChanged.connect(self._pause.start)
        self.returnPressed.connect(self._pause.stop)
        self.returnPressed.connect(self.searched)


_BOXES = (QAbstractSpinBox, QComboBox, QAbstractSlider)


class IgnoreWheel(QObject):
    """An event filter: boxes without the focus leave the wheel to what scrolls around them."""

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the wheel away from a box that has no focus."""
        if event.type() != QEvent.Type.Wheel or not isinstance(watched, QWidget):
            return False
        if watched.hasFocus():
            return False
        event.ignore()
        return True


def ignore_wheel(widget: QWidget) -> None:
    """Let the wheel change this box, or every box inside this panel, only while it has focus."""
    wheel = IgnoreWheel(widget)
    for box in (widget, *widget.findChildren(QWidget)):
        if isinstance(box, _BOXES) and not isinstance(box, QScrollBar):
            # The usual policy takes the focus, and with it the wheel, at the first turn.
            box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            box.installEventFilter(wheel)
