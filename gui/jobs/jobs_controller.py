"""Does with the queue what a person wants, beside the main thread."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from core.errors import OutputError, StudioError
from core.spending.lost_orders import strike_lost_order
from gui.widgets.file_field import show_in_desktop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from core.jobs.job_record import JobRecord
    from core.studio import Studio
    from gui.background import Background
    from gui.jobs.jobs_panel import JobsPanel


@dataclass(frozen=True)
class MoveJob:
    """A waiting job comes before another one, or last; moves wait for each other."""

    job_id: str
    before_id: str | None


class JobsController(QObject):
    """Serves the panel, which touches neither queue nor disk.

    Signals:
        changed: the list of jobs is to be read anew.
        failed(StudioError): something could not be done.
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(
        self,
        studio: Studio,
        background: Background,
        *,
        show_folder: Callable[[Path], bool] = show_in_desktop,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._queue = studio.queue
        self._background = background
        self._open_folder = show_folder
        self._moves: deque[MoveJob] = deque()

    def serve(self, panel: JobsPanel) -> None:
        """Do what a person wants in this panel, and say there what cannot be done."""
        panel.pause_wanted.connect(self.pause)
        panel.continue_wanted.connect(self.resume_all)
        panel.cancel_wanted.connect(self.cancel)
        panel.retry_wanted.connect(self.retry)
        panel.move_wanted.connect(self.move)
        panel.clear_wanted.connect(self.clear)
        panel.folder_wanted.connect(self.show_folder)
        panel.losses_wanted.connect(partial(self._read_losses, panel))
        panel.lost.fetch_wanted.connect(self.fetch)
        panel.lost.order_wanted.connect(self.order_again)
        panel.lost.strike_wanted.connect(self.strike)
        self.failed.connect(panel.show_problem)

    @Slot(object)
    def pause(self, is_paused: bool) -> None:
        """Start nothing new, or go on."""
        self._queue.set_paused(is_paused)

    @Slot()
    def resume_all(self) -> None:
        """Put every interrupted job back in line."""
        self._do(self._queue.resume_all)

    @Slot(object)
    def cancel(self, ids: tuple[str, ...]) -> None:
        """Stop these jobs."""
        self._do(lambda: _each(self._queue.cancel, ids))

    @Slot(object)
    def retry(self, ids: tuple[str, ...]) -> None:
        """Do these jobs after all."""
        self._do(lambda: _each(self._studio.resume, ids))

    @Slot(str, str)
    def fetch(self, job_id: str, remote_id: str) -> None:
        """Fetch the render that a person found in the account."""
        self._do(lambda: self._studio.attach(job_id, remote_id))

    @Slot(str)
    def order_again(self, job_id: str) -> None:
        """Buy a render once more whose first order never arrived."""
        self._do(lambda: self._studio.buy_again(job_id))

    @Slot(str)
    def strike(self, job_id: str) -> None:
        """Take a person's word that an order never arrived, and count it no longer."""
        self._do(lambda: strike_lost_order(self._queue, self._studio.ledger, job_id))

    @Slot(object)
    def move(self, move: MoveJob) -> None:
        """Let a waiting job come earlier or later."""
        self._moves.append(move)
        if len(self._moves) == 1:
            self._move_next()

    @Slot()
    def clear(self) -> None:
        """Take the jobs that have ended out of the list."""
        self._do(self._queue.clear)

    @Slot(object)
    def show_folder(self, path: Path) -> None:
        """Show the folder of a finished file."""
        self._background.run(lambda _: _folder_of(path), self._on_folder, self.failed.emit)

    def _read_losses(self, panel: JobsPanel, record: JobRecord) -> None:
        self._background.run(
            lambda _: self._studio.read_losses(record),
            lambda curve: panel.show_losses(record.id, curve),
            self.failed.emit,
            key="losses",
        )

    def _do(self, action: Callable[[], object]) -> None:
        self._background.run(lambda _: action(), lambda _: self.changed.emit(), self._on_failed)

    def _move_next(self) -> None:
        """One move after the other, since each builds on the order that the last one left."""
        move = self._moves[0]
        self._background.run(
            lambda _: self._queue.move(move.job_id, move.before_id),
            self._on_moved,
            self._on_not_moved,
        )

    def _on_moved(self, _: None) -> None:
        self._moves.popleft()
        if self._moves:
            self._move_next()
        else:
            self.changed.emit()

    def _on_not_moved(self, error: StudioError) -> None:
        # What was to follow was meant for an order that there is not.
        self._moves.clear()
        self._on_failed(error)

    def _on_failed(self, error: StudioError) -> None:
        self.failed.emit(error)
        # Of several jobs the others have changed all the same.
        self.changed.emit()

    def _on_folder(self, folder: Path) -> None:
        if not self._open_folder(folder):
            message = f"This desktop has no program that shows the folder {str(folder)!r}."
            self.failed.emit(OutputError(message))


def _each(act: Callable[[str], object], ids: Iterable[str]) -> None:
    """Do it with all of them, and only then tell what first went wrong."""
    first: StudioError | None = None
    for job_id in ids:
        try:
            act(job_id)
        except StudioError as error:
            first = first or error
    if first is not None:
        raise first


def _folder_of(path: Path) -> Path:
    if not path.exists():
        raise OutputError(
            f"{str(path)!r} is not there any more.", hint="It was moved, renamed or deleted."
        )
    return path if path.is_dir() else path.parent
