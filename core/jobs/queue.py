"""The one durable queue for all long work: lanes, events, cancel across processes, resume."""

from __future__ import annotations

import logging
import shutil
import threading
import uuid
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from core.errors import JobCancelled, JournalError, StudioError
from core.jobs.job import (
    Cancelled,
    CancelToken,
    JobContext,
    JobEvent,
    JobUpdate,
    MovedOn,
    Notice,
    Queued,
    Started,
    StopReason,
    Subject,
    Succeeded,
    Terminal,
)
from core.jobs.job_inputs import stray_inputs
from core.jobs.job_record import JobState, build_job
from core.jobs.lanes import PLACES, Lane
from core.jobs.reporting import Listeners, Reporter, failure_of
from core.platform.files import folders_in, out_of_the_way, remove

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from core.jobs.job import Job
    from core.jobs.job_record import JobRecord
    from core.jobs.journal import Journal

log = logging.getLogger(__name__)

_POLL_S = 0.2
_IDLE_S = 2.0


def new_job_id() -> str:
    """A name that no other job has."""
    return uuid.uuid4().hex[:12]


class JobQueue:
    """Runs jobs from the journal; whoever owns a thread lends it by calling `run` or `run_job`.

    Attributes:
        notes: what the user must be told about the journal.
        is_paused: whether the workers of this process start nothing new.
    """

    def __init__(
        self,
        journal: Journal,
        work_dir: Path,
        inputs_dir: Path,
        factories: Mapping[str, Callable[[str], Job]],
        places: Mapping[Lane, int] = PLACES,
    ) -> None:
        self.notes = journal.notes
        self.is_paused = False
        self._journal = journal
        self._work_dir = work_dir
        self._inputs_dir = inputs_dir
        self._factories = factories
        self._places = dict(places)
        self._listeners = Listeners()
        self._tokens: dict[str, CancelToken] = {}
        self._running: set[str] = set()
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self._changes = 0
        self._closed = CancelToken()
        self._recover()
        self._sweep()
        self._add_subjects()

    @property
    def places(self) -> Mapping[Lane, int]:
        """How many jobs of each lane run at once."""
        return self._places

    def set_places(self, lane: Lane, count: int) -> None:
        """Let so many jobs of a lane run at once from now on; those that run go on."""
        self._places[lane] = count
        self._wake()

    def set_grouping(self, groups_by_load: bool) -> None:
        """Let jobs that need what is loaded come first from now on, or go by their coming."""
        self._journal.groups_by_load = groups_by_load
        self._wake()

    def subscribe(self, listener: Callable[[JobUpdate], None]) -> Callable[[], None]:
        """Send every event to `listener`, from any thread; gives the way to stop."""
        return self._listeners.add(listener)

    def submit(
        self,
        job: Job,
        cancel: CancelToken | None = None,
        *,
        job_id: str | None = None,
    ) -> str:
        """Write the job into the journal and give its id; it waits for `run` or `run_job`.

        Args:
            job: the work.
            cancel: the caller's own token, where there is one.
            job_id: from `new_job_id`, where the caller has to know it beforehand.

        Raises:
            JournalError: it cannot be written, or what the job reads cannot be kept for it.
        """
        job_id = job_id or new_job_id()
        try:
            job.store_inputs(self._inputs_dir / job_id)
            self._journal.add(job_id, job)
        except BaseException:
            self._forget_inputs(job_id)
            raise
        self._announce(job_id, job.subject, cancel)
        return job_id

    def resume(self, text: str, cancel: CancelToken | None = None) -> str:
        """Put an interrupted, failed or cancelled job back in line and give its id.

        Args:
            text: how the job's id begins.
            cancel: the caller's own token, where there is one.

        Raises:
            JournalError: no such job, or nothing to resume.
        """
        self._recover()
        record = self._journal.requeue(self._journal.find(text).id)
        self._announce(record.id, record.subject, cancel)
        return record.id

    def _announce(self, job_id: str, subject: Subject | None, cancel: CancelToken | None) -> None:
        with self._lock:
            self._tokens[job_id] = cancel or CancelToken()
        self._send(job_id, subject, Queued())
        self._wake()

    def resume_all(self) -> tuple[str, ...]:
        """Put every interrupted job back in line, in the old order; gives their ids."""
        resumed: list[str] = []
        for record in self.resumable():
            with suppress(JournalError):
                # Another process may have taken it up in the meantime.
                resumed.append(self.resume(record.id))
        return tuple(resumed)

    def repeat(self, job_id: str, new_id: str) -> str:
        """Put the same work into the queue as a job of its own, with all that was stored for it.

        Raises:
            JournalError: no such job, or the journal cannot be written.
        """
        record = self.job(job_id)
        stored = self._inputs_dir / record.id
        if stored.is_dir():
            shutil.copytree(stored, self._inputs_dir / new_id)
        job = build_job(record, self._factories)
        self._journal.add(new_id, job)
        self._announce(new_id, job.subject, None)
        return new_id

    def attach(self, job_id: str, ticket: str | None) -> None:
        """Give a job that has ended the ticket of its remote render, or with None take it away.

        Raises:
            JournalError: no such job, or it is waiting or running.
        """
        record = self.job(job_id)
        if record.state in (JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED):
            raise JournalError(f"Job {record.id} is {record.state.value}; nothing is missing.")
        self._journal.save_ticket(record.id, ticket)

    def move(self, job_id: str, before_id: str | None) -> None:
        """Let a waiting job of this process run before another one, or after all others.

        Raises:
            JournalError: one of the two does not wait here.
        """
        self._journal.move(job_id, before_id)

    def set_paused(self, is_paused: bool) -> None:
        """Start nothing new from now on, or go on; what runs goes on anyhow."""
        self.is_paused = is_paused
        self._wake()

    def cancel(self, text: str) -> JobRecord:
        """Stop a job wherever it runs; one in another process stops within a second.

        One that does not run and has something on a remote machine is taken up just to end that.

        Raises:
            JournalError: no such job, or it has already ended.
        """
        record = self._journal.find(text)
        if record.ticket is not None and self._cancel_remote(record):
            return self._journal.find(record.id)
        record = self._journal.request_cancel(record.id, self._remove_partial_files)
        is_running = record.state is JobState.RUNNING
        with self._lock:
            token = self._tokens.get(record.id) if is_running else self._tokens.pop(record.id, None)
        if token is not None:
            token.cancel()
        if not is_running and (token is not None or record.owner != self._journal.owner):
            self._send(record.id, record.subject, Cancelled())
        return record

    def _cancel_remote(self, record: JobRecord) -> bool:
        """Let the job itself end what it has on a remote machine; False where it runs or ended."""
        taken = self._journal.take(record.id)
        if taken is None:
            return False
        with self._lock:
            self._tokens.setdefault(taken.id, CancelToken()).cancel()
        self._execute(taken)
        return True

    def jobs(self, ended: int | None = None) -> tuple[JobRecord, ...]:
        """The jobs in their order, with those whose process is gone marked as interrupted.

        Args:
            ended: how many of those that have ended, the newest; None for every one.
        """
        self._recover()
        return self._journal.all(ended)

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
            self._forget_inputs(record.id)
        # A kill may have prevented a job from being written down after what it reads was stored.
        for job_id in stray_inputs(self._inputs_dir, {record.id for record in self._journal.all()}):
            self._forget_inputs(job_id)
        return gone

    def _forget_inputs(self, job_id: str) -> None:
        shutil.rmtree(self._inputs_dir / job_id, ignore_errors=True)

    def run(self, lane: Lane) -> None:
        """Run the jobs of a lane, one after the other, until the queue is closed."""
        while not self._closed.cancelled:
            seen = self._changes
            record = None if self.is_paused else self._claim(lane)
            if record is not None:
                self._execute(record)
                continue
            with self._lock:
                has_waiting = bool(self._tokens.keys() - self._running)
            # What waits here may wait for the place of another process, which wakes nobody.
            pause_s = _POLL_S if has_waiting else _IDLE_S
            with self._changed:
                self._changed.wait_for(lambda seen=seen: self._changes != seen, pause_s)

    def _claim(self, lane: Lane) -> JobRecord | None:
        try:
            return self._journal.claim(lane, self._places[lane])
        except JournalError as error:
            log.warning("no job can be taken: %s", error)
            return None  # a full disk ends some day, and then the queue shall go on

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
        waits = False
        while True:
            claimed = self._journal.claim(record.lane, self._places[record.lane], job_id)
            if claimed is not None and (outcome := self._execute(claimed)) is not None:
                return outcome
            record = self._journal.find(job_id)
            if record.state is not JobState.QUEUED:
                return self._cancelled_while_waiting(record)
            if claimed is None and not waits:
                waits = True
                note = Notice(message="Another job is running; this one waits for it.")
                self._journal.add_note(job_id, note)
                self._send(job_id, record.subject, note)
            try:
                token.wait(_POLL_S)
            except JobCancelled:
                with suppress(JournalError):
                    self._journal.request_cancel(job_id, self._remove_partial_files)
                return self._cancelled_while_waiting(record)

    def _cancelled_while_waiting(self, record: JobRecord) -> Cancelled:
        outcome = Cancelled()
        with self._lock:
            is_untold = self._tokens.pop(record.id, None) is not None
        if is_untold:
            self._send(record.id, record.subject, outcome)
        return outcome

    def close(self) -> None:
        """Stop the workers and leave every job of this process to be resumed.

        What is stopped by this counts as interrupted, not as cancelled, and a remote render
        works on: the next start fetches it.
        """
        self._closed.cancel()
        with self._lock:
            tokens = list(self._tokens.values())
        for token in tokens:
            token.cancel(StopReason.LEAVE)
        self._wake()

    def _wake(self) -> None:
        with self._changed:
            self._changes += 1
            self._changed.notify_all()

    def _execute(self, record: JobRecord) -> Terminal | None:
        """Run a job; None where it is back in line as other work."""
        with self._lock:
            token = self._tokens.setdefault(record.id, CancelToken())
            self._running.add(record.id)
        send = partial(self._send, record.id, record.subject)
        send(Started())
        workdir = self._work_dir / record.id
        reporter = Reporter(send, self._journal, record.id)
        try:
            job = build_job(record, self._factories)
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
            with reporter.watching(token):
                outcome: Terminal | MovedOn = Succeeded(path=job.run(ctx))
        except MovedOn as moved:
            outcome = moved
        except (JobCancelled, KeyboardInterrupt):
            outcome = Cancelled()
        except Exception as error:  # noqa: BLE001 - whatever a job does, the queue goes on
            outcome = failure_of(record.id, error, token)
        finally:
            shutil.rmtree(workdir, ignore_errors=True)
        if isinstance(outcome, MovedOn):
            return self._move_on(record, outcome.job, token)
        if not isinstance(outcome, Succeeded):
            self._remove_partial_files(record)
        self._finish(record, outcome, token)
        return outcome

    def _move_on(self, record: JobRecord, job: Job, token: CancelToken) -> Terminal | None:
        with self._lock:
            self._running.discard(record.id)
        try:
            self._journal.replace(record.id, job)
        except JournalError as error:
            self._finish(record, outcome := failure_of(record.id, error, token), token)
            return outcome
        self._send(record.id, record.subject, Queued())
        self._wake()
        return None

    def _finish(self, record: JobRecord, outcome: Terminal, token: CancelToken) -> None:
        try:
            is_left = token.reason is StopReason.LEAVE and isinstance(outcome, Cancelled)
            if is_left and self._journal.interrupt(record.id):
                return
            self._journal.finish(record.id, outcome)
        except JournalError as error:
            # The work itself is done or undone; only its line in the journal is missing.
            log.error("the end of job %s could not be written down: %s", record.id, error)
        with self._lock:
            self._tokens.pop(record.id, None)
            self._running.discard(record.id)
        self._send(record.id, record.subject, outcome)
        self._wake()

    def _add_subjects(self) -> None:
        """Earlier versions did not write down what a job is about; what may go on has to say it."""
        for record in self._journal.all(0):
            if record.subject is None:
                with suppress(StudioError):
                    self._journal.set_subject(record.id, build_job(record, self._factories).subject)

    def _recover(self) -> None:
        for record in self._journal.interrupt_orphans(self._remove_partial_files):
            log.info("job %s: its process is gone, so it is %s", record.id, record.state.value)

    def _sweep(self) -> None:
        """Remove the work folders of jobs that nobody works on any more."""
        with self._journal.at_rest() as running:
            folders = [f for f in folders_in(self._work_dir) if f.name not in running]
            gone = [out_of_the_way(folder) for folder in folders]
        for folder in gone:
            shutil.rmtree(folder, ignore_errors=True)

    def _remove_partial_files(self, record: JobRecord) -> None:
        shutil.rmtree(out_of_the_way(self._work_dir / record.id), ignore_errors=True)
        try:
            partial_files = build_job(record, self._factories).partial_files(record.id)
        except StudioError as error:
            # Of another version, or of a provider that is gone: what it left is not known.
            log.warning("%s", error)
            return
        for path in partial_files:
            remove(path)

    def _send(self, job_id: str, subject: Subject | None, event: JobEvent) -> None:
        self._listeners.tell(JobUpdate(job_id, subject, event))
