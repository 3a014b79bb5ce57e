"""What was spent: the time that is looked at, a bar for each day, a table, and the caps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDateEdit,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from core.platform.units import count_text
from core.spending.caps import CapSpan
from core.spending.costs import CostRow, Grouping, Period, cost_bars, cost_rows
from gui import theme
from gui.costs.caps_box import CapsBox, ShownCaps
from gui.costs.cost_chart import CostChart
from gui.widgets.fields import ignore_wheel, named
from gui.widgets.labels import ToneLabel, heading, label_of
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.spending.caps import Purchase

_GROUPINGS = {
    Grouping.DAY: ("By day", "Day"),
    Grouping.PROJECT: ("By project", "Project"),
    Grouping.MODEL: ("By provider and model", "Provider and model"),
}
_NUMBERS = ("Purchases", "Estimated", "Charged", "Counted")
_TIPS = (
    "How many renders were ordered, those apart that cost nothing after all",
    "The price when it was ordered",
    "What the service says that it asks; many say nothing",
    "What counts towards the caps: what is charged, or else what was estimated",
)
_DATES = "yyyy-MM-dd"
_NOTHING = "Nothing was bought in this time."
_TO_THE_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_TO_THE_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _last_month(today: date) -> Period:
    return Period.month_of(today.replace(day=1) - timedelta(days=1))


_PERIODS: dict[str, Callable[[date], Period]] = {
    "This month": Period.month_of,
    "Last month": _last_month,
    "Last 90 days": lambda today: Period(today - timedelta(days=89), today),
    "This year": lambda today: Period(date(today.year, 1, 1), date(today.year, 12, 31)),
    "Ever": lambda _: Period(),
}
_BETWEEN = len(_PERIODS)


@dataclass(frozen=True)
class ShownCosts:
    """What was bought in a period, and the caps as they stand."""

    period: Period = field(default_factory=Period)
    purchases: tuple[Purchase, ...] = ()
    caps: ShownCaps = field(default_factory=ShownCaps)


class CostsPanel(QWidget):
    """Shows costs; a person chooses the time and by what they are summed up.

    Signals:
        period_changed(): another time is wanted.
        csv_wanted(): every purchase of it as a file.

    Attributes:
        caps: the fields of the caps.
    """

    period_changed = Signal()
    csv_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._shown = ShownCosts()
        self._span = named(QComboBox(), "costs_span", "Which time is looked at", "Time")
        self._span.addItems([*_PERIODS, "Between two days"])
        self._first = _day("costs_first", "The first day", "From")
        self._last = _day("costs_last", "The last day", "To")
        self._by = named(QComboBox(), "costs_by", "By what it is summed up", "Summed up")
        for by, (text, _) in _GROUPINGS.items():
            self._by.addItem(text, by)
        self._csv = named(
            QPushButton("&Export as CSV…"), "costs_csv", "Every purchase of this time as a table"
        )
        self._csv.setAutoDefault(False)
        self._total = named(ToneLabel(), "costs_total")
        self._chart = CostChart()
        self._table = named(QTableWidget(0, 1 + len(_NUMBERS)), "costs_table", says="Costs")
        self.caps = CapsBox()
        self._lay_out()
        ignore_wheel(self)
        self._span.currentIndexChanged.connect(self._choose_period)
        self._first.dateChanged.connect(self._choose_period)
        self._last.dateChanged.connect(self._choose_period)
        self._by.currentIndexChanged.connect(self._fill_table)
        self._csv.clicked.connect(self.csv_wanted)

    def period(self, today: date) -> Period:
        """The time that is chosen."""
        number = self._span.currentIndex()
        if number < _BETWEEN:
            return list(_PERIODS.values())[number](today)
        return Period(_as_date(self._first.date()), _as_date(self._last.date()))

    def set_value(self, shown: ShownCosts) -> None:
        """Show these costs; tells nobody."""
        self._shown = shown
        self.caps.show_caps(shown.caps)
        bars = cost_bars(shown.purchases, shown.period)
        is_by_day = all(len(bar.name) > len("2026-11") for bar in bars)
        self._chart.show_bars(bars, shown.caps.caps.get(CapSpan.DAY) if is_by_day else None)
        self._csv.setEnabled(bool(shown.purchases))
        total = CostRow.of("Total", shown.purchases)
        bought = count_text(total.count, "purchase")
        self._total.show_message(
            f"{bought}: {total.estimated} estimated, {total.charged} charged."
            if total.count
            else _NOTHING
        )
        self._fill_table()

    def _lay_out(self) -> None:
        self._days = QWidget()
        from_, to = label_of(self._first, "&From"), label_of(self._last, "&to")
        hbox(from_, self._first, to, self._last, of=self._days, gap=theme.GAP)
        self._days.hide()
        head = hbox(self._span, self._days, None, self._by, self._csv, gap=theme.GAP)
        table, header = self._table, self._table.horizontalHeader()
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + theme.GAP)
        table.setMinimumHeight(120)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, (text, tip) in enumerate(zip(_NUMBERS, _TIPS, strict=True), start=1):
            item = QTableWidgetItem(text)
            item.setToolTip(tip)
            item.setTextAlignment(_TO_THE_RIGHT)
            table.setHorizontalHeaderItem(column, item)
        rows = vbox(
            head,
            self._total,
            self._chart,
            table,
            heading("Caps"),
            self.caps,
            of=self,
            gap=theme.GAP,
        )
        rows.setStretchFactor(self._chart, 2)
        rows.setStretchFactor(table, 3)

    @Slot()
    def _choose_period(self) -> None:
        is_between = self._span.currentIndex() == _BETWEEN
        self._days.setVisible(is_between)
        if is_between:
            self._last.setMinimumDate(self._first.date())
        self.period_changed.emit()

    @Slot()
    def _fill_table(self) -> None:
        # Qt gives a plain text back.
        by = Grouping(self._by.currentData())
        first = QTableWidgetItem(_GROUPINGS[by][1])
        first.setTextAlignment(_TO_THE_LEFT)
        self._table.setHorizontalHeaderItem(0, first)
        rows: Sequence[CostRow] = cost_rows(self._shown.purchases, by)
        if len(rows) > 1:
            rows = [*rows, CostRow.of("Total", self._shown.purchases)]
        self._table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            is_total = len(rows) > 1 and number == len(rows) - 1
            amounts = (row.estimated, row.charged, row.counted)
            texts = (row.name, f"{row.count:,}", *map(str, amounts))
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(_TO_THE_RIGHT)
                if is_total:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                self._table.setItem(number, column, item)


def _day(name: str, tip: str, label: str) -> QDateEdit:
    box = named(QDateEdit(QDate.currentDate()), name, tip, label)
    box.setCalendarPopup(True)
    box.setDisplayFormat(_DATES)
    return box


def _as_date(day: QDate) -> date:
    return date(day.year(), day.month(), day.day())
