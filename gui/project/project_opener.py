"""Opens, makes, imports and unpacks projects beside the main thread; keeps the recent ones."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from core.errors import StudioError
from core.media.output import slug
from core.project.files.atomic_folder import create_project
from core.project.files.footage import PROJECT_USES, FileUse, use_of
from core.project.files.lock import ProjectLock
from core.project.files.media import missing_media, take_over_clips
from core.project.files.package import package, save_copy, unpack
from core.project.files.project_file import project_folder, read_project
from core.project.files.recent import RecentProjects
from core.project.imageai_import.importer import import_imageai
from core.project.model.project import new_project
from core.project.storyboard.sample import sample_project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.project.files.media_uses import MediaUse
    from core.project.files.recent import RecentProject
    from core.project.model.project import VideoProject
    from gui.background import Background
    from gui.project.new_project_dialog import NewProject
    from gui.project.project_model import ProjectModel

_GRACE_S = 0.3


@dataclass(frozen=True)
class Opened:
    """A project that was read: what to tell, and what is missing of it.

    Attributes:
        on_disk: as it was read; `project` has the clips that were found since.
        lock: held by this window; None where another one holds it.
        is_sample: it is the sample, to be rendered at once.
    """

    project: VideoProject
    on_disk: VideoProject
    folder: Path
    lock: ProjectLock | None
    notes: tuple[str, ...]
    missing: tuple[MediaUse, ...]
    is_sample: bool = False


class ProjectOpener(QObject):
    """Brings projects into the window.

    Signals:
        begun(str): something that takes a while; a few words.
        opened(Opened): ready to be shown.
        is_open_already(): the project that was to be opened is the current one.
        done(str): something else was finished; a sentence.
        failed(StudioError): nothing was changed.

    Attributes:
        current: the project that is open.
    """

    begun = Signal(object)
    opened = Signal(object)
    is_open_already = Signal()
    done = Signal(object)
    failed = Signal(object)

    def __init__(self, projects_dir: Path, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._projects_dir = projects_dir
        self._background = background
        self._newest: CancelToken | None = None
        self.current: ProjectModel | None = None

    @property
    def is_opening(self) -> bool:
        """Whether a project is on its way into the window."""
        return self._newest is not None

    @Slot(object)
    def open(self, folder: Path) -> None:
        """Open the project in a folder, or the one that a project file lies in."""
        if self._is_current(folder):
            self.is_open_already.emit()
            return
        place = folder.parent if folder.is_file() else folder
        self._open("Opening the project…", lambda _: place)

    def _is_current(self, folder: Path) -> bool:
        # One that is read-only may be opened anew: the other window may have let go of it.
        if self.current is None or self.current.is_read_only:
            return False
        return project_folder(folder).absolute() == self.current.folder.absolute()

    @Slot(object)
    def create(self, name: str) -> None:
        """Make an empty project in a folder of its own."""
        project = new_project(name, _now())
        self._open("Making the project…", partial(self._create, project))

    @Slot(object)
    def create_there(self, wanted: NewProject) -> None:
        """Make an empty project where a person wants it."""
        project = new_project(wanted.name, _now())

        def make(_: CancelToken) -> Path:
            folder = _free_folder(wanted.folder)
            create_project(folder, project)
            return folder

        self._open("Making the project…", make)

    @Slot()
    def create_sample(self) -> None:
        """Make the sample project."""
        project = sample_project(_now())
        make = partial(self._create, project)
        self._open("Making the sample project…", make, is_sample=True)

    def _create(self, project: VideoProject, _: CancelToken) -> Path:
        folder = self._free_folder(project.name)
        create_project(folder, project)
        return folder

    @Slot(object)
    def import_from(self, path: Path) -> None:
        """Make a project from one of ImageAI's."""
        notes: list[str] = []

        def make(cancel: CancelToken) -> Path:
            folder = self._free_folder(path.parent.name or path.stem)
            notes.extend(import_imageai(path, folder, _now(), cancel))
            return folder

        self._open("Taking the project over…", make, notes)

    @Slot(object)
    def unpack(self, zip_path: Path) -> None:
        """Make a project from a package."""

        def make(cancel: CancelToken) -> Path:
            folder = self._free_folder(zip_path.stem)
            unpack(zip_path, folder, cancel)
            return folder

        self._open("Unpacking the project…", make)

    @Slot(object, object)
    def open_as(self, path: Path, use: FileUse) -> None:
        """Open a file that is a project of that kind, or lies in one."""
        match use:
            case FileUse.PACKAGE:
                self.unpack(path)
            case FileUse.IMAGEAI_PROJECT:
                self.import_from(path)
            case _:
                self.open(path if path.is_dir() else path.parent)

    def open_among(self, paths: Sequence[Path]) -> None:
        """Open the first of some files, if it is a project; else say that it has no place yet."""

        def arrived(use: FileUse) -> None:
            if use in PROJECT_USES:
                self.open_as(paths[0], use)
                return
            message = f"{paths[0].name!r} has no project to come into."
            hint = "Begin or open a project first, then drop it again."
            self.failed.emit(StudioError(message, hint=hint))

        if paths:
            self._background.run(
                lambda cancel: use_of(paths[0], cancel), arrived, self.failed.emit, key="dropped"
            )

    @Slot(object)
    def save_as(self, destination: Path) -> None:
        """Copy the current project with all its media into a new folder, and open the copy."""
        if self.current is None:
            return
        project, folder = self.current.project, self.current.folder

        def make(cancel: CancelToken) -> Path:
            save_copy(project, folder, destination, cancel)
            return destination

        self._open("", make)

    @Slot(object)
    def package(self, zip_path: Path) -> None:
        """Write the current project with all its media into one file."""
        if self.current is None:
            return
        project, folder = self.current.project, self.current.folder

        def make(cancel: CancelToken) -> str:
            package(project, folder, zip_path, cancel)
            return f"The project is packed in {str(zip_path)!r}."

        self._background.run(make, self.done.emit, self.failed.emit)

    def _open(
        self,
        doing: str,
        make: Callable[[CancelToken], Path],
        notes: Sequence[str] = (),
        *,
        is_sample: bool = False,
    ) -> None:
        def work(cancel: CancelToken) -> Opened:
            folder = make(cancel)
            loaded = read_project(folder)
            lock = ProjectLock(folder)
            held = lock if _take(lock, cancel) else None
            every_note = [*notes, *loaded.notes, *([] if held else [lock.reason])]
            project = loaded.project
            with ExitStack() as on_failure:
                if held is not None:
                    on_failure.callback(held.release)
                    project = take_over_clips(project, folder, cancel)
                found = _num_takes(project) - _num_takes(loaded.project)
                if found:
                    clips = "A finished clip was" if found == 1 else f"{found} finished clips were"
                    every_note.append(f"{clips} found and taken into the project.")
                missing = missing_media(project)
                cancel.check()
                on_failure.pop_all()
            return Opened(
                project, loaded.project, folder, held, tuple(every_note), missing, is_sample
            )

        def arrived(opened: Opened) -> None:
            self._newest = None
            self.opened.emit(opened)

        def fail(error: StudioError) -> None:
            self._newest = None
            self.failed.emit(error)

        self.begun.emit(doing)
        self._newest = self._background.run(work, arrived, fail, key="open")

    def _free_folder(self, name: str) -> Path:
        return _free_folder(self._projects_dir / slug(name))


def _free_folder(base: Path) -> Path:
    """The folder of that name, numbered where it is taken."""
    folder, number = base, 2
    while folder.exists():
        folder, number = base.with_name(f"{base.name}-{number}"), number + 1
    return folder


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


class RecentController(QObject):
    """Keeps the list.

    Signals:
        changed(tuple of RecentProject): the list as it is now.
        failed(StudioError): it cannot be kept.
    """

    changed = Signal(object)
    failed = Signal(object)

    def __init__(self, state_dir: Path, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._recent = RecentProjects(state_dir)
        self._background = background

    def begin(self) -> None:
        """Read the list."""
        self._background.run(lambda _: self._recent.entries(), self.changed.emit, self.failed.emit)

    def put_first(self, folder: Path, name: str) -> None:
        """Put a project that is open now at the top."""

        def keep(_: CancelToken) -> Sequence[RecentProject]:
            self._recent.opened(folder, name)
            return self._recent.entries()

        self._background.run(keep, self.changed.emit, self.failed.emit)
