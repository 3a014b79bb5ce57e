"""A length of a film in minutes and seconds."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QCheckBox, QSpinBox, QWidget
from typing_extensions import override

from core.project.storyboard.markup import clock, read_clock
from gui.theme import GAP
from gui.widgets.fields import ignore_wheel
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.labels import label_of

_USUAL_S = 60
_LONGEST_S = 24 * 3600
_STEP_S = 5


class ClockBox(QSpinBox):
    """Edits whole seconds as "1:30"; plain seconds can be typed too."""

    @override
    def textFromValue(self, value: int) -> str:
        """The seconds as minutes and seconds."""
        return clock(value)

    @override
    def valueFromText(self, text: str) -> int:
        """The seconds that a text stands for."""
        seconds = read_clock(text)
        return self.value() if seconds is None else round(seconds)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Whether a text stands for seconds, or may become one that does."""
        seconds = read_clock(text)
        if seconds is not None and self.minimum() <= round(seconds) <= self.maximum():
            return QValidator.State.Acceptable, text, position
        if all(char.isdecimal() or char in ":., s" for char in text):
            return QValidator.State.Intermediate, text, position
        return QValidator.State.Invalid, text, position


class LengthField(QWidget):
    """Edits a length in seconds, or None for as long as it gets.

    Signals:
        changed(float | None)
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Kept to the fraction of a second until a person changes the length.
        self._exact: float | None = None
        self._box = ClockBox()
        self._box.setObjectName("target_length")
        self._box.setRange(1, _LONGEST_S)
        self._box.setSingleStep(_STEP_S)
        self._box.setValue(_USUAL_S)
        self._box.setKeyboardTracking(False)
        self._box.setToolTip(
            "How long the film should be, in minutes and seconds.\n"
            "Scenes without a length of their own share it by their words."
        )
        self._free = QCheckBox("As long as it &gets")
        self._free.setObjectName("no_target")
        self._free.setToolTip("Every scene has the usual length of a clip, however many there are")
        self._free.setChecked(True)
        FlowLayout(label_of(self._box, "&Target length"), self._box, self._free, of=self, gap=GAP)
        self._box.setEnabled(False)
        self._box.valueChanged.connect(self._on_edited)
        self._free.toggled.connect(self._on_free)
        ignore_wheel(self)

    def value(self) -> float | None:
        """The length."""
        if self._free.isChecked():
            return None
        return float(self._box.value()) if self._exact is None else self._exact

    def set_value(self, seconds: float | None) -> None:
        """Show a length; tells nobody."""
        self._exact = seconds
        with QSignalBlocker(self._box), QSignalBlocker(self._free):
            self._free.setChecked(seconds is None)
            if seconds is not None:
                self._box.setValue(round(seconds))
        self._box.setEnabled(seconds is not None)

    @Slot(int)
    def _on_edited(self, _: int) -> None:
        self._exact = None
        self.changed.emit(self.value())

    @Slot(bool)
    def _on_free(self, is_free: bool) -> None:
        self._box.setEnabled(not is_free)
        self._exact = None
        self.changed.emit(self.value())
