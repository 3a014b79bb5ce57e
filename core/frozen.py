"""The one parent of every value that is stored or crosses a process."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable, strictly named value that turns into JSON and back."""

    # A start uses few of some two hundred models; each is built when it is first made or read.
    model_config = ConfigDict(
        frozen=True, extra="forbid", protected_namespaces=(), defer_build=True
    )
