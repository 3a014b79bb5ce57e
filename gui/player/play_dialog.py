"""A player of one file in a dialog, outside of any project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget
from typing_extensions import override

from gui.player.clip_player import ClipPlayer

if TYPE_CHECKING:
    from pathlib import Path

_SIZE = (800, 560)


class PlayDialog(QDialog):
    """Plays one file; lets go of it when it closes."""

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(path.name)
        self.resize(*_SIZE)
        self._player = ClipPlayer()
        self._player.set_alone()
        QVBoxLayout(self).addWidget(self._player)
        self._player.show_clip(path, path.name, plays=True)

    @override
    def done(self, result: int) -> None:
        self._player.release()
        super().done(result)
