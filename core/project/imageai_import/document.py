"""The project file of ImageAI, read leniently: nulls, gaps and other types are borne."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, cast

from core.errors import ProjectError
from core.platform.files import read_plain_file

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = "imageai.video_project."
SUFFIX = ".iaproj.json"
_NAME = f"project{SUFFIX}"
MAX_BYTES = 200_000_000
_HINT = "Name an ImageAI video project: its folder, or the .iaproj.json in it."


class JsonObject:
    """One object of the file, which remembers what nobody has asked for."""

    def __init__(self, values: dict[str, object]) -> None:
        self._values = values
        self._read: set[str] = set()
        self._parts: dict[str, JsonObject] = {}
        self._lists: dict[str, dict[int, JsonObject]] = {}

    def text(self, key: str) -> str:
        """Words, as they are; empty where there are none."""
        value = self._values.get(key)
        if not isinstance(value, str):
            return ""
        self._read.add(key)
        # Half of a character, which JSON can name, is no text.
        return value.encode("utf-8", "replace").decode("utf-8")

    def number(self, key: str) -> float | None:
        """A number, also one that is written as words."""
        value = self._values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return None
        if not math.isfinite(number):
            return None
        self._read.add(key)
        return number

    def flag(self, key: str, *, default: bool) -> bool:
        """Yes or no."""
        value = self._values.get(key)
        if not isinstance(value, bool):
            return default
        self._read.add(key)
        return value

    def has(self, key: str) -> bool:
        """Whether there is anything at all behind a key; that does not count as asking for it."""
        return bool(self._values.get(key))

    def part(self, key: str) -> JsonObject:
        """An object inside; an empty one where there is none."""
        if key not in self._parts:
            value = self._values.get(key)
            is_object = isinstance(value, dict)
            self._parts[key] = JsonObject(cast("dict[str, object]", value) if is_object else {})
            if is_object:
                self._read.add(key)
        return self._parts[key]

    def parts(self, key: str) -> tuple[JsonObject, ...]:
        """The objects in a list; words in it are taken for objects with that `path`."""
        if key not in self._lists:
            value = self._values.get(key)
            items = cast("list[object]", value) if isinstance(value, list) else []
            found: dict[int, JsonObject] = {}
            for index, item in enumerate(items):
                if isinstance(item, dict):
                    found[index] = JsonObject(cast("dict[str, object]", item))
                elif item is not None:
                    found[index] = JsonObject({"path": item})
            self._lists[key] = found
            if isinstance(value, list):
                self._read.add(key)
        return tuple(self._lists[key].values())

    def rest(self) -> dict[str, object]:
        """All that holds something and nobody has asked for, word for word."""
        rest = {
            key: value
            for key, value in self._values.items()
            if key not in self._read and not _is_empty(value)
        }
        for key, part in self._parts.items():
            if inner := part.rest():
                rest[key] = inner
        for key, parts in self._lists.items():
            left = {str(at): inner for at, part in parts.items() if (inner := part.rest())}
            if left:
                rest[key] = left
        return rest


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [], {})


def find_document(path: Path) -> Path:
    """The project file that a path names: itself, or the one in that folder.

    Raises:
        ProjectError: there is none.
    """
    if not path.is_dir():
        return path
    if (path / _NAME).is_file():
        return path / _NAME
    others = sorted(path.glob(f"*{SUFFIX}"))
    if len(others) != 1:
        count = f"{len(others)} files" if others else "no file"
        raise ProjectError(
            f"The folder {str(path)!r} holds {count} of the kind *{SUFFIX}.", hint=_HINT
        )
    return others[0]


def read_document(file: Path) -> JsonObject:
    """The project in a file of ImageAI.

    Raises:
        ProjectError: it cannot be read, or is no video project of ImageAI.
    """
    name = repr(str(file))
    try:
        stored: Any = json.loads(read_plain_file(file, MAX_BYTES).decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise ProjectError(f"There is no file {name}.", hint=_HINT) from error
    except OSError as error:
        raise ProjectError(f"The file {name} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ProjectError(
            f"The file {name} is damaged or no project.",
            hint="ImageAI keeps copies beside it; try one of those.",
        ) from error
    parts = cast("dict[str, object]", stored) if isinstance(stored, dict) else {}
    schema = parts.get("schema", "")
    if not isinstance(schema, str) or not schema.startswith(SCHEMA):
        what = f"a file of the kind {schema!r}" if schema else "no video project"
        raise ProjectError(f"{name} is {what}, not a video project of ImageAI.", hint=_HINT)
    return JsonObject(parts)
