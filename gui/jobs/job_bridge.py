"""The queue's events on the main thread, in order, and never more of them than can be shown."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from core.jobs.job import JobEvent, Progressed

if TYPE_CHECKING:
    from collections.abc import Callable

_EVERY_S = 0.05


class TellsOfJobs(Protocol):
    """What a bridge hears: the job queue."""

    def subscribe(self, listener: Callable[[str, JobEvent], None]) -> Callable[[], None]:
        """Send every event to `listener`, from any thread; gives the way to stop."""
        ...


@dataclass(frozen=True)
class JobNews:
    """Something that happened to a job."""

    job_id: str
    event: JobEvent


class JobBridge(QObject):
    """Brings what the queue tells, from whatever thread, to the thread that owns this object.

    Of the progress of a job only the newest is passed on, twenty times a second at most; every
    other event is, in the order in which it came.

    Signals:
        news(JobNews): something happened.
    """

    news = Signal(object)
    _arrived = Signal()

    def __init__(self, queue: TellsOfJobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._commands: list[JobNews] = []
        self._is_awaited = False
        self._told_at = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tell)
        # Queued, so that a listener never runs inside the call that changed the queue.
        self._arrived.connect(self._wait_a_little, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe = queue.subscribe(self._take)

    def close(self) -> None:
        """Hear no more of the queue; what is still on its way is dropped."""
        self._unsubscribe()
        self._timer.stop()
        with self._lock:
            self._commands.clear()

    def _take(self, job_id: str, event: JobEvent) -> None:
        with self._lock:
            if isinstance(event, Progressed):
                self._drop_progress(job_id)
            self._commands.append(JobNews(job_id, event))
            is_first, self._is_awaited = not self._is_awaited, True
        if is_first:
            self._arrived.emit()

    def _drop_progress(self, job_id: str) -> None:
        """Make room for newer progress, unless something else happened in between."""
        for place in range(len(self._commands) - 1, -1, -1):
            news = self._commands[place]
            if news.job_id == job_id:
                if isinstance(news.event, Progressed):
                    del self._commands[place]
                return

    @Slot()
    def _wait_a_little(self) -> None:
        since_s = time.monotonic() - self._told_at
        self._timer.start(max(0, round((_EVERY_S - since_s) * 1000)))

    @Slot()
    def _tell(self) -> None:
        self._told_at = time.monotonic()
        with self._lock:
            commands, self._commands = self._commands, []
            self._is_awaited = False
        for one in commands:
            self.news.emit(one)
