"""The losses of a training over its steps, with numbers at both axes."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from gui import theme
from gui.theme import GAP, Tone
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.lora.training import LossCurve, LossPoint

_LEAST = QSize(220, 120)
_MOST_STEPS, _MOST_LOSSES = 6, 7
_ROUND_STEPS = (1, 2, 5)
_ROUND_LOSSES = (1, 1.5, 2, 3, 5, 7)
# So that a curve that is almost flat is not blown up to the whole height.
_LEAST_SPAN = 1.2
_DOT = 2.5


class LossChart(QWidget):
    """The curve, with what it is of and its last values in words above it."""

    def __init__(self) -> None:
        super().__init__()
        self._words = named(ToneLabel(), "loss_words")
        self._plot = _Plot()
        vbox(self._words, self._plot, of=self, gap=GAP // 2, grows=self._plot)
        named(self, "loss_chart", "Grey: as it is learned. Coloured: the validation loss")

    def show_curve(self, curve: LossCurve) -> None:
        """Show these losses, or that there are none yet."""
        self._words.show_message(curve.text or "No losses yet.")
        self._plot.setAccessibleName(f"Losses over the steps. {curve.text}")
        self._plot.show_curve(curve)


class _Plot(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._curve: LossCurve | None = None
        self.setMinimumSize(_LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_curve(self, curve: LossCurve) -> None:
        """Draw this one."""
        if curve != self._curve:
            self._curve = curve
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._curve is not None and (self._curve.learned or self._curve.validated):
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            _Drawing(painter, self, self._curve).draw()
            painter.end()


class _Drawing:
    """One drawing of a curve: losses in a logarithm, since they fall quickly at first only."""

    def __init__(self, painter: QPainter, plot: QWidget, curve: LossCurve) -> None:
        self._painter = painter
        self._curve = curve
        self._colours = plot.palette()
        self._metrics = plot.fontMetrics()
        losses = [point.loss for point in (*curve.learned, *curve.validated)]
        self._low, self._high = min(losses), max(losses)
        if self._high < self._low * _LEAST_SPAN:
            self._low, self._high = self._low / _LEAST_SPAN, self._high * _LEAST_SPAN
        self._losses = round_losses(self._low, self._high)
        line = self._metrics.height()
        left = max(map(self._metrics.horizontalAdvance, map(_written, self._losses)), default=0)
        # Half a number stands beyond the last step, half a line above the highest loss.
        right = self._metrics.horizontalAdvance(f"{curve.steps:,}") / 2
        self._area = QRectF(plot.rect()).adjusted(left + GAP, line / 2, -right - 1, -line - GAP / 2)

    def draw(self) -> None:
        """Axes, then the losses on them."""
        self._painter.setPen(QPen(self._colours.color(QPalette.ColorRole.Mid), 1))
        self._painter.drawRect(self._area)
        for loss in self._losses:
            self._draw_loss(loss)
        for step in round_steps(self._curve.steps):
            self._draw_step(step)
        self._draw_line(self._curve.learned, QPen(theme.tone(self._colours, Tone.QUIET), 1))
        link = self._colours.color(QPalette.ColorRole.Link)
        self._draw_line(self._curve.validated, QPen(link, 2))
        self._painter.setBrush(link)
        for point in self._curve.validated:
            self._painter.drawEllipse(self._place(point.step, point.loss), _DOT, _DOT)

    def _draw_loss(self, loss: float) -> None:
        y = self._place(0, loss).y()
        self._painter.setPen(QPen(self._colours.color(QPalette.ColorRole.Mid), 1))
        self._painter.drawLine(QPointF(self._area.left(), y), QPointF(self._area.right(), y))
        height = self._metrics.height()
        room = QRectF(0, y - height / 2, self._area.left() - GAP / 2, height)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        self._write(room, flags, _written(loss))

    def _draw_step(self, step: int) -> None:
        x, bottom = self._area.left() + self._across(step), self._area.bottom()
        self._painter.setPen(QPen(self._colours.color(QPalette.ColorRole.Mid), 1))
        self._painter.drawLine(QPointF(x, bottom), QPointF(x, bottom + GAP / 4))
        words = "step 0" if step == 0 else f"{step:,}"
        wide = self._metrics.horizontalAdvance(words) + 2
        room = QRectF(x - wide / 2, bottom + GAP / 4, wide, self._metrics.height())
        self._write(room, Qt.AlignmentFlag.AlignHCenter, words)

    def _write(self, room: QRectF, flags: Qt.AlignmentFlag, words: str) -> None:
        self._painter.setPen(theme.tone(self._colours, Tone.QUIET))
        self._painter.drawText(room, int(flags), words)

    def _draw_line(self, points: Sequence[LossPoint], pen: QPen) -> None:
        self._painter.setPen(pen)
        self._painter.drawPolyline([self._place(point.step, point.loss) for point in points])

    def _place(self, step: int, loss: float) -> QPointF:
        share = (log10(loss) - log10(self._low)) / (log10(self._high) - log10(self._low))
        x = self._area.left() + self._across(step)
        return QPointF(x, self._area.bottom() - share * self._area.height())

    def _across(self, step: int) -> float:
        return step / max(self._curve.steps, 1) * self._area.width()


def round_steps(steps: int) -> tuple[int, ...]:
    """From 0 in even strides of a round number, and not more than fit; always whole steps."""
    strides = _round_numbers(_ROUND_STEPS, 0)
    stride = next(one for one in strides if steps <= one * (_MOST_STEPS - 1))
    return tuple(range(0, steps + 1, round(stride)))


def round_losses(low: float, high: float) -> tuple[float, ...]:
    """Round numbers from `low` to `high`, the closest together that still fit; two at least.

    Where no two round numbers lie between them, they are the two ends themselves.
    """
    found: list[float] = []
    for number in _round_numbers(_ROUND_LOSSES, floor(log10(low))):
        if number > high:
            break
        if number >= low:
            found.append(number)
    if len(found) < 2:
        return (low, high)
    return tuple(found[:: ceil(len(found) / _MOST_LOSSES)])


def _round_numbers(of: tuple[float, ...], exponent: int) -> Iterator[float]:
    """Such as 1, 2, 5, 10, 20, … from this power of 10 on."""
    while True:
        yield from (number * 10.0**exponent for number in of)
        exponent += 1


def _written(loss: float) -> str:
    return f"{loss:.3g}"
