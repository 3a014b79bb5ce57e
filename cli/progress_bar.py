"""The bar on a terminal; it moves by the job's own fraction and by nothing else."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from cli.console import ForgivingStream
from cli.progress import stage_text
from core.platform.units import clock

if TYPE_CHECKING:
    from collections.abc import Generator

    from core.jobs.job import Progressed


@contextmanager
def live_bar() -> Generator[LiveBar]:
    """A bar at the foot of stderr that vanishes at the end."""
    stderr = cast("TextIO", ForgivingStream(sys.stderr))
    console = Console(file=stderr, highlight=False, markup=False)
    columns = (
        TextColumn("{task.fields[stage]}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[share]}", markup=False),
        TextColumn("{task.fields[left]}", markup=False),
    )
    with Progress(*columns, console=console, auto_refresh=False, transient=True) as progress:
        yield LiveBar(progress)


class LiveBar:
    """Shows the progress of one job as a bar, with the time it has taken and will take."""

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
        """Let the clock go on; the bar stays where the job is."""
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
