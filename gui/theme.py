"""How the program looks: palettes for light and dark, distances, and icons that follow them."""

from __future__ import annotations

import json
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import QStyle
from typing_extensions import override

from core.config.settings import Appearance

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

GAP = 8
"""Pixels between neighbours that belong together."""
EDGE = 12
"""Pixels around the content of a panel."""
BESIDE = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
TEXT = Qt.ToolButtonStyle.ToolButtonTextOnly


class Tone(StrEnum):
    """What a coloured text or mark says."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    QUIET = "quiet"


_Role = QPalette.ColorRole
# Each text colour has a contrast of at least 4.5 to 1 against window and base of its theme.
_LIGHT = {
    _Role.Window: "#f3f4f6", _Role.WindowText: "#1b1f24", _Role.Base: "#ffffff",
    _Role.AlternateBase: "#f7f8fa", _Role.Text: "#1b1f24", _Role.Button: "#e6e8ec",
    _Role.ButtonText: "#1b1f24", _Role.BrightText: "#ffffff", _Role.Highlight: "#1f5fbf",
    _Role.HighlightedText: "#ffffff", _Role.ToolTipBase: "#1b1f24", _Role.ToolTipText: "#ffffff",
    _Role.PlaceholderText: "#5f6873", _Role.Link: "#1f5fbf", _Role.LinkVisited: "#6b3fa0",
    _Role.Light: "#ffffff", _Role.Midlight: "#eceef1", _Role.Mid: "#b9bfc7", _Role.Dark: "#9aa2ac",
    _Role.Shadow: "#6b737d",
}  # fmt: skip
_DARK = {
    _Role.Window: "#1e2125", _Role.WindowText: "#e8eaed", _Role.Base: "#2a2f36",
    _Role.AlternateBase: "#262a30", _Role.Text: "#e8eaed", _Role.Button: "#2d3238",
    _Role.ButtonText: "#e8eaed", _Role.BrightText: "#ffffff", _Role.Highlight: "#2f6fd0",
    _Role.HighlightedText: "#ffffff", _Role.ToolTipBase: "#e8eaed", _Role.ToolTipText: "#15171a",
    _Role.PlaceholderText: "#9aa3ad", _Role.Link: "#7fb0ff", _Role.LinkVisited: "#c3a1ff",
    _Role.Light: "#3a4047", _Role.Midlight: "#33383e", _Role.Mid: "#454c54", _Role.Dark: "#101214",
    _Role.Shadow: "#000000",
}  # fmt: skip
_TONES = {
    False: {Tone.GOOD: "#17692f", Tone.WARNING: "#855300", Tone.BAD: "#b3261e",
            Tone.QUIET: "#56606b"},
    True: {Tone.GOOD: "#6fd08c", Tone.WARNING: "#f0b95a", Tone.BAD: "#ff8f86",
           Tone.QUIET: "#a3acb6"},
}  # fmt: skip
_DISABLED = {False: "#7a828c", True: "#7e8791"}


def apply(app: QApplication, appearance: Appearance) -> None:
    """Give the whole program this appearance; what is open is drawn anew."""
    schemes = {
        Appearance.SYSTEM: Qt.ColorScheme.Unknown,
        Appearance.LIGHT: Qt.ColorScheme.Light,
        Appearance.DARK: Qt.ColorScheme.Dark,
    }
    app.setStyle("Fusion")
    hints = app.styleHints()
    hints.setColorScheme(schemes[appearance])
    is_dark = appearance is Appearance.DARK or (
        appearance is Appearance.SYSTEM and hints.colorScheme() is Qt.ColorScheme.Dark
    )
    # No style sheet for the program: with one, Qt looks at every widget anew each time it gets a
    # parent, and a project would take half a second longer to open.
    app.setPalette(palette(is_dark=is_dark))
    # Without one, Qt tells what is open of the colours only when it comes back to its events.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.ApplicationPaletteChange.value)
    _icon.cache_clear()


def fitted(window: QRect, available: QRect, style: QStyle) -> QRect:
    """The place of a window, moved and made smaller until it lies on the screen with its title.

    Args:
        window: its content, without the frame.
        available: what panels and docks of the desktop leave of the screen.
        style: knows how high a title is.
    """
    title = style.pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight)
    room = available.adjusted(0, title, 0, 0)
    place = QRect(window.topLeft(), window.size().boundedTo(room.size()))
    place.moveRight(min(place.right(), room.right()))
    place.moveBottom(min(place.bottom(), room.bottom()))
    place.moveLeft(max(place.left(), room.left()))
    place.moveTop(max(place.top(), room.top()))
    return place


def palette(*, is_dark: bool) -> QPalette:
    """The colours of a theme."""
    colours = QPalette()
    for role, value in (_DARK if is_dark else _LIGHT).items():
        colours.setColor(role, QColor(value))
    for role in (_Role.Text, _Role.WindowText, _Role.ButtonText):
        colours.setColor(QPalette.ColorGroup.Disabled, role, QColor(_DISABLED[is_dark]))
    return colours


def is_dark(colours: QPalette) -> bool:
    """Whether a palette is one of a dark theme."""
    return colours.color(_Role.Window).lightness() < 128


def tone(colours: QPalette, of: Tone) -> QColor:
    """The colour of a text that says this, readable on the palette's window."""
    return QColor(_TONES[is_dark(colours)][of])


def icon(name: str, colours: QPalette | None = None) -> QIcon:
    """A Material Design icon, such as "play", in the palette's text colour.

    Without a palette it follows the program's, into another theme too.
    """
    if colours is None:
        return font_icon(name)
    role = colours.color(QPalette.ColorGroup.Normal, _Role.ButtonText).name()
    grey = colours.color(QPalette.ColorGroup.Disabled, _Role.ButtonText).name()
    return _icon(name, role, grey)


def tone_icon(name: str, colours: QPalette, of: Tone) -> QIcon:
    """A Material Design icon in the colour of what it says."""
    colour = tone(colours, of).name()
    return _icon(name, colour, colour)


@cache
def _icon(name: str, colour: str, disabled: str) -> QIcon:
    return font_icon(name, QColor(colour), QColor(disabled))


# The files of this package are read, but it is not loaded: with it come every class of Qt and
# eleven more fonts, which would take a third of the time until the window is seen, and 45 MB.
_PACKAGE = "qtawesome"
_FONT = "materialdesignicons6-webfont-[0-9]*.ttf"
_CHARACTERS = "materialdesignicons6-webfont-charmap-*.json"
_LARGEST = 0.875
"""The height of a character as a part of the icon's; the rest is the font's own margin."""


def font_icon(name: str, colour: QColor | None = None, disabled: QColor | None = None) -> QIcon:
    """The icon of this name, in one colour and in another one where it cannot be used.

    Without a colour it is drawn in the one that text has on buttons when it is drawn.

    Raises:
        KeyError: the font has no such icon.
        ModuleNotFoundError: the package is not installed.
    """
    return QIcon(_Engine(chr(int(_characters()[name], 16)), colour, disabled))


class _Engine(QIconEngine):
    def __init__(self, character: str, colour: QColor | None, disabled: QColor | None) -> None:
        super().__init__()
        self._character = character
        self._colour = colour
        self._disabled = disabled

    @override
    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        font = QFont(_family())
        font.setPixelSize(max(round(_LARGEST * rect.height()), 1))
        is_disabled = mode is QIcon.Mode.Disabled
        group = QPalette.ColorGroup.Disabled if is_disabled else QPalette.ColorGroup.Normal
        usual = QGuiApplication.palette().color(group, _Role.ButtonText)
        painter.save()
        painter.setFont(font)
        painter.setPen((self._disabled if is_disabled else self._colour) or usual)
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
