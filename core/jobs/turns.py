"""Whose turn it is among the jobs that wait: they know what they load, and nobody what that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_PASSED = 10
"""How many jobs that came later may run before one that waits."""


@dataclass(frozen=True)
class WaitingJob:
    """What decides about a job's turn.

    Attributes:
        loads: what must be loaded before it can begin; empty where nothing is.
        passed_by: how many that came later have run before it.
        is_placed: a person has put those that wait in this order, and nobody passes it.
    """

    id: str
    loads: str = ""
    passed_by: int = 0
    is_placed: bool = False

    @property
    def lets_pass(self) -> bool:
        """Whether one that came later may still run before it."""
        return not self.is_placed and self.passed_by < MOST_PASSED


def next_place(waiting: Sequence[WaitingJob], loaded: str) -> int:
    """The place of the job whose turn it is: the first that needs what is loaded, or the first.

    This never costs more loads than the order in which the jobs came: to take one that needs what
    is loaded costs none, and what is left without it needs no more than it did.

    Args:
        waiting: in the order in which they came, or were put; not empty.
        loaded: what the job before them needed; empty where that is nothing.
    """
    if loaded:
        for place, job in enumerate(waiting):
            if job.loads == loaded:
                return place
            if not job.lets_pass:
                break
    return 0


def in_turn(waiting: Sequence[WaitingJob], loaded: str) -> list[WaitingJob]:
    """The same in the order in which they will run, if no other comes."""
    left = list(waiting)
    order: list[WaitingJob] = []
    while left:
        place = next_place(left, loaded)
        left[:place] = [replace(job, passed_by=job.passed_by + 1) for job in left[:place]]
        order.append(left.pop(place))
        loaded = order[-1].loads
    return order
