"""How often pictures of what is being made may be taken: they cost a small share of the time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

SHARE = 0.03
"""How much of the time that denoising takes may go into pictures of it."""
# What the first picture is taken to cost, until one was made.
_FIRST_GUESS_S = 0.1


class PreviewPace:
    """Counts what pictures cost, from the moment on at which it is made."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began_at = clock()
        self._spent_s = 0.0
        self._cost_s = _FIRST_GUESS_S

    def is_due(self) -> bool:
        """Whether one more stays within the share."""
        allowed_s = SHARE * (self._clock() - self._began_at)
        return self._spent_s + self._cost_s <= allowed_s

    @contextmanager
    def spending(self) -> Generator[None]:
        """While one is taken."""
        began_at = self._clock()
        yield
        self._cost_s = self._clock() - began_at
        self._spent_s += self._cost_s
