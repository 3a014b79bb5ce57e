"""What opens while something is dragged over it, so that it can be dropped inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QStyle
from typing_extensions import override

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractButton, QTabWidget


def switch_on_drag(tabs: QTabWidget) -> None:
    """Turn to the tab over which something is held."""
    tabs.tabBar().setAcceptDrops(True)
    tabs.tabBar().setChangeCurrentOnDrag(True)


def open_on_drag(button: QAbstractButton) -> None:
    """Open what a checkable button opens, when something is held over it."""
    button.setAcceptDrops(True)
    button.installEventFilter(_DragHover(button))


class _DragHover(QObject):
    """An event filter: after the delay that tabs have as well, the button is checked."""

    def __init__(self, button: QAbstractButton) -> None:
        super().__init__(button)
        self._button = button
        self._delay = QTimer(self, singleShot=True)
        self._delay.timeout.connect(self._open)

    def _open(self) -> None:
        if not self._button.isChecked():
            self._button.click()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.DragEnter:
                hint = QStyle.StyleHint.SH_TabBar_ChangeCurrentDelay
                self._delay.start(self._button.style().styleHint(hint, None, self._button))
                event.accept()
                return True
            case QEvent.Type.DragMove:
                # Nothing can be dropped on the button itself.
                event.ignore()
                return True
            case QEvent.Type.DragLeave | QEvent.Type.Drop:
                self._delay.stop()
                return True
            case _:
                return False
