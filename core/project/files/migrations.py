"""Project files of earlier versions, brought up to this one step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Stored: TypeAlias = dict[str, Any]
"""A project as it lies in the file, of any version."""

Migration: TypeAlias = "Callable[[Stored], Stored]"
"""Gives the project as the next version stores it."""

MIGRATIONS: tuple[Migration, ...] = ()
"""In order: the first turns version 1 into version 2."""


def newest(migrations: Sequence[Migration]) -> int:
    """The version that these migrations lead to."""
    return len(migrations) + 1


VERSION = newest(MIGRATIONS)
"""The version that this program writes."""


def migrate(stored: Stored, version: int, migrations: Sequence[Migration] = MIGRATIONS) -> Stored:
    """The project as the newest version stores it."""
    for step in migrations[version - 1 :]:
        stored = step(stored)
    return stored
