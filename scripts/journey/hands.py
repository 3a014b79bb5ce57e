"""Mouse, keyboard and eyes for a window of this process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMenu,
    QScrollArea,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QAbstractItemView

W = TypeVar("W", bound=QWidget)

_LOOK_S = 0.02
_DIALOG_WITHIN_S = 10.0
_NO_KEYS = Qt.KeyboardModifier.NoModifier


class TookTooLong(AssertionError):
    """Something that was waited for did not happen."""


class Hands:
    """Works a window as a person does; every wait has an end."""

    def __init__(self, window: QWidget, images: Path | None) -> None:
        """Args: `pictures` is the folder for what `look` sees, None to keep nothing."""
        self.window = window
        self._images = images
        self._count = 0

    def take_hold(self) -> None:
        """Bring the window to the front, where keys go to it; there may be no window manager."""
        handle = self.window.windowHandle()
        assert handle is not None, "the window is shown"
        handle.requestActivate()
        self.until("the window in front", self.window.isActiveWindow)

    def find(self, name: str, kind: type[W] = QWidget, *, inside: QWidget | None = None) -> W:
        """The visible widget of that object name.

        Raises:
            LookupError: there is none, or it is hidden.
        """
        for widget in (inside or self.window).findChildren(kind, name):
            if widget.isVisible():
                return widget
        raise LookupError(f"no visible {kind.__name__} is named {name!r}")

    def rest(self, seconds: float = 0.1) -> None:
        """Let the window live for a moment."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(_LOOK_S)

    def until(self, what: str, is_so: Callable[[], object], within_s: float = 30.0) -> None:
        """Wait until it is so.

        Raises:
            TookTooLong: it did not happen.
        """
        end = time.monotonic() + within_s
        while not is_so():
            if time.monotonic() > end:
                raise TookTooLong(f"{what} did not happen within {within_s:g} s")
            QApplication.processEvents()
            time.sleep(_LOOK_S)

    def show(self, widget: QWidget) -> None:
        """Scroll until the widget is in sight."""
        parent = widget.parentWidget()
        while parent is not None:
            if isinstance(parent, QScrollArea):
                parent.ensureWidgetVisible(widget)
            parent = parent.parentWidget()
        self.rest(0.05)

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Click the widget's middle, or a place in it."""
        self.show(widget)
        assert widget.isEnabled(), f"{widget.objectName()!r} is disabled"
        if QApplication.activeWindow() is None:
            self.take_hold()
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, _NO_KEYS, at or widget.rect().center())
        self.rest(0.05)

    def click_row(
        self,
        view: QAbstractItemView,
        row: int,
        column: int = 0,
        keys: Qt.KeyboardModifier = _NO_KEYS,
    ) -> None:
        """Click a cell."""
        index = view.model().index(row, column)
        view.scrollTo(index)
        place = view.visualRect(index).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, keys, place)
        self.rest(0.05)

    def write(self, widget: QWidget, text: str, *, replaces: bool = True) -> None:
        """Type a text where the cursor is, or instead of all that is there."""
        self.click(widget)
        if replaces:
            QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        for line_number, line in enumerate(text.split("\n")):
            if line_number:
                QTest.keyClick(widget, Qt.Key.Key_Return)
            QTest.keyClicks(widget, line)
        self.rest(0.05)

    def type_over(self, widget: QWidget, text: str) -> None:
        """Type into what has the focus, instead of what is selected there."""
        QTest.keyClicks(widget, text)
        self.rest(0.05)

    def press(
        self, key: Qt.Key, keys: Qt.KeyboardModifier = _NO_KEYS, on: QWidget | None = None
    ) -> None:
        """Press a key on a widget, or on the one that has the focus."""
        if QApplication.activeWindow() is None:
            # A dialog has closed, and without a window manager nobody takes its place.
            self.take_hold()
        QTest.keyClick(on or QApplication.focusWidget() or self.window, key, keys)
        self.rest(0.05)

    def pick(self, box: QComboBox, text: str) -> None:
        """Choose the entry that begins so, with the mouse."""
        self.show(box)
        row = next(row for row in range(box.count()) if box.itemText(row).startswith(text))
        box.showPopup()
        self.rest(0.1)
        menu = QApplication.activePopupWidget()
        if isinstance(menu, QMenu):
            self._pick_in(menu, box.itemText(row))
        else:
            view = box.view()
            view.scrollTo(view.model().index(row, 0))
            place = view.visualRect(view.model().index(row, 0)).center()
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, _NO_KEYS, place)
        self.rest(0.1)
        assert box.currentIndex() == row, f"{box.objectName()!r} did not take {text!r}"

    def _pick_in(self, menu: QMenu, label: str) -> None:
        """Choose an entry of a menu, going through the menu within it that holds the entry."""
        for action in menu.actions():
            inner = action.menu()
            if isinstance(inner, QMenu) and label in [entry.text() for entry in inner.actions()]:
                place = menu.actionGeometry(action).center()
                QTest.mouseClick(menu, Qt.MouseButton.LeftButton, _NO_KEYS, place)
                self.until("the inner menu", inner.isVisible)
                self._pick_in(inner, label)
                return
            if action.text() == label:
                place = menu.actionGeometry(action).center()
                QTest.mouseClick(menu, Qt.MouseButton.LeftButton, _NO_KEYS, place)
                return
        raise LookupError(f"no entry of the menu is named {label!r}")

    def answer(self, act: Callable[[QDialog], None]) -> None:
        """Do this with the next dialog that opens; call it before what opens it."""
        end = time.monotonic() + _DIALOG_WITHIN_S

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            if isinstance(dialog, QDialog) and dialog.isVisible():
                act(dialog)
            elif time.monotonic() < end:
                QTimer.singleShot(50, look)

        QTimer.singleShot(50, look)

    def choose_file(self, path: Path) -> None:
        """Give this file to the next file dialog; call it before what opens it."""

        def type_name(dialog: QDialog) -> None:
            assert isinstance(dialog, QFileDialog), type(dialog).__name__
            field = dialog.findChild(QLineEdit, "fileNameEdit")
            assert field is not None, "a dialog of the system's own"
            # Pasted: while a path is typed, the dialog completes it and changes its folder.
            field.setText(str(path))
            QTest.keyClick(field, Qt.Key.Key_Return)

        self.answer(type_name)

    def look(self, name: str) -> None:
        """Keep a picture of the window as it is."""
        if self._images is None:
            return
        self.rest(0.2)
        self._count += 1
        self.window.grab().save(str(self._images / f"{self._count:02}-{name}.png"))
