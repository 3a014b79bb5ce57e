"""What is looked for in the history: words, kinds, models and whole days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QDate, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDateEdit, QLineEdit, QWidget

from core.history.history import HistoryQuery
from core.history.history_entry import WorkKind
from gui.history.history_filter_bar import FilterNames, HistoryFilterBar
from tests.gui.controls import controls_of
from tests.gui.operating import choose, choose_index, click

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

LABELS = ("LTX Mini", "Another model", "A model that is gone")
DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(7999, 12, 31))
ONE_LINE = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=20)


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    text=ONE_LINE,
    kind=st.sampled_from([None, *WorkKind]),
    model=st.sampled_from(["", *LABELS]),
    first=DAYS,
    last=DAYS,
    rating=st.integers(0, 5),
    tag=st.sampled_from(["", "sea"]),
    seed=st.none() | st.integers(0, 2**32 - 1),
)
def test_filter_bar_tells_what_is_chosen_and_forgets_it_at_once(
    qtbot: QtBot,
    text: str,
    kind: WorkKind | None,
    model: str,
    first: date,
    last: date,
    rating: int,
    tag: str,
    seed: int | None,
) -> None:
    bar = HistoryFilterBar()
    qtbot.addWidget(bar)
    bar.show()
    bar.set_names(FilterNames(LABELS, tags=["sea"]))
    messages: list[object] = []
    bar.changed.connect(messages.append)
    search = controls_of(bar)["search"]
    assert isinstance(search, QLineEdit)
    search.setText(text)
    QTest.keyClick(search, Qt.Key.Key_Return)
    choose_index([None, *WorkKind].index(kind))(controls_of(bar)["kind"])
    choose_index(["", *LABELS].index(model))(controls_of(bar)["model"])
    choose("Between two days")(controls_of(bar)["span"])
    choose_days(bar, first, last)
    choose_index(rating)(controls_of(bar)["rating"])
    choose_index(["", "sea"].index(tag))(controls_of(bar)["tag"])
    type_seed(bar, seed)
    value = HistoryQuery(
        text,
        midnight(first),
        midnight(last + timedelta(days=1)),
        model=model,
        kind=kind,
        min_rating=rating,
        tag=tag,
        seed=seed,
    )
    assert bar.value() == messages[-1] == value
    messages.clear()
    bar.set_names(FilterNames(["LTX Mini", "Other"]))
    assert bar.value() == value
    qtbot.wait(1)
    assert messages == []
    click(controls_of(bar)["clear"])
    assert messages == [HistoryQuery()]
    assert bar.value() == HistoryQuery()


def type_seed(bar: QWidget, seed: int | None) -> None:
    field = controls_of(bar)["seed"]
    field.clear()
    QTest.keyClicks(field, "" if seed is None else f"{seed}x")


def choose_days(bar: QWidget, first: date, last: date) -> None:
    for name, day in (("first", first), ("last", last)):
        box = controls_of(bar)[name]
        assert isinstance(box, QDateEdit)
        box.setDate(QDate(day.year, day.month, day.day))


def midnight(day: date) -> datetime:
    return datetime.combine(day, time()).astimezone()


def test_spans_are_whole_days_of_this_machine(qtbot: QtBot) -> None:
    bar = HistoryFilterBar()
    qtbot.addWidget(bar)
    bar.show()

    def days(span: str) -> tuple[datetime | None, datetime | None]:
        choose(span)(controls_of(bar)["span"])
        return bar.value().since, bar.value().until

    today = datetime.now().astimezone().date()
    assert (bar.value().since, bar.value().until) == (None, None)
    assert days("Today") == (midnight(today), None)
    assert days("Last 7 days") == (midnight(today - timedelta(days=6)), None)
    assert days("Last 30 days") == (midnight(today - timedelta(days=29)), None)
    choose("Between two days")(controls_of(bar)["span"])
    choose_days(bar, date(2026, 3, 1), date(2026, 3, 2))
    assert (bar.value().since, bar.value().until) == (
        midnight(date(2026, 3, 1)),
        midnight(date(2026, 3, 3)),
    )
