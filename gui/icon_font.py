"""Icons from the font of Material Design Icons, which the package qtawesome carries.

Its files are read, but the package itself is not loaded: with it come every class of Qt and eleven
more fonts, which would take a third of the time until the window is seen, and 45 MB.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap
from typing_extensions import override

_PACKAGE = "qtawesome"
_FONT = "materialdesignicons6-webfont-[0-9]*.ttf"
_CHARACTERS = "materialdesignicons6-webfont-charmap-*.json"
_LARGEST = 0.875
"""The height of a character as a part of the icon's; the rest is the font's own margin."""


def font_icon(name: str, colour: QColor, disabled: QColor) -> QIcon:
    """The icon of this name, in one colour and in another one where it cannot be used.

    Raises:
        KeyError: the font has no such icon.
        ModuleNotFoundError: the package is not installed.
    """
    return QIcon(_Engine(chr(int(_characters()[name], 16)), colour, disabled))


class _Engine(QIconEngine):
    def __init__(self, character: str, colour: QColor, disabled: QColor) -> None:
        super().__init__()
        self._character = character
        self._colour = colour
        self._disabled = disabled

    @override
    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        font = QFont(_family())
        font.setPixelSize(max(round(_LARGEST * rect.height()), 1))
        painter.save()
        painter.setFont(font)
        painter.setPen(self._disabled if mode is QIcon.Mode.Disabled else self._colour)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._character)
        painter.restore()

    @override
    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        image = QPixmap(size)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return image


@cache
def _family() -> str:
    font = QFontDatabase.addApplicationFont(str(_file(_FONT)))
    return QFontDatabase.applicationFontFamilies(font)[0]


@cache
def _characters() -> dict[str, str]:
    return json.loads(_file(_CHARACTERS).read_text(encoding="utf-8"))


def _file(pattern: str) -> Path:
    package = find_spec(_PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {_PACKAGE!r}", name=_PACKAGE)
    (found,) = (Path(package.submodule_search_locations[0]) / "fonts").glob(pattern)
    return found
