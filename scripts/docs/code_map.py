"""The code map: one line for every module, which is the first line of its own description."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ROOMS = ("main.py", "core", "providers", "cli", "gui", "scripts")
"""The parts of the program that are mapped, in the order of the map."""


def room(root: Path, name: str) -> str:
    """One line for each module of a room; a package's own description stands at its folder."""
    return "\n".join(
        f"- `{_shown(file, root)}` {first_line(file)}" for file in modules(root / name)
    )


def modules(place: Path) -> list[Path]:
    """Every Python file of a room, packages before what is in them."""
    if place.is_file():
        return [place]
    files = (file for file in place.rglob("*.py") if "__pycache__" not in file.parts)
    return sorted(files, key=lambda file: (file.parent.parts, file.stem != "__init__", file.stem))


def first_line(file: Path) -> str:
    """What a module says of itself.

    Raises:
        ValueError: it says nothing.
    """
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if not said:
        raise ValueError(f"{file.name} has no description in its first line.")
    return said.splitlines()[0]


def _shown(file: Path, root: Path) -> str:
    name = file.relative_to(root).as_posix()
    return name.removesuffix("__init__.py")
