"""Asks the hub again after failures that may pass, and waits in between as it wishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from core.errors import RateLimited
from providers.weights.hub import RetryableFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.jobs.job import CancelToken

T = TypeVar("T")

WAITS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 60.0, 60.0, 60.0)
"""How long to wait after each failure in a row; after the last one it is given up."""

_LONGEST_WAIT_S = 300.0


class RetryPolicy:
    """Decides, after each failure, between waiting and giving up."""

    def __init__(
        self, stop: CancelToken, waits_s: Sequence[float], tell: Callable[[str], None]
    ) -> None:
        self._stop = stop
        self._waits_s = waits_s
        self._tell = tell
        self._failures = 0

    def reset(self) -> None:
        """Something has worked: count failures from zero."""
        self._failures = 0

    def wait(self, failure: RetryableFailure) -> None:
        """Wait as long as fits.

        Raises:
            ProviderError: it failed once too often.
            JobCancelled: asked to stop.
        """
        asked_s = failure.retry_after_s
        if self._failures >= len(self._waits_s) or (asked_s or 0) > _LONGEST_WAIT_S:
            raise failure.error from failure
        wait_s = max(self._waits_s[self._failures], asked_s or 0)
        self._failures += 1
        reason = (
            "the hub asks for fewer requests"
            if isinstance(failure.error, RateLimited)
            else "the connection broke"
        )
        self._tell(f"{reason}; trying again in {wait_s:.0f} s")
        self._stop.wait(wait_s)


def ask_with_retries(
    cancel: CancelToken,
    waits_s: Sequence[float],
    ask: Callable[[], T],
    tell: Callable[[str], None],
) -> T:
    """The answer to a blocking question, asked again while failures may pass.

    Raises:
        ProviderError: it failed for good.
        JobCancelled: asked to stop.
    """
    retry = RetryPolicy(cancel, waits_s, tell)
    while True:
        try:
            return cancel.run(ask)
        except RetryableFailure as failure:
            retry.wait(failure)
