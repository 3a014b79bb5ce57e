"""The threads in which the queue works while the window is open."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread

if TYPE_CHECKING:
    from core.jobs import Lane
    from core.queue import JobQueue


class RenderWorker(QThread):
    """One place of one lane."""

    def __init__(self, queue: JobQueue, lane: Lane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._lane = lane

    def run(self) -> None:
        """Work until the queue is closed."""
        self._queue.run(self._lane)


class Workers(QObject):
    """As many workers as the queue has places."""

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._workers = [
            RenderWorker(queue, lane, self)
            for lane, places in queue.places.items()
            for _ in range(places)
        ]

    @property
    def running(self) -> int:
        """How many of the threads live."""
        return sum(worker.isRunning() for worker in self._workers)

    def start(self) -> None:
        """Begin to work; what waits in the queue is taken at once."""
        for worker in self._workers:
            worker.start()

    def ask_to_stop(self) -> None:
        """Stop what runs, to be resumed at the next start; gives back at once."""
        self._queue.close(leaves_jobs=True)

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
