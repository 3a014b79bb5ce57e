"""From "render these scenes" to takes: plans, asks about money, queues, waits for links."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from core.errors import Problem, StudioError, UnsupportedRequest
from core.jobs.job import Cancelled, Failed, Progressed, Queued, Started, Succeeded
from core.jobs.job_record import JobState
from core.project.files.media import read_take, take_over_clips
from core.project.model.status import SceneJob, SceneJobState
from core.project.render.planning import PlannedScene, RefusedScene, plan_scene, start_take
from core.video.record import Origin
from core.video.render import KIND, RenderPayload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken, JobUpdate
    from core.jobs.job_record import JobRecord
    from core.project.model.project import Scene, Take, VideoProject
    from core.studio import Studio
    from gui.background import Background
    from gui.project.project_model import ProjectModel


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


@dataclass(frozen=True)
class _Found:
    """Jobs that have not ended, and the project with every clip that is there."""

    records: Sequence[JobRecord]
    project: VideoProject


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
    message = Signal(object)
    failed = Signal(object)

    def __init__(
        self, studio: Studio, model: ProjectModel, background: Background, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._model = model
        self._background = background
        self._jobs: dict[str, SceneJob] = {}
        self._left_out: dict[str, str] = {}
        self._following: set[str] = set()
        self._in_hand: list[frozenset[str]] = []
        self._early: list[JobUpdate] = []
        self._searches = 0

    @property
    def jobs(self) -> dict[str, SceneJob]:
        """Where the newest job of each scene stands, by scene id."""
        left_out = {
            scene_id: SceneJob(scene_id, SceneJobState.FAILED, reason=reason)
            for scene_id, reason in self._left_out.items()
        }
        return left_out | {job.scene_id: job for job in self._jobs.values()}

    @property
    def coming(self) -> set[str]:
        """The scenes that are to get a clip yet."""
        queued = {job.scene_id for job in self._jobs.values() if job.state.is_under_way}
        return queued.union(self._model.project.to_render, *self._in_hand)

    def offer(self, scenes: Sequence[Scene]) -> None:
        """Plan these scenes; `offered` follows."""
        wanted = {scene.id for scene in scenes}
        self._look(wanted, self.offered.emit, key="offer")

    def _look(
        self, wanted: set[str], planned: Callable[[RenderOffer], None], *, key: str = ""
    ) -> None:
        project, folder, coming = self._model.project, self._model.folder, self.coming

        def plan(cancel: CancelToken) -> RenderOffer:
            return _plan(self._studio, project, folder, wanted, coming, cancel)

        self._background.run(plan, planned, self.failed.emit, key=key)

    def queue(self, offer: RenderOffer) -> None:
        """Put everything that was planned into the queue, and remember what follows by itself."""
        waiting = (*self._model.project.to_render, *(item.scene.id for item in offer.waiting))
        for scene_id in waiting:
            self._forget(scene_id)
        self._model.wait_for(tuple(dict.fromkeys(waiting)))
        self._submit(offer.planned)

    def find_jobs(self) -> None:
        """Take up the jobs of this project that the queue has from before, and their clips."""
        if self._model.is_read_only:
            return  # they are the other window's
        project, folder = self._model.project, self._model.folder

        def find(cancel: CancelToken) -> _Found:
            # In this order: a job that ends in between has its clip in the folder by then.
            records = self._studio.queue.jobs(0)
            return _Found(records, take_over_clips(project, folder, cancel))

        def broke(error: StudioError) -> None:
            self._searches -= 1
            self.failed.emit(error)

        self._searches += 1
        self._background.run(find, self._take_up, broke)

    def _take_up(self, found: _Found) -> None:
        self._searches -= 1
        for record in found.records:
            if record.kind != KIND or record.state.has_ended:
                continue
            origin = RenderPayload.model_validate_json(record.payload).origin
            if origin is not None and origin.project_id == self._model.project.id:
                runs = record.state is JobState.RUNNING
                state = SceneJobState.RUNNING if runs else SceneJobState.QUEUED
                self._jobs.setdefault(record.id, SceneJob(origin.scene_id, state))
        for scene_id, takes in found.project.takes.items():
            for take in takes.takes:
                self._model.add_take(scene_id, take)
        self.jobs_changed.emit()
        self._on_early_event()
        self._go_on()

    def _submit(self, planned: Sequence[PlannedScene]) -> None:
        if not planned:
            return
        project_id = self._model.project.id
        in_hand = frozenset(item.scene.id for item in planned)
        queued: dict[str, str] = {}

        def submit(_: CancelToken) -> None:
            for item in planned:
                origin = Origin(
                    project_id=project_id,
                    scene_id=item.scene.id,
                    fingerprint=item.sent.fingerprint,
                )
                queued[self._studio.submit_render(item.planned, origin)] = item.scene.id

        def done(_: None) -> None:
            self._in_hand.remove(in_hand)
            self._queued(queued)

        def broke(error: StudioError) -> None:
            # What came before the error is in the queue.
            done(None)
            self._following -= in_hand
            self.failed.emit(error)

        self._in_hand.append(in_hand)
        self._background.run(submit, done, broke)

    def _queued(self, queued: dict[str, str]) -> None:
        for job_id, scene_id in queued.items():
            self._forget(scene_id)
            self._jobs[job_id] = SceneJob(scene_id, SceneJobState.QUEUED)
            self._following.discard(scene_id)
        self._stop_waiting(set(queued.values()))
        self._on_early_event()

    def _on_early_event(self) -> None:
        # A fast job may have come to its end before it was known whose it is.
        early, self._early = self._early, []
        for news in early:
            self.on_event(news)

    def _forget(self, scene_id: str) -> None:
        """What became of a scene's earlier jobs counts no more."""
        self._left_out.pop(scene_id, None)
        for job_id, job in list(self._jobs.items()):
            if job.scene_id == scene_id and not job.state.is_under_way:
                del self._jobs[job_id]

    @Slot(object)
    def on_event(self, news: JobUpdate) -> None:
        """Take in what the queue says of a job."""
        job = self._jobs.get(news.job_id)
        if job is None:
            self._on_event_of_another(news)
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
                self._fail(news.job_id, job.scene_id, str(error))
                return
            case Cancelled():
                del self._jobs[news.job_id]
                self._leave_followers(job.scene_id, "was cancelled")
                self.jobs_changed.emit()
                return
            case _:
                return
        self._jobs[news.job_id] = job
        self.jobs_changed.emit()

    def _on_event_of_another(self, news: JobUpdate) -> None:
        if self._in_hand or self._searches:
            if not isinstance(news.event, Progressed):
                self._early.append(news)
        elif isinstance(news.event, Queued):
            # It may be one of this project that was given up, and is in line again.
            self.find_jobs()

    def _fail(self, job_id: str, scene_id: str, reason: str) -> None:
        self._jobs[job_id] = SceneJob(scene_id, SceneJobState.FAILED, reason=reason)
        self._leave_followers(scene_id, "could not be rendered")
        self.jobs_changed.emit()

    def _fetch_take(self, job_id: str, scene_id: str, path: Path) -> None:
        def arrived(take: Take) -> None:
            self._jobs.pop(job_id, None)
            self._model.add_take(scene_id, take)
            self.jobs_changed.emit()
            self._go_on()

        def lost(error: StudioError) -> None:
            self._fail(job_id, scene_id, str(error))

        self._background.run(lambda cancel: read_take(path, cancel), arrived, lost)

    def _go_on(self) -> None:
        """Queue the waiting scenes whose start is there now."""
        project = self._model.project
        waiting = set(project.to_render)
        coming = self.coming
        ready: set[str] = set()
        for scene in project.scenes:
            if scene.id not in waiting or scene.id in self._following:
                continue
            if not _waits(project, scene, coming):
                ready.add(scene.id)
            elif not _follows(project, scene, coming):
                # The one before it was given up while the window was closed.
                coming.discard(scene.id)
                self._leave_out(scene.id, "has no clip")
        ready -= {job.scene_id for job in self._jobs.values() if job.state.is_under_way}
        if ready:
            self._following |= ready
            self._look(ready, self._follow)

    def _follow(self, offer: RenderOffer) -> None:
        for refused in offer.refused:
            scene_id = refused.scene.id
            reasons = " ".join(problem.message for problem in refused.problems)
            if self._model.project.scene(scene_id) is not None:
                number = self._model.project.index(scene_id) + 1
                self.message.emit(f"Scene {number} cannot follow: {reasons}")
            self._following.discard(scene_id)
            self._left_out[scene_id] = reasons
            self._stop_waiting({scene_id})
            self._leave_followers(scene_id, "could not be rendered")
        self._submit(offer.planned)

    def _leave_followers(self, scene_id: str, fate: str) -> None:
        """Let no scene wait for a clip that does not come."""
        project = self._model.project
        for scene in project.scenes[1:]:
            before = project.before(scene.id)
            is_next = before is not None and before.id == scene_id
            if is_next and scene.continues and scene.id in project.to_render:
                self._leave_out(scene.id, fate)
                self._leave_followers(scene.id, "could not be rendered")

    def _leave_out(self, scene_id: str, fate: str) -> None:
        number = self._model.project.index(scene_id)
        reason = f"It goes on from scene {number}, which {fate}. Render that one again."
        self._left_out[scene_id] = reason
        self.message.emit(f"Scene {number + 1} is not rendered. {reason}")
        self._stop_waiting({scene_id})

    def _stop_waiting(self, scene_ids: set[str]) -> None:
        left = tuple(i for i in self._model.project.to_render if i not in scene_ids)
        self._model.wait_for(left)
        self.jobs_changed.emit()


def _follows(project: VideoProject, scene: Scene, coming: set[str]) -> bool:
    """Whether a scene goes on from a clip that is yet to come."""
    before = project.before(scene.id)
    return scene.continues and before is not None and before.id in coming


def _waits(project: VideoProject, scene: Scene, coming: set[str]) -> bool:
    """Whether a scene goes on from a clip that is not there, or about to be replaced."""
    before = project.before(scene.id)
    if not scene.continues or before is None:
        return False
    return before.id in coming or start_take(project, scene) is None


def _plan(
    studio: Studio,
    project: VideoProject,
    folder: Path,
    wanted: set[str],
    coming: set[str],
    cancel: CancelToken,
) -> RenderOffer:
    planned: list[PlannedScene] = []
    waiting: list[PlannedScene] = []
    refused: list[RefusedScene] = []
    coming = set(coming)
    for scene in project.scenes:
        if scene.id not in wanted:
            continue
        cancel.check()
        has_to_wait = _follows(project, scene, coming)
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
