"""What a job reports, told on and written down."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from core.jobs.job import JobEvent, Notice, Progressed

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.jobs.journal import Journal


class Reporter:
    """Takes a job's reports: keeps fractions from falling, tells and writes each change once."""

    def __init__(self, send: Callable[[JobEvent], None], journal: Journal, job_id: str) -> None:
        self._send = send
        self._journal = journal
        self._job_id = job_id
        self._lock = threading.Lock()
        self._fraction = 0.0
        self._told: Progressed | None = None
        self._unsaved: Progressed | None = None

    def report(self, event: Progressed | Notice) -> None:
        """Tell it at once; notes are written at once, progress by `flush`."""
        if isinstance(event, Notice):
            self._journal.add_note(self._job_id, event)
            self._send(event)
            return
        with self._lock:
            if event.fraction is not None:
                self._fraction = max(self._fraction, event.fraction)
                event = event.model_copy(update={"fraction": self._fraction})
            if event == self._told:
                return
            self._told = self._unsaved = event
        self._send(event)

    def flush(self) -> None:
        """Write down the newest progress; called a few times a second."""
        with self._lock:
            event, self._unsaved = self._unsaved, None
        if event is not None:
            self._journal.save_progress(self._job_id, event)
