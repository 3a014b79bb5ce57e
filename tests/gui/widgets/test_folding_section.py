"""The folding section while the layouts around it do not know its size yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QWidget
from typing_extensions import override

from gui.widgets.layouts import vbox
from gui.widgets.panes import FoldingSection, scrolled
from tests.gui.children import child
from tests.gui.operating import click

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


def test_a_section_that_a_person_opens_is_scrolled_into_view(qtbot: QtBot) -> None:
    content = QWidget()
    layout = vbox(of=content)
    sections: list[FoldingSection] = []
    for name in "abcd":
        inside = QLabel("inside")
        inside.setFixedHeight(300)
        sections.append(FoldingSection(name, name, "A section", [inside]))
        layout.addWidget(sections[-1])
    layout.addStretch()
    area = scrolled(content)
    qtbot.addWidget(area)
    area.resize(300, 400)
    area.show()
    for one in sections[:3]:
        one.open()
    qtbot.wait(50)
    area.verticalScrollBar().setValue(0)

    click(child(sections[3], QToolButton, "section_d"))

    def is_seen() -> bool:
        top = sections[3].mapTo(area.viewport(), QPoint()).y()
        return top >= 0 and top + sections[3].height() <= area.viewport().height()

    qtbot.waitUntil(is_seen)
