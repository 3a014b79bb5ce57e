"""What a script says: to people on stderr, or to programs in lines of JSON on stdout."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from core.jobs.job import Notice, Progressed
from core.platform.standard_streams import ForgivingStream
from core.platform.units import clock

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.table import Table

    from core.jobs.job import JobEvent

# Where no bar can be drawn, such as in a log file.
_LINE_EVERY_S = 10.0


class Voice:
    """Speaks to people on stderr, or to programs in lines of JSON on stdout."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        # Who reads may go away, as `head -1` does.
        self._out = cast("TextIO", ForgivingStream(sys.stdout))
        self.people = Console(
            file=cast("TextIO", ForgivingStream(sys.stderr)), stderr=True, highlight=False
        )
        self._is_drawn = self.people.is_terminal and not as_json
        self._told_s = 0.0
        self._bar = Progress(
            TextColumn("{task.fields[stage]}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TextColumn("{task.description}", markup=False),
            console=self.people,
            transient=True,
            disable=not self._is_drawn,
        )
        self._task = self._bar.add_task("", total=1.0, stage="")

    def say(self, text: str) -> None:
        """One or more sentences for people."""
        if not self.as_json:
            self.people.print(text, markup=False, soft_wrap=True)

    def tell(self, event: JobEvent) -> None:
        """One event for programs."""
        if self.as_json:
            self._line(event.model_dump_json())

    def tell_fields(self, event: str, **fields: object) -> None:
        """One line for programs that is no event of a job."""
        if self.as_json:
            self._line(json.dumps({"event": event, **fields}))

    def show(self, table: Table) -> None:
        """What was asked for, for people."""
        Console(file=self._out, highlight=False).print(table)

    def _line(self, text: str) -> None:
        self._out.write(f"{text}\n")
        self._out.flush()

    def report(self, event: JobEvent) -> None:
        """What a job reports."""
        self.tell(event)
        if isinstance(event, Notice):
            self.say(event.message)
        if isinstance(event, Progressed):
            left = f", about {clock(event.eta_s)} left" if event.eta_s is not None else ""
            self._bar.update(
                self._task,
                completed=event.fraction or 0.0,
                description=f"{event.message}{left}",
                stage=event.stage.value,
            )
            if not self._is_drawn and time.monotonic() - self._told_s > _LINE_EVERY_S:
                self._told_s = time.monotonic()
                self.say(f"{event.stage.value}: {event.message}{left}")

    @contextmanager
    def progress(self) -> Generator[None]:
        """Show the bar."""
        with self._bar:
            yield
