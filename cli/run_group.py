"""Runs the jobs of a group side by side, and the report behind them, while progress is shown."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, assert_never

from cli.console import wrapped
from cli.progress import progress_view
from cli.run_job import JobEvents
from cli.signals import EXIT_CANCELLED, EXIT_FAILED
from core.jobs.job import Cancelled, Failed, Notice, Progressed, Succeeded
from core.jobs.lanes import Lane

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.context import CliContext
    from cli.progress import ProgressView
    from core.jobs.job import JobUpdate
    from core.jobs.job_group import JobGroup


class GroupRun:
    """The jobs of a group, from the first order to the report."""

    def __init__(self, context: CliContext, group: JobGroup, folder: Path, *, what: str) -> None:
        """Nothing is queued yet.

        Args:
            context: what every command works with.
            group: the jobs.
            folder: where everything goes; naming it again goes on from there.
            what: the field of events that names what a job makes.
        """
        self._context = context
        self._queue = context.queue
        self._group = group
        self._folder = folder
        self._what = what
        self._events = JobEvents(context, lambda: group.running)

    def run(self, begin: Callable[[], None], tell_report: Callable[[Path], int]) -> int:
        """Make everything, then the report; gives the exit code.

        Args:
            begin: puts the jobs into the queue.
            tell_report: says what came of them, by the report's file; gives the exit code.

        Raises:
            StudioError: they cannot even be put into the queue.
        """
        unsubscribe = self._queue.subscribe(self._events.put)
        workers = [
            threading.Thread(target=self._queue.run, args=(lane,), daemon=True)
            for lane in (*self._group.lanes, Lane.REPORT)
            for _ in range(self._queue.places[lane])
        ]
        try:
            with (
                self._context.signals.calling(self._events.stop),
                progress_view(self._context.console) as view,
            ):
                begin()
                for worker in workers:
                    worker.start()
                while self._group.running:
                    update = self._events.next(view)
                    if update is not None and self._group.on_event(update):
                        self._show(update, view)
        finally:
            unsubscribe()
        return self._end(tell_report)

    def _show(self, update: JobUpdate, view: ProgressView) -> None:
        """Say what has happened."""
        event, name = update.event, self._group.name_of(update.job_id)
        fields = event.model_dump(mode="json", exclude_none=True, exclude={"event"})
        named = {self._what: name}
        self._context.console.event(event.event, job=update.job_id, **named, **fields)
        if not name:
            # While the others work, they say how far they are, and not whoever waits for them.
            if isinstance(event, Progressed) and len(self._group.running) == 1:
                view.show(event)
            return
        match event:
            case Progressed():
                words = f"{name}: {event.message}" if event.message else name
                view.show(event.model_copy(update={"message": words}))
            case Notice():
                view.print(wrapped(f"{name}: {event.message}"))
            case Failed(error=error):
                view.print(wrapped(f"{name} failed: {error}"))
            case Succeeded(path=path):
                view.print(f"{name} is done: {path}")
            case Cancelled():
                view.print(f"{name} is cancelled.")
            case _:
                pass

    def _end(self, tell_report: Callable[[Path], int]) -> int:
        console, outcome = self._context.console, self._group.outcome
        match outcome:
            case Cancelled():
                console.tell(
                    f"Cancelled. What is done stays; the same command with '--out {self._folder}' "
                    "goes on from there."
                )
                return EXIT_CANCELLED
            case Failed(error=error):
                console.fail(error, job=self._group.report_id)
                return EXIT_FAILED
            case Succeeded(path=path):
                return tell_report(path)
            case None:
                raise AssertionError("the report is the last of them")
            case _:
                assert_never(outcome)
