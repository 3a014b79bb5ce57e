"""How fast the camera moves: a slider and the number beside it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from gui.render.number_box import NumberBox

_STEP = 0.05
# A slider knows whole numbers only.
_UNITS = 100


class CameraSpeedField(QWidget):
    """Edits a speed; 1 is normal.

    Signals:
        edited(float)
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName("camera_speed_slider")
        self._slider.setAccessibleName("Camera speed")
        self._slider.setToolTip("How fast the camera moves: 1 is normal")
        self._slider.setSingleStep(round(_STEP * _UNITS))
        self._slider.setPageStep(round(5 * _STEP * _UNITS))
        self._number = NumberBox(decimals=2, step=_STEP, suffix=" ×")
        self._number.setObjectName("camera_speed_number")
        self._number.setAccessibleName("Camera speed")
        self._number.setToolTip("How fast the camera moves: 1 is normal")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slider, 1)
        row.addWidget(self._number)
        self.setFocusProxy(self._number)
        self._slider.valueChanged.connect(self._on_slid)
        self._number.edited.connect(self._on_entered)

    def show_speed(self, speed: float, minimum: float, maximum: float) -> None:
        """Show a speed; tells nobody."""
        self._number.show_number(speed, minimum, maximum)
        with QSignalBlocker(self._slider):
            self._slider.setRange(round(minimum * _UNITS), round(maximum * _UNITS))
            # One beyond the limits is told by the number.
            self._slider.setValue(round(min(max(speed, minimum), maximum) * _UNITS))

    @Slot(int)
    def _on_slid(self, units: int) -> None:
        self.edited.emit(units / _UNITS)

    @Slot(object)
    def _on_entered(self, speed: object) -> None:
        self.edited.emit(speed)
