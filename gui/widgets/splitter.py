"""A splitter whose handles are seen."""

from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QSplitter, QSplitterHandle
from typing_extensions import override


class Splitter(QSplitter):
    """Its handles are a shade apart from the ground on which they lie."""

    @override
    def createHandle(self) -> QSplitterHandle:
        handle = QSplitterHandle(self.orientation(), self)
        handle.setBackgroundRole(QPalette.ColorRole.Midlight)
        handle.setAutoFillBackground(True)
        return handle
