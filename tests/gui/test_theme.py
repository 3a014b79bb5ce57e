"""The colours of the program, its splitters, and what it costs to put widgets together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPalette
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QStyle, QWidget

from core.config.settings import Appearance
from gui import theme
from gui.main_window import MainWindow
from gui.scenes.scene_table_view import SceneTableView
from gui.widgets.panes import FoldingSection, Splitter
from tests.gui.children import child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from core.studio import Studio
    from tests.gui.whole_window import OpenWindow


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


@pytest.mark.parametrize(
    ("before", "after"),
    [(Appearance.LIGHT, Appearance.DARK), (Appearance.DARK, Appearance.LIGHT)],
)
def test_a_window_that_changes_its_theme_looks_as_one_that_began_in_it(
    before: Appearance,
    after: Appearance,
    open_window: Callable[[str], OpenWindow],
    heard: list[str],
    qapp: QApplication,
    qtbot: QtBot,
) -> None:
    def look(home: str) -> OpenWindow:
        window = open_window(home)
        window.window.resize(1280, 800)
        window.new("one", "two")
        for section in window.tab.findChildren(FoldingSection):
            section.open()
        table = window.tab.findChild(SceneTableView)
        assert table is not None
        window.until(lambda: "frames" in texts_of(window.tab))
        taken_for = child(window.tab, QComboBox, "text_format")
        window.until(lambda: taken_for.currentText().startswith("Plain text"))
        return window

    def seen(window: OpenWindow) -> QImage:
        qtbot.wait(300)
        return window.tab.grab().toImage()

    theme.apply(qapp, before)
    changed = look("changed")
    other = seen(changed)
    theme.apply(qapp, after)
    fresh = look("fresh")
    wanted, got = seen(fresh), seen(changed)
    theme.apply(qapp, Appearance.LIGHT)
    assert got.size() == wanted.size()
    assert got != other
    differing = [
        (x, y)
        for y in range(0, got.height(), 2)
        for x in range(0, got.width(), 2)
        if got.pixel(x, y) != wanted.pixel(x, y)
    ]
    assert differing == []


def texts_of(panel: QWidget) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel))


def test_the_window_follows_the_desktop_only_where_it_is_asked_to(
    opened: OpenWindow, qapp: QApplication
) -> None:
    hints = QGuiApplication.styleHints()
    theme.apply(qapp, Appearance.DARK)
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    # The desktop of the tests has no colours of its own, and counts as light.
    assert not theme.is_dark(qapp.palette())
    ui = opened.window.studio.settings.ui.model_copy(update={"appearance": Appearance.DARK})
    settings = opened.window.studio.settings.model_copy(update={"ui": ui})
    opened.window.tabs.settings.change(settings)
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.is_dark(qapp.palette())
    theme.apply(qapp, Appearance.LIGHT)


@pytest.mark.parametrize(
    ("window", "available", "expected"),
    [
        ((0, 0, 1280, 800), (0, 0, 1280, 800), (0, 24, 1280, 776)),
        ((0, 0, 1280, 800), (0, 0, 1024, 700), (0, 24, 1024, 676)),
        ((300, 200, 800, 600), (0, 0, 1920, 1080), (300, 200, 800, 600)),
        ((1500, 900, 800, 600), (0, 0, 1920, 1080), (1120, 480, 800, 600)),
        # On a second screen at the left, under a panel; and left behind on one that is gone.
        ((-1900, 0, 1280, 800), (-1920, 40, 1920, 1040), (-1900, 64, 1280, 800)),
        ((2500, 100, 1280, 800), (0, 0, 1280, 720), (0, 24, 1280, 696)),
    ],
)
def test_a_window_lies_on_its_screen_with_its_title(
    window: tuple[int, int, int, int],
    available: tuple[int, int, int, int],
    expected: tuple[int, int, int, int],
    qapp: QApplication,
) -> None:
    theme.apply(qapp, Appearance.LIGHT)
    title = qapp.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight)
    assert title == 24
    assert theme.fitted(QRect(*window), QRect(*available), qapp.style()) == QRect(*expected)


def test_the_window_opens_no_larger_than_the_screen(studio: Studio, qtbot: QtBot) -> None:
    window = MainWindow(studio)
    qtbot.addWidget(window)
    assert window.screen().availableGeometry().contains(window.geometry())
    window.shut_down()
