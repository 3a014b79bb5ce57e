"""The export of the open project: what it would make, its job, its finished file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from core.errors import Problem, UnsupportedRequest
from core.film.handoff import write_handoff
from core.film.model.delivery import CONTAINERS, Container, ExportOrder
from core.film.model.film_file import NAME as FILM_FILE
from core.film.model.film_file import write_film_file
from core.jobs.job import Subject, SubjectKind, Succeeded
from core.media.output import find_free_name, slug
from core.platform.units import bytes_text
from core.project.files.project_file import EXPORTS, lies_inside, link_problem
from core.project.render.film_from_takes import film_of
from gui.widgets.file_field import show_in_desktop

if TYPE_CHECKING:
    from core.film.build.export_plan import PlannedExport
    from core.jobs.job import CancelToken, JobUpdate
    from core.project.model.project import VideoProject
    from core.studio import Studio
    from gui.background import Background
    from gui.project.project_model import ProjectModel

_AFTER_MS = 400


@dataclass(frozen=True)
class ExportEstimate:
    """What an export would make now.

    Attributes:
        planned: None where something is wrong.
        missing: numbers of scenes that have no clip and would be left out.
        problems: everything that is wrong.
    """

    planned: PlannedExport | None
    missing: tuple[int, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def film_s(self) -> float | None:
        """The length of the film; None where it is not known."""
        return None if self.planned is None else float(self.planned.timeline.duration_s)

    @property
    def text(self) -> str:
        """The film in a line: length, picture, expected size, and what is left out."""
        if self.planned is None:
            return ""
        timeline, size = self.planned.timeline, bytes_text(self.planned.size_bytes)
        numbers = ", ".join(map(str, self.missing))
        return (
            f"{float(timeline.duration_s):.2f} s, {timeline.width}x{timeline.height} at "
            f"{float(timeline.rate):g} frames per second, at most {size}."
        ) + (f" Left out, without a clip: scene {numbers}." if numbers else "")


@dataclass(frozen=True)
class HandedOver:
    """A file for another program; `lost` tells what of the film it cannot say."""

    path: Path
    lost: tuple[str, ...] = ()


class ExportController(QObject):
    """Plans and orders exports of one project.

    Signals:
        estimate_changed(ExportEstimate): what an export would make now.
        exported(Path): a film is finished.
        handed_over(HandedOver): a file for another program is written.
        failed(StudioError): an export could not be ordered.
    """

    estimate_changed = Signal(object)
    exported = Signal(object)
    handed_over = Signal(object)
    failed = Signal(object)

    def __init__(
        self, studio: Studio, model: ProjectModel, background: Background, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._model = model
        self._background = background
        self._timer = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._timer.timeout.connect(self._look)
        model.changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self, _: object = None) -> None:
        """Look again soon."""
        self._timer.start()

    @Slot()
    def _look(self) -> None:
        project, folder = self._model.project, self._model.folder

        def look(cancel: CancelToken) -> ExportEstimate:
            missing = film_of(project).missing
            try:
                return ExportEstimate(self._plan(project, folder, cancel, overwrite=True), missing)
            except UnsupportedRequest as error:
                return ExportEstimate(None, missing, error.problems)

        self._background.run(look, self.estimate_changed.emit, self.failed.emit, key="estimate")

    @Slot()
    def show_file(self) -> None:
        """Show the folder of the last film in the desktop."""
        path = self._model.project.last_export
        if path is not None:
            show_in_desktop(path.parent)

    def export(self, *, overwrite: bool) -> None:
        """Order the export of the film as it is now."""
        project, folder = self._model.project, self._model.folder

        def order(cancel: CancelToken) -> str:
            planned = self._plan(project, folder, cancel, overwrite=overwrite)
            return self._studio.submit_export(planned)

        self._background.run(order, lambda _: None, self.failed.emit)

    def hand_over(self, path: Path) -> None:
        """Write the film for another program, or as a film file where the suffix says so."""
        project, folder = self._model.project, self._model.folder

        def write(cancel: CancelToken) -> HandedOver:
            planned = self._plan(project, folder, cancel, overwrite=True)
            if path.suffix.lower() == Path(FILM_FILE).suffix:
                write_film_file(planned.order.film, project.film.settings, path)
                return HandedOver(path)
            return HandedOver(path, tuple(write_handoff(planned.timeline, path)))

        self._background.run(write, self.handed_over.emit, self.failed.emit)

    def _plan(
        self, project: VideoProject, folder: Path, cancel: CancelToken, *, overwrite: bool
    ) -> PlannedExport:
        film = film_of(project).film
        if not film.clips:
            problem = Problem("clips", "No scene has a clip yet. Render some, then export.")
            raise UnsupportedRequest((problem,))
        order = ExportOrder(
            film=film,
            settings=project.film.settings,
            path=project.film.path or usual_place(project, folder),
            overwrite=overwrite and project.film.path is not None,
            makes_folder=project.film.path is None,
            skips_bad_clips=project.film.skips_bad_clips,
            project_id=project.id,
            poster_s=project.film.poster_s,
        )
        return self._studio.plan_export(order, cancel)

    @Slot(object)
    def on_event(self, update: JobUpdate) -> None:
        """Take in what the queue says of this project's film."""
        if update.subject != Subject(SubjectKind.FILM, self._model.project.id):
            return
        if isinstance(update.event, Succeeded):
            path = update.event.path
            self._model.absorb(self._model.project.model_copy(update={"last_export": path}))
            self.exported.emit(path)


def usual_place(project: VideoProject, folder: Path) -> Path:
    """A free name for the film in the project's own folder.

    Raises:
        UnsupportedRequest: that folder leads out of the project.
    """
    problem = link_problem(folder, EXPORTS)
    if problem:
        raise UnsupportedRequest((Problem("out", f"{problem} Or choose a file for the film."),))
    container = project.film.settings.container
    suffix = "" if container is Container.PNG else CONTAINERS[container].suffix
    return find_free_name(folder / EXPORTS / f"{slug(project.name)}{suffix}")


class ExportPlace:
    """The place of one project's film, as far as the person has agreed to it.

    A project that came from somebody else names any place that its maker liked.
    """

    def __init__(self, folder: Path, parent: QWidget) -> None:
        self._folder = folder
        self._parent = parent
        self._agreed: Path | None = None

    def choose(self, path: Path | None) -> None:
        """The person has chosen it here."""
        self._agreed = path

    def may_write(self, path: Path) -> bool:
        """Whether the film may go there: into the project, or where the person said so."""
        if path == self._agreed or lies_inside(self._folder, path):
            return True
        place = os.path.realpath(path)
        question = (
            f"This project puts its film at {place!r}, outside of its own folder. Write it there?"
        )
        if not self._ask(question):
            return False
        self._agreed = path
        return True

    def may_replace(self, path: Path) -> bool:
        """Whether what is there may be overwritten; asked only where something is."""
        return not os.path.lexists(path) or self._ask(f"{path.name!r} exists. Replace it?")

    def _ask(self, question: str) -> bool:
        return (
            QMessageBox.question(self._parent, "Export", question) == QMessageBox.StandardButton.Yes
        )
