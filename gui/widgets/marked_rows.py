"""Rows of a form that say where they differ from what is usual, each with the way back."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from gui.widgets.buttons import IconButton

_WIDEST_LABEL = "• Negative prompt"
_RESET_WIDTH = 34
_TOP = Qt.AlignmentFlag.AlignTop
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class RowGrid(QWidget):
    """Holds rows, one below the other, their labels in one column."""

    def __init__(self) -> None:
        super().__init__()
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setColumnStretch(1, 1)
        # The same in every grid, so that the fields of neighbours stand below each other.
        width = self.fontMetrics().horizontalAdvance(_WIDEST_LABEL)
        self.grid.setColumnMinimumWidth(0, width)
        self.grid.setColumnStretch(0, 0)


class MarkedRow(QObject):
    """A labelled field, and the button that leads back.

    Signals:
        reset_wanted(): the field shall be as usual again.
    """

    reset_wanted = Signal()

    def __init__(
        self, grid: RowGrid, name: str, label: str, tip: str, *, has_reset: bool = True
    ) -> None:
        super().__init__(grid)
        self._grid = grid.grid
        self._name, self._text, self._tip = name, label, tip
        self._row = self._grid.rowCount()
        self._field: QWidget | None = None
        self._is_shown = True
        self._label = QLabel(label, wordWrap=True)
        self._label.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        self._reset = IconButton(f"{name}_reset", "undo-variant", label) if has_reset else None
        self._grid.addWidget(self._label, self._row, 0)
        if self._reset is not None:
            # Its room is kept, so that the fields do not jump when it comes and goes.
            self._grid.setColumnMinimumWidth(2, _RESET_WIDTH)
            self._reset.clicked.connect(self.reset_wanted)
            self._grid.addWidget(self._reset, self._row, 2, _TOP)
        self.mark("", "")

    def set_field(self, field: QWidget, *, is_tall: bool = False) -> None:
        """Have this field; a tall one has several lines, and the label stands beside the first."""
        if self._field is not None:
            self._grid.removeWidget(self._field)
            self._field.setParent(None)
            self._field.deleteLater()
        self._field = field
        field.setObjectName(self._name)
        field.setToolTip(self._tip)
        field.setAccessibleName(self._text)
        self._label.setBuddy(field)
        self._grid.setAlignment(self._label, _TOP if is_tall else _MIDDLE)
        self._grid.addWidget(field, self._row, 1)
        field.setVisible(self._is_shown)

    def set_visible(self, is_visible: bool, *, can_reset: bool) -> None:
        """Show the row, with or without the way back."""
        self._is_shown = is_visible
        self._label.setVisible(is_visible)
        if self._field is not None:
            self._field.setVisible(is_visible)
        if self._reset is not None:
            self._reset.setVisible(is_visible and can_reset)

    def mark(self, why: str, reset_tip: str) -> None:
        """Show that the row differs and why; an empty reason unmarks it."""
        self._label.setText(f"• {self._text}" if why else self._text)
        font = self._label.font()
        font.setBold(bool(why))
        self._label.setFont(font)
        self._label.setToolTip(f"{self._tip}\n{why}" if why else self._tip)
        if self._field is not None:
            self._field.setAccessibleDescription(why)
        if self._reset is not None:
            self._reset.set_tip(reset_tip)
