"""From a take back to the settings of its scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from core.errors import ProjectError
from core.project.render.rerender import scene_again
from core.video.record import read_settings_of

if TYPE_CHECKING:
    from core.jobs.job import CancelToken
    from core.project.model.project import Take
    from core.video.record import ClipRecord
    from gui.background import Background
    from gui.project.project_model import ProjectModel
    from gui.takes.takes_widget import TakesWidget


class TakesController(QObject):
    """Sets scenes up as their takes were made.

    Signals:
        message(str): what could not be brought back from a take.
        failed(StudioError): a take says nothing about how it was made.
    """

    message = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        model: ProjectModel,
        takes: TakesWidget,
        background: Background,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._takes = takes
        self._background = background
        takes.settings_wanted.connect(self._bring_back)
        takes.message.connect(self.message)
        takes.failed.connect(self.failed)

    @Slot(object)
    def _bring_back(self, take: Take) -> None:
        scene_id = self._takes.scene_id

        def read(cancel: CancelToken) -> ClipRecord:
            cancel.check()
            record = read_settings_of(take.path)
            if record is None:
                raise ProjectError(
                    f"The clip {take.path.name!r} does not say how it was made.",
                    hint="It is missing, or another program wrote it.",
                )
            return record

        def arrived(record: ClipRecord) -> None:
            scene = self._model.project.scene(scene_id)
            if scene is None:
                return
            number = self._model.project.index(scene_id) + 1
            again = scene_again(self._model.project, scene, record)
            self._model.edit_scene(f"Set up scene {number} as its take was", again.scene)
            for note in again.notes:
                self.message.emit(note)

        self._background.run(read, arrived, self.failed.emit, key="take settings")
