"""The threads in which the queue works while the window is open."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Slot

if TYPE_CHECKING:
    from core.jobs.job import Lane
    from core.jobs.queue import JobQueue


class RenderWorker(QThread):
    """One place of one lane."""

    def __init__(self, queue: JobQueue, lane: Lane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self.lane = lane

    def run(self) -> None:
        """Work until the queue is closed."""
        self._queue.run(self.lane)


class Workers(QObject):
    """As many workers as the queue has places."""

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._workers: list[RenderWorker] = []
        self._has_stopped = False

    @property
    def running(self) -> int:
        """How many of the threads live."""
        return sum(worker.isRunning() for worker in self._workers)

    @Slot()
    def start(self) -> None:
        """Begin to work; called again, it follows places that have become more."""
        if self._has_stopped:
            return
        for lane, places in self._queue.places.items():
            # Too many do no harm: the journal lets no more jobs run than there are places.
            missing = places - sum(worker.lane is lane for worker in self._workers)
            for _ in range(missing):
                worker = RenderWorker(self._queue, lane, self)
                self._workers.append(worker)
                worker.start()

    def ask_to_stop(self) -> None:
        """Stop what runs, to be resumed at the next start; gives back at once."""
        self._has_stopped = True
        self._queue.close()

    def stop(self, timeout_s: float = 10.0) -> bool:
        """Stop what runs, to be resumed at the next start, and wait; whether all has ended.

        Threads that have not ended must be kept: Qt ends the program with the object of a thread.
        """
        self.ask_to_stop()
        until = time.monotonic() + timeout_s
        return all(
            worker.wait(max(0, round((until - time.monotonic()) * 1000)))
            for worker in self._workers
        )
