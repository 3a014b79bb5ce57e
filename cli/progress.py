"""How far a job is, for people: a bar on a terminal, a few plain lines anywhere else."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO, cast

from core.platform.standard_streams import ForgivingStream
from core.platform.units import clock

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.progress import Progress

    from cli.console import Console
    from core.jobs.job import Progressed

_QUIET_S = 5.0


class PlainLines:
    """A line for every stage, and one now and then within a long one."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = ""
        self._shown_at = 0.0

    def show(self, event: Progressed) -> None:
        """Show the newest state."""
        now = time.monotonic()
        if event.stage.value == self._stage and now - self._shown_at < _QUIET_S:
            return
        self._stage, self._shown_at = event.stage.value, now
        self._console.tell(describe(event))

    def tick(self) -> None:
        """Nothing: lines do not show that time passes."""

    def print(self, text: str) -> None:
        """Write a line of its own."""
        self._console.tell(text)


def stage_text(event: Progressed) -> str:
    """The stage and what it is at: the provider's own words, or the step."""
    at = event.message
    if not at and event.step is not None and event.steps is not None:
        at = f"step {event.step} of {event.steps}"
    return f"{event.stage.value}: {at}" if at else event.stage.value


def describe(event: Progressed) -> str:
    """One line: stage, share of the whole job, time left where it is known."""
    parts = [stage_text(event)]
    if event.fraction is not None:
        parts.append(f"{event.fraction:.0%}")
    if event.eta_s is not None:
        parts.append(f"about {clock(event.eta_s)} left")
    return ", ".join(parts)


class LiveBar:
    """A bar at the foot of stderr that vanishes at the end, with the time taken and to come."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._started = time.monotonic()
        self._eta_s: float | None = None
        self._eta_at = self._started
        self._task = progress.add_task("", total=None, stage="start", share="", left="")

    def show(self, event: Progressed) -> None:
        """Show the newest state."""
        self._eta_s, self._eta_at = event.eta_s, time.monotonic()
        is_known = event.fraction is not None
        self._progress.update(
            self._task,
            total=1.0 if is_known else None,
            completed=event.fraction or 0.0,
            stage=stage_text(event),
            share=f"{event.fraction:.0%}" if is_known else "",
            left=self._left(),
        )
        self._progress.refresh()

    def tick(self) -> None:
        """Show that time passes; called a few times a second."""
        self._progress.update(self._task, left=self._left())
        self._progress.refresh()

    def print(self, text: str) -> None:
        """Write a line above the bar."""
        self._progress.console.print(text)

    def _left(self) -> str:
        now = time.monotonic()
        gone = clock(now - self._started)
        if self._eta_s is None:
            return gone
        left = self._eta_s - (now - self._eta_at)
        return f"{gone}, about {clock(left)} left" if left > 0 else gone


ProgressView = PlainLines | LiveBar


@contextmanager
def progress_view(console: Console) -> Generator[ProgressView]:
    """The view that fits where stderr goes."""
    if console.is_json or console.is_quiet or not sys.stderr.isatty():
        yield PlainLines(console)
        return
    # Imported late: only a terminal needs it, and it is not quick to load.
    from rich.console import Console as Terminal
    from rich.progress import BarColumn, Progress, TextColumn

    stderr = cast("TextIO", ForgivingStream(sys.stderr))
    terminal = Terminal(file=stderr, highlight=False, markup=False)
    columns = (
        TextColumn("{task.fields[stage]}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[share]}", markup=False),
        TextColumn("{task.fields[left]}", markup=False),
    )
    with Progress(*columns, console=terminal, auto_refresh=False, transient=True) as progress:
        yield LiveBar(progress)
