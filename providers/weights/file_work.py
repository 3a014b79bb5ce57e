"""What files of models are read and written with, where that is no job of the queue."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.platform.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from core.jobs.job import CancelToken, JobContext, Report


@contextmanager
def work_on_files(
    cancel: CancelToken, on_fraction: Callable[[float], None] = lambda fraction: None
) -> Generator[JobContext]:
    """The context of such work: it asks to stop, is told how much is done, and has a folder."""
    from core.jobs.job import JobContext, Progressed

    def on_event(event: Report) -> None:
        if isinstance(event, Progressed) and event.fraction is not None:
            on_fraction(event.fraction)

    with scratch_folder() as workdir:
        yield JobContext(workdir=workdir, cancel=cancel, report=on_event)
