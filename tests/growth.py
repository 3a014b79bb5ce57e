"""Whether work grows with what it is given, or faster: by a ratio, so any machine may be slow."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMES = 8
# Work that grows with its input costs about as much in one piece as in eighths; work that grows
# with the square of it costs eight times as much.
_MOST = 2.5
# Two ticks of the coarsest clock: what takes less is not measured.
_UNSEEN_S = 0.032
_MORE_TRIES = 4


def assert_grows_no_faster(whole: Callable[[], object], eighth: Callable[[], object]) -> None:
    """The work with the whole costs no more than the work with an eighth of it, eight times."""
    eighth()
    at_once, by_eighths = _cost_s(whole, 1), _cost_s(eighth, _TIMES)
    for _ in range(_MORE_TRIES):
        if at_once <= _MOST * by_eighths + _UNSEEN_S:
            break
        # Whatever else the machine does makes work slower, never quicker.
        at_once = min(at_once, _cost_s(whole, 1))
        by_eighths = min(by_eighths, _cost_s(eighth, _TIMES))
    assert at_once <= _MOST * by_eighths + _UNSEEN_S, "costs more than its eighths"


def _cost_s(work: Callable[[], object], times: int) -> float:
    """The processor's time, without the collector, whose work depends on all that ran before."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        begun = time.process_time()
        for _ in range(times):
            work()
        return time.process_time() - begun
    finally:
        if was_on:
            gc.enable()
