"""Edits of a list of reference images as pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from core.project.model.project import ReferenceImage

    References = tuple[ReferenceImage, ...]


def move_references(references: References, rows: Collection[int], where: int) -> References:
    """The list with these, in their order, before the one that is now at `where`."""
    before = tuple(item for row, item in enumerate(references[:where]) if row not in rows)
    moved = tuple(item for row, item in enumerate(references) if row in rows)
    after = tuple(
        item for row, item in enumerate(references[where:], start=where) if row not in rows
    )
    return (*before, *moved, *after)


def remove_references(references: References, rows: Collection[int]) -> References:
    """The list without these."""
    return tuple(item for row, item in enumerate(references) if row not in rows)


def rename_reference(references: References, row: int, name: str) -> References:
    """The list with another name for one of them."""
    renamed = references[row].model_copy(update={"name": name})
    return (*references[:row], renamed, *references[row + 1 :])


def describe_edit(before: References, after: References) -> str:
    """What was done to the list, for the menu: "Remove 2 references"."""
    fewer = len(before) - len(after)
    if fewer > 0:
        return "Remove reference" if fewer == 1 else f"Remove {fewer} references"
    if fewer < 0:
        return "Add reference" if fewer == -1 else f"Add {-fewer} references"
    paths = [item.path for item in before]
    is_order = paths != [item.path for item in after]
    return "Move reference" if is_order else "Rename reference"
