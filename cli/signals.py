"""Ctrl-C, a request to end and a closed terminal: all of them cancel, the second one at once.

What does not heed the first one is ended after a moment: a call into a library, or the reading of a
file on a disk that does not answer, lets no handler of Python run.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOT_CONFIGURED = 3
EXIT_CANCELLED = 130
NOT_CONFIGURED = frozenset(
    {
        "NotConfigured",
        "FFmpegMissing",
        "KeyStoreError",
        "TextRendererUnavailable",
        "SpendingCapReached",
    }
)
"""The errors, by the names of their classes, for which this machine has to be set up otherwise."""
_LEAVE_WITHIN_S = 2.0
_MOST_AT_ONCE = 64
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class SignalHandler:
    """Turns the signals that end a program into one request to stop.

    While nobody listens, the request is a `KeyboardInterrupt` in the main thread; while somebody
    does, the first signal calls the listener and the second ends the process.
    """

    def __init__(self) -> None:
        self._listener: Callable[[], None] | None = None
        self._count = 0

    @contextmanager
    def caught(self) -> Generator[None]:
        """Take the signals over; one that this process was started to ignore stays ignored."""
        earlier: dict[int, object] = {}
        for name in _NAMES:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                earlier[number] = signal.signal(number, self._receive)
        pipe, ours = socket.socketpair()
        ours.setblocking(False)
        earlier_fd = signal.set_wakeup_fd(ours.fileno(), warn_on_full_buffer=False)
        watch = threading.Thread(
            target=self._watch, args=(pipe, frozenset(earlier)), name="signals", daemon=True
        )
        watch.start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(earlier_fd)
            ours.close()
            watch.join()
            pipe.close()
            for number, handler in earlier.items():
                signal.signal(number, handler)  # pyright: ignore[reportArgumentType] - it was set

    def _watch(self, pipe: socket.socket, numbers: frozenset[int]) -> None:
        """End the process when nobody listens and the main thread does not heed a signal either.

        The system writes the number of each signal to the socket, whatever the main thread does.
        """
        pipe.settimeout(None)
        while received := pipe.recv(_MOST_AT_ONCE):
            if self._listener is not None or numbers.isdisjoint(received):
                continue
            pipe.settimeout(_LEAVE_WITHIN_S)
            try:
                is_over = not pipe.recv(_MOST_AT_ONCE)
            except TimeoutError:
                is_over = False
            if is_over:
                return
            leave_at_once()

    @contextmanager
    def calling(self, listener: Callable[[], None]) -> Generator[None]:
        """Send the first signal to `listener`, in the main thread and between two instructions."""
        self._listener, self._count = listener, 0
        try:
            yield
        finally:
            self._listener = None

    def _receive(self, *_: object) -> None:
        if self._listener is None:
            raise KeyboardInterrupt
        self._count += 1
        if self._count > 1:
            leave_at_once()
        self._listener()


def leave_at_once() -> None:
    """End this process now; the engine ends with it and the journal marks what it was doing."""
    if sys.stderr.isatty():
        # The bar hides the cursor, and nobody gets to show it again after this.
        os.write(sys.stderr.fileno(), b"\x1b[?25h\r\n")
    os._exit(EXIT_CANCELLED)
