"""What of the history is shown: words, time, model and kind."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QToolButton,
    QWidget,
)

from core.history.history import HistoryQuery
from core.history.history_entry import WorkKind
from gui import theme
from gui.widgets.fields import SearchField, ignore_wheel, named
from gui.widgets.labels import label_of
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

_ANY_MODEL = "Any model"
_KINDS: dict[WorkKind | None, str] = {
    None: "Everything",
    WorkKind.CLIP: "Clips",
    WorkKind.IMAGE: "Pictures",
    WorkKind.FILM: "Films",
}


# How far back, today included.
_DAYS = {"Any time": None, "Today": 1, "Last 7 days": 7, "Last 30 days": 30}
_BETWEEN = len(_DAYS)
"""The row that comes after these, where two days are chosen."""


class HistoryFilterBar(QWidget):
    """Chooses what is shown.

    Signals:
        changed(HistoryQuery): another choice; after typing, once there is a pause.
    """

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._search = SearchField(
            "search",
            "Search words, titles, models, file names",
            "Words that must all occur: in prompts, titles, models, file names",
            "Search",
        )
        self._kind = _combo("kind", "Which kind of file is shown", "Kind")
        self._kind.addItems(list(_KINDS.values()))
        self._model = _combo("model", "Only what was made with this model", "Model")
        self._model.addItem(_ANY_MODEL, "")
        self._span = _combo("span", "When it was made", "Time")
        self._span.addItems([*_DAYS, "Between two days"])
        self._first = _day("first", "The first day that is shown", "From")
        self._last = _day("last", "The last day that is shown", "To")
        self._clear = named(
            QToolButton(), "clear", "Forget these choices and show everything", "Show everything"
        )
        self._clear.setText("Show everything")
        self._clear.setIcon(theme.icon("filter-off-outline"))
        self._sent = HistoryQuery()
        self._lay_out()
        ignore_wheel(self)
        self._search.searched.connect(self._tell)
        for box in (self._kind, self._model, self._span):
            box.currentIndexChanged.connect(self._tell)
        for day in (self._first, self._last):
            day.dateChanged.connect(self._tell)
        self._clear.clicked.connect(self._show_everything)
        self._offer()

    def _lay_out(self) -> None:
        self._days = QWidget()
        from_, to = label_of(self._first, "From"), label_of(self._last, "to")
        hbox(from_, self._first, to, self._last, None, of=self._days, gap=theme.GAP)
        boxes = (self._kind, self._model, self._span, self._clear)
        choices = hbox(self._search, *boxes, gap=theme.GAP, grows=self._search)
        vbox(choices, self._days, of=self, gap=theme.GAP)

    def set_models(self, labels: Sequence[str]) -> None:
        """Offer these models; the chosen one stays."""
        chosen = self._model.currentData()
        # One that is not in the history any more is still what is chosen.
        kept = [chosen] if chosen and chosen not in labels else []
        with QSignalBlocker(self._model):
            self._model.clear()
            self._model.addItem(_ANY_MODEL, "")
            for label in (*labels, *kept):
                self._model.addItem(label, label)
            self._model.setCurrentIndex(self._model.findData(chosen))

    def value(self) -> HistoryQuery:
        """What is chosen now, in the time zone of this machine."""
        since = until = None
        days = [*_DAYS.values(), None][self._span.currentIndex()]
        if days is not None:
            since = QDate.currentDate().addDays(1 - days)
        elif self._is_between:
            since, until = self._first.date(), self._last.date().addDays(1)
        return HistoryQuery(
            text=self._search.text(),
            since=since and _midnight(since),
            until=until and _midnight(until),
            model=self._model.currentData(),
            kind=list(_KINDS)[self._kind.currentIndex()],
        )

    @property
    def _is_between(self) -> bool:
        return self._span.currentIndex() == _BETWEEN

    def _offer(self) -> None:
        self._days.setVisible(self._is_between)
        self._clear.setEnabled(self.value() != HistoryQuery())

    @Slot()
    def _show_everything(self) -> None:
        with QSignalBlocker(self):
            self._search.clear()
            for box in (self._kind, self._model, self._span):
                box.setCurrentIndex(0)
            self._tell()
        self.changed.emit(self.value())

    @Slot()
    def _tell(self) -> None:
        self._offer()
        value = self.value()
        if value != self._sent:
            self._sent = value
            self.changed.emit(value)


def _combo(name: str, tip: str, label: str) -> QComboBox:
    box = named(QComboBox(), name, tip, label)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return box


def _day(name: str, tip: str, label: str) -> QDateEdit:
    box = named(QDateEdit(QDate.currentDate()), name, tip, label)
    box.setCalendarPopup(True)
    box.setDisplayFormat("yyyy-MM-dd")
    return box


def _midnight(day: QDate) -> datetime:
    return datetime(day.year(), day.month(), day.day()).astimezone()
