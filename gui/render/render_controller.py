"""The window as the host of renders: the project that is open, and work beside the main thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from core.project.render.rendering import SceneRendering
from core.spending.caps import ProjectBudget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.errors import StudioError
    from core.jobs.job import CancelToken, JobUpdate
    from core.jobs.job_record import JobRecord
    from core.project.model.project import Take, VideoProject
    from core.studio import Studio
    from gui.background import Background
    from gui.project.project_model import Change, ProjectModel

T = TypeVar("T")


class RenderController(QObject):
    """Lends the open project and its threads to what renders its scenes.

    Signals:
        changed(): where the jobs of scenes stand has changed.
        message(str): a sentence for the status console.
        failed(StudioError): nothing was queued.
    """

    changed = Signal()
    message = Signal(object)
    failed = Signal(object)

    def __init__(
        self, studio: Studio, model: ProjectModel, background: Background, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._background = background
        self._studio = studio
        self.rendering = SceneRendering(studio, self)
        model.changed.connect(self._on_change)

    @Slot(object)
    def on_event(self, update: JobUpdate) -> None:
        """Take in what the queue says of a job."""
        self.rendering.on_event(update)

    @Slot(object)
    def _on_change(self, change: Change) -> None:
        budget = ProjectBudget.of(change.after)
        if budget != ProjectBudget.of(change.before):
            # Jobs of the project that are resumed go by what the ledger knows of it.
            ledger = self._studio.ledger
            self._background.run(
                lambda _: ledger.keep_budget(budget), lambda _: None, self.failed.emit
            )

    def name_of(self, record: JobRecord) -> str | None:
        """What a job is called by the scene that it is for; None where it is for none of these."""
        project = self._model.project
        scene = project.scene(self.rendering.scene_of(record.subject))
        if scene is None:
            return None
        words = " ".join((scene.title or scene.prompt).split())
        return f"Scene {project.index(scene.id) + 1}" + (f": {words[:60]}" if words else "")

    @property
    def project(self) -> VideoProject:
        """The open project."""
        return self._model.project

    @property
    def folder(self) -> Path:
        """Its folder."""
        return self._model.folder

    @property
    def is_read_only(self) -> bool:
        """Whether another window may change it."""
        return self._model.is_read_only

    def add_take(self, scene_id: str, take: Take) -> None:
        """Take over a finished clip."""
        self._model.add_take(scene_id, take)

    def wait_for(self, scene_ids: Sequence[str]) -> None:
        """Remember which scenes follow."""
        self._model.wait_for(scene_ids)

    def run(
        self,
        work: Callable[[CancelToken], T],
        done: Callable[[T], None],
        failed: Callable[[StudioError], None],
        *,
        key: str = "",
    ) -> None:
        """Have something done beside the main thread."""
        self._background.run(work, done, failed, key=key)

    def jobs_changed(self) -> None:
        """Tell the panels."""
        self.changed.emit()

    def show_message(self, text: str) -> None:
        """Tell the status console."""
        self.message.emit(text)

    def show_error(self, error: StudioError) -> None:
        """Tell the person."""
        self.failed.emit(error)
