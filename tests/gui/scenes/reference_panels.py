"""Lists of reference images, and a person's hand on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QLineEdit, QWidget

from gui.scenes.reference_list_view import ReferenceListView
from gui.widgets.fields import SwitchField
from tests.gui.children import child

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QImage

    from core.project.model.project import ReferenceImage
    from gui.scenes.reference_images_widget import ReferenceImagesWidget


ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
NAMES = ("harbour", "gull", "captain", "lighthouse")


class Recorder:
    def __init__(self, panel: ReferenceImagesWidget) -> None:
        self.values: list[tuple[ReferenceImage, ...]] = []
        self.brought: list[tuple[Path | QImage, ...]] = []
        self.uses_global: list[bool] = []
        panel.changed.connect(self.values.append)
        panel.brought.connect(self.brought.append)
        panel.uses_global_changed.connect(self.uses_global.append)


def list_of(panel: QWidget) -> ReferenceListView:
    return child(panel, ReferenceListView)


def uses_global(panel: QWidget) -> bool:
    return child(panel, SwitchField).isChecked()


def names(panel: ReferenceImagesWidget) -> list[str]:
    return [item.name for item in panel.value()]


def place(panel: QWidget, row: int) -> QPoint:
    view = list_of(panel)
    return view.visualRect(view.model().index(row, 0)).center()


def select(panel: QWidget, *rows: int) -> None:
    for number, row in enumerate(rows):
        keys = CTRL if number else NONE
        QTest.mouseClick(
            list_of(panel).viewport(), Qt.MouseButton.LeftButton, keys, place(panel, row)
        )


def press(panel: QWidget, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(list_of(panel), key, keys)


def shown(panel: QWidget) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def editor() -> QLineEdit:
    line = QApplication.focusWidget()
    assert isinstance(line, QLineEdit), line
    return line


def drop(panel: QWidget, mime: QMimeData, at: QPoint) -> QDropEvent:
    """Drag over the list and let go, as the window system tells it."""
    view = list_of(panel)
    both = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
    left = Qt.MouseButton.LeftButton
    for kind in (QDragEnterEvent, QDragMoveEvent):
        QApplication.sendEvent(view.viewport(), kind(at, both, mime, left, NONE))
    event = QDropEvent(QPointF(at), both, mime, left, NONE)
    QApplication.sendEvent(view.viewport(), event)
    return event


def previews(panel: QWidget) -> int:
    return len(panel.findChildren(QDialog, "reference_preview"))
