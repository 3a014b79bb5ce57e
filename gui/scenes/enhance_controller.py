"""Has the prompts of scenes enhanced, as jobs, and shows what comes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from core.errors import StudioError, UnsupportedRequest
from core.jobs.job import Cancelled, Failed, Progressed, SubjectKind, Succeeded
from core.jobs.queue import new_job_id
from core.project.render.planning import plan_words
from core.video.enhance_job import read_enhancement
from gui.scenes.enhanced_box import Enhancement

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import CancelToken, JobUpdate
    from core.studio import Studio
    from gui.background import Background
    from gui.project.project_model import ProjectModel
    from gui.scenes.scene_inspector import SceneInspector

_WAITING = "Waiting for its turn"


class EnhanceController(QObject):
    """Knows which prompts are being enhanced; its words wait until they are taken or left."""

    def __init__(
        self,
        studio: Studio,
        model: ProjectModel,
        inspector: SceneInspector,
        background: Background,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._model = model
        self._inspector = inspector
        self._background = background
        self._scene_of_job: dict[str, str] = {}
        self._states: dict[str, Enhancement] = {}
        inspector.enhance_wanted.connect(self.enhance)
        inspector.stop_wanted.connect(self.stop)
        inspector.words_changed.connect(self.set_words)

    @Slot(object)
    def enhance(self, scene_id: str) -> None:
        """Have the prompt of a scene enhanced."""
        project, folder = self._model.project, self._model.folder
        scene = project.scenes[project.index(scene_id)]
        job_id = new_job_id()
        self._scene_of_job[job_id] = scene_id
        self._show(scene_id, Enhancement(is_running=True, message=_WAITING))

        def submit(cancel: CancelToken) -> None:
            planned = plan_words(self._studio, project, scene, folder, cancel)
            cancel.check()
            if job_id in self._scene_of_job:
                name = f"{project.id}/{scene_id}"
                self._studio.submit_enhancement(planned, scene=name, job_id=job_id)
            if job_id not in self._scene_of_job:
                # A person stopped it while it was put into the queue.
                self._cancel([job_id])

        self._background.run(submit, lambda _: None, lambda error: self._fail(job_id, error))

    @Slot(object)
    def stop(self, scene_id: str) -> None:
        """End the enhancement of a scene's prompt."""
        jobs = [job for job, scene in self._scene_of_job.items() if scene == scene_id]
        for job_id in jobs:
            del self._scene_of_job[job_id]
        self._show(scene_id, Enhancement())

        self._background.run(lambda _: self._cancel(jobs), lambda _: None, lambda _: None)

    @Slot(object, object)
    def set_words(self, scene_id: str, words: str) -> None:
        """A person has edited what was offered; empty where it was taken or left."""
        now = self._states.get(scene_id, Enhancement())
        self._show(scene_id, replace(now, words=words, message="", is_bad=False))

    @Slot(object)
    def on_event(self, update: JobUpdate) -> None:
        """Show how far an enhancement is, and its words."""
        scene_id = self._scene_of_job.get(update.job_id)
        if scene_id is None or update.subject is None:
            return
        if update.subject.kind is not SubjectKind.PROMPT:
            return
        match update.event:
            case Progressed(fraction=fraction, message=message):
                share = "" if fraction is None else f"{fraction * 100:.0f} %"
                text = " · ".join(filter(None, [share, message]))
                self._show(scene_id, Enhancement(is_running=True, message=text))
            case Succeeded(path=path):
                self._background.run(
                    lambda _: self._read(update.job_id, path),
                    lambda found: self._end(update.job_id, found),
                    lambda error: self._fail(update.job_id, error),
                )
            case Failed(error=error):
                self._end(update.job_id, Enhancement(message=str(error), is_bad=True))
            case Cancelled():
                self._end(update.job_id, Enhancement())
            case _:
                pass

    def _read(self, job_id: str, file: Path) -> Enhancement:
        """The words of a job with the prompt that it was given."""
        words = read_enhancement(self._studio.queue.job(job_id).payload, file)
        return Enhancement(words=words.text, prompt=words.prompt)

    def _cancel(self, jobs: list[str]) -> None:
        known = {record.id for record in self._studio.queue.jobs()}
        for job_id in known.intersection(jobs):
            self._studio.queue.cancel(job_id)

    def _fail(self, job_id: str, error: StudioError) -> None:
        reasons = error.problems if isinstance(error, UnsupportedRequest) else ()
        text = " ".join(problem.message for problem in reasons) or str(error)
        self._end(job_id, Enhancement(message=text, is_bad=True))

    def _end(self, job_id: str, state: Enhancement) -> None:
        scene_id = self._scene_of_job.pop(job_id, None)
        if scene_id is not None:
            self._show(scene_id, state)

    def _show(self, scene_id: str, state: Enhancement) -> None:
        self._states[scene_id] = state
        self._inspector.show_enhancements(self._states)
