"""The folding section while the layouts around it do not know its size yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from gui.widgets.panes import FoldingSection
from tests.gui.children import child

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


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
