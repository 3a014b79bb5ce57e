"""Who hears of jobs; while one runs, its reports are written down and a cancel is looked for."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from core.errors import JobCancelled, JournalError, StudioError
from core.jobs.job import (
    Cancelled,
    CancelToken,
    ErrorReport,
    Failed,
    JobEvent,
    Notice,
    Progressed,
    Report,
    Terminal,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from core.jobs.job import JobUpdate
    from core.jobs.journal import Journal

log = logging.getLogger(__name__)

_EVERY_S = 0.2


class Listeners:
    """Those who are told of every event, from any thread."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[JobUpdate], None]] = []
        self._lock = threading.Lock()

    def add(self, listener: Callable[[JobUpdate], None]) -> Callable[[], None]:
        """Tell it everything from now on; gives the way to stop."""
        with self._lock:
            self._listeners.append(listener)

        def remove() -> None:
            with self._lock, suppress(ValueError):
                self._listeners.remove(listener)

        return remove

    def tell(self, update: JobUpdate) -> None:
        """Tell everyone."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener(update)


class Reporter:
    """Takes a job's reports: keeps fractions from falling, tells and writes each change once."""

    def __init__(self, send: Callable[[JobEvent], None], journal: Journal, job_id: str) -> None:
        self._send = send
        self._journal = journal
        self._job_id = job_id
        self._lock = threading.Lock()
        self._fraction = 0.0
        self._last: Progressed | None = None
        self._unsaved: Progressed | None = None

    def report(self, event: Report) -> None:
        """Tell it at once and write notes at once; `watching` writes progress now and then."""
        if isinstance(event, Notice):
            try:
                self._journal.add_note(self._job_id, event)
            except JournalError as error:
                log.warning("a note of job %s is not kept: %s", self._job_id, error)
        if not isinstance(event, Progressed):
            self._send(event)
            return
        with self._lock:
            if event.fraction is not None:
                self._fraction = max(self._fraction, event.fraction)
                event = event.model_copy(update={"fraction": self._fraction})
            if event == self._last:
                return
            self._last = self._unsaved = event
        self._send(event)

    def _flush(self) -> None:
        with self._lock:
            event, self._unsaved = self._unsaved, None
        if event is not None:
            self._journal.save_progress(self._job_id, event)

    @contextmanager
    def watching(self, token: CancelToken) -> Generator[None]:
        """Look for a cancel from another process, and write progress down, while the job runs."""
        ended = CancelToken()

        def look() -> None:
            with suppress(JobCancelled):
                while True:
                    ended.wait(_EVERY_S)
                    try:
                        self._flush()
                        if self._journal.is_cancel_requested(self._job_id):
                            token.cancel()
                    except JournalError as error:
                        log.warning("job %s runs on without its journal: %s", self._job_id, error)

        thread = threading.Thread(target=look, name=f"watch-{self._job_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.cancel()
            thread.join()


def failure_of(job_id: str, error: Exception, token: CancelToken) -> Terminal:
    """How a job ended that raised an error; logged once, here."""
    if token.cancelled:
        # Stopping an engine or a transfer by force makes it fail; that is the stop asked for.
        log.debug("job %s failed while stopping: %s", job_id, error)
        return Cancelled()
    if isinstance(error, StudioError):
        log.error("job %s failed: %s: %s", job_id, type(error).__name__, error)
    else:
        log.error("job %s failed unexpectedly", job_id, exc_info=error)
    return Failed(error=ErrorReport.of(error))
