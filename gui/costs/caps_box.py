"""The caps on spending as fields, each with what counts towards it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from core.platform.units import dollars
from core.spending.caps import CapSpan, Spent
from gui import theme
from gui.theme import Tone
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel, label_of
from gui.widgets.number_field import Limits, NumberField, NumberLook

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIMITS = Limits(0, 1_000_000)
_LOOK = NumberLook(decimals=2, step=1.0, none_text="No cap", first=10.0)
_LABELS = {
    CapSpan.DAY: ("Cap of a &day", "Renders with which a day would cost more are refused."),
    CapSpan.MONTH: ("Cap of a &month", "Renders with which a month would cost more are refused."),
    CapSpan.PROJECT: (
        "Cap of this &project",
        "Renders with which all of the project would cost more are refused.",
    ),
}
_WHEN = {CapSpan.DAY: "today", CapSpan.MONTH: "this month", CapSpan.PROJECT: "for it so far"}
_NO_PROJECT = "Open a project to give it a cap of its own."


@dataclass(frozen=True)
class ShownCaps:
    """Caps and what counts towards them.

    Attributes:
        caps: None where there is none.
        has_project: whether there is an open project, which may have a cap.
        is_read_only: whether that project is another window's to change.
    """

    caps: Mapping[CapSpan, float | None] = field(default_factory=dict[CapSpan, float | None])
    spent: Mapping[CapSpan, Spent] = field(default_factory=dict[CapSpan, Spent])
    has_project: bool = False
    is_read_only: bool = False


@dataclass(frozen=True)
class CapEdit:
    """A cap as a person wants it; None for none."""

    span: CapSpan
    usd: float | None


class CapsBox(QWidget):
    """Shows and edits the caps.

    Signals:
        edited(CapEdit)
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.GAP)
        grid.setVerticalSpacing(theme.GAP // 2)
        grid.setColumnStretch(2, 1)
        self._fields: dict[CapSpan, NumberField] = {}
        self._states: dict[CapSpan, ToneLabel] = {}
        for row, (span, (label, tip)) in enumerate(_LABELS.items()):
            number = NumberField(_LIMITS, _LOOK)
            number.setPrefix("$")
            named(number, f"cap_{span.value}", tip, label.replace("&", ""))
            number.edited.connect(partial(self._tell, span))
            state = named(ToneLabel(), f"cap_{span.value}_state")
            for column, widget in enumerate((label_of(number, label), number, state)):
                grid.addWidget(widget, row, column)
            self._fields[span], self._states[span] = number, state

    def show_caps(self, shown: ShownCaps) -> None:
        """Show these; tells nobody."""
        for span, number in self._fields.items():
            cap_usd = shown.caps.get(span)
            if cap_usd != number.number():
                number.show_value(cap_usd)
            text, tone = _state(shown, span)
            self._states[span].show_message(text, tone)
        may_edit = shown.has_project and not shown.is_read_only
        self._fields[CapSpan.PROJECT].setEnabled(may_edit)

    def _tell(self, span: CapSpan, number: float | None) -> None:
        self.edited.emit(CapEdit(span, number))


def _state(shown: ShownCaps, span: CapSpan) -> tuple[str, Tone]:
    if span is CapSpan.PROJECT and not shown.has_project:
        return _NO_PROJECT, Tone.QUIET
    spent, cap_usd = shown.spent.get(span, Spent()), shown.caps.get(span)
    words = f"{spent} spent {_WHEN[span]}"
    if cap_usd is None:
        return words, Tone.QUIET
    left_usd = max(cap_usd - spent.usd, 0.0)
    return f"{words}, {dollars(left_usd)} left", Tone.QUIET if left_usd else Tone.WARNING
