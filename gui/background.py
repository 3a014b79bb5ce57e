"""Work beside the main thread: a function, and what to do on the main thread when it is done."""

from __future__ import annotations

import logging
import sys
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

from core.errors import JobCancelled, StudioError
from core.jobs.job import CancelToken

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

# For one picture of a table Qt asks Python hundreds of times, and may have to wait each time this
# long for a thread that computes. At the usual 5 ms the window would stand still for a second.
_GIVE_WAY_S = 0.0005

T = TypeVar("T")


class Background(QObject):
    """Runs functions in threads; results and errors arrive on the thread that owns this object.

    What was begun is asked to stop when the object is closed; nothing arrives after that.
    """

    _done = Signal(object)

    def __init__(self, parent: QObject | None = None, *, threads: int = 2) -> None:
        super().__init__(parent)
        sys.setswitchinterval(_GIVE_WAY_S)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._latest: dict[str, CancelToken] = {}
        self._tells: dict[CancelToken, Callable[[], None]] = {}
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
        if self._is_closed:
            token.cancel()
            return token
        if key:
            older = self._latest.get(key)
            if older is not None:
                older.cancel()
            self._latest[key] = token
        result: _Result[T] = _Result()

        def tell() -> None:
            if result.error is not None:
                failed(result.error)
            for value in result.values:
                done(value)

        # The thread never holds what belongs to this one: were it the last to let go of a widget,
        # the widget would be destroyed there, and the process with it.
        self._tells[token] = tell
        self._pool.start(_BackgroundWork(partial(_carry_out, work, token, result, self._done.emit)))
        return token

    @property
    def is_idle(self) -> bool:
        """Whether everything that was begun has ended and was delivered."""
        return not self._tells

    def wait(self) -> None:
        """Wait until everything that was begun has ended; it is delivered after this."""
        self._pool.waitForDone()

    def close(self) -> None:
        """Ask everything to stop and wait for it."""
        self._is_closed = True
        for token in self._tells:
            token.cancel()
        self._pool.clear()
        self._pool.waitForDone()

    @Slot(object)
    def _deliver(self, token: CancelToken) -> None:
        tell = self._tells.pop(token)
        if not self._is_closed and not token.cancelled:
            tell()


class _Result(Generic[T]):
    """What a work comes to: one value, an error, or neither where it stopped."""

    def __init__(self) -> None:
        self.values: list[T] = []
        self.error: StudioError | None = None


class _BackgroundWork(QRunnable):
    def __init__(self, call: Callable[[], None]) -> None:
        super().__init__()
        self._calls = [call]

    def run(self) -> None:
        # Qt may keep this object as long as the pool: what it was for must go when it is done.
        self._calls.pop()()


def _carry_out(
    work: Callable[[CancelToken], T],
    token: CancelToken,
    result: _Result[T],
    emit: Callable[[object], None],
) -> None:
    try:
        token.check()
        result.values.append(work(token))
    except JobCancelled:
        token.cancel()
    except StudioError as error:
        result.error = error
    except OSError as error:
        result.error = StudioError(str(error))
    finally:
        emit(token)
