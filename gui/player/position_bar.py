"""The frames of a clip as a slider, with marks where scenes begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider
from typing_extensions import override

from gui.widgets.fields import ignore_wheel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QMouseEvent, QPaintEvent

_MARK_HEIGHT = 5


class PositionBar(QSlider):
    """One step is one frame; a click goes where it was made.

    Signals:
        wanted(int): a person wants that frame.
    """

    wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._marks: tuple[int, ...] = ()
        self.setObjectName("position")
        self.setAccessibleName("Position in the clip")
        self.setToolTip("Where in the clip you are. Arrow keys move by one frame.")
        self.setSingleStep(1)
        ignore_wheel(self)
        self.valueChanged.connect(self._tell)

    def show_clip(self, count: int, per_second: int, marks: Sequence[int]) -> None:
        """Another clip of so many frames; marks are frames at which scenes begin."""
        with QSignalBlocker(self):
            self.setRange(0, max(count - 1, 0))
            self.setPageStep(max(per_second, 1))
            self.setValue(0)
        self._marks = tuple(marks)
        self.setEnabled(count > 1)
        self.update()

    def show_frame(self, number: int) -> None:
        """Stand at a frame; tells nobody."""
        with QSignalBlocker(self):
            self.setValue(number)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go where the click was made, and be dragged from there."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.setValue(self._frame_at(event.position().x()))
        super().mousePressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the marks under the slider."""
        super().paintEvent(event)
        if not self._marks or self.maximum() <= 0:
            return
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        for frame in self._marks:
            x = self._x_of(frame)
            painter.drawLine(x, self.height() - _MARK_HEIGHT, x, self.height() - 1)
        painter.end()

    def _track(self) -> tuple[int, int]:
        """The first pixel that the handle's middle can be at, and how many there are."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        style, control = self.style(), QStyle.ComplexControl.CC_Slider
        groove = style.subControlRect(control, option, QStyle.SubControl.SC_SliderGroove, self)
        handle = style.subControlRect(control, option, QStyle.SubControl.SC_SliderHandle, self)
        return groove.left() + handle.width() // 2, max(groove.width() - handle.width(), 1)

    def _frame_at(self, x: float) -> int:
        left, length = self._track()
        return QStyle.sliderValueFromPosition(
            self.minimum(), self.maximum(), round(x) - left, length
        )

    def _x_of(self, frame: int) -> int:
        left, length = self._track()
        return left + QStyle.sliderPositionFromValue(self.minimum(), self.maximum(), frame, length)

    @Slot(int)
    def _tell(self, number: int) -> None:
        self.wanted.emit(number)
