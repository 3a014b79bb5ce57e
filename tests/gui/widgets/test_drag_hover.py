"""Tabs and folded sections open while something is held over them, and take nothing themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QTabWidget

from gui.widgets.drag_hover import switch_on_drag
from gui.widgets.panes import FoldingSection
from tests.gui.children import child
from tests.gui.dropping import drop, files, hover

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot


def test_a_tab_comes_to_the_front_when_something_is_held_over_it(
    qtbot: QtBot, tmp_path: Path
) -> None:
    tabs = QTabWidget()
    qtbot.addWidget(tabs)
    switch_on_drag(tabs)
    for name in ("one", "other"):
        tabs.addTab(QLabel(name), name)
    tabs.show()
    place = tabs.tabBar().tabRect(1).center()

    hover(tabs.tabBar(), files(tmp_path / "a.png"), place)

    assert tabs.currentIndex() == 0, "whoever only passes by changes nothing"
    qtbot.waitUntil(lambda: tabs.currentIndex() == 1)
    assert not drop(tabs.tabBar(), files(tmp_path / "a.png"), place)


def test_a_folded_section_opens_and_stays_open(qtbot: QtBot, tmp_path: Path) -> None:
    section = FoldingSection("x", "X", "", [QPushButton("inside")])
    qtbot.addWidget(section)
    section.show()
    heading = child(section, QAbstractButton, "section_x")
    hover(heading, files(tmp_path / "a.png"), QPoint(5, 5))
    assert not section.is_open
    qtbot.waitUntil(lambda: section.is_open)
    hover(heading, files(tmp_path / "a.png"), QPoint(5, 5))
    qtbot.wait(800)
    assert section.is_open
    assert not drop(heading, files(tmp_path / "a.png"), QPoint(5, 5))
