"""Undo with the focus in a field: the window's, unless the field holds what nobody has yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QDoubleSpinBox,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QWidget,
)
from typing_extensions import override

from gui.widgets.focus_filter import FocusFilter

if TYPE_CHECKING:
    from collections.abc import Callable

_TELLS_EACH_LETTER = "tells_each_letter"
_UNDO, _REDO = QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo


def tell_each_letter(field: QWidget) -> None:
    """Say that a field keeps nothing to itself: each letter is an edit as soon as it is typed."""
    field.setProperty(_TELLS_EACH_LETTER, True)


class FieldUndo(FocusFilter):
    """Leaves undo and redo to the window while the focus is in a field inside of `panel`.

    A field keeps the keys for itself only where it has something of its own to take back: a
    number that is half typed, a line that is taken over later.
    """

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hand undo and redo on to the window's shortcuts."""
        if event.type() is not QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        for key, is_undo in ((_UNDO, True), (_REDO, False)):
            if event.matches(key) and not _has_draft(watched, is_undo=is_undo):
                event.ignore()
                return True
        return False


def _has_draft(field: QObject, *, is_undo: bool) -> bool:
    """Whether the keys undo, or redo, something that is in this field alone."""
    if field.property(_TELLS_EACH_LETTER):
        return False
    if isinstance(field, QAbstractSpinBox):
        # What a table opens for one cell is a draft until it closes.
        return _is_half_typed(field) or _is_in_table(field)
    if isinstance(field, QLineEdit):
        return field.isUndoAvailable() if is_undo else field.isRedoAvailable()
    if isinstance(field, QPlainTextEdit):
        document = field.document()
        return document.isUndoAvailable() if is_undo else document.isRedoAvailable()
    return False


def _is_half_typed(box: QAbstractSpinBox) -> bool:
    if not isinstance(box, QSpinBox | QDoubleSpinBox):
        return False
    write: Callable[..., str] = box.textFromValue
    is_special = bool(box.specialValueText()) and box.value() == box.minimum()
    number = f"{box.prefix()}{write(box.value())}{box.suffix()}"
    return box.text() != (box.specialValueText() if is_special else number)


def _is_in_table(box: QWidget) -> bool:
    around = box.parentWidget()
    return around is not None and isinstance(around.parentWidget(), QAbstractItemView)
