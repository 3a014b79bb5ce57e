"""Two images of the gallery side by side in one frame, and what differs in how they were made."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from core.media.images import read_image
from gui.history.history_facts import facts_of
from gui.theme import EDGE, GAP
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.split_view import SplitSide, SplitView
from gui.widgets.thumbnails import as_qt_image

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.errors import StudioError
    from core.history.history_entry import HistoryEntry
    from core.jobs.job import CancelToken
    from gui.background import Background

_SIZE = (1000, 760)
_TABLE_ROWS = 5
# Of any two images they differ, and tell nothing of how they look.
_OF_EACH = ("Made", "Job", "Folder", "Of an order", "Stars", "Tags")
_HELP = (
    "Drag the divider, or press Left and Right (with Shift further); the wheel, + and - zoom, "
    "0 fits, 1 shows each pixel; drag the picture to move both."
)
Difference = tuple[str, str, str]
"""What it is, and what the two have of it; empty where one has none."""


def differences(left: HistoryEntry, right: HistoryEntry) -> tuple[Difference, ...]:
    """Everything in which the making of two images differs; empty where they were made alike."""
    prompts = ("Prompt", left.prompt, right.prompt)
    ours, theirs = dict(facts_of(left)), dict(facts_of(right))
    names = dict.fromkeys(chain(ours, theirs))
    facts = ((name, ours.get(name, ""), theirs.get(name, "")) for name in names)
    return tuple(
        (name, one, other)
        for name, one, other in chain([prompts], facts)
        if one != other and name not in _OF_EACH
    )


class CompareImagesDialog(QDialog):
    """Compares two images; closes by Escape."""

    def __init__(
        self,
        left: HistoryEntry,
        right: HistoryEntry,
        background: Background,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("compare_dialog")
        self.setWindowTitle("Compare two pictures")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._entries = [left, right]
        self._sides = [SplitSide(_label(left)), SplitSide(_label(right))]
        self._reading: list[CancelToken] = []
        self.view = SplitView()
        self.view.setToolTip(_HELP)
        self._zoom = ToneLabel()
        self._table = named(QTableWidget(0, 3), "compare_table", says="What differs")
        self._swap = named(QPushButton("S&wap"), "compare_swap", "Change the sides of the two")
        fit = named(QPushButton("&Fit"), "compare_fit", "Show all of both pictures (0)")
        whole = named(QPushButton("&1:1"), "compare_pixels", "Show each pixel of them (1)")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        named(close, "compare_close", "Close the comparison (Escape)")
        # Return and the keys belong to the pictures.
        for button in (self._swap, fit, whole, close):
            button.setAutoDefault(False)
        line = hbox(self._swap, fit, whole, self._zoom, None, buttons, gap=GAP)
        help_line = ToneLabel()
        help_line.show_message(_HELP)
        self._prepare_table()
        vbox(
            self.view, help_line, self._table, line, of=self, gap=GAP, margin=EDGE, grows=self.view
        )
        self.resize(*_SIZE)
        self.view.zoomed.connect(self._show_zoom)
        self._swap.clicked.connect(self._on_swap)
        fit.clicked.connect(self.view.fit)
        whole.clicked.connect(self._on_pixels)
        buttons.rejected.connect(self.reject)
        self.finished.connect(self._stop_reading)
        self._show()
        for entry in (left, right):
            self._read(entry, background)
        self.view.setFocus()

    def _prepare_table(self) -> None:
        table = self._table
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        columns = table.horizontalHeader()
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        columns.setHighlightSections(False)
        high = table.verticalHeader().defaultSectionSize()
        table.setFixedHeight((_TABLE_ROWS + 1) * high)

    def _read(self, entry: HistoryEntry, background: Background) -> None:
        self._reading.append(
            background.run(
                lambda _: _whole_image(entry.path),
                partial(self._arrived, entry),
                partial(self._failed, entry),
            )
        )

    def _arrived(self, entry: HistoryEntry, image: QImage) -> None:
        self._put(entry, SplitSide(_label(entry), QPixmap.fromImage(image)))

    def _failed(self, entry: HistoryEntry, error: StudioError) -> None:
        self._put(entry, SplitSide(_label(entry), problem=str(error)))

    def _put(self, entry: HistoryEntry, side: SplitSide) -> None:
        self._sides[self._entries.index(entry)] = side
        self._show()

    def _show(self) -> None:
        self.view.show_sides(*self._sides)
        self._show_differences(differences(*self._entries))

    def _show_differences(self, found: Sequence[Difference]) -> None:
        self._table.setHorizontalHeaderLabels(["What differs", "Left", "Right"])
        rows = found or [("Nothing", "made with the same settings", "made with the same settings")]
        self._table.setRowCount(len(rows))
        for row, cells in enumerate(rows):
            for column, text in enumerate(cells):
                item = QTableWidgetItem(" ".join(text.split()) or "–")
                item.setToolTip(text)
                self._table.setItem(row, column, item)

    @Slot()
    def _on_swap(self) -> None:
        self._entries.reverse()
        self._sides.reverse()
        self._show()

    @Slot()
    def _on_pixels(self) -> None:
        self.view.set_scale(1.0)

    @Slot(object)
    def _show_zoom(self, scale: float) -> None:
        self._zoom.show_message(f"{scale:.0%}")

    @Slot()
    def _stop_reading(self) -> None:
        for token in self._reading:
            token.cancel()


def _label(entry: HistoryEntry) -> str:
    seed = "" if entry.seed is None else f"seed {entry.seed}"
    size = f"{entry.width}×{entry.height}" if entry.width else ""
    return " · ".join(filter(None, (entry.model, seed, size, entry.path.name)))


def _whole_image(path: Path) -> QImage:
    return as_qt_image(read_image(path, "picture", "picture").image)
