"""What judges a part of a request: it collects all that is wrong, and the words of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Problem

if TYPE_CHECKING:
    from core.video.request import RenderRequest
    from core.video.spec import ModelSpec

_LENGTH = "frame.duration_s"


@dataclass(frozen=True)
class Judge:
    """A request, the model that it goes to, and what was found so far."""

    request: RenderRequest
    spec: ModelSpec
    problems: list[Problem]
    notes: list[str]

    def refuse(self, field: str, message: str) -> None:
        """Say what is wrong with a part of the request."""
        self.problems.append(Problem(field, message))

    def refuse_anew(self, field: str, message: str) -> None:
        """Say what is wrong with a part of the request in place of what the table alone says."""
        self.problems[:] = [problem for problem in self.problems if problem.field != field]
        self.refuse(field, message)

    def refuse_length(self, message: str) -> None:
        """Say how long the clip may be at most, in place of what the model's table alone says."""
        self.refuse_anew(_LENGTH, message)
