"""What is wrong with values that were read, in this program's words and not in a library's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from core.errors import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError

_MAX_SHOWN = 5
_MAX_LETTERS = 200
_PLACE = re.compile(r"at line (\d+) column (\d+)")

# By what pydantic calls a mistake, or by how its name for that begins. The first that fits counts.
_TAKES = {
    "int_": "a whole number",
    "float_": "a number",
    "finite_number": "a finite number",
    "bool_": "yes or no",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "string_": "text",
    "path_": "the path of a file",
    "enum": "{expected}",
    "literal_error": "{expected}",
    "greater_than_equal": "{ge:g} or more",
    "greater_than": "more than {gt:g}",
    "less_than_equal": "{le:g} or less",
    "less_than": "less than {lt:g}",
    "too_short": "at least {min_length}",
    "too_long": "at most {max_length}",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a group of named values",
    "model_": "a group of named values",
    "date": "a date, such as 2026-11-30",
}


def mistakes_in(error: ValidationError, whole: str) -> str:
    """The first mistakes in a file, each with its place; `whole` is what all of it is called."""
    found = error.errors(include_url=False)
    said = [
        mistake_text(_cut(".".join(map(str, item["loc"]))) or whole, item)
        for item in cast("list[Mapping[str, Any]]", found[:_MAX_SHOWN])
    ]
    if more := len(found) - len(said):
        said.append(f"and {more:,} more")
    return "; ".join(said)


def mistake_text(name: str, mistake: Mapping[str, Any]) -> str:
    """What is wrong with the value called `name`, without a full stop.

    Args:
        name: as whoever wrote it knows it.
        mistake: one of `ValidationError.errors()`.
    """
    kind, context = str(mistake["type"]), mistake.get("ctx", {})
    if kind == "missing":
        return f"{name} is missing"
    if kind == "extra_forbidden":
        return f"{name} is not known"
    if kind == "json_invalid":
        place = _PLACE.search(mistake["msg"])
        where = f", in line {place[1]} at character {place[2]}" if place else ""
        return f"{name} is cut off or no JSON{where}"
    given = _cut(shortened(repr(mistake.get("input"))))
    takes = next((words for start, words in _TAKES.items() if kind.startswith(start)), None)
    if takes is not None:
        return f"{name} takes {takes.format_map(context)}, not {given}"
    # Said by a check of ours; what is left is rare, and better told by the library than not at all.
    reason = str(mistake["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{name}: {_cut(reason)}"


def _cut(words: str) -> str:
    return words if len(words) <= _MAX_LETTERS else f"{words[:_MAX_LETTERS]}…"
