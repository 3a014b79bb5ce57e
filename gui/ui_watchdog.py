"""How long the main thread was busy without coming back to its event loop."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

_BEAT_S = 0.005


class ProcessorWait:
    """How long the thread that makes it has waited for a processor that others use."""

    def __init__(self) -> None:
        self._schedule = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")

    def read_s(self) -> float:
        """All its waiting so far, in seconds; 0 where the system does not tell it."""
        if sys.platform != "linux":
            return 0.0
        return int(self._schedule.read_text(encoding="ascii").split()[1]) / 1e9


class UiWatchdog(QObject):
    """Knocks at the event loop every few milliseconds and measures how long it takes to answer.

    What the thread waits for a processor that others use is not its own fault and is left out,
    where the system tells it (Linux). To be made on the main thread.

    Attributes:
        longest_s: the longest silence so far.
    """

    _knock = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.longest_s = 0.0
        self._answered = threading.Event()
        self._answered_at = 0.0
        self._is_over = threading.Event()
        self._wait = ProcessorWait()
        self._knock.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._watch, name="stalls", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._is_over.set()
        self._answered.set()
        self._thread.join()

    @Slot()
    def _answer(self) -> None:
        self._answered_at = time.monotonic()
        self._answered.set()

    def _watch(self) -> None:
        while not self._is_over.wait(_BEAT_S):
            self._answered.clear()
            if self._is_over.is_set():
                # Closed just before the line above, which wiped out the answer that ends this.
                return
            asked_at, waited_s = time.monotonic(), self._wait.read_s()
            self._knock.emit()
            self._answered.wait()
            if self._is_over.is_set():
                return
            waited_s = self._wait.read_s() - waited_s
            self.longest_s = max(self.longest_s, self._answered_at - asked_at - waited_s)
