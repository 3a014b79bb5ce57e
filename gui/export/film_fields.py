"""Fields that only a film has: its size, its rate, its transitions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from core.film.model.delivery import FrameFormat
from core.film.model.film import Transition
from core.film.model.layout import MAX_RATE, MAX_SIDE
from core.film.model.transitions import NONE
from gui.export.export_labels import RATES, rate_text, transition_choices
from gui.theme import GAP, Tone
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel
from gui.widgets.number_field import SECONDS, NumberField, NumberLook, limits_of

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class _Size:
    width: int | None = None
    height: int | None = None


_OWN = "own"
_KEPT = "As the clips"
_SIZES = (
    ("As most clips", _Size()),
    ("3840×2160 · 4K", _Size(3840, 2160)),
    ("1920×1080 · Full HD", _Size(1920, 1080)),
    ("1280×720 · HD", _Size(1280, 720)),
    ("1080×1920 · upright", _Size(1080, 1920)),
    ("1080×1080 · square", _Size(1080, 1080)),
    ("1080×1350 · 4:5", _Size(1080, 1350)),
    ("720 high, shape of the clips", _Size(None, 720)),
)


class SizeField(QWidget):
    """Edits the size in a `FrameFormat`.

    Signals:
        edited(FrameFormat)
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frame = FrameFormat()
        choices = [Choice(size, label) for label, size in _SIZES]
        self._usual = ChoiceField([*choices, Choice(_OWN, "Another size…", begins_group=True)])
        self._usual.setObjectName("size")
        self._usual.setAccessibleName("Size")
        self._usual.setToolTip("The size of the film's picture.")
        self._width = _side("width", "Width of the picture; the lowest value keeps the shape.")
        self._height = _side("height", "Height of the picture; the lowest value keeps the shape.")
        self._own = QWidget()
        own = QHBoxLayout(self._own)
        own.setContentsMargins(0, 0, 0, 0)
        own.addWidget(self._width, 1)
        own.addWidget(QLabel("×"))
        own.addWidget(self._height, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP // 2)
        layout.addWidget(self._usual)
        layout.addWidget(self._own)
        self._own.hide()
        self.setFocusProxy(self._usual)
        self._usual.edited.connect(self._choose)
        self._width.edited.connect(self._set_width)
        self._height.edited.connect(self._set_height)

    def show_value(self, value: object) -> None:
        """Show a size; tells nobody."""
        if not isinstance(value, FrameFormat):
            return
        size = _Size(value.width, value.height)
        is_same = size == _Size(self._frame.width, self._frame.height)
        self._frame = value
        self._width.show_value(value.width)
        self._height.show_value(value.height)
        # Who types a size of their own may pass a usual one on the way.
        if not (is_same and self._usual.value() == _OWN):
            self._usual.show_value(_OWN if self._usual.index_of(size) is None else size)
        self._own.setVisible(self._usual.value() == _OWN)

    @Slot(object)
    def _choose(self, size: object) -> None:
        self._own.setVisible(size == _OWN)
        if isinstance(size, _Size):
            self._tell(width=size.width, height=size.height)

    @Slot(object)
    def _set_width(self, width: object) -> None:
        self._tell(width=width, height=self._frame.height)

    @Slot(object)
    def _set_height(self, height: object) -> None:
        self._tell(width=self._frame.width, height=height)

    def _tell(self, *, width: object, height: object) -> None:
        self._frame = self._frame.model_copy(update={"width": width, "height": height})
        self._width.show_value(self._frame.width)
        self._height.show_value(self._frame.height)
        self.edited.emit(self._frame)


class RateField(QWidget):
    """Edits a frame rate: a `Fraction`, or None for that of the clips.

    Signals:
        edited(Fraction | None)
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rate: Fraction | None = None
        choices: Sequence[Choice] = [Choice(rate, label) for rate, label in RATES.items()]
        # None is what the combo box gives while nothing is chosen, so it stands for itself here.
        self._usual = ChoiceField([*choices, Choice(_OWN, "Another rate…", begins_group=True)])
        self._usual.setObjectName("rate")
        self._usual.setAccessibleName("Frames per second")
        self._usual.setToolTip("Frames per second of the film.")
        self._own = named(QLineEdit(), "own_rate")
        self._own.setPlaceholderText("12.5 or 30000/1001")
        self._own.setAccessibleName("Another number of frames per second")
        self._own.setToolTip("Frames per second: a number such as 12.5, or a fraction.")
        self._wrong = ToneLabel(Tone.BAD)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP // 2)
        layout.addWidget(self._usual)
        layout.addWidget(self._own)
        layout.addWidget(self._wrong)
        self._own.hide()
        self.setFocusProxy(self._usual)
        self._usual.edited.connect(self._choose)
        self._own.textEdited.connect(self._check)
        self._own.editingFinished.connect(self._take)

    def show_value(self, value: object) -> None:
        """Show a rate; tells nobody."""
        rate = value if isinstance(value, Fraction) else None
        is_same, self._rate = rate == self._rate, rate
        if is_same and self._usual.value() == _OWN:
            return
        is_usual = rate in RATES
        self._usual.show_value(rate if is_usual else _OWN)
        self._own.setVisible(not is_usual)
        self._settle()

    @Slot(object)
    def _choose(self, rate: object) -> None:
        self._own.setVisible(rate == _OWN)
        self._settle()
        if rate == _OWN:
            self._own.setFocus()
            self._own.selectAll()
        else:
            self._rate = rate if isinstance(rate, Fraction) else None
            self.edited.emit(self._rate)

    @Slot(str)
    def _check(self, text: str) -> Fraction | None:
        try:
            rate = Fraction(text.strip().replace(",", "."))
        except (ValueError, ZeroDivisionError):
            self._wrong.show_message(
                "Write a number such as 12.5, or a fraction such as 30000/1001."
            )
            return None
        if not 1 <= rate <= MAX_RATE:
            self._wrong.show_message(f"A film has 1 to {MAX_RATE} frames per second.")
            return None
        self._wrong.show_message("")
        return rate

    @Slot()
    def _take(self) -> None:
        rate = self._check(self._own.text())
        if rate is not None and rate != self._rate:
            self._rate = rate
            self.edited.emit(rate)
        self._settle()

    @Slot()
    def _settle(self) -> None:
        """Show the rate that counts where what was typed is none."""
        self._wrong.show_message("")
        with QSignalBlocker(self._own):
            shown = "" if self._rate is None else str(self._rate)
            if self._rate is not None and self._rate in RATES:
                shown = rate_text(self._rate)
            self._own.setText(shown)


def _side(name: str, tip: str) -> NumberField:
    look = NumberLook(0, 2.0, " px", is_whole=True, none_text=_KEPT, first=720)
    field = NumberField(limits_of(FrameFormat, name, most=MAX_SIDE), look)
    field.setObjectName(name)
    field.setToolTip(tip)
    field.setAccessibleName(name.capitalize())
    return field


class TransitionField(QWidget):
    """Edits a `Transition`; the length rests while there is a plain cut.

    Signals:
        edited(Transition)
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = Transition()
        self._kind = ChoiceField(transition_choices())
        self._kind.setObjectName("transition_kind")
        self._kind.setAccessibleName("Transition")
        self._kind.setToolTip("How one clip gives way to the next.")
        self._length = NumberField(limits_of(Transition, "duration_s", most=60), SECONDS)
        self._length.setObjectName("transition_length")
        self._length.setAccessibleName("Length of the transition")
        self._length.setToolTip("For how long both clips are seen.")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._kind, 1)
        layout.addWidget(self._length)
        self.setFocusProxy(self._kind)
        self._kind.edited.connect(self._set_kind)
        self._length.edited.connect(self._set_length)
        self.show_value(self._value)

    def show_value(self, value: object) -> None:
        """Show a transition; tells nobody."""
        if isinstance(value, Transition):
            self._value = value
            self._kind.show_value(value.kind)
            self._length.show_value(value.duration_s)
            self._length.setEnabled(value.kind != NONE)

    @Slot(object)
    def _set_kind(self, kind: object) -> None:
        self._length.setEnabled(kind != NONE)
        self._tell("kind", kind)

    @Slot(object)
    def _set_length(self, seconds: object) -> None:
        self._tell("duration_s", seconds)

    def _tell(self, name: str, value: object) -> None:
        self._value = self._value.model_copy(update={name: value})
        self.edited.emit(self._value)
