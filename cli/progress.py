"""How far a job is, for people: a bar on a terminal, a few plain lines anywhere else."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from core.platform.units import clock

if TYPE_CHECKING:
    from collections.abc import Generator

    from cli.console import Console
    from core.jobs.job import Progressed

_QUIET_S = 5.0


class ProgressView(Protocol):
    """Shows the progress of one job."""

    def show(self, event: Progressed) -> None:
        """Show the newest state."""
        ...

    def tick(self) -> None:
        """Show that time passes; called a few times a second."""
        ...

    def print(self, text: str) -> None:
        """Write a line above what is shown."""
        ...


@contextmanager
def progress_view(console: Console) -> Generator[ProgressView]:
    """The view that fits where stderr goes."""
    if console.is_json or console.is_quiet or not sys.stderr.isatty():
        yield _PlainLines(console)
        return
    # Imported late: only a terminal needs it, and it is not quick to load.
    from cli.progress_bar import live_bar

    with live_bar() as bar:
        yield bar


class _PlainLines:
    """A line for every stage, and one now and then within a long one."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = ""
        self._told_at = 0.0

    def show(self, event: Progressed) -> None:
        now = time.monotonic()
        if event.stage.value == self._stage and now - self._told_at < _QUIET_S:
            return
        self._stage, self._told_at = event.stage.value, now
        self._console.tell(describe(event))

    def tick(self) -> None:
        return

    def print(self, text: str) -> None:
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
