"""Storyboards in their panel, and a person's hand on them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QTableView, QWidget

from core.project.storyboard.storyboard import Storyboard, split_storyboard
from gui.storyboard.storyboard_box import StoryboardBox
from tests.gui.controls import controls_of
from tests.gui.operating import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gui.storyboard.storyboard_widget import StoryboardText, StoryboardWidget

TEXT = "A fox runs. {camera: pan left}\n\n[2s] An owl 🦉 sees it.\n\nIt sleeps."
MISTAKES = "A fox {camra: up}.\n\n[0s] An owl.\n\nA hen {seed: x}.\n\nA cow {camera: fly}."


def control(panel: QWidget, name: str) -> QWidget:
    return controls_of(panel)[name]


def split(text: str) -> Storyboard:
    return split_storyboard(text, target_length_s=None, clip_s=5, min_s=1, max_s=10)


def table(panel: QWidget) -> QTableView:
    found = panel.findChild(QTableView)
    assert found is not None
    return found


def box(panel: QWidget) -> StoryboardBox:
    found = panel.findChild(StoryboardBox)
    assert found is not None
    return found


def cells(panel: QWidget, column: int) -> list[object]:
    model = table(panel).model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def wait_for_rows(panel: QWidget, rows: int) -> None:
    wait_until(lambda: table(panel).model().rowCount() == rows)


def wait_until(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not is_true():
        assert time.monotonic() < end, "it never came true"
        # Not QTest.qWait(), which keeps other threads from running Python meanwhile.
        QCoreApplication.processEvents()
        time.sleep(0.005)


def messages(panel: QWidget) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def said_by(button: QWidget) -> str:
    assert isinstance(button, QAbstractButton)
    return button.text() if button.isVisible() else ""


def parent_of(widget: QWidget) -> QWidget:
    parent = widget.parentWidget()
    assert parent is not None
    return parent


def choose_file(path: Path) -> Callable[[QWidget], None]:
    def act(button: QWidget) -> None:
        click(button)
        panel = parent_of(button)
        dialog = panel.findChild(QFileDialog)
        assert dialog is not None
        dialog.selectFile(str(path))
        dialog.fileSelected.emit(str(path))
        dialog.reject()

    return act


def choose_scene(row: int) -> Callable[[QWidget], None]:
    def act(view: QWidget) -> None:
        assert isinstance(view, QTableView)
        place = view.visualRect(view.model().index(row, 2)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    return act


class Recorder:
    def __init__(self) -> None:
        self.made: list[Storyboard] = []
        self.changed: list[StoryboardText] = []
        self.asked: list[object] = []

    def watch(self, panel: StoryboardWidget) -> None:
        panel.made.connect(lambda wanted: self.made.append(wanted.board))
        panel.changed.connect(self.changed.append)
        panel.writing_wanted.connect(self.asked.append)
