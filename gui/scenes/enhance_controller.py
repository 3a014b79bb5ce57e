"""Has the prompts of scenes enhanced, as jobs, and shows what comes of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from core.errors import JournalError, StudioError, UnsupportedRequest
from core.jobs.job import Cancelled, Failed, Progressed, Queued, SubjectKind, Succeeded
from core.jobs.job_record import JobState
from core.jobs.queue import new_job_id
from core.project.render.planning import plan_words
from core.video.enhance_job import is_answered, mark_answered
from core.video.provider import NotReady
from gui.render.plan_fixes import problem_in_window, said_in_window
from gui.scenes.enhanced_box import Enhancement

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import CancelToken, JobUpdate, Subject
    from core.studio import Studio
    from gui.background import Background
    from gui.project.project_model import ProjectModel
    from gui.scenes.scene_inspector import SceneInspector

_WAITING = "Waiting for its turn"


@dataclass(frozen=True)
class _KnownJob:
    """A job with where it stands; `file` has its words."""

    scene_id: str
    job_id: str
    state: Enhancement
    file: Path | None = None


def _scene_of(subject: Subject | None, project_id: str) -> str | None:
    """The scene of a project whose prompt a job is about; None where it is about another thing."""
    if subject is None or subject.kind is not SubjectKind.PROMPT:
        return None
    project, _, scene_id = subject.id.partition("/")
    return scene_id if project == project_id else None


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
        self._stopped: set[str] = set()
        self._states: dict[str, Enhancement] = {}
        self._files: dict[str, Path] = {}
        inspector.enhance_wanted.connect(self.enhance)
        inspector.stop_wanted.connect(self.stop)
        inspector.words_changed.connect(self.set_words)
        project_id = model.project.id
        background.run(lambda _: self._find_jobs(project_id), self._take_up, lambda _: None)

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
            if isinstance(planned.readiness, NotReady):
                raise StudioError(said_in_window(planned.readiness, planned.plan.spec))
            if job_id not in self._stopped:
                name = f"{project.id}/{scene_id}"
                self._studio.submit_enhancement(planned, scene=name, job_id=job_id)
            if job_id in self._stopped:
                # A person stopped it while it was put into the queue.
                self._cancel([job_id])

        self._background.run(submit, lambda _: None, lambda error: self._fail(job_id, error))

    @Slot(object)
    def stop(self, scene_id: str) -> None:
        """End the enhancement of a scene's prompt."""
        jobs = [job for job, scene in self._scene_of_job.items() if scene == scene_id]
        for job_id in jobs:
            del self._scene_of_job[job_id]
        self._stopped.update(jobs)
        self._show(scene_id, Enhancement())

        self._background.run(lambda _: self._cancel(jobs), lambda _: None, lambda _: None)

    @Slot(object, object)
    def set_words(self, scene_id: str, words: str) -> None:
        """A person has edited what was offered; empty where it was taken or left."""
        now = self._states.get(scene_id, Enhancement())
        self._show(scene_id, replace(now, words=words, message="", is_bad=False))
        file = self._files.pop(scene_id, None) if not words else None
        if file is not None:
            self._background.run(lambda _: mark_answered(file), lambda _: None, lambda _: None)

    @Slot(object)
    def on_event(self, update: JobUpdate) -> None:
        """Show how far an enhancement is, and its words."""
        scene_id = _scene_of(update.subject, self._model.project.id)
        if scene_id is None:
            return
        is_over = isinstance(update.event, Succeeded | Failed | Cancelled)
        if update.job_id in self._stopped:
            if is_over:
                self._stopped.discard(update.job_id)
            return
        # One that another run of the program began, or that was resumed, is known by its scene.
        self._scene_of_job[update.job_id] = scene_id
        match update.event:
            case Queued():
                self._show(scene_id, Enhancement(is_running=True, message=_WAITING))
            case Progressed(fraction=fraction, message=message):
                share = "" if fraction is None else f"{fraction * 100:.0f} %"
                text = " · ".join(filter(None, [share, message]))
                self._show(scene_id, Enhancement(is_running=True, message=text))
            case Succeeded(path=path):
                self._background.run(
                    lambda _: self._read(scene_id, update.job_id, path),
                    lambda found: self._offer(update.job_id, found),
                    lambda error: self._fail(update.job_id, error),
                )
            case Failed(error=error):
                self._end(update.job_id, Enhancement(message=str(error), is_bad=True))
            case Cancelled():
                self._end(update.job_id, Enhancement())
            case _:
                pass

    def _find_jobs(self, project_id: str) -> tuple[_KnownJob, ...]:
        """The newest job of each scene, where it is not over or its words have no answer yet."""
        newest: dict[str, _KnownJob | None] = {}
        for record in self._studio.queue.jobs():
            scene_id = _scene_of(record.subject, project_id)
            if scene_id is None:
                continue
            found = None
            if record.state in (JobState.QUEUED, JobState.RUNNING):
                found = _KnownJob(
                    scene_id, record.id, Enhancement(is_running=True, message=_WAITING)
                )
            elif record.path is not None and not is_answered(record.path):
                with suppress(JournalError):
                    found = self._read(scene_id, record.id, record.path)
            newest[scene_id] = found
        return tuple(filter(None, newest.values()))

    def _take_up(self, jobs: tuple[_KnownJob, ...]) -> None:
        """Show what went on before this project was opened."""
        scenes = {scene.id: scene for scene in self._model.project.scenes}
        for found in jobs:
            scene = scenes.get(found.scene_id)
            # What was heard since is newer.
            if scene is None or scene.id in self._states:
                continue
            words = found.state.offered_for(scene)
            if found.state.is_running:
                self._scene_of_job[found.job_id] = scene.id
                self._show(scene.id, found.state)
            elif found.file is not None and words and words != scene.enhanced_prompt:
                self._files[scene.id] = found.file
                self._show(scene.id, found.state)

    def _read(self, scene_id: str, job_id: str, file: Path) -> _KnownJob:
        """The words of a job with the prompt that it was given."""
        record = self._studio.queue.job(job_id)
        words = self._studio.language.read_enhancement(record, file)
        return _KnownJob(scene_id, job_id, Enhancement(words=words.text, prompt=words.prompt), file)

    def _offer(self, job_id: str, found: _KnownJob) -> None:
        if found.file is not None and job_id in self._scene_of_job:
            self._files[found.scene_id] = found.file
        self._end(job_id, found.state)

    def _cancel(self, jobs: list[str]) -> None:
        known = {record.id for record in self._studio.queue.jobs()}
        for job_id in known.intersection(jobs):
            self._studio.queue.cancel(job_id)

    def _fail(self, job_id: str, error: StudioError) -> None:
        reasons = error.problems if isinstance(error, UnsupportedRequest) else ()
        text = " ".join(map(problem_in_window, reasons)) or str(error)
        self._end(job_id, Enhancement(message=text, is_bad=True))

    def _end(self, job_id: str, state: Enhancement) -> None:
        scene_id = self._scene_of_job.pop(job_id, None)
        if scene_id is not None:
            self._show(scene_id, state)

    def _show(self, scene_id: str, state: Enhancement) -> None:
        self._states[scene_id] = state
        self._inspector.show_enhancements(self._states)
