"""Does with the queue what a person wants, beside the main thread."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, assert_never

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices

from core.errors import OutputError, StudioError
from core.jobs.job import Lane
from gui.jobs.job_requests import (
    CancelJobs,
    ClearJobs,
    ContinueJobs,
    JobRequest,
    MoveJob,
    PauseQueue,
    RetryJobs,
    ShowFolder,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.jobs.queue import JobQueue
    from gui.background import Background


def show_in_desktop(folder: Path) -> bool:
    """Open a folder in the desktop's file manager; whether there is one."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


class JobsController(QObject):
    """Takes wishes; the panel that sends them touches neither queue nor disk.

    Signals:
        changed: the list of jobs is to be read anew.
        failed(StudioError): a wish could not be fulfilled.
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(
        self,
        queue: JobQueue,
        background: Background,
        *,
        resume: Callable[[str], str],
        show_folder: Callable[[Path], bool] = show_in_desktop,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._background = background
        self._resume = resume
        self._show_folder = show_folder
        self._moves: deque[MoveJob] = deque()

    @Slot(object)
    def fulfil(self, request: JobRequest) -> None:
        """Do it; what it changes is told by `changed`."""
        match request:
            case PauseQueue(is_paused=is_paused):
                for lane in Lane:
                    self._queue.pause(lane) if is_paused else self._queue.unpause(lane)
            case ContinueJobs():
                self._do(self._queue.resume_all)
            case CancelJobs(ids=ids):
                self._do(lambda: _each(self._queue.cancel, ids))
            case RetryJobs(ids=ids):
                self._do(lambda: _each(self._resume, ids))
            case MoveJob():
                self._moves.append(request)
                if len(self._moves) == 1:
                    self._move_next()
            case ClearJobs():
                self._do(self._queue.clear)
            case ShowFolder(path=path):
                self._background.run(lambda _: _folder_of(path), self._on_folder, self.failed.emit)
            case _:
                assert_never(request)

    def _do(self, action: Callable[[], object]) -> None:
        def work(_: CancelToken) -> None:
            action()

        self._background.run(work, lambda _: self.changed.emit(), self._on_failed)

    def _move_next(self) -> None:
        """One move after the other, since each builds on the order that the last one left."""
        move = self._moves[0]

        def work(_: CancelToken) -> None:
            self._queue.move(move.job_id, move.before_id)

        self._background.run(work, lambda _: self._on_moved(), self._on_not_moved)

    def _on_moved(self) -> None:
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
        if not self._show_folder(folder):
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
