"""What a field of a form is, and the plain ones: a line, a box of lines, a box to tick."""

from __future__ import annotations

from typing import Protocol, TypeVar

from PySide6.QtCore import (
    QEvent,
    QObject,
    QPoint,
    QRect,
    QSignalBlocker,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStyleOptionFocusRect,
    QStylePainter,
    QWidget,
)
from typing_extensions import override

from gui.widgets.field_undo import tell_each_letter

W = TypeVar("W", bound=QWidget)

_PAUSE_MS = 250
_ANY_WIDTH = 10_000
_WRAPPED = int(Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextShowMnemonic)
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

    def __init__(self, *, is_draft: bool = False) -> None:
        """An empty line; a draft is taken over later, by a button, and has its own undo."""
        super().__init__()
        self._shown = ""
        if not is_draft:
            tell_each_letter(self)
        self.textEdited.connect(self._tell)

    def show_value(self, value: object) -> None:
        """Show a text; tells nobody and leaves the cursor where the same text stands."""
        if value != self._shown:
            self._shown = str(value)
            is_typed = self.isModified()
            self.setText(self._shown)
            if not self.hasFocus() and not is_typed:
                # A long text is known by its beginning.
                self.setCursorPosition(0)

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
        tell_each_letter(self)
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


class WrappingCheckBox(QCheckBox):
    """A box to tick whose words go on in further lines where there is no room for them in one."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @override
    def minimumSizeHint(self) -> QSize:
        """Room for the longest word."""
        wide = max((self._size_of(word).width() for word in self.text().split()), default=0)
        return QSize(self._indent + wide, super().minimumSizeHint().height())

    @override
    def hasHeightForWidth(self) -> bool:
        return True

    @override
    def heightForWidth(self, width: int) -> int:
        room = max(width - self._indent, 1)
        return max(self._size_of(self.text(), room).height(), super().sizeHint().height())

    @override
    def hitButton(self, pos: QPoint) -> bool:
        """The words can be clicked too, all lines of them."""
        return self.rect().contains(pos)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter = QStylePainter(self)
        first = QStyleOptionButton(option)
        first.rect.setHeight(min(self.height(), super().sizeHint().height()))
        if self.height() < 2 * self.fontMetrics().height():
            first = option
        painter.drawControl(QStyle.ControlElement.CE_CheckBox, first)
        room = self.rect().adjusted(self._indent, 0, 0, 0)
        flags = _WRAPPED | int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        role = QPalette.ColorRole.WindowText
        painter.drawItemText(room, flags, self.palette(), self.isEnabled(), self.text(), role)
        if self.hasFocus():
            frame = QStyleOptionFocusRect()
            frame.initFrom(self)
            frame.rect = room
            painter.drawPrimitive(QStyle.PrimitiveElement.PE_FrameFocusRect, frame)

    @property
    def _indent(self) -> int:
        metric = QStyle.PixelMetric
        return sum(
            self.style().pixelMetric(of, None, self)
            for of in (metric.PM_IndicatorWidth, metric.PM_CheckBoxLabelSpacing)
        )

    def _size_of(self, text: str, room: int = _ANY_WIDTH) -> QSize:
        return self.fontMetrics().boundingRect(QRect(0, 0, room, _ANY_WIDTH), _WRAPPED, text).size()


class SwitchField(WrappingCheckBox):
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
