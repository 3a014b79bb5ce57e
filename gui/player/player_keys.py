"""The keys of the player while the focus is anywhere but in a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from typing_extensions import override

from gui.widgets.focus_filter import FocusFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gui.player.clip_player import ClipPlayer

KEYS = (
    ("Space", "Play or pause"),
    ("J", "A second back"),
    ("K", "Pause"),
    ("L", "Play"),
    (", and .", "One frame back, one frame on"),
    ("Page up, Page down", "To the scene before or after, in a film"),
    ("R", "Play again and again, with the focus in the player"),
    ("M", "Sound on or off, with the focus in the player"),
    ("F", "The picture over the whole screen; Escape leaves it"),
)
"""Every key of the player and what it does."""
_TEXTS = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox)


class PlayerKeys(FocusFilter):
    """Hands keys on to the player from wherever in `panel` the focus is.

    A box of text types them, a button is pressed by Space, and a cell that is edited keeps all.
    """

    def __init__(self, panel: QWidget, player: ClipPlayer) -> None:
        super().__init__(panel)
        self._acts: Mapping[Qt.Key, Callable[[], None]] = player.keys

    @override
    def is_wanted(self, widget: QWidget) -> bool:
        return not isinstance(widget, _TEXTS)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Play, pause or step by a plain key."""
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        is_plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        act = self._acts.get(Qt.Key(event.key()))
        if act is None or not is_plain:
            return False
        if event.key() == Qt.Key.Key_Space and isinstance(watched, QAbstractButton):
            return False
        if isinstance(watched, QAbstractItemView) and event.key() not in _IN_LISTS:
            return False
        act()
        return True


# Lists and tables move by the other keys.
_IN_LISTS = (Qt.Key.Key_Space, Qt.Key.Key_J, Qt.Key.Key_K, Qt.Key.Key_L, Qt.Key.Key_F)
