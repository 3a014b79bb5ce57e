"""Number and choice boxes that a wheel turned over them does not change by accident."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QComboBox, QScrollBar, QWidget


class CalmWheel(QObject):
    """An event filter: boxes without the focus leave the wheel to what scrolls around them."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Whether the wheel is kept from the box."""
        if event.type() != QEvent.Type.Wheel or not isinstance(watched, QWidget):
            return False
        if watched.hasFocus():
            return False
        event.ignore()
        return True


def keep_calm(panel: QWidget) -> None:
    """Make every number box, choice box and slider inside the panel calm."""
    wheel = CalmWheel(panel)
    for kind in (QAbstractSpinBox, QComboBox, QAbstractSlider):
        for box in panel.findChildren(kind):
            if not isinstance(box, QScrollBar):
                # The usual policy takes the focus, and with it the wheel, at the first turn.
                box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                box.installEventFilter(wheel)
