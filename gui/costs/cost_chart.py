"""What each day or month cost as a bar, with dollars at the side and days below."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget
from typing_extensions import override

from core.platform.units import count_text, dollars
from gui import theme
from gui.theme import GAP, Tone
from gui.widgets.fields import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.spending.costs import CostBar

_LEAST = QSize(260, 150)
_ROUND = (1, 2, 5, 10)
_MOST_LINES = 5
_SHARE = 0.7
_WIDEST = 48.0
_UNKNOWN = "?"


class CostChart(QWidget):
    """A bar for each day; a mark over those with purchases whose price nobody knows."""

    def __init__(self) -> None:
        super().__init__()
        self._bars: tuple[CostBar, ...] = ()
        self._cap_usd: float | None = None
        self.setMinimumSize(_LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        named(self, "cost_chart", says="No costs")

    def show_bars(self, bars: Sequence[CostBar], cap_usd: float | None = None) -> None:
        """Show these, and a line at the cap that is for each of them; None for no line."""
        self._bars, self._cap_usd = tuple(bars), cap_usd
        bought = [bar for bar in bars if bar.usd or bar.num_unknown]
        self.setAccessibleName("; ".join(map(bar_text, bought)) or "No costs")
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._bars:
            _BarDrawing(painter, self, self._bars, self._cap_usd).draw()
        painter.end()

    @override
    def event(self, event: QEvent) -> bool:
        """Say what the bar under the mouse is."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            found = self._bar_at(event.pos().x())
            QToolTip.showText(event.globalPos(), "" if found is None else bar_text(found), self)
            return True
        return super().event(event)

    def _bar_at(self, x: float) -> CostBar | None:
        if not self._bars:
            return None
        area = _Axes(self, self._bars, self._cap_usd).area
        number = floor((x - area.left()) / area.width() * len(self._bars))
        return self._bars[number] if 0 <= number < len(self._bars) else None


def bar_text(bar: CostBar) -> str:
    """A bar in words; what is not known is never nothing."""
    unknown = f"{count_text(bar.num_unknown, 'purchase')} of unknown price"
    if not bar.num_unknown:
        return f"{bar.name}: {dollars(bar.usd)}"
    return f"{bar.name}: {dollars(bar.usd)} and {unknown}" if bar.usd else f"{bar.name}: {unknown}"


class _Axes:
    """Where a chart's bars stand, and the round sums at its side."""

    def __init__(self, chart: QWidget, bars: Sequence[CostBar], cap_usd: float | None) -> None:
        metrics = chart.fontMetrics()
        self.dollars = round_dollars(max((*(bar.usd for bar in bars), cap_usd or 0.0)))
        self.high = self.dollars[-1]
        widths = (metrics.horizontalAdvance(written(usd, self.dollars)) for usd in self.dollars)
        line = metrics.height()
        # Above the highest bar there is room for the mark of what is not known.
        self.area = QRectF(chart.rect()).adjusted(
            max(widths) + GAP, line, -GAP / 2, -line - GAP / 2
        )


class _BarDrawing:
    """One drawing of the bars."""

    def __init__(
        self, painter: QPainter, chart: QWidget, bars: Sequence[CostBar], cap_usd: float | None
    ) -> None:
        self._painter, self._bars, self._cap_usd = painter, bars, cap_usd
        self._axes = _Axes(chart, bars, cap_usd)
        self._area = self._axes.area
        self._colours, self._metrics = chart.palette(), chart.fontMetrics()

    def draw(self) -> None:
        """Sums, bars, days, and the cap over all of them."""
        for usd in self._axes.dollars:
            self._draw_sum(usd)
        width = min(self._area.width() / len(self._bars) * _SHARE, _WIDEST)
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(self._colours.color(QPalette.ColorRole.Link))
        for number, bar in enumerate(self._bars):
            top = self._y(bar.usd)
            place = QRectF(self._x(number) - width / 2, top, width, self._area.bottom() - top)
            if bar.usd:
                self._painter.drawRect(place)
        for number, bar in enumerate(self._bars):
            if bar.num_unknown:
                self._write(self._x(number), self._y(bar.usd) - self._metrics.height(), _UNKNOWN)
        for number in shown_days(len(self._bars), self._most_days):
            self._write(self._x(number), self._area.bottom() + GAP / 4, self._bars[number].name)
        if self._cap_usd is not None:
            warning = theme.tone(self._colours, Tone.WARNING)
            self._painter.setPen(QPen(warning, 1, Qt.PenStyle.DashLine))
            self._draw_line(self._y(self._cap_usd))

    @property
    def _most_days(self) -> int:
        # The first day may begin half its width further right than its bar.
        wide = self._metrics.horizontalAdvance(self._bars[0].name) * 1.5 + GAP
        return max(floor(self._area.width() / wide), 1)

    def _draw_sum(self, usd: float) -> None:
        self._painter.setPen(QPen(self._colours.color(QPalette.ColorRole.Mid), 1))
        y = self._y(usd)
        self._draw_line(y)
        height = self._metrics.height()
        room = QRectF(0, y - height / 2, self._area.left() - GAP / 2, height)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        self._painter.setPen(theme.tone(self._colours, Tone.QUIET))
        self._painter.drawText(room, int(flags), written(usd, self._axes.dollars))

    def _draw_line(self, y: float) -> None:
        self._painter.drawLine(QPointF(self._area.left(), y), QPointF(self._area.right(), y))

    def _write(self, x: float, y: float, words: str) -> None:
        wide = self._metrics.horizontalAdvance(words) + 2
        # The first and the last day stay inside.
        left = min(max(x - wide / 2, self._area.left()), self._area.right() + GAP / 2 - wide)
        self._painter.setPen(theme.tone(self._colours, Tone.QUIET))
        room = QRectF(left, y, wide, self._metrics.height())
        self._painter.drawText(room, int(Qt.AlignmentFlag.AlignHCenter), words)

    def _x(self, number: int) -> float:
        return self._area.left() + (number + 0.5) / len(self._bars) * self._area.width()

    def _y(self, usd: float) -> float:
        return self._area.bottom() - usd / self._axes.high * self._area.height()


def round_dollars(high: float) -> tuple[float, ...]:
    """From 0 in even strides of a round sum to the first one that is not below `high`."""
    if high <= 0:
        return (0.0, 1.0)
    least = high / _MOST_LINES
    power = 10.0 ** floor(log10(least))
    stride = next(number * power for number in _ROUND if number * power >= least * (1 - 1e-9))
    return tuple(number * stride for number in range(ceil(high / stride - 1e-9) + 1))


def written(usd: float, among: Sequence[float]) -> str:
    """A sum at the side, with as many digits as the stride between two of them needs."""
    stride = among[1] - among[0]
    digits = 0 if stride >= 1 else max(2, -floor(log10(stride)))
    return f"${usd:,.{digits}f}"


def shown_days(count: int, most: int) -> range:
    """Which of so many bars have their day below them, evenly, where so many fit."""
    return range(0, count, max(ceil(count / most), 1))
