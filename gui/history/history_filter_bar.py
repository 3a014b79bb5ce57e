"""What of the history is shown: words, time, model and kind."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QDate, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.frozen import Frozen
from core.history.history import HistoryQuery
from core.history.history_entry import WorkKind
from gui import theme
from gui.widgets.fields import ignore_wheel
from gui.widgets.panes import filled

if TYPE_CHECKING:
    from collections.abc import Sequence

_PAUSE_MS = 250
_KINDS: dict[WorkKind | None, str] = {
    None: "Everything",
    WorkKind.CLIP: "Clips",
    WorkKind.IMAGE: "Pictures",
    WorkKind.FILM: "Films",
}


class Span(StrEnum):
    """How far back the history is looked through."""

    ANY = "any"
    TODAY = "today"
    WEEK = "week"
    MONTH = "month"
    BETWEEN = "between"


_SPANS = {
    Span.ANY: "Any time",
    Span.TODAY: "Today",
    Span.WEEK: "Last 7 days",
    Span.MONTH: "Last 30 days",
    Span.BETWEEN: "Between two days",
}
_DAYS = {Span.TODAY: 1, Span.WEEK: 7, Span.MONTH: 30}


class HistoryFilter(Frozen):
    """What is looked for, as a person chooses it.

    Attributes:
        model: the label of a model; empty for any.
        first, last: the days of `Span.BETWEEN`, both included; None otherwise.
    """

    text: str = ""
    kind: WorkKind | None = None
    model: str = ""
    span: Span = Span.ANY
    first: date | None = None
    last: date | None = None

    def query(self, today: date) -> HistoryQuery:
        """The same as moments, in the time zone of this machine."""
        since, until = self.first, self.last
        if self.span in _DAYS:
            since = today - timedelta(days=_DAYS[self.span] - 1)
        return HistoryQuery(
            text=self.text,
            since=None if since is None else _midnight(since),
            until=None if until is None else _midnight(until + timedelta(days=1)),
            model=self.model,
            kind=self.kind,
        )


class HistoryFilterBar(QWidget):
    """Chooses what is shown.

    Signals:
        changed(HistoryFilter): another choice; after typing, once there is a pause.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._search = QLineEdit()
        self._search.setObjectName("search")
        self._search.setClearButtonEnabled(True)
        self._search.setPlaceholderText("Search words, titles, models, file names")
        self._search.setToolTip("Words that must all occur: in prompts, titles, models, file names")
        self._search.setAccessibleName("Search")
        self._kind = _combo("kind", "Which kind of file is shown", "Kind")
        self._kind.addItems(list(_KINDS.values()))
        self._model = _combo("model", "Only what was made with this model", "Model")
        self._model.addItem("Any model", "")
        self._span = _combo("span", "When it was made", "Time")
        self._span.addItems(list(_SPANS.values()))
        self._first = _day("first", "The first day that is shown", "From")
        self._last = _day("last", "The last day that is shown", "To")
        self._clear = QToolButton()
        self._clear.setObjectName("clear")
        self._clear.setText("Show everything")
        self._clear.setIcon(theme.icon("filter-off-outline", self.palette()))
        self._clear.setToolTip("Forget these choices and show everything")
        self._clear.setAccessibleName("Show everything")
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._sent = HistoryFilter()
        self._lay_out()
        ignore_wheel(self)
        self._search.textChanged.connect(self._pause.start)
        self._search.returnPressed.connect(self._tell)
        self._pause.timeout.connect(self._tell)
        for box in (self._kind, self._model, self._span):
            box.currentIndexChanged.connect(self._tell)
        for day in (self._first, self._last):
            day.dateChanged.connect(self._tell)
        self._clear.clicked.connect(self._show_everything)
        self._show_days()

    def _lay_out(self) -> None:
        self._days = QWidget()
        days = QHBoxLayout(self._days)
        days.setContentsMargins(0, 0, 0, 0)
        for text, day in (("From", self._first), ("to", self._last)):
            label = QLabel(text)
            label.setBuddy(day)
            days.addWidget(label)
            days.addWidget(day)
        days.addStretch(1)
        choices = filled(
            QHBoxLayout(),
            self._search,
            self._kind,
            self._model,
            self._span,
            self._clear,
            grows=self._search,
        )
        filled(QVBoxLayout(self), choices, self._days)

    def set_models(self, labels: Sequence[str]) -> None:
        """Offer these models; the chosen one stays."""
        chosen = self.value().model
        self._model.blockSignals(True)
        self._model.clear()
        self._model.addItem("Any model", "")
        for label in labels:
            self._model.addItem(label, label)
        self._choose_model(chosen)
        self._model.blockSignals(False)

    def value(self) -> HistoryFilter:
        """What is chosen now."""
        span = list(_SPANS)[self._span.currentIndex()]
        is_between = span is Span.BETWEEN
        return HistoryFilter(
            text=self._search.text(),
            kind=list(_KINDS)[self._kind.currentIndex()],
            model=cast("str", self._model.currentData()),
            span=span,
            first=_as_date(self._first.date()) if is_between else None,
            last=_as_date(self._last.date()) if is_between else None,
        )

    def set_value(self, value: HistoryFilter) -> None:
        """Show a choice; emits nothing."""
        parts = (self._search, self._kind, self._model, self._span, self._first, self._last)
        for part in parts:
            part.blockSignals(True)
        self._search.setText(value.text)
        self._kind.setCurrentIndex(list(_KINDS).index(value.kind))
        self._choose_model(value.model)
        self._span.setCurrentIndex(list(_SPANS).index(value.span))
        for box, day in ((self._first, value.first), (self._last, value.last)):
            if day is not None:
                box.setDate(QDate(day.year, day.month, day.day))
        for part in parts:
            part.blockSignals(False)
        self._pause.stop()
        self._sent = self.value()
        self._show_days()

    def _choose_model(self, label: str) -> None:
        index = self._model.findData(label)
        if index < 0:
            # Not in the history any more, or not read yet: still what is chosen.
            self._model.addItem(label, label)
            index = self._model.count() - 1
        self._model.setCurrentIndex(index)

    def _show_days(self) -> None:
        self._days.setVisible(self.value().span is Span.BETWEEN)
        self._clear.setEnabled(self.value() != HistoryFilter())

    @Slot()
    def _show_everything(self) -> None:
        self.set_value(HistoryFilter())
        self.changed.emit(self.value())

    @Slot()
    def _tell(self) -> None:
        self._pause.stop()
        self._show_days()
        value = self.value()
        if value != self._sent:
            self._sent = value
            self.changed.emit(value)


def _combo(name: str, tip: str, label: str) -> QComboBox:
    box = QComboBox()
    box.setObjectName(name)
    box.setToolTip(tip)
    box.setAccessibleName(label)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return box


def _day(name: str, tip: str, label: str) -> QDateEdit:
    box = QDateEdit(QDate.currentDate())
    box.setObjectName(name)
    box.setCalendarPopup(True)
    box.setDisplayFormat("yyyy-MM-dd")
    box.setToolTip(tip)
    box.setAccessibleName(label)
    return box


def _as_date(day: QDate) -> date:
    return date(day.year(), day.month(), day.day())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time()).astimezone()
