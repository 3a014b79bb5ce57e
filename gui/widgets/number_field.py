"""A number with a unit, a range, and perhaps a word for "not chosen"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox
from typing_extensions import override

from gui.widgets.fields import SEVERAL, ignore_wheel

if TYPE_CHECKING:
    from pydantic import BaseModel

_DIGITS = 9


@dataclass(frozen=True)
class Limits:
    """A range; `is_open` where `low` itself is not in it."""

    low: float
    high: float
    is_open: bool = False


def limits_of(model: type[BaseModel], name: str, *, most: float = 86_400.0) -> Limits:
    """The range of a field; `most`, for times a day, where the model sets no upper end."""
    low, high, is_open = 0.0, most, False
    for rule in model.model_fields[name].metadata:
        above = getattr(rule, "gt", None)
        low = getattr(rule, "ge", low) if above is None else above
        is_open = is_open or above is not None
        high = getattr(rule, "le", high)
    return Limits(float(low), float(high), is_open)


@dataclass(frozen=True)
class NumberLook:
    """How a number is shown.

    Attributes:
        scale: what is shown for 1: 100 for a share in percent.
        is_whole: the value is an int.
        none_text: shown for None; empty where the number cannot be left open.
        first: the value with which stepping up from None begins.
    """

    decimals: int = 2
    step: float = 0.1
    suffix: str = ""
    scale: float = 1.0
    is_whole: bool = False
    none_text: str = ""
    first: float = 0.0


SECONDS = NumberLook(suffix=" s")
DECIBELS = NumberLook(decimals=1, step=1.0, suffix=" dB")
PERCENT = NumberLook(decimals=1, step=1.0, suffix=" %", scale=100.0)


class NumberField(QDoubleSpinBox):
    """Edits an int, a float or None.

    A value that it cannot show exactly is kept by whoever set it: `edited` comes only when a
    person changes the number.

    Signals:
        edited(int | float | None)
    """

    edited = Signal(object)

    def __init__(self, limits: Limits, look: NumberLook = SECONDS) -> None:
        super().__init__()
        self._look = look
        self._several_first: object = None
        self._is_several = False
        self._unit = 10.0**-look.decimals
        self.setDecimals(look.decimals)
        self.setSingleStep(look.step)
        self.setSuffix(look.suffix)
        self.setSpecialValueText(look.none_text)
        self._set_limits(limits)
        # A half-typed number is no choice: "19" on the way to "1920" would be one.
        self.setKeyboardTracking(False)
        ignore_wheel(self)
        self.valueChanged.connect(self._tell)

    def number(self) -> float | None:
        """The number that is shown, an int where it is whole; None where it is left open."""
        shown = self.value()
        if self._look.none_text and shown < self._low:
            return None
        return round(shown) if self._look.is_whole else round(shown / self._look.scale, _DIGITS)

    def show_value(self, value: object) -> None:
        """Show a number or None; tells nobody."""
        self._be_several(False)
        with QSignalBlocker(self):
            if isinstance(value, (int, float)):
                self.setValue(max(float(value) * self._look.scale, self._low))
            else:
                self.setValue(self.minimum())

    def show_number(self, value: float, limits: Limits) -> None:
        """Show a number within other limits, or beyond them as it is; tells nobody."""
        wide = Limits(min(limits.low, value), max(limits.high, value))
        with QSignalBlocker(self):
            self._set_limits(wide)
        self.show_value(value)

    def _set_limits(self, limits: Limits) -> None:
        scale = self._look.scale
        self._low = limits.low * scale + (self._unit if limits.is_open else 0.0)
        # The special text of the spin box stands for the value at its lower end.
        self._bottom = self._low - self._unit if self._look.none_text else self._low
        self.setRange(self._bottom, limits.high * scale)

    def show_usual(self, text: str, first: float) -> None:
        """Say what "not chosen" means now, and begin there when stepping up; tells nobody."""
        assert self._look.none_text, "a number that cannot be left open has nothing usual"
        self._look = replace(self._look, none_text=text, first=first)
        if not self._is_several:
            self.setSpecialValueText(text)

    def show_several(self, first: object) -> None:
        """Show that it stands for several values; tells nobody.

        Args:
            first: what the arrows take then, for all of them.
        """
        self._several_first = first
        self._be_several(True)
        with QSignalBlocker(self):
            self.setValue(self.minimum())

    @override
    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Of several values both arrows lead to one."""
        flags = QAbstractSpinBox.StepEnabledFlag
        if self._is_several and not self.isReadOnly():
            return flags.StepUpEnabled | flags.StepDownEnabled
        return super().stepEnabled()

    @override
    def stepBy(self, steps: int) -> None:
        """Leave "not chosen" with a sensible number, and several values with the first."""
        if self._is_several:
            self.show_value(self._several_first)
            self.edited.emit(self._several_first)
        elif self._look.none_text and self.value() < self._low and steps > 0:
            self.setValue(max(self._look.first * self._look.scale, self._low))
        else:
            super().stepBy(steps)

    def _be_several(self, is_several: bool) -> None:
        if is_several == self._is_several:
            return
        self._is_several = is_several
        with QSignalBlocker(self):
            self.setMinimum(self._bottom - self._unit if is_several else self._bottom)
            self.setSpecialValueText(SEVERAL if is_several else self._look.none_text)

    @Slot(float)
    def _tell(self, _: float) -> None:
        self._be_several(False)
        self.edited.emit(self.number())
