"""An open project: its lock, its model, and saving shortly after every change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.errors import ProjectError
from core.project.files.project_file import write_project
from gui.background import Background
from gui.project.project_model import ProjectModel

if TYPE_CHECKING:
    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.project.model.project import VideoProject
    from gui.project.project_opener import Opened

_SAVE_AFTER_MS = 700
_SAVE_AT_LATEST_MS = 1_500
_RETRY_MS = 5_000


class ProjectSession(QObject):
    """Saves the model's project while it is open; one write at a time, always the newest state.

    Signals:
        saved(): everything up to now is on disk.
        save_failed(StudioError): it is not; it is tried again by itself.
    """

    saved = Signal()
    save_failed = Signal(object)

    def __init__(self, opened: Opened, parent: QObject) -> None:
        """Begin to keep a project; without a lock it is read-only."""
        super().__init__(parent)
        self.model = ProjectModel(opened.project, opened.folder, is_read_only=opened.lock is None)
        self._lock = opened.lock
        self._on_disk = opened.on_disk
        self._background = Background(self, threads=1)
        self._is_writing = False
        self._pause = QTimer(self, singleShot=True, interval=_SAVE_AFTER_MS)
        self._deadline = QTimer(self, singleShot=True, interval=_SAVE_AT_LATEST_MS)
        self._pause.timeout.connect(self.save)
        self._deadline.timeout.connect(self.save)
        self.model.changed.connect(self._on_change)
        if not self.is_saved:
            self._pause.start()

    @property
    def is_saved(self) -> bool:
        """Whether the disk holds what the window shows."""
        return self.model.is_read_only or self._on_disk == self.model.project

    @Slot(object)
    def _on_change(self, _: object) -> None:
        self._pause.start()
        if not self._deadline.isActive():
            self._deadline.start()

    @Slot()
    def save(self) -> None:
        """Write the project now, in another thread."""
        self._pause.stop()
        self._deadline.stop()
        if self.is_saved or self._is_writing:
            return
        project, folder = self.model.project, self.model.folder
        self._is_writing = True

        def write(_: CancelToken) -> VideoProject:
            write_project(project, folder)
            return project

        self._background.run(write, self._written, self._not_written)

    def _written(self, project: VideoProject) -> None:
        self._is_writing = False
        self._on_disk = project
        if self.is_saved:
            self.saved.emit()
        else:
            self._pause.start()

    def _not_written(self, error: StudioError) -> None:
        self._is_writing = False
        self.save_failed.emit(error)
        self._pause.start(_RETRY_MS)

    def close(self) -> None:
        """Write what is not written yet and give the lock back.

        Raises:
            ProjectError: the last changes cannot be written; the session stays open.
        """
        self._pause.stop()
        self._deadline.stop()
        self._background.wait()
        if not self.is_saved:
            try:
                write_project(self.model.project, self.model.folder)
            except ProjectError:
                self._pause.start(_RETRY_MS)
                raise
            self._on_disk = self.model.project
        self.give_up()

    def give_up(self) -> None:
        """Give the lock back; what is not written yet is lost."""
        self._pause.stop()
        self._deadline.stop()
        self._background.close()
        if self._lock is not None:
            self._lock.release()
