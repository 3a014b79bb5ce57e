"""Icons that are characters of a font."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QImage, QPalette

from core.config.settings import Appearance
from gui import theme
from gui.theme import font_icon

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

ROOT = Path(__file__).resolve().parents[3]
RED, BLUE = QColor("#c00000"), QColor("#0000c0")


@pytest.fixture
def square(qapp: QApplication) -> QIcon:
    return font_icon("square", RED, BLUE)


def drawn(icon: QIcon, mode: QIcon.Mode, scale: float = 1.0) -> QImage:
    return icon.pixmap(QSize(32, 32), scale, mode).toImage()


def test_an_icon_has_its_colour_and_another_where_it_is_disabled(square: QIcon) -> None:
    for mode, colour in {
        QIcon.Mode.Normal: RED,
        QIcon.Mode.Active: RED,
        QIcon.Mode.Selected: RED,
        QIcon.Mode.Disabled: BLUE,
    }.items():
        image = drawn(square, mode)
        assert image.pixelColor(16, 16) == colour
        assert image.pixelColor(0, 0).alpha() == 0


def test_an_icon_without_a_colour_follows_the_theme(qapp: QApplication) -> None:
    icon = font_icon("square")
    try:
        for appearance in (Appearance.DARK, Appearance.LIGHT):
            theme.apply(qapp, appearance)
            for mode, group in (
                (QIcon.Mode.Normal, QPalette.ColorGroup.Normal),
                (QIcon.Mode.Disabled, QPalette.ColorGroup.Disabled),
            ):
                colour = qapp.palette().color(group, QPalette.ColorRole.ButtonText)
                assert drawn(icon, mode).pixelColor(16, 16) == colour
    finally:
        theme.apply(qapp, Appearance.LIGHT)


def test_an_icon_is_sharp_on_a_finer_screen(square: QIcon) -> None:
    image = drawn(square, QIcon.Mode.Normal, 2.0)
    assert image.size() == QSize(64, 64)
    assert image.pixelColor(32, 32) == RED


def test_an_icon_that_the_font_lacks_is_refused(qapp: QApplication) -> None:
    with pytest.raises(KeyError, match="no-such-icon"):
        font_icon("no-such-icon", RED, BLUE)


def said_by(code: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()


def test_the_window_loads_the_font_and_not_its_package() -> None:
    code = (
        "import sys; from PySide6.QtWidgets import QApplication; import gui.main_window;"
        "from gui import theme; app = QApplication(['x', '-platform', 'offscreen']);"
        "theme.icon('play', app.palette()).pixmap(16);"
        "print(sorted({'qtawesome', 'qtpy', 'PySide6.QtOpenGL'} & set(sys.modules)))"
    )
    assert said_by(code) == "[]"


def test_a_package_that_is_missing_is_named() -> None:
    code = (
        "import sys; sys.modules['qtawesome'] = None; from PySide6.QtGui import QColor\n"
        "from gui.theme import font_icon\n"
        "try: font_icon('play', QColor(), QColor())\n"
        "except ModuleNotFoundError as error: print(error.name)"
    )
    assert said_by(code) == "qtawesome"
