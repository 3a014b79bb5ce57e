"""A number within the limits that a model sets."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QWidget


class NumberBox(QDoubleSpinBox):
    """A spin box that tells only what a person enters, once it is entered whole.

    Signals:
        edited(float | int): an int where there are no decimals.
    """

    edited = Signal(object)

    def __init__(
        self, *, decimals: int, step: float, suffix: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setDecimals(decimals)
        self.setSingleStep(step)
        self.setSuffix(suffix)
        # A half-typed number is no choice: "1" on the way to "12" would be one.
        self.setKeyboardTracking(False)
        self.valueChanged.connect(self._on_changed)

    def show_number(self, value: float, minimum: float, maximum: float) -> None:
        """Show a number; one beyond the limits is shown as it is, and tells nobody."""
        with QSignalBlocker(self):
            self.setRange(min(minimum, value), max(maximum, value))
            self.setValue(value)

    @Slot(float)
    def _on_changed(self, value: float) -> None:
        self.edited.emit(value if self.decimals() else round(value))
