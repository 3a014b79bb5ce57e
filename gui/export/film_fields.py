"""Fields that only a film has: its size, its rate, its transitions."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from core.film.model.delivery import FrameFormat
from core.film.model.film import Transition
from core.film.model.layout import MAX_RATE, MAX_SIDE
from core.film.model.transitions import NONE
from gui.export.export_labels import RATES, transition_choices
from gui.theme import GAP, Tone
from gui.widgets.choice_field import Choice, ChoiceField, choices_of
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.number_field import NumberField, NumberLook, limits_of

_OWN = "own"
_KEPT = "As the clips"
_SIZES = (
    Choice(FrameFormat(), "As most clips"),
    Choice(FrameFormat(width=3840, height=2160), "3840×2160 · 4K"),
    Choice(FrameFormat(width=1920, height=1080), "1920×1080 · Full HD"),
    Choice(FrameFormat(width=1280, height=720), "1280×720 · HD"),
    Choice(FrameFormat(width=1080, height=1920), "1080×1920 · upright"),
    Choice(FrameFormat(width=1080, height=1080), "1080×1080 · square"),
    Choice(FrameFormat(width=1080, height=1350), "1080×1350 · 4:5"),
    Choice(FrameFormat(height=720), "720 high, shape of the clips"),
    Choice(_OWN, "Another size…", begins_group=True),
)


class SizeField(QWidget):
    """Edits the size in a `FrameFormat`.

    Signals:
        edited(FrameFormat)
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._frame = FrameFormat()
        self._usual = named(ChoiceField(_SIZES), "size", "The size of the film's picture.", "Size")
        self._width, self._height = _side("width"), _side("height")
        self._own = QWidget()
        sides = hbox(self._width, QLabel("×"), self._height, of=self._own)
        sides.setStretch(0, 1)
        sides.setStretch(2, 1)
        vbox(self._usual, self._own, of=self, gap=GAP // 2)
        self._own.hide()
        self.setFocusProxy(self._usual)
        self._usual.edited.connect(self._choose)
        self._width.edited.connect(partial(self._set_side, "width"))
        self._height.edited.connect(partial(self._set_side, "height"))

    def show_value(self, value: object) -> None:
        """Show a size; tells nobody."""
        if not isinstance(value, FrameFormat):
            return
        size = _size_of(value)
        is_same = size == _size_of(self._frame)
        self._show_frame(value)
        # Who types a size of their own may pass a usual one on the way.
        if not (is_same and self._usual.value() == _OWN):
            self._usual.show_value(_OWN if self._usual.index_of(size) is None else size)
        self._own.setVisible(self._usual.value() == _OWN)

    @Slot(object)
    def _choose(self, size: object) -> None:
        self._own.setVisible(size == _OWN)
        if isinstance(size, FrameFormat):
            self._tell(size.model_copy(update={"rate": self._frame.rate}))

    def _set_side(self, name: str, length: object) -> None:
        self._tell(self._frame.model_copy(update={name: length}))

    def _tell(self, frame: FrameFormat) -> None:
        self._show_frame(frame)
        self.edited.emit(frame)

    def _show_frame(self, frame: FrameFormat) -> None:
        self._frame = frame
        self._width.show_value(frame.width)
        self._height.show_value(frame.height)


def _size_of(frame: FrameFormat) -> FrameFormat:
    return frame.model_copy(update={"rate": None})


class RateField(QWidget):
    """Edits a frame rate: a `Fraction`, or None for that of the clips.

    Signals:
        edited(Fraction | None)
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._rate: Fraction | None = None
        # None is what the combo box gives while nothing is chosen, so it stands for itself here.
        choices = [*choices_of(RATES), Choice(_OWN, "Another rate…", begins_group=True)]
        self._usual = ChoiceField(choices)
        named(self._usual, "rate", "Frames per second of the film.", "Frames per second")
        self._own = named(
            QLineEdit(),
            "own_rate",
            "Frames per second: a number such as 12.5, or a fraction.",
            "Another number of frames per second",
        )
        self._own.setPlaceholderText("12.5 or 30000/1001")
        self._wrong = ToneLabel(Tone.BAD)
        vbox(self._usual, self._own, self._wrong, of=self, gap=GAP // 2)
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
            is_usual = self._rate is not None and self._rate in RATES
            shown = RATES[self._rate] if is_usual else str(self._rate or "")
            self._own.setText(shown)


def _side(name: str) -> NumberField:
    look = NumberLook(0, 2.0, " px", is_whole=True, none_text=_KEPT, first=720)
    field = NumberField(limits_of(FrameFormat, name, most=MAX_SIDE), look)
    said = name.capitalize()
    return named(field, name, f"{said} of the picture; the lowest value keeps the shape.", said)


class TransitionField(QWidget):
    """Edits a `Transition`; the length rests while there is a plain cut.

    Signals:
        edited(Transition)
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._value = Transition()
        self._kind = ChoiceField(transition_choices())
        named(self._kind, "transition_kind", "How one clip gives way to the next.", "Transition")
        self._length = named(
            NumberField(limits_of(Transition, "duration_s", most=60)),
            "transition_length",
            "For how long both clips are seen.",
            "Length of the transition",
        )
        hbox(self._kind, self._length, of=self, grows=self._kind)
        self.setFocusProxy(self._kind)
        self._kind.edited.connect(partial(self._tell, "kind"))
        self._length.edited.connect(partial(self._tell, "duration_s"))
        self.show_value(self._value)

    def show_value(self, value: object) -> None:
        """Show a transition; tells nobody."""
        if isinstance(value, Transition):
            self._value = value
            self._kind.show_value(value.kind)
            self._length.show_value(value.duration_s)
            self._length.setEnabled(value.kind != NONE)

    def _tell(self, name: str, value: object) -> None:
        self.show_value(self._value.model_copy(update={name: value}))
        self.edited.emit(self._value)
