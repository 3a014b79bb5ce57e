"""The window as the host of start frames: the project that is open, and what becomes of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from core.jobs.job import Failed
from core.project.model.edits import FrameSlot, with_frame, with_made_frame
from core.project.render.start_frames import StartFrames

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from core.errors import StudioError
    from core.jobs.job import CancelToken, JobUpdate
    from core.jobs.job_record import JobRecord
    from core.project.model.project import VideoProject
    from core.studio import Studio
    from gui.background import Background
    from gui.project.project_model import ProjectModel

T = TypeVar("T")


class StartFramesController(QObject):
    """Lends the open project and its threads to what makes start frames.

    Signals:
        updated(Mapping of str to SceneJob): where the newest job for each scene stands.
        message(str): a sentence for the status console.
        failed(StudioError): nothing was queued.
        fix_wanted(Fix): what only another room can mend.

    Attributes:
        frames: who plans and orders them.
    """

    updated = Signal(object)
    message = Signal(object)
    failed = Signal(object)
    fix_wanted = Signal(object)

    def __init__(
        self, studio: Studio, model: ProjectModel, background: Background, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._model = model
        self._background = background
        self.frames = StartFrames(studio, self)

    @Slot(object)
    def on_event(self, update: JobUpdate) -> None:
        """Take in what the queue says of a job."""
        self.frames.on_event(update)
        number = self._number(self.frames.scene_of(update.subject))
        if number and isinstance(update.event, Failed):
            self.message.emit(f"Scene {number} gets no start frame: {update.event.error}")

    def ask(self, selected: Sequence[str], parent: QWidget) -> None:
        """Ask for whom start frames are made, and by whom; these scenes are selected."""
        # Loaded late: most of the time nobody asks.
        from gui.start_frames.start_frames_dialog import StartFramesDialog

        dialog = StartFramesDialog(
            self._studio, self._model, self.frames, self._background, selected, parent
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fix_wanted.connect(self.fix_wanted)
        dialog.open()

    def name_of(self, record: JobRecord) -> str | None:
        """What a job is called by the scene whose start frame it makes; None for any other job."""
        number = self._number(self.frames.scene_of(record.subject))
        return f"Start frame of scene {number}" if number else None

    def _number(self, scene_id: str) -> int:
        """The place of a scene, from 1; 0 for none of these."""
        project = self._model.project
        return 0 if project.scene(scene_id) is None else project.index(scene_id) + 1

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

    def add_frame(self, scene_id: str, image: Path, *, is_wanted: bool) -> None:
        """Take over a finished image: no undo loses it, but one takes it out of the scene."""
        self._model.absorb(with_made_frame(self._model.project, scene_id, image))
        scene = self._model.project.scene(scene_id)
        if scene is None or scene.continues or not is_wanted:
            return
        number = self._number(scene_id)
        self._model.end_merging()
        text = f"Take a new start frame for scene {number}"
        self._model.edit_scene(text, with_frame(scene, FrameSlot.START, image))
        self.message.emit(f"Scene {number} starts from a new image.")

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
        self.updated.emit(self.frames.jobs)

    def show_message(self, text: str) -> None:
        """Tell the status console."""
        self.message.emit(text)

    def show_error(self, error: StudioError) -> None:
        """Tell the person."""
        self.failed.emit(error)
