"""How far each scene is, kept up to date while the project and its jobs change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.project.render.planning import fingerprint_of

if TYPE_CHECKING:
    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.studio import Studio
    from gui.background import Background
    from gui.project.project_model import ProjectModel

_AFTER_MS = 200


class SceneStates(QObject):
    """Knows what each scene's clip would be made from now.

    Signals:
        changed(): `fingerprints` are other ones now.
    """

    changed = Signal()

    def __init__(
        self, studio: Studio, model: ProjectModel, background: Background, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._model = model
        self._background = background
        self._fingerprints: dict[str, str] = {}
        self._timer = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._timer.timeout.connect(self._look)
        model.changed.connect(self.refresh)
        self.refresh()

    @property
    def fingerprints(self) -> dict[str, str]:
        """By scene id, as far as they are known."""
        return self._fingerprints

    @Slot(object)
    def refresh(self, _: object = None) -> None:
        """Look again soon: the project, or what models there are, has changed."""
        self._timer.start()

    @Slot()
    def _look(self) -> None:
        project, folder = self._model.project, self._model.folder

        def look(cancel: CancelToken) -> dict[str, str]:
            found: dict[str, str] = {}
            for scene in project.scenes:
                cancel.check()
                found[scene.id] = fingerprint_of(self._studio, project, scene, folder)
            return found

        self._background.run(look, self._arrived, self._failed, key="fingerprints")

    def _arrived(self, found: dict[str, str]) -> None:
        if found != self._fingerprints:
            self._fingerprints = found
            self.changed.emit()

    def _failed(self, _: StudioError) -> None:
        """Leave what was known: the plan line tells what is wrong."""
