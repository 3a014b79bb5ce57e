"""The folding section while the layouts around it do not know its size yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QWidget
from typing_extensions import override

from gui.widgets.panes import FoldingSection
from tests.gui.children import child

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_an_open_section_is_never_a_window_of_its_own(qtbot: QtBot) -> None:
    shown: list[QWidget] = []

    class Watch(QObject):
        @override
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            is_shown = event.type() is QEvent.Type.Show
            if is_shown and isinstance(watched, QWidget) and watched.isWindow():
                shown.append(watched)
            return False

    app, watch = QApplication.instance(), Watch()
    assert app is not None
    app.installEventFilter(watch)
    section = FoldingSection("one", "One", "The first", [QLabel("inside")], is_open=True)
    app.removeEventFilter(watch)
    qtbot.addWidget(section)
    assert shown == []
    assert section.is_open


def test_a_heading_keeps_room_for_its_arrow_in_a_panel_without_height(qtbot: QtBot) -> None:
    panel = QWidget()
    qtbot.addWidget(panel)
    section = FoldingSection("one", "One", "The first", [QLabel("inside")])
    section.setParent(panel)
    panel.resize(300, 200)
    panel.show()

    section.setGeometry(0, 0, 300, 0)
    heading = child(section, QToolButton, "section_one")
    heading.grab()

    assert heading.height() >= heading.iconSize().height()
