"""Reads the project's own requirement files and compares them with what is installed."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass

_COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Requirement:
    """One line of a requirement file: a package and the bounds of its version."""

    name: str
    bounds: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return self.name + ",".join(compare + version for compare, version in self.bounds)

    def allows(self, version: str) -> bool:
        """Whether a version lies within the bounds; the build after `+` plays no part."""
        return all(_compare(version, compare, bound) for compare, bound in self.bounds)


def _compare(version: str, compare: str, bound: str) -> bool:
    have, want = _release(version), _release(bound)
    length = max(len(have), len(want))
    return _COMPARE[compare](have + (0,) * (length - len(have)), want + (0,) * (length - len(want)))


def _release(version: str) -> tuple[int, ...]:
    numbers = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in numbers.group().split(".")) if numbers else ()


def read_requirements(text: str) -> list[Requirement]:
    """The requirements in a file's text.

    Raises:
        ValueError: a line is more than a name and plain bounds.
    """
    found = []
    for line in text.splitlines():
        content = line.split("#")[0].strip()
        if not content:
            continue
        named = re.fullmatch(r"([A-Za-z0-9_.-]+)((?:(?:[=!<>]=|[<>])[0-9.]+,?)*)", content)
        if not named:
            raise ValueError(f"{line!r} is not a name with plain version bounds.")
        bounds = re.findall(r"([=!<>]=|[<>])([0-9.]+)", named.group(2))
        found.append(Requirement(named.group(1), tuple(bounds)))
    return found


def is_installed(requirement: Requirement) -> bool:
    """Whether the running Python has the package in a fitting version."""
    # Slow to import, and missing from a Python so old that bootstrap is about to say so.
    import importlib.metadata

    try:
        return requirement.allows(importlib.metadata.version(requirement.name))
    except importlib.metadata.PackageNotFoundError:
        return False
