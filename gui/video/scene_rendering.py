"""From "render these scenes" to takes: plans, asks about money, queues, waits for links."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from core.errors import Problem, StudioError, UnsupportedRequest
from core.jobs import Cancelled, Failed, Progressed, Queued, Started, Succeeded
from core.project.media import read_take
from core.project.planning import PlannedScene, RefusedScene, plan_scene, start_take
from core.project.status import SceneJob, SceneJobState
from core.video.record import Origin
from core.video.render import KIND, RenderPayload

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.job_record import JobRecord
    from core.jobs import CancelToken
    from core.project.project import Scene, Take, VideoProject
    from core.studio import Studio
    from gui.background import Background
    from gui.job_bridge import JobNews
    from gui.video.project_model import ProjectModel


@dataclass(frozen=True)
class RenderOffer:
    """What was planned for some scenes, to be agreed to before it is queued.

    Attributes:
        planned: can be queued at once.
        waiting: go on from a clip that is not there yet, and follow by themselves; planned
            without their start frame, to know their price.
        refused: scenes that cannot be rendered as they are.
    """

    planned: tuple[PlannedScene, ...]
    waiting: tuple[PlannedScene, ...]
    refused: tuple[RefusedScene, ...]

    @property
    def cost_usd(self) -> float | None:
        """The price of everything, what follows included; None when a part is not known."""
        costs = [item.planned.plan.cost_usd for item in (*self.planned, *self.waiting)]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    @property
    def is_free(self) -> bool:
        """Whether nothing has to be paid."""
        return self.cost_usd == 0


class SceneRendering(QObject):
    """Renders scenes of one project; knows which job belongs to which scene.

    Signals:
        offered(RenderOffer): planned; `queue` is to be called with it when it is agreed to.
        jobs_changed(): where the jobs of scenes stand has changed.
        told(str): a sentence for the status console.
        failed(StudioError): nothing was queued.
    """

    offered = Signal(object)
    jobs_changed = Signal()
    told = Signal(object)
    failed = Signal(object)

    def __init__(
        self, studio: Studio, model: ProjectModel, background: Background, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._model = model
        self._background = background
        self._jobs: dict[str, SceneJob] = {}
        self._following: set[str] = set()

    @property
    def jobs(self) -> dict[str, SceneJob]:
        """Where the newest job of each scene stands, by scene id."""
        return {job.scene_id: job for job in self._jobs.values()}

    def offer(self, scenes: Sequence[Scene]) -> None:
        """Plan these scenes; `offered` follows."""
        project, folder = self._model.project, self._model.folder
        wanted = {scene.id for scene in scenes}

        def plan(cancel: CancelToken) -> RenderOffer:
            return _plan(self._studio, project, folder, wanted, cancel)

        self._background.run(plan, self.offered.emit, self.failed.emit, key="offer")

    def queue(self, offer: RenderOffer) -> None:
        """Put everything that was planned into the queue, and remember what follows by itself."""
        waiting = (*self._model.project.to_render, *(item.scene.id for item in offer.waiting))
        self._model.wait_for(tuple(dict.fromkeys(waiting)))
        self._submit(offer.planned)

    def find_jobs(self) -> None:
        """Take up the jobs of this project that the queue still has from before."""
        self._background.run(lambda _: self._studio.queue.jobs(0), self._take_up, self.failed.emit)

    def _take_up(self, records: Sequence[JobRecord]) -> None:
        for record in records:
            if record.kind != KIND or record.state.has_ended:
                continue
            origin = RenderPayload.model_validate_json(record.payload).origin
            if origin is not None and origin.project_id == self._model.project.id:
                self._jobs.setdefault(record.id, SceneJob(origin.scene_id, SceneJobState.QUEUED))
        self.jobs_changed.emit()
        self._go_on()

    def _submit(self, planned: Sequence[PlannedScene]) -> None:
        project_id = self._model.project.id

        def submit(_: CancelToken) -> dict[str, str]:
            queued: dict[str, str] = {}
            for item in planned:
                origin = Origin(
                    project_id=project_id,
                    scene_id=item.scene.id,
                    fingerprint=item.sent.fingerprint,
                )
                queued[self._studio.submit_render(item.planned, origin)] = item.scene.id
            return queued

        self._background.run(submit, self._queued, self.failed.emit)

    def _queued(self, jobs: dict[str, str]) -> None:
        for job_id, scene_id in jobs.items():
            self._jobs.setdefault(job_id, SceneJob(scene_id, SceneJobState.QUEUED))
            self._following.discard(scene_id)
        left = tuple(i for i in self._model.project.to_render if i not in jobs.values())
        self._model.wait_for(left)
        self.jobs_changed.emit()

    @Slot(object)
    def hear(self, news: JobNews) -> None:
        """Take in what the queue says of a job."""
        job = self._jobs.get(news.job_id)
        if job is None:
            return
        match news.event:
            case Queued():
                job = SceneJob(job.scene_id, SceneJobState.QUEUED)
            case Started():
                job = SceneJob(job.scene_id, SceneJobState.RUNNING)
            case Progressed(fraction=fraction):
                job = SceneJob(job.scene_id, SceneJobState.RUNNING, fraction)
            case Succeeded(path=path):
                self._fetch_take(news.job_id, job.scene_id, path)
                return
            case Failed(error=error):
                job = SceneJob(job.scene_id, SceneJobState.FAILED, reason=str(error))
            case Cancelled():
                del self._jobs[news.job_id]
                self.jobs_changed.emit()
                return
            case _:
                return
        self._jobs[news.job_id] = job
        self.jobs_changed.emit()

    def _fetch_take(self, job_id: str, scene_id: str, path: Path) -> None:
        def arrived(take: Take) -> None:
            self._jobs.pop(job_id, None)
            self._model.add_take(scene_id, take)
            self.jobs_changed.emit()
            self._go_on()

        def lost(error: StudioError) -> None:
            self._jobs[job_id] = SceneJob(scene_id, SceneJobState.FAILED, reason=str(error))
            self.jobs_changed.emit()

        self._background.run(lambda cancel: read_take(path, cancel), arrived, lost)

    def _go_on(self) -> None:
        """Queue the waiting scenes whose start is there now."""
        project = self._model.project
        busy = {job.scene_id for job in self._jobs.values() if job.state.is_under_way}
        ready = {
            scene.id
            for scene in project.scenes
            if scene.id in project.to_render
            and scene.id not in self._following | busy
            and not _waits(project, scene, busy | set(project.to_render))
        }
        if not ready:
            return
        self._following |= ready
        folder = self._model.folder

        def plan(cancel: CancelToken) -> RenderOffer:
            return _plan(self._studio, project, folder, ready, cancel)

        self._background.run(plan, self._follow, self.failed.emit)

    def _follow(self, offer: RenderOffer) -> None:
        for refused in offer.refused:
            number = self._model.project.index(refused.scene.id) + 1
            reasons = " ".join(problem.message for problem in refused.problems)
            self.told.emit(f"Scene {number} cannot follow: {reasons}")
            self._following.discard(refused.scene.id)
            self.forget_waiting(refused.scene.id)
        self._submit(offer.planned)

    def forget_waiting(self, scene_id: str) -> None:
        """Let a scene no longer wait for the one before it."""
        left = tuple(i for i in self._model.project.to_render if i != scene_id)
        self._model.wait_for(left)
        self.jobs_changed.emit()


def _waits(project: VideoProject, scene: Scene, coming: set[str]) -> bool:
    """Whether a scene goes on from a clip that is not there, or about to be replaced."""
    before = project.before(scene.id)
    if not scene.continues or before is None:
        return False
    return before.id in coming or start_take(project, scene) is None


def _plan(
    studio: Studio, project: VideoProject, folder: Path, wanted: set[str], cancel: CancelToken
) -> RenderOffer:
    planned: list[PlannedScene] = []
    waiting: list[PlannedScene] = []
    refused: list[RefusedScene] = []
    coming: set[str] = set()
    for scene in project.scenes:
        if scene.id not in wanted:
            continue
        cancel.check()
        has_to_wait = _waits(project, scene, coming)
        # A frame that is yet to come changes no size and no price.
        asked = (
            scene.model_copy(update={"continues": False, "start_image": None})
            if has_to_wait
            else scene
        )
        try:
            item = plan_scene(studio, project, asked, folder, cancel)
        except UnsupportedRequest as error:
            refused.append(RefusedScene(scene, error.problems))
            continue
        except StudioError as error:
            refused.append(RefusedScene(scene, (Problem("scene", str(error)),)))
            continue
        coming.add(scene.id)
        (waiting if has_to_wait else planned).append(replace(item, scene=scene))
    return RenderOffer(tuple(planned), tuple(waiting), tuple(refused))
