"""The bars of costs: round sums at the side, a mark for what nobody knows, words for the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QPalette

from core.spending.costs import CostBar
from gui.costs.cost_chart import CostChart, bar_text, round_dollars, shown_days, written

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.mark.parametrize(
    ("high", "sums"),
    [
        (0, ["$0", "$1"]),
        (0.003, ["$0.000", "$0.001", "$0.002", "$0.003"]),
        (0.9, ["$0.00", "$0.20", "$0.40", "$0.60", "$0.80", "$1.00"]),
        (5, ["$0", "$1", "$2", "$3", "$4", "$5"]),
        (5.01, ["$0", "$2", "$4", "$6"]),
        (4200, ["$0", "$1,000", "$2,000", "$3,000", "$4,000", "$5,000"]),
    ],
)
def test_sums_at_the_side_are_round_and_few(high: float, sums: list[str]) -> None:
    found = round_dollars(high)
    assert [written(usd, found) for usd in found] == sums


def test_days_below_are_as_many_as_fit() -> None:
    assert list(shown_days(30, 7)) == [0, 5, 10, 15, 20, 25]
    assert list(shown_days(3, 7)) == [0, 1, 2]
    assert list(shown_days(1, 1)) == [0]


def test_a_bar_in_words_never_says_nothing_for_what_is_not_known() -> None:
    assert bar_text(CostBar("2026-11-03", 0.004)) == "2026-11-03: <$0.01"
    assert bar_text(CostBar("2026-11-03", 0.0)) == "2026-11-03: $0.00"
    unknown = bar_text(CostBar("2026-11-03", 0.0, 2))
    assert unknown == "2026-11-03: 2 purchases of unknown price"
    both = bar_text(CostBar("2026-11-03", 1.0, 1))
    assert both == "2026-11-03: $1.00 and 1 purchase of unknown price"


def heights(chart: CostChart, colour: QColor) -> list[int]:
    """For each column of the drawing, how many of its points have that colour."""
    image = chart.grab().toImage()
    ratio = round(image.devicePixelRatio())
    return [
        sum(image.pixelColor(x, y) == colour for y in range(0, image.height(), ratio))
        for x in range(0, image.width(), ratio)
    ]


def test_a_bar_is_as_high_as_its_cost(qtbot: QtBot) -> None:
    chart = CostChart()
    qtbot.addWidget(chart)
    chart.resize(400, 200)
    colour = chart.palette().color(QPalette.ColorRole.Link)
    chart.show_bars([CostBar("2026-11-03", 2.0), CostBar("2026-11-04", 4.0)])
    columns = heights(chart, colour)
    low, high = max(columns[:200]), max(columns[230:])
    assert high > 50
    assert abs(high - 2 * low) <= 4
    chart.show_bars([CostBar("2026-11-03", 0.0, 1)])
    assert max(heights(chart, colour)) == 0
    assert chart.accessibleName() == "2026-11-03: 1 purchase of unknown price"
    assert chart.rect().contains(QRect(QPoint(0, 0), chart.minimumSize()))
