"""The takes of one scene as a list, oldest first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt
from typing_extensions import override

from core.project.model.status import is_stale
from gui.takes.take_text import describe_take, title_of
from gui.widgets.row_changes import change_rows

if TYPE_CHECKING:
    from pathlib import Path

    from core.project.model.project import SceneTakes, Take
    from gui.widgets.cells import Index

TAKE_ROLE = Qt.ItemDataRole.UserRole
_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class ShownTake:
    """One take as the strip shows it.

    Attributes:
        number: counted from 1.
        is_chosen: the film uses it.
        is_stale: it was made from something else than the scene says now.
        problem: why its file cannot be read, where that is known.
    """

    take: Take
    number: int
    is_chosen: bool
    is_stale: bool
    problem: str = ""


class TakesModel(QAbstractListModel):
    """Rows of `ShownTake` by `TAKE_ROLE`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ShownTake] = []
        # Of the scenes that were shown before too: a file is read once.
        self._problems: dict[Path, str] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        """The takes' ids, oldest first."""
        return tuple(row.take.id for row in self._rows)

    def row(self, number: int) -> ShownTake:
        """A take by its place, from 0."""
        return self._rows[number]

    def index_of(self, take_id: str | None) -> int:
        """Where a take is; -1 where it is not."""
        return self.ids.index(take_id) if take_id in self.ids else -1

    def show_takes(self, takes: SceneTakes, fingerprint: str) -> None:
        """Show these; what stays the same keeps its selection."""
        rows = [
            ShownTake(
                take,
                number,
                take.id == takes.chosen,
                is_stale(take, fingerprint),
                self._problems.get(take.path, ""),
            )
            for number, take in enumerate(takes.takes, start=1)
        ]
        change_rows(self, self._rows, rows, lambda rows: [row.take.id for row in rows])

    def set_problem(self, path: Path, problem: str) -> None:
        """Tell why a file cannot be read; an empty text says that it can."""
        self._problems[path] = problem
        for place, row in enumerate(self._rows):
            if row.take.path == path and row.problem != problem:
                self._rows[place] = replace(row, problem=problem)
                self.dataChanged.emit(self.index(place), self.index(place))

    @override
    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.UserRole:
                return row
            case Qt.ItemDataRole.DisplayRole:
                return title_of(row.take, row.number)
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleDescriptionRole:
                state = ["It is the one in the film."] if row.is_chosen else []
                if row.is_stale:
                    state.append("The scene was changed after it was made.")
                if row.problem:
                    state.append(row.problem)
                return "\n".join((describe_take(row.take), *state))
            case _:
                return None
