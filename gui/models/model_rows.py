"""The list of models: each with its state, its size and its terms, and how far its install is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
)
from typing_extensions import override

from core.platform.units import clock
from core.video.listing import ListedModel, ModelState
from gui import theme
from gui.theme import Tone
from gui.widgets.cells import Cell, CellDelegate
from gui.widgets.row_changes import change_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QStyleOptionViewItem

    from core.video.terms import Target

ITEM_ROLE = Qt.ItemDataRole.UserRole
"""Under this role an index gives its `ModelItem`."""

_Index = QModelIndex | QPersistentModelIndex


class InstallPhase(StrEnum):
    """Where an installation stands."""

    WAITING = "waiting"
    RUNNING = "installing"
    CHECKING = "checking its files"
    STOPPED = "paused"
    FAILED = "stopped"


@dataclass(frozen=True)
class Installing:
    """A model's installation, or the check of its files; `fraction` None where it is not known."""

    phase: InstallPhase
    job_id: str = ""
    fraction: float | None = None
    message: str = ""
    eta_s: float | None = None

    @property
    def is_going_on(self) -> bool:
        """Whether something is being done now or as soon as its turn comes."""
        return self.phase not in (InstallPhase.STOPPED, InstallPhase.FAILED)

    @property
    def words(self) -> str:
        """One line about it."""
        percent = "" if self.fraction is None else f"{self.fraction:.0%}"
        left = "" if self.eta_s is None else f"about {clock(self.eta_s)} left"
        return ", ".join(filter(None, [percent, self.message, left]))


@dataclass(frozen=True)
class ModelItem:
    """One line of the list."""

    listed: ListedModel
    installing: Installing | None = None

    @property
    def state(self) -> str:
        """A few words on where it stands."""
        if self.installing is not None:
            return self.installing.phase
        found = self.listed.installation
        partly = "parts missing" if found is not None and found.missing_parts else ""
        is_to_get = self.listed.state in (ModelState.NOT_INSTALLED, ModelState.PARTLY)
        advice = "recommended" if self.listed.advice and is_to_get else ""
        return ", ".join(filter(None, (self.listed.state, partly, advice)))

    @property
    def tone(self) -> Tone:
        """What the state says."""
        if self.installing is not None:
            failed = self.installing.phase is InstallPhase.FAILED
            return Tone.BAD if failed else Tone.WARNING
        match self.listed.state:
            case ModelState.BUILT_IN | ModelState.INSTALLED | ModelState.READY:
                return Tone.WARNING if self.listed.too_large else Tone.GOOD
            case ModelState.DAMAGED:
                return Tone.BAD
            case ModelState.NOT_INSTALLED | ModelState.TOO_LARGE:
                return Tone.QUIET
            case _:
                return Tone.WARNING

    @property
    def terms(self) -> str:
        """Size, price and licence in one line."""
        spec = self.listed.spec
        return " · ".join(spec.terms)


class ModelListModel(QAbstractListModel):
    """The models in the order of the registry."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: list[ModelItem] = []

    @override
    def rowCount(self, parent: _Index | None = None) -> int:
        """How many models there are."""
        return 0 if parent is not None and parent.isValid() else len(self._items)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The item, or its words for those who cannot see it painted."""
        if not index.isValid():
            return None
        item = self._items[index.row()]
        label = item.listed.spec.label
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return f"{label}: {item.state}"
            case Qt.ItemDataRole.ToolTipRole:
                return f"{label}: {item.state}\n{item.terms}"
            case _:
                return item if role == ITEM_ROLE else None

    def items(self) -> tuple[ModelItem, ...]:
        """Every model."""
        return tuple(self._items)

    def item(self, target: Target) -> ModelItem | None:
        """The line of a model."""
        return next((item for item in self._items if item.listed.target == target), None)

    def set_models(self, models: Sequence[ListedModel]) -> None:
        """Show these; installations that go on stay."""
        before = {item.listed.target: item.installing for item in self._items}
        items = [ModelItem(listed, before.get(listed.target)) for listed in models]
        change_rows(self, self._items, items, _targets_of)

    def set_model(self, listed: ListedModel) -> None:
        """Show one model as it stands now; which one to have was found among all of them."""
        self._change(
            listed.target,
            lambda item: replace(item, listed=replace(listed, advice=item.listed.advice)),
        )

    def set_installing(self, target: Target, installing: Installing | None) -> None:
        """Show how far the installation of a model is, or that there is none."""
        self._change(target, lambda item: replace(item, installing=installing))

    def _change(self, target: Target, change: Callable[[ModelItem], ModelItem]) -> None:
        for row, item in enumerate(self._items):
            if item.listed.target == target:
                self._items[row] = change(item)
                self.dataChanged.emit(self.index(row), self.index(row))


def _targets_of(items: Sequence[ModelItem]) -> list[str]:
    return [str(item.listed.target) for item in items]


class Scope(StrEnum):
    """Which models the list shows."""

    ALL = "All models"
    HERE = "On this machine"
    RUNS_HERE = "This machine can run"


class ModelFilter(QSortFilterProxyModel):
    """Only the models of a scope whose words are looked for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._scope = Scope.ALL
        self._words: tuple[str, ...] = ()

    def look_for(self, scope: Scope, words: str) -> None:
        """Show these alone."""
        self.beginFilterChange()
        self._scope = scope
        self._words = tuple(words.casefold().split())
        self.endFilterChange()

    @override
    def filterAcceptsRow(self, source_row: int, source_parent: _Index) -> bool:
        """Whether a model is shown."""
        source = self.sourceModel()
        item = source.index(source_row, 0, source_parent).data(ITEM_ROLE)
        if not isinstance(item, ModelItem):
            return False
        listed = item.listed
        spec = listed.spec
        state_text = f"{spec.label} {spec.id} {spec.summary} {item.state} {item.terms}".casefold()
        return all(word in state_text for word in self._words) and _is_in(self._scope, item)


def _is_in(scope: Scope, item: ModelItem) -> bool:
    match scope:
        case Scope.ALL:
            return True
        case Scope.HERE:
            here = (ModelState.BUILT_IN, ModelState.INSTALLED, ModelState.PARTLY)
            return item.listed.state in here or item.installing is not None
        case Scope.RUNS_HERE:
            return not item.listed.too_large


_BAR_HEIGHT = 4
_ROW_GAP = 3


class ModelDelegate(CellDelegate):
    """Draws the lines of the list of models."""

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Room for two lines and a bar."""
        lines = 2 * option.fontMetrics.height()
        return QSize(180, lines + 2 * theme.GAP + 2 * _ROW_GAP + _BAR_HEIGHT)

    @override
    def paint_cell(self, cell: Cell, index: _Index) -> None:
        item = index.data(ITEM_ROLE)
        if not isinstance(item, ModelItem):
            return
        box = cell.rect.adjusted(theme.GAP, theme.GAP, -theme.GAP, -theme.GAP)
        metrics = cell.option.fontMetrics
        line = QRect(box.topLeft(), QSize(box.width(), metrics.height()))
        cell.text(item.state, line, cell.colour(item.tone), is_right=True)
        label = line.adjusted(0, 0, -metrics.horizontalAdvance(item.state) - theme.GAP, 0)
        cell.bold_text(item.listed.spec.label, label, cell.colour())
        line.translate(0, metrics.height() + _ROW_GAP)
        words = item.installing.words if item.installing else ""
        cell.text(words or item.terms, line, cell.colour(Tone.QUIET))
        if item.installing is not None and item.installing.fraction is not None:
            bar = QRectF(box.left(), line.bottom() + _ROW_GAP, box.width(), _BAR_HEIGHT)
            cell.bar(bar, item.installing.fraction)
