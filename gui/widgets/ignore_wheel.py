"""Keeps the wheel from changing a value that a person only scrolled past."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QComboBox, QScrollBar, QWidget
from typing_extensions import override

_BOXES = (QAbstractSpinBox, QComboBox, QAbstractSlider)


class IgnoreWheel(QObject):
    """An event filter: boxes without the focus leave the wheel to what scrolls around them."""

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the wheel away from a box that has no focus."""
        if event.type() != QEvent.Type.Wheel or not isinstance(watched, QWidget):
            return False
        if watched.hasFocus():
            return False
        event.ignore()
        return True


def ignore_wheel(widget: QWidget) -> None:
    """Let the wheel change this box, or every box inside this panel, only while it has focus."""
    wheel = IgnoreWheel(widget)
    for box in (widget, *widget.findChildren(QWidget)):
        if isinstance(box, _BOXES) and not isinstance(box, QScrollBar):
            # The usual policy takes the focus, and with it the wheel, at the first turn.
            box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            box.installEventFilter(wheel)
