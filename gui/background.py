"""Work beside the main thread: a function, and what to do on the main thread when it is done."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

from core.errors import JobCancelled, StudioError
from core.jobs import CancelToken

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

T = TypeVar("T")


class Background(QObject):
    """Runs functions in threads; results and errors arrive on the thread that owns this object.

    What was begun is asked to stop when the object is closed; nothing arrives after that.
    """

    _done = Signal(object)

    def __init__(self, parent: QObject | None = None, *, threads: int = 2) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._latest: dict[str, CancelToken] = {}
        self._tokens: set[CancelToken] = set()
        self._is_closed = False
        self._done.connect(self._deliver)

    def run(
        self,
        work: Callable[[CancelToken], T],
        done: Callable[[T], None],
        failed: Callable[[StudioError], None],
        *,
        key: str = "",
    ) -> CancelToken:
        """Begin `work`; then call `done` with its result or `failed` with its error.

        Args:
            work: called in another thread; must touch no widget, and heed the token in its loops.
            done: called on the main thread.
            failed: called on the main thread with an error that is a sentence for the user.
            key: of several works with the same non-empty key only the newest is delivered; the
                older are asked to stop.
        """
        token = CancelToken()
        if key:
            older = self._latest.get(key)
            if older is not None:
                older.cancel()
            self._latest[key] = token
        self._tokens.add(token)
        self._pool.start(_Work(work, token, _Outcome(done, failed, token), self._done.emit))
        return token

    @property
    def is_idle(self) -> bool:
        """Whether everything that was begun has ended and was delivered."""
        return not self._tokens

    def close(self) -> None:
        """Ask everything to stop and wait for it."""
        self._is_closed = True
        for token in self._tokens:
            token.cancel()
        self._pool.clear()
        self._pool.waitForDone()

    @Slot(object)
    def _deliver(self, outcome: _Outcome[object]) -> None:
        self._tokens.discard(outcome.token)
        if not self._is_closed and not outcome.token.cancelled:
            outcome.tell()


class _Outcome(Generic[T]):
    def __init__(
        self,
        done: Callable[[T], None],
        failed: Callable[[StudioError], None],
        token: CancelToken,
    ) -> None:
        self.token = token
        self.tell: Callable[[], None] = lambda: None
        self._done = done
        self._failed = failed

    def succeed(self, result: T) -> None:
        self.tell = lambda: self._done(result)

    def fail(self, error: StudioError) -> None:
        self.tell = lambda: self._failed(error)


class _Work(QRunnable, Generic[T]):
    def __init__(
        self,
        work: Callable[[CancelToken], T],
        token: CancelToken,
        outcome: _Outcome[T],
        emit: Callable[[object], None],
    ) -> None:
        super().__init__()
        self._work = work
        self._token = token
        self._outcome = outcome
        self._emit = emit

    def run(self) -> None:
        try:
            self._token.check()
            self._outcome.succeed(self._work(self._token))
        except JobCancelled:
            self._token.cancel()
        except StudioError as error:
            self._outcome.fail(error)
        except OSError as error:
            self._outcome.fail(StudioError(str(error)))
        finally:
            self._emit(self._outcome)
