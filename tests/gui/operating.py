"""Operates fields as a person does: chooses, types, steps, ticks, answers dialogs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QColorDialog,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def click(button: QWidget) -> None:
    """Press a button or tick a box, which must be one that can be pressed."""
    assert isinstance(button, QAbstractButton)
    assert button.isEnabled(), f"{button.objectName()} is disabled"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=button.rect().center())


def tick(box: QWidget) -> None:
    """Switch a box by the space bar."""
    QTest.keyClick(box, Qt.Key.Key_Space)


def choose(text: str) -> Callable[[QWidget], None]:
    """Choose what a combo box calls so."""

    def act(combo: QWidget) -> None:
        assert isinstance(combo, QComboBox)
        index = combo.findText(text)
        assert index >= 0, [combo.itemText(row) for row in range(combo.count())]
        choose_index(index)(combo)

    return act


def choose_index(index: int) -> Callable[[QWidget], None]:
    """Choose a row of a combo box, whatever it is called."""

    def act(combo: QWidget) -> None:
        assert isinstance(combo, QComboBox)
        combo.setCurrentIndex(index)
        # As the list does it when a row is clicked.
        combo.activated.emit(index)

    return act


def write(text: str) -> Callable[[QWidget], None]:
    """Replace what stands in a field by typing, and finish with Enter or by leaving."""

    def act(field: QWidget) -> None:
        field.setFocus()
        if isinstance(field, QPlainTextEdit):
            field.selectAll()
            QTest.keyClicks(field, text)
            return
        assert isinstance(field, (QLineEdit, QAbstractSpinBox))
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)

    return act


def step_up(field: QWidget) -> None:
    """Press the arrow key that makes a number larger."""
    assert isinstance(field, QAbstractSpinBox)
    QTest.keyClick(field, Qt.Key.Key_Up)


def choose_row(row: int) -> Callable[[QWidget], None]:
    """Click a row of a list."""

    def act(view: QWidget) -> None:
        assert isinstance(view, QListView)
        place = view.visualRect(view.model().index(row, 0)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    return act


def answer_with(path: Path) -> Callable[[QWidget], None]:
    """Press the button and choose a file in the dialog that opens."""

    def act(button: QWidget) -> None:
        click(button)
        dialog = button.window().findChild(QFileDialog)
        assert dialog is not None, f"{button.objectName()} opens no dialog"
        name = dialog.findChild(QLineEdit, "fileNameEdit")
        assert name is not None
        name.setText(str(path))
        dialog.accept()

    return act


def answer_with_colour(colour: str) -> Callable[[QWidget], None]:
    """Press the button and choose a colour in the dialog that opens."""

    def act(button: QWidget) -> None:
        click(button)
        dialog = button.window().findChild(QColorDialog)
        assert dialog is not None, f"{button.objectName()} opens no dialog"
        dialog.setCurrentColor(QColor(colour))
        dialog.accept()

    return act
