"""The one parent of every value that is stored or crosses a process."""

from __future__ import annotations

from typing import Any, cast

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable, strictly named value that turns into JSON and back."""

    # A start uses few of some two hundred models; each is built when it is first made or read. No
    # length, time or strength is infinite, and Python's JSON would read one.
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        protected_namespaces=(),
        defer_build=True,
        allow_inf_nan=False,
    )


def older_fields(stored: object, mark: str) -> dict[str, Any] | None:
    """A copy of the fields that an earlier version stored, told by one that only it had.

    None for whatever else is read.
    """
    if not isinstance(stored, dict) or mark not in stored:
        return None
    return dict(cast("dict[str, Any]", stored))
