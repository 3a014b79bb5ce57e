"""The images that a scene may start from besides the one that it has, to choose with a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QLabel, QListView, QListWidget, QListWidgetItem, QWidget

from gui.theme import GAP
from gui.widgets.fields import named
from gui.widgets.file_field import printable
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gui.widgets.thumbnails import Thumbnails

_SMALL = QSize(72, 46)


class OtherFrames(QWidget):
    """A line of small images, the newest first; hidden while there is none.

    Signals:
        chosen(Path)
    """

    chosen = Signal(object)

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails = thumbnails
        self._paths: tuple[Path, ...] = ()
        self._list = named(
            QListWidget(),
            "other_frames",
            "Click an image to let the clip begin with it",
            "Other start frames",
        )
        self._list.setViewMode(QListView.ViewMode.IconMode)
        self._list.setFlow(QListView.Flow.LeftToRight)
        self._list.setWrapping(False)
        self._list.setMovement(QListView.Movement.Static)
        self._list.setIconSize(_SMALL)
        self._list.setSelectionMode(QListWidget.SelectionMode.SingleSelection)
        bar = self._list.horizontalScrollBar().sizeHint().height()
        self._list.setFixedHeight(_SMALL.height() + 2 * GAP + bar)
        vbox(QLabel("Other start frames"), self._list, of=self, gap=2)
        self._list.itemClicked.connect(self._on_item)
        self._list.itemActivated.connect(self._on_item)
        thumbnails.ready.connect(self._draw)
        self.hide()

    def show_images(self, paths: Sequence[Path]) -> None:
        """Offer these."""
        self.setVisible(bool(paths))
        if tuple(paths) == self._paths:
            return
        self._paths = tuple(paths)
        self._list.clear()
        for path in self._paths:
            item = QListWidgetItem()
            item.setSizeHint(_SMALL + QSize(GAP, GAP))
            item.setToolTip(printable(path))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, printable(path))
            self._list.addItem(item)
        self._draw()

    @Slot()
    def _draw(self, _: object = None) -> None:
        size = _SMALL * self.devicePixelRatioF()
        for row, path in enumerate(self._paths):
            item = self._list.item(row)
            pixmap = self._thumbnails.pixmap(path, size)
            if pixmap is not None and item.icon().isNull():
                item.setIcon(QIcon(pixmap))

    @Slot(object)
    def _on_item(self, item: QListWidgetItem) -> None:
        self.chosen.emit(self._paths[self._list.row(item)])
