"""Rows of a model that give way to other ones, told to views so that they keep what is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QModelIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from PySide6.QtCore import QAbstractItemModel

R = TypeVar("R")
_TOP = QModelIndex()


def change_rows(
    model: QAbstractItemModel,
    rows: list[R],
    new: Sequence[R],
    keys_of: Callable[[Sequence[R]], Sequence[Hashable]],
    *,
    columns: int = 1,
) -> None:
    """Make the rows of a model the new ones; those of the same key stay, wherever they move.

    Args:
        model: whose rows they are; it is told of each step.
        rows: what the model shows, changed in place.
        new: what it is to show.
        keys_of: what tells rows apart, for each of them.
        columns: how many a row has.
    """
    after = keys_of(new)
    wanted = set(after)
    gone = [number for number, key in enumerate(keys_of(rows)) if key not in wanted]
    for first, last in reversed(_runs(gone)):
        model.beginRemoveRows(_TOP, first, last)
        del rows[first : last + 1]
        model.endRemoveRows()
    before = keys_of(rows)
    known = set(before)
    _reorder(model, rows, before, [key for key in after if key in known])
    for first, last in _runs([number for number, key in enumerate(after) if key not in known]):
        model.beginInsertRows(_TOP, first, last)
        rows[first:first] = new[first : last + 1]
        model.endInsertRows()
    changed = [number for number, row in enumerate(rows) if row != new[number]]
    rows[:] = new
    for first, last in _runs(changed):
        model.dataChanged.emit(model.index(first, 0), model.index(last, columns - 1))


def _reorder(
    model: QAbstractItemModel, rows: list[R], before: Sequence[Hashable], after: Sequence[Hashable]
) -> None:
    if list(before) == list(after):
        return
    model.layoutAboutToBeChanged.emit()
    place = {key: number for number, key in enumerate(after)}
    old = model.persistentIndexList()
    moved = [model.index(place[before[index.row()]], index.column()) for index in old]
    of_key = dict(zip(before, rows, strict=True))
    rows[:] = [of_key[key] for key in after]
    model.changePersistentIndexList(old, moved)
    model.layoutChanged.emit()


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Rising numbers as first and last of each unbroken run."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
