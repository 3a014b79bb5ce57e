"""The list of recent projects, read and written beside the main thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.project.files.recent import RecentProjects

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.project.files.recent import RecentProject
    from gui.background import Background


class RecentController(QObject):
    """Keeps the list.

    Signals:
        read(tuple of RecentProject): the list for the first time.
        changed(tuple of RecentProject): the list as it is now, the first time included.
        failed(StudioError): it cannot be kept.
    """

    read = Signal(object)
    changed = Signal(object)
    failed = Signal(object)

    def __init__(self, state_dir: Path, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._recent = RecentProjects(state_dir)
        self._background = background

    def begin(self) -> None:
        """Read the list."""

        def arrived(entries: Sequence[RecentProject]) -> None:
            self.changed.emit(entries)
            self.read.emit(entries)

        self._background.run(lambda _: self._recent.entries(), arrived, self.failed.emit)

    def put_first(self, folder: Path, name: str) -> None:
        """Put a project that is open now at the top."""

        def keep(_: CancelToken) -> Sequence[RecentProject]:
            self._recent.opened(folder, name)
            return self._recent.entries()

        self._background.run(keep, self.changed.emit, self.failed.emit)
