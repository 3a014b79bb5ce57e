"""One row of a form of choices: label, editor, and the way back to what is usual."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from gui.widgets.buttons import IconButton

_WIDEST_LABEL = "• Negative prompt"
_RESET_WIDTH = 34


class ChoiceGrid(QWidget):
    """Holds rows, one below the other, their labels in one column."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setColumnStretch(1, 1)
        # The same in every grid, so that the editors of neighbours stand below each other.
        width = self.fontMetrics().horizontalAdvance(_WIDEST_LABEL)
        self.grid.setColumnMinimumWidth(0, width)


@dataclass(frozen=True)
class RowLabels:
    """What a row is called and what it is about.

    Attributes:
        name: the object name of its editor.
        field: the field of the choices that it edits.
        is_tall: its editor has several lines, and the label stands beside the first.
    """

    name: str
    field: str
    label: str
    tip: str
    is_tall: bool = False


class ChoiceRow(QObject):
    """A labelled editor of one field of the choices.

    Signals:
        reset_wanted(str): the row's field shall be as usual again.
    """

    reset_wanted = Signal(object)

    def __init__(
        self, grid: ChoiceGrid, words: RowLabels, editor: QWidget, *, has_reset: bool = True
    ) -> None:
        super().__init__(grid)
        self.words = words
        self._editor = editor
        self._label = QLabel(words.label)
        self._label.setToolTip(words.tip)
        self._label.setBuddy(editor)
        self._label.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        editor.setObjectName(words.name)
        editor.setToolTip(words.tip)
        editor.setAccessibleName(words.label)
        self._reset = (
            IconButton(f"{words.name}_reset", "undo-variant", words.label) if has_reset else None
        )
        row = grid.grid.rowCount()
        top = Qt.AlignmentFlag.AlignTop
        beside = top if words.is_tall else Qt.AlignmentFlag.AlignVCenter
        grid.grid.addWidget(self._label, row, 0, beside)
        grid.grid.addWidget(editor, row, 1)
        if self._reset is not None:
            # Its room is kept, so that the editors do not jump when it comes and goes.
            grid.grid.setColumnMinimumWidth(2, _RESET_WIDTH)
            self._reset.clicked.connect(self._on_reset)
            grid.grid.addWidget(self._reset, row, 2, top)

    def set_visible(self, is_visible: bool, *, can_reset: bool) -> None:
        """Show the row, with or without the way back."""
        self._label.setVisible(is_visible)
        self._editor.setVisible(is_visible)
        if self._reset is not None:
            self._reset.setVisible(is_visible and can_reset)

    def mark(self, why: str, reset_tip: str) -> None:
        """Show that the row differs from the project and why; an empty reason unmarks it."""
        words = self.words
        self._label.setText(f"• {words.label}" if why else words.label)
        font = self._label.font()
        font.setBold(bool(why))
        self._label.setFont(font)
        self._label.setToolTip(f"{words.tip}\n{why}" if why else words.tip)
        self._editor.setAccessibleDescription(why)
        if self._reset is not None:
            self._reset.set_tip(reset_tip)

    @Slot()
    def _on_reset(self) -> None:
        self.reset_wanted.emit(self.words.field)
