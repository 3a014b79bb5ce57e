"""Lets a person choose a folder without holding up the rest of the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable


def choose_folder(parent: QWidget, title: str, start: str, chosen: Callable[[Path], None]) -> None:
    """Open the dialog for folders; `chosen` is called with the one that is accepted."""
    dialog = QFileDialog(parent, title, start)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)

    def accept(folder: str) -> None:
        chosen(Path(folder))

    dialog.fileSelected.connect(accept)
    dialog.open()
