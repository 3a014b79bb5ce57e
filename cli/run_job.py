"""Runs a job in a thread of its own while this one shows progress and listens for the end."""

from __future__ import annotations

import queue
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, assert_never

import core.errors
from cli.console import wrapped
from cli.progress import progress_view
from cli.signals import (
    EXIT_CANCELLED,
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_NOT_CONFIGURED,
    NOT_CONFIGURED,
    leave_at_once,
)
from core.errors import JournalError
from core.jobs.job import Cancelled, Charged, Failed, Notice, Progressed, Queued, Started, Succeeded
from core.platform.units import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future
    from pathlib import Path

    from cli.context import CliContext
    from cli.progress import ProgressView
    from core.jobs.job import ErrorReport, JobEvent, JobUpdate, Terminal

_TICK_S = 0.25
# Everything must have ended two seconds after the signal; the rest is for leaving.
_STOP_WITHIN_S = 1.7


def run_job(context: CliContext, begin: Callable[[], str]) -> int:
    """Put a job into the queue by calling `begin`, run it to its end and give the exit code.

    Args:
        context: what every command works with.
        begin: gives the job's id.

    Raises:
        StudioError: the job cannot even be put into the queue.
    """
    run = _JobRun(context)
    unsubscribe = context.queue.subscribe(run.events.put)
    try:
        # The signals are heard from before the job exists, so that none is lost in between.
        with context.signals.calling(run.events.stop):
            outcome = run.to_the_end(begin)
    finally:
        unsubscribe()
    return run.tell_end(outcome)


class JobEvents:
    """What is heard of jobs, taken up in the main thread, and the wish of a signal to end them."""

    def __init__(self, context: CliContext, running: Callable[[], Iterable[str]]) -> None:
        self._console = context.console
        self._queue = context.queue
        self._running = running
        self._stop_asked: float | None = None
        self._is_announced = False
        self._cancelled: set[str] = set()
        self._updates: queue.SimpleQueue[JobUpdate | None] = queue.SimpleQueue()

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop_asked is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing more is heard right now."""
        return self._updates.empty()

    def put(self, update: JobUpdate) -> None:
        """Take an event from any thread."""
        self._updates.put(update)

    def wake(self) -> None:
        """Let `next` look up."""
        self._updates.put(None)

    def stop(self) -> None:
        """Ask the jobs to stop; called between two instructions, so it only leaves a mark."""
        self._stop_asked = time.monotonic()
        self.wake()

    def next(self, view: ProgressView) -> JobUpdate | None:
        """The next event; None when there is none for a moment. Heeds the wish to stop."""
        if self._stop_asked is not None:
            self._cancel(view, self._stop_asked)
        try:
            return self._updates.get(timeout=_TICK_S)
        except queue.Empty:
            view.tick()
            return None

    def _cancel(self, view: ProgressView, asked: float) -> None:
        running = tuple(self._running())
        if not self._is_announced:
            self._is_announced = True
            view.print("Stopping. Ctrl-C again ends at once.")
        for job_id in set(running) - self._cancelled:
            self._cancelled.add(job_id)
            with suppress(JournalError):
                self._queue.cancel(job_id)
        if running and time.monotonic() - asked > _STOP_WITHIN_S:
            for job_id in running:
                self._console.event("cancelled", job=job_id)
            leave_at_once()


class _JobRun:
    """One job, from its first event to its last."""

    def __init__(self, context: CliContext) -> None:
        self._context = context
        self._console = context.console
        self._queue = context.queue
        self._job_id = ""
        self._future: Future[Terminal] | None = None
        self._started = time.monotonic()
        self.events = JobEvents(context, self._running)

    def to_the_end(self, begin: Callable[[], str]) -> Terminal:
        """Run the job; gives how it ended."""
        self._job_id = begin()
        # Never joined when it hangs: `leave_at_once` ends the process with all its threads.
        with (
            ThreadPoolExecutor(max_workers=1, thread_name_prefix="job") as worker,
            progress_view(self._console) as view,
        ):
            future = self._future = worker.submit(self._queue.run_job, self._job_id)
            future.add_done_callback(lambda _: self.events.wake())
            while not (future.done() and self.events.is_empty):
                update = self.events.next(view)
                if update is not None and update.job_id == self._job_id:
                    self._pass_on(update.event, view)
        return future.result()

    def _running(self) -> tuple[str, ...]:
        is_over = self._future is None or self._future.done()
        return () if is_over else (self._job_id,)

    def _pass_on(self, event: JobEvent, view: ProgressView) -> None:
        match event:
            case Queued() | Started() | Charged() | Cancelled():
                self._event(event)
            case Progressed():
                self._event(event)
                view.show(event)
            case Notice():
                self._event(event)
                view.print(wrapped(f"Note: {event.message}"))
            case Succeeded():
                sidecar = event.path.with_suffix(".json")
                record = str(sidecar) if sidecar.exists() else None
                self._console.event(
                    event.event, job=self._job_id, path=str(event.path), record=record
                )
            case Failed():
                # Told at the very end, when nothing is drawn on the terminal any more.
                pass
            case _:
                assert_never(event)

    def _with_log(self, error: ErrorReport) -> ErrorReport:
        """The error, with the log's place where it is one that nobody foresaw."""
        if hasattr(core.errors, error.kind):
            return error
        hint = f"{error.hint} It is {self._context.studio.paths.log_file}."
        return error.model_copy(update={"hint": hint})

    def _event(self, event: JobEvent) -> None:
        fields = event.model_dump(mode="json", exclude_none=True, exclude={"event"})
        self._console.event(event.event, job=self._job_id, **fields)

    def _tell_result(self, path: Path) -> None:
        """Say where the finished file is, or what is in it where that was asked for."""
        # Imported late: most jobs give clips.
        from core.language.model import KIND as LANGUAGE_KIND
        from core.video.enhance_job import KIND

        record = self._queue.job(self._job_id)
        if record.kind == KIND:
            from cli.commands.enhance import tell_words

            tell_words(self._console, record, path)
        elif record.kind == LANGUAGE_KIND:
            from cli.writing import tell_written

            tell_written(self._context, record, path)
        else:
            self._console.answer_in_words(str(path))

    def tell_end(self, outcome: Terminal) -> int:
        """Say how the job ended; gives the exit code."""
        match outcome:
            case Succeeded():
                self._console.tell(f"Done in {clock(time.monotonic() - self._started)}.")
                self._tell_result(outcome.path)
                return EXIT_DONE
            case Failed():
                self._console.fail(self._with_log(outcome.error), job=self._job_id)
                is_missing = outcome.error.kind in NOT_CONFIGURED
                return EXIT_NOT_CONFIGURED if is_missing else EXIT_FAILED
            case Cancelled():
                goes_on = self._queue.job(self._job_id).goes_on
                way = "To go on from where it was" if goes_on else "To start it again"
                self._console.tell(f"Cancelled. {way}: main.py jobs resume {self._job_id}")
                return EXIT_CANCELLED
            case _:
                assert_never(outcome)
