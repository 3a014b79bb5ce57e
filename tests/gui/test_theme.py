"""The colours of the program, its splitters, and what it costs to put widgets together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QWidget

from core.config.settings import Appearance
from gui import theme
from gui.widgets.panes import Splitter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot


@pytest.fixture(params=[Appearance.LIGHT, Appearance.DARK])
def themed(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[QApplication]:
    theme.apply(qapp, request.param)
    yield qapp
    theme.apply(qapp, Appearance.LIGHT)


def test_a_handle_is_a_shade_apart_from_its_ground(themed: QApplication, qtbot: QtBot) -> None:
    splitter = Splitter(Qt.Orientation.Horizontal)
    qtbot.addWidget(splitter)
    splitter.addWidget(QWidget())
    splitter.addWidget(QWidget())
    splitter.resize(200, 100)
    splitter.show()
    handle = splitter.handle(1)
    seen = handle.grab().toImage()
    shade = themed.palette().color(QPalette.ColorRole.Midlight)
    assert seen.pixelColor(QPoint(seen.width() // 2, 2)) == shade
    assert shade != themed.palette().color(QPalette.ColorRole.Window)


def test_the_program_has_no_style_sheet(themed: QApplication) -> None:
    # Each widget that gets a parent would be looked at anew, and its children with it.
    assert themed.styleSheet() == ""


def test_what_is_open_has_the_colours_at_once(themed: QApplication, qtbot: QtBot) -> None:
    outer = QWidget()
    qtbot.addWidget(outer)
    inner = QWidget(outer)
    for appearance in (Appearance.DARK, Appearance.LIGHT):
        theme.apply(themed, appearance)
        assert inner.palette().window() == themed.palette().window()
