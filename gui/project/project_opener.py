"""Opens, makes, imports and unpacks projects beside the main thread; gives sessions."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.media.output import slug
from core.project.files.lock import ProjectLock
from core.project.files.media import missing_media, take_over_clips
from core.project.files.package import package, save_copy, unpack
from core.project.files.project_file import create_project, read_project
from core.project.imageai_import.importer import import_imageai
from core.project.model.project import new_project
from core.project.storyboard.sample import sample_project
from gui.project.project_session import ProjectSession

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.project.files.media import MissingFile
    from core.project.model.project import VideoProject
    from gui.background import Background

_GRACE_S = 0.3


@dataclass(frozen=True)
class Opened:
    """A project that was read: what to tell, and what is missing of it.

    Attributes:
        on_disk: as it was read; `project` has the clips that were found since.
        lock: held by this window; None where another one holds it.
    """

    project: VideoProject
    on_disk: VideoProject
    folder: Path
    lock: ProjectLock | None
    notes: tuple[str, ...]
    missing: tuple[MissingFile, ...]


class ProjectOpener(QObject):
    """Brings projects into the window.

    Signals:
        opened(Opened): ready to be shown; `session_of` makes its session.
        done(str): something else was finished; a sentence.
        failed(StudioError): nothing was changed.
    """

    opened = Signal(object)
    done = Signal(object)
    failed = Signal(object)

    def __init__(self, projects_dir: Path, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._projects_dir = projects_dir
        self._background = background
        self._newest: CancelToken | None = None

    @property
    def is_opening(self) -> bool:
        """Whether a project is on its way into the window."""
        return self._newest is not None

    def open(self, folder: Path) -> None:
        """Open the project in a folder, or the one that a project file lies in."""
        place = folder.parent if folder.is_file() else folder
        self._open(lambda _: place, ())

    def create(self, name: str) -> None:
        """Make an empty project in a folder of its own."""
        self.create_from(new_project(name, _now()))

    def create_sample(self) -> None:
        """Make the sample project."""
        self.create_from(sample_project(_now()))

    def create_from(self, project: VideoProject) -> None:
        """Make a project that starts like this one."""

        def make(_: CancelToken) -> Path:
            folder = self._free_folder(project.name)
            create_project(folder, project)
            return folder

        self._open(make, ())

    def import_from(self, path: Path) -> None:
        """Make a project from one of ImageAI's."""
        notes: list[str] = []

        def make(cancel: CancelToken) -> Path:
            folder = self._free_folder(path.parent.name or path.stem)
            imported = import_imageai(path, folder, _now(), cancel)
            notes.extend(imported.report)
            return folder

        self._open(make, notes)

    def unpack(self, zip_path: Path) -> None:
        """Make a project from a package."""

        def make(cancel: CancelToken) -> Path:
            folder = self._free_folder(zip_path.stem)
            unpack(zip_path, folder, cancel)
            return folder

        self._open(make, ())

    def save_as(self, project: VideoProject, folder: Path, destination: Path) -> None:
        """Copy a project with all its media into a new folder, and open the copy."""

        def make(cancel: CancelToken) -> Path:
            save_copy(project, folder, destination, cancel)
            return destination

        self._open(make, ())

    def package(self, project: VideoProject, folder: Path, zip_path: Path) -> None:
        """Write a project with all its media into one file."""

        def make(cancel: CancelToken) -> str:
            package(project, folder, zip_path, cancel)
            return f"The project is packed in {str(zip_path)!r}."

        self._background.run(make, self.done.emit, self.failed.emit)

    def _open(self, make: Callable[[CancelToken], Path], notes: list[str] | tuple[()]) -> None:
        def work(cancel: CancelToken) -> Opened:
            folder = make(cancel)
            loaded = read_project(folder)
            lock = ProjectLock(folder)
            message = [*notes, *loaded.notes]
            if not _take(lock, cancel):
                message.append(lock.reason)
                missing = missing_media(loaded.project)
                return Opened(loaded.project, loaded.project, folder, None, tuple(message), missing)
            with ExitStack() as on_failure:
                on_failure.callback(lock.release)
                project = take_over_clips(loaded.project, folder, cancel)
                found = _num_takes(project) - _num_takes(loaded.project)
                if found:
                    clips = "A finished clip was" if found == 1 else f"{found} finished clips were"
                    message.append(f"{clips} found and taken into the project.")
                missing = missing_media(project)
                cancel.check()
                on_failure.pop_all()
            return Opened(project, loaded.project, folder, lock, tuple(message), missing)

        def arrived(opened: Opened) -> None:
            self._newest = None
            self.opened.emit(opened)

        def fail(error: StudioError) -> None:
            self._newest = None
            self.failed.emit(error)

        self._newest = self._background.run(work, arrived, fail, key="open")

    def _free_folder(self, name: str) -> Path:
        base = self._projects_dir / slug(name)
        folder, number = base, 2
        while folder.exists():
            folder, number = base.with_name(f"{base.name}-{number}"), number + 1
        return folder


def session_of(opened: Opened, parent: QObject) -> ProjectSession:
    """The session of a project that was read."""
    return ProjectSession(
        opened.project, opened.folder, opened.lock, parent, on_disk=opened.on_disk
    )


def _take(lock: ProjectLock, cancel: CancelToken) -> bool:
    if lock.acquire():
        return True
    # Whoever has it may be about to let go: a window that closes, or an opening that was overtaken.
    cancel.wait(_GRACE_S)
    return lock.acquire()


def _num_takes(project: VideoProject) -> int:
    return sum(len(takes.takes) for takes in project.takes.values())


def _now() -> datetime:
    return datetime.now().astimezone()
