"""Writes what finished jobs made into the history, whoever ran them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from core.errors import StudioError
from core.history.history_index import entry_of_job
from core.jobs.job import Succeeded

if TYPE_CHECKING:
    from core.history.history import History
    from core.jobs.job import JobUpdate
    from core.jobs.queue import JobQueue

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HistoryRecorder:
    """Listens to a queue; what cannot be written down is logged and costs no job."""

    history: History
    queue: JobQueue

    def on_event(self, update: JobUpdate) -> None:
        """Take the file of a job that succeeded into the history."""
        if not isinstance(update.event, Succeeded):
            return
        try:
            entry = entry_of_job(self.queue.job(update.job_id))
            if entry is not None:
                self.history.add(entry)
        except (StudioError, OSError, ValidationError) as error:
            log.warning("what job %s made is not in the history: %s", update.job_id, error)
