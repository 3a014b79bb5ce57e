"""Small pictures for lists: made at once, or only when a test says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap

from gui.widgets.thumbnails import Moment, Thumbnails

if TYPE_CHECKING:
    from pathlib import Path


class SmallImages(Thumbnails):
    """Thumbnails that are made at once, and that remembers what it was asked for."""

    def __init__(self, *, knows: bool = True) -> None:
        super().__init__()
        self.knows = knows
        self.asked: set[Path] = set()

    def pixmap(self, path: Path, size: QSize, at: Moment = "start") -> QPixmap | None:
        self.asked.add(path)
        if not self.knows:
            return None
        if path.suffix == ".png" and path.is_file():
            return QPixmap(str(path)).scaled(size, Qt.AspectRatioMode.KeepAspectRatio)
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.darkCyan)
        return pixmap

    def arrive(self, path: Path) -> None:
        self.knows = True
        self.ready.emit(path)
