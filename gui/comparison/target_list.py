"""The models that can be compared, as rows to tick: where each runs, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from core.platform.units import clock, price
from core.video.provider import NotReady
from gui.render.plan_fixes import problem_in_window, said_in_window
from gui.widgets.fields import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.comparison.render.comparison_plan import PlannedTarget
    from core.video.listing import ListedModel
    from core.video.terms import Target

_HEADS = ("Model", "Runs", "Price", "Time", "What it makes")
_MODEL, _PLACE, _PRICE, _TIME, _NOTE = range(len(_HEADS))
_HERE = "here"
_DRAWN_LINES = 8


class TargetList(QTreeWidget):
    """One row for each model that makes clips; those that cannot now say why and stay unticked.

    Signals:
        edited(tuple[Target, ...]): a person ticked other ones.
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        named(
            self,
            "comparison_targets",
            "Tick two or more: each makes the same prompt",
            "Models to compare",
        )
        self._rows: dict[Target, QTreeWidgetItem] = {}
        self._listed: dict[Target, ListedModel] = {}
        self.setHeaderLabels(_HEADS)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.header().setStretchLastSection(True)
        self.setMinimumHeight(self.fontMetrics().lineSpacing() * _DRAWN_LINES)
        self.itemChanged.connect(self._on_change)

    @property
    def ticked(self) -> tuple[Target, ...]:
        """The models that are to be compared, in the order of the rows."""
        return tuple(target for target in self._rows if self._is_ticked(target))

    @property
    def ready(self) -> tuple[Target, ...]:
        """The models that could make a clip now."""
        return tuple(target for target in self._rows if self._can_run(target))

    def set_models(self, models: Iterable[ListedModel]) -> None:
        """Show these, the ready ones first; what was ticked stays so."""
        before = set(self.ticked)
        listed = sorted(models, key=lambda model: isinstance(model.readiness, NotReady))
        self._listed = {model.target: model for model in listed}
        with QSignalBlocker(self):
            self.clear()
            self._rows = {target: self._row(model) for target, model in self._listed.items()}
            for target in self.ready:
                self._tick(target, is_on=target in before)

    def show_plans(self, plans: Sequence[PlannedTarget]) -> None:
        """Show what each would cost, how long it would take, and what differs."""
        with QSignalBlocker(self):
            for one in plans:
                self._show_plan(one)

    def show_no_plans(self) -> None:
        """Show the lists of prices, as long as there is nothing to plan."""
        with QSignalBlocker(self):
            for target in self.ready:
                self._put(target, _PRICE, _list_price(self._listed[target]))
                self._put(target, _TIME, "")
                self._put(target, _NOTE, "")

    def tick(self, targets: Iterable[Target]) -> None:
        """Tick these and no other, as a person would."""
        wanted = set(targets)
        with QSignalBlocker(self):
            for target in self.ready:
                self._tick(target, is_on=target in wanted)
        self.edited.emit(self.ticked)

    def text(self, target: Target, head: str) -> str:
        """What is shown of a model under a heading."""
        return self._rows[target].text(_HEADS.index(head))

    def _show_plan(self, one: PlannedTarget) -> None:
        target = one.entry.target
        if target not in self._rows:
            return
        if one.problems:
            self._put(target, _PRICE, "")
            self._put(target, _TIME, "")
            self._put(target, _NOTE, " ".join(map(problem_in_window, one.problems)))
            return
        assert one.planned is not None, "nothing is there before"
        plan = one.planned.plan
        time = "" if plan.est_seconds is None else f"about {clock(plan.est_seconds)}"
        self._put(target, _PRICE, price(plan.cost_usd))
        self._put(target, _TIME, time)
        size = f"{plan.width}x{plan.height}, {plan.seconds_text}, {plan.final_fps} fps"
        self._put(target, _NOTE, size, "\n".join((size, *one.entry.notes)))

    def _row(self, model: ListedModel) -> QTreeWidgetItem:
        spec, readiness = model.spec, model.readiness
        place = _HERE if model.info.is_local else model.info.label
        why_not = said_in_window(readiness, spec) if isinstance(readiness, NotReady) else ""
        row = QTreeWidgetItem(self, [spec.label, place, _list_price(model), "", why_not])
        row.setToolTip(_MODEL, f"{model.target}\n{spec.summary}")
        row.setToolTip(_NOTE, why_not)
        row.setTextAlignment(_PRICE, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.setCheckState(_MODEL, Qt.CheckState.Unchecked)
        if why_not:
            row.setFlags(Qt.ItemFlag.ItemIsSelectable)
        return row

    def _put(self, target: Target, column: int, text: str, tip: str = "") -> None:
        row = self._rows[target]
        row.setText(column, text)
        row.setToolTip(column, tip or text)

    def _tick(self, target: Target, *, is_on: bool) -> None:
        state = Qt.CheckState.Checked if is_on else Qt.CheckState.Unchecked
        self._rows[target].setCheckState(_MODEL, state)

    def _is_ticked(self, target: Target) -> bool:
        row = self._rows[target]
        return self._can_run(target) and row.checkState(_MODEL) is Qt.CheckState.Checked

    def _can_run(self, target: Target) -> bool:
        return not isinstance(self._listed[target].readiness, NotReady)

    @Slot(QTreeWidgetItem, int)
    def _on_change(self, _: QTreeWidgetItem, column: int) -> None:
        if column == _MODEL:
            self.edited.emit(self.ticked)


def _list_price(model: ListedModel) -> str:
    return str(model.spec.price) if model.spec.price.rows else "price unknown"
