"""The queue's events on the main thread, in order, and never more of them than can be shown."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from core.jobs.job import JobUpdate, Progressed

if TYPE_CHECKING:
    from collections.abc import Callable

    # Has every event sent to a listener, from any thread; gives the way to stop.
    Subscribe = Callable[[Callable[[JobUpdate], None]], Callable[[], None]]

_EVERY_S = 0.05


class JobBridge(QObject):
    """Brings what the queue tells, from whatever thread, to the thread that owns this object.

    Of the progress of a job only the newest is passed on, twenty times a second at most; every
    other event is, in the order in which it came.

    Signals:
        news(JobUpdate): something happened.
    """

    news = Signal(object)
    _arrived = Signal()

    def __init__(self, subscribe: Subscribe, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._updates: list[JobUpdate] = []
        self._is_awaited = False
        self._sent_at = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tell)
        # Queued, so that a listener never runs inside the call that changed the queue.
        self._arrived.connect(self._wait_a_little, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe = subscribe(self._take)

    def close(self) -> None:
        """Hear no more of the queue; what is still on its way is dropped."""
        self._unsubscribe()
        self._timer.stop()
        with self._lock:
            self._updates.clear()

    def _take(self, update: JobUpdate) -> None:
        with self._lock:
            if isinstance(update.event, Progressed):
                self._drop_progress(update.job_id)
            self._updates.append(update)
            is_first, self._is_awaited = not self._is_awaited, True
        if is_first:
            self._arrived.emit()

    def _drop_progress(self, job_id: str) -> None:
        """Make room for newer progress, unless something else happened in between."""
        for place in range(len(self._updates) - 1, -1, -1):
            news = self._updates[place]
            if news.job_id == job_id:
                if isinstance(news.event, Progressed):
                    del self._updates[place]
                return

    @Slot()
    def _wait_a_little(self) -> None:
        since_s = time.monotonic() - self._sent_at
        self._timer.start(max(0, round((_EVERY_S - since_s) * 1000)))

    @Slot()
    def _tell(self) -> None:
        self._sent_at = time.monotonic()
        with self._lock:
            updates, self._updates = self._updates, []
            self._is_awaited = False
        for one in updates:
            self.news.emit(one)
