"""The one durable queue for all long work: lanes, events, cancel across processes, resume."""

from __future__ import annotations

import logging
import shutil
import threading
import time
import uuid
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from pydantic import ValidationError

from core.errors import JobCancelled, JournalError, StudioError
from core.job_record import JobState
from core.jobs import (
    PLACES,
    Cancelled,
    CancelToken,
    ErrorReport,
    Failed,
    JobContext,
    JobEvent,
    Lane,
    Noted,
    Progressed,
    Queued,
    Started,
    Succeeded,
    Terminal,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from core.job_record import JobRecord
    from core.jobs import Job
    from core.journal import Journal

log = logging.getLogger(__name__)

_POLL_S = 0.2
# Longer than any copying takes: a folder without a job may be one that is being queued elsewhere.
_STRAY_AFTER_S = 3600.0


class JobQueue:
    """Runs jobs from the journal; whoever owns a thread lends it by calling `run` or `run_job`."""

    def __init__(
        self,
        journal: Journal,
        work_dir: Path,
        inputs_dir: Path,
        factories: Mapping[str, Callable[[str], Job]],
        places: Mapping[Lane, int] = PLACES,
    ) -> None:
        self._journal = journal
        self._work_dir = work_dir
        self._inputs_dir = inputs_dir
        self._factories = factories
        self._places = dict(places)
        self._listeners: list[Callable[[str, JobEvent], None]] = []
        self._tokens: dict[str, CancelToken] = {}
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self._closed = CancelToken()
        self._recover()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user must be told about the journal."""
        return self._journal.notes

    def set_places(self, lane: Lane, count: int) -> None:
        """Let so many jobs of a lane run at once from now on; those that run go on."""
        self._places[lane] = count
        with self._changed:
            self._changed.notify_all()

    def subscribe(self, listener: Callable[[str, JobEvent], None]) -> Callable[[], None]:
        """Send every event and its job id to `listener`, from any thread; gives the way to stop."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock, suppress(ValueError):
                self._listeners.remove(listener)

        return unsubscribe

    def submit(self, job: Job, cancel: CancelToken | None = None) -> str:
        """Write the job into the journal and give its id; it waits for `run` or `run_job`.

        Args:
            job: the work.
            cancel: the caller's own wish that it stop, where there is one.

        Raises:
            JournalError: it cannot be written, or what the job reads cannot be kept for it.
        """
        job_id = uuid.uuid4().hex[:12]
        inputs = self._inputs_dir / job_id
        try:
            job.keep(inputs)
            self._journal.add(job_id, job)
        except BaseException:
            shutil.rmtree(inputs, ignore_errors=True)
            raise
        self._announce(job_id, cancel)
        return job_id

    def resume(self, text: str, cancel: CancelToken | None = None) -> str:
        """Put an interrupted, failed or cancelled job back in line and give its id.

        Args:
            text: how the job's id begins.
            cancel: the caller's own wish that it stop, where there is one.

        Raises:
            JournalError: no such job, or nothing to resume.
        """
        self._recover()
        record = self._journal.requeue(self._journal.find(text).id)
        self._announce(record.id, cancel)
        return record.id

    def _announce(self, job_id: str, cancel: CancelToken | None) -> None:
        with self._lock:
            self._tokens[job_id] = cancel or CancelToken()
        self._send(job_id, Queued())
        with self._changed:
            self._changed.notify_all()

    def cancel(self, text: str) -> JobRecord:
        """Stop a job wherever it runs; one in another process stops within a second.

        Raises:
            JournalError: no such job, or it has already ended.
        """
        record = self._journal.request_cancel(self._journal.find(text).id)
        if record.state is JobState.RUNNING:
            with self._lock:
                token = self._tokens.get(record.id)
            if token is not None:
                token.cancel()
            return record
        self._remove_leftovers(record)
        with self._lock:
            token = self._tokens.pop(record.id, None)
        if token is not None:
            token.cancel()
        if token is not None or record.owner != self._journal.owner:
            self._send(record.id, Cancelled())
        return record

    def jobs(self) -> tuple[JobRecord, ...]:
        """Every job, oldest first, with those whose process is gone marked as interrupted."""
        self._recover()
        return self._journal.all()

    def job(self, text: str) -> JobRecord:
        """The job whose id begins with `text`.

        Raises:
            JournalError: there is none, or more than one.
        """
        self._recover()
        return self._journal.find(text)

    def resumable(self) -> tuple[JobRecord, ...]:
        """The jobs whose process ended before they did."""
        return tuple(record for record in self.jobs() if record.state is JobState.INTERRUPTED)

    def clear(self, *, interrupted: bool = False) -> tuple[JobRecord, ...]:
        """Forget the jobs that have ended, and on request the interrupted ones; clips stay.

        What was kept for them goes with them.
        """
        self._recover()
        gone = self._journal.clear(interrupted=interrupted)
        for record in gone:
            shutil.rmtree(self._inputs_dir / record.id, ignore_errors=True)
        self._remove_strays()
        return gone

    def _remove_strays(self) -> None:
        """Remove what was kept for jobs that a kill prevented from being written down."""
        known = {record.id for record in self._journal.all()}
        for folder in self._inputs_dir.iterdir() if self._inputs_dir.is_dir() else ():
            age_s = time.time() - folder.stat().st_mtime
            if folder.name not in known and age_s > _STRAY_AFTER_S:
                shutil.rmtree(folder, ignore_errors=True)

    def run(self, lane: Lane) -> None:
        """Run the jobs of a lane, one after the other, until the queue is closed."""
        while not self._closed.cancelled:
            record = self._journal.claim(lane, self._places[lane])
            if record is not None:
                self._execute(record)
                continue
            with self._changed:
                self._changed.wait(_POLL_S)

    def run_job(self, job_id: str) -> Terminal:
        """Run one job of this process in the calling thread and give how it ended.

        A full lane is waited for; the listeners are told so.

        Raises:
            JournalError: no such job, or it was not submitted or resumed by this queue.
        """
        record = self._journal.find(job_id)
        with self._lock:
            token = self._tokens.get(job_id)
        if token is None:
            if record.state is JobState.CANCELLED:
                return Cancelled()
            raise JournalError(f"Job {job_id} is {record.state.value} and not waiting to be run.")
        has_told = False
        while True:
            claimed = self._journal.claim(record.lane, self._places[record.lane], job_id)
            if claimed is not None:
                return self._execute(claimed)
            record = self._journal.find(job_id)
            if record.state is not JobState.QUEUED:
                return self._cancelled_while_waiting(job_id)
            if not has_told:
                has_told = True
                note = Noted(message="Another job is running; this one waits for it.")
                self._journal.add_note(job_id, note)
                self._send(job_id, note)
            try:
                token.wait(_POLL_S)
            except JobCancelled:
                with suppress(JournalError):
                    self._journal.request_cancel(job_id)
                return self._cancelled_while_waiting(job_id)

    def _cancelled_while_waiting(self, job_id: str) -> Cancelled:
        outcome = Cancelled()
        with self._lock:
            is_untold = self._tokens.pop(job_id, None) is not None
        if is_untold:
            self._send(job_id, outcome)
        return outcome

    def close(self) -> None:
        """Stop the workers and ask every running job of this process to stop."""
        self._closed.cancel()
        with self._lock:
            tokens = list(self._tokens.values())
        for token in tokens:
            token.cancel()
        with self._changed:
            self._changed.notify_all()

    def _token(self, job_id: str) -> CancelToken:
        with self._lock:
            return self._tokens.setdefault(job_id, CancelToken())

    def _execute(self, record: JobRecord) -> Terminal:
        token = self._token(record.id)
        self._send(record.id, Started())
        workdir = self._work_dir / record.id
        reporter = _Reporter(partial(self._send, record.id), self._journal, record.id)
        try:
            job = self._build(record)
            shutil.rmtree(workdir, ignore_errors=True)
            workdir.mkdir(parents=True)
            ctx = JobContext(
                workdir=workdir,
                cancel=token,
                report=reporter.report,
                job_id=record.id,
                ticket=record.ticket,
                save_ticket=lambda ticket: self._journal.save_ticket(record.id, ticket),
                inputs_dir=self._inputs_dir / record.id,
            )
            with self._watch(record.id, token, reporter):
                outcome: Terminal = Succeeded(path=job.run(ctx))
        except (JobCancelled, KeyboardInterrupt):
            outcome = Cancelled()
        except Exception as error:  # noqa: BLE001 - whatever a job does, the queue goes on
            outcome = self._failure(record, error, token)
        finally:
            shutil.rmtree(workdir, ignore_errors=True)
        if not isinstance(outcome, Succeeded):
            self._remove_leftovers(record)
        self._finish(record.id, outcome)
        return outcome

    def _build(self, record: JobRecord) -> Job:
        factory = self._factories.get(record.kind)
        if factory is None:
            raise JournalError(
                f"Job {record.id} is of the kind {record.kind!r}, which this version does not know."
            )
        try:
            return factory(record.payload)
        except ValidationError as error:
            raise JournalError(
                f"Job {record.id} was written by another version and cannot be read.",
                hint="Give the command again.",
            ) from error

    def _failure(self, record: JobRecord, error: Exception, token: CancelToken) -> Terminal:
        if token.cancelled:
            # Stopping an engine or a transfer by force makes it fail; that is the stop asked for.
            log.debug("job %s failed while stopping: %s", record.id, error)
            return Cancelled()
        if isinstance(error, StudioError):
            log.error("job %s failed: %s: %s", record.id, type(error).__name__, error)
        else:
            log.error("job %s failed unexpectedly", record.id, exc_info=error)
        return Failed(error=ErrorReport.of(error))

    def _finish(self, job_id: str, outcome: Terminal) -> None:
        try:
            self._journal.finish(job_id, outcome)
        except JournalError as error:
            # The work itself is done or undone; only its line in the journal is missing.
            log.error("the end of job %s could not be written down: %s", job_id, error)
        with self._lock:
            self._tokens.pop(job_id, None)
        self._send(job_id, outcome)
        with self._changed:
            self._changed.notify_all()

    @contextmanager
    def _watch(self, job_id: str, token: CancelToken, reporter: _Reporter) -> Generator[None]:
        """Look for a cancel from another process, and write progress down, while the job runs."""
        ended = CancelToken()

        def look() -> None:
            with suppress(JobCancelled):
                while True:
                    ended.wait(_POLL_S)
                    try:
                        reporter.flush()
                        if self._journal.is_cancel_requested(job_id):
                            token.cancel()
                    except JournalError as error:
                        log.warning("job %s runs on without its journal: %s", job_id, error)

        thread = threading.Thread(target=look, name=f"watch-{job_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.cancel()
            thread.join()

    def _recover(self) -> None:
        for record in self._journal.interrupt_orphans():
            log.info("job %s: its process is gone, so it is %s", record.id, record.state.value)
            self._remove_leftovers(record)

    def _remove_leftovers(self, record: JobRecord) -> None:
        shutil.rmtree(self._work_dir / record.id, ignore_errors=True)
        try:
            leftovers = self._build(record).leftovers(record.id)
        except StudioError as error:
            # Of another version, or of a provider that is gone: what it left is not known.
            log.warning("%s", error)
            return
        for path in leftovers:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _send(self, job_id: str, event: JobEvent) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener(job_id, event)


class _Reporter:
    """Takes a job's reports: keeps fractions from falling, tells and writes each change once."""

    def __init__(self, send: Callable[[JobEvent], None], journal: Journal, job_id: str) -> None:
        self._send = send
        self._journal = journal
        self._job_id = job_id
        self._lock = threading.Lock()
        self._fraction = 0.0
        self._told: Progressed | None = None
        self._unsaved: Progressed | None = None

    def report(self, event: Progressed | Noted) -> None:
        if isinstance(event, Noted):
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
        with self._lock:
            event, self._unsaved = self._unsaved, None
        if event is not None:
            self._journal.save_progress(self._job_id, event)
