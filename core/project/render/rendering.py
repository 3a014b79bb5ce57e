"""From "render these scenes" to takes: plans, queues, waits for links; whoever asked for it.

Knows no thread and no window. The window and the command line each lend it a host.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from core.errors import Problem, SpendingError, StudioError, UnsupportedRequest
from core.jobs.job import Cancelled, Failed, Progressed, Queued, Started, SubjectKind, Succeeded
from core.jobs.job_record import JobState
from core.jobs.queue import new_job_id
from core.project.files.media import read_take, take_over_clips
from core.project.model.status import SceneJob, SceneJobState
from core.project.render.orders import (
    ProjectHost,
    RenderOffer,
    UnqueuedScenes,
    lost_orders,
    order_scenes,
    scene_in,
    with_caps,
)
from core.project.render.planning import PlannedScene, RefusedScene, plan_scene, start_take
from core.spending.caps import ProjectBudget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken, JobUpdate, Subject
    from core.jobs.job_record import JobRecord
    from core.project.model.project import Scene, Take, VideoProject
    from core.studio import Studio


class RenderHost(ProjectHost, Protocol):
    """Whose project is rendered."""

    def add_take(self, scene_id: str, take: Take) -> None:
        """Take over a finished clip."""
        ...

    def wait_for(self, scene_ids: Sequence[str]) -> None:
        """Remember which scenes follow once the clip before them is there."""
        ...


@dataclass(frozen=True)
class _Found:
    """Jobs that have not ended, and the project with every clip that is there."""

    records: Sequence[JobRecord]
    project: VideoProject


class SceneRendering:
    """Renders scenes of one project, linked ones after each other.

    All calls come from one thread, the host's; `on_event` is to be given every event of the queue.
    """

    def __init__(self, studio: Studio, host: RenderHost) -> None:
        self._studio = studio
        self._host = host
        self._jobs: dict[str, SceneJob] = {}
        self._left_out: dict[str, str] = {}
        self._following: set[str] = set()

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
        return queued.union(self._host.project.to_render)

    def plan(
        self, wanted: set[str], planned: Callable[[RenderOffer], None], *, key: str = "offer"
    ) -> None:
        """Plan these scenes and hand the plans on; nothing is queued before `queue` is called."""
        project, folder, coming = self._host.project, self._host.folder, self.coming

        def plan(cancel: CancelToken) -> RenderOffer:
            return plan_scenes(self._studio, project, folder, wanted, coming, cancel)

        self._host.run(plan, planned, self._host.show_error, key=key)

    def queue(self, offer: RenderOffer) -> None:
        """Put everything that was planned into the queue, and remember what follows by itself."""
        waiting = (*self._host.project.to_render, *(item.scene.id for item in offer.waiting))
        for scene_id in waiting:
            self._forget(scene_id)
        self._host.wait_for(tuple(dict.fromkeys(waiting)))
        self._submit(offer.planned, offer.waiting)

    def find_jobs(self) -> None:
        """Take up the jobs of this project that the queue has from before, and their clips."""
        if self._host.is_read_only:
            return  # they are the other window's
        project, folder = self._host.project, self._host.folder

        budget = ProjectBudget.of(project)

        def find(cancel: CancelToken) -> _Found:
            # Its cap may have been changed where this ledger was not. One that cannot be used is
            # told to whoever buys something.
            with suppress(SpendingError):
                self._studio.ledger.keep_budget(budget)
            # In this order: a job that ends in between has its clip in the folder by then.
            records = self._studio.queue.jobs(0)
            return _Found(records, take_over_clips(project, folder, cancel))

        self._host.run(find, self._take_up, self._host.show_error)

    def _take_up(self, found: _Found) -> None:
        for record in found.records:
            scene_id = self.scene_of(record.subject)
            if scene_id and not record.state.has_ended:
                runs = record.state is JobState.RUNNING
                state = SceneJobState.RUNNING if runs else SceneJobState.QUEUED
                self._jobs.setdefault(record.id, SceneJob(scene_id, state))
        for scene_id, takes in found.project.takes.items():
            for take in takes.takes:
                self._host.add_take(scene_id, take)
        self._host.jobs_changed()
        self._go_on()

    def scene_of(self, subject: Subject | None) -> str:
        """The scene of this project that a job is for; empty for any other job."""
        return scene_in(self._host.project.id, subject, SubjectKind.SCENE)

    def _submit(
        self, planned: Sequence[PlannedScene], waiting: Sequence[PlannedScene] = ()
    ) -> None:
        """Queue the planned scenes, all or none, where their caps take what waits for them too."""
        if not planned:
            return
        project = self._host.project
        jobs = [(new_job_id(), item) for item in planned]
        for job_id, item in jobs:
            self._forget(item.scene.id)
            self._jobs[job_id] = SceneJob(item.scene.id, SceneJobState.QUEUED)
            self._following.discard(item.scene.id)
        self._stop_waiting({item.scene.id for item in planned})

        def submit(_: CancelToken) -> UnqueuedScenes | None:
            return order_scenes(self._studio, project, jobs, waiting)

        self._host.run(submit, self._submitted, self._host.show_error)

    def _submitted(self, unqueued: UnqueuedScenes | None) -> None:
        if unqueued is None:
            return
        for job_id in unqueued.job_ids:
            job = self._jobs.pop(job_id, None)
            if job is not None:
                self._leave_followers(job.scene_id, "could not be queued")
        self._host.jobs_changed()
        self._host.show_error(unqueued.error)

    def _forget(self, scene_id: str) -> None:
        """What became of a scene's earlier jobs counts no more."""
        self._left_out.pop(scene_id, None)
        for job_id, job in list(self._jobs.items()):
            if job.scene_id == scene_id and not job.state.is_under_way:
                del self._jobs[job_id]

    def on_event(self, update: JobUpdate) -> None:
        """Take in what the queue says of a job."""
        scene_id, job_id = self.scene_of(update.subject), update.job_id
        if not scene_id or (self._host.is_read_only and job_id not in self._jobs):
            return
        match update.event:
            case Queued():
                self._forget(scene_id)
                self._jobs[job_id] = SceneJob(scene_id, SceneJobState.QUEUED)
            case Started():
                self._jobs[job_id] = SceneJob(scene_id, SceneJobState.RUNNING)
            case Progressed(fraction=fraction):
                self._jobs[job_id] = SceneJob(scene_id, SceneJobState.RUNNING, fraction)
            case Succeeded(path=path):
                self._fetch_take(job_id, scene_id, path)
                return
            case Failed(error=error):
                self._fail(job_id, scene_id, str(error))
                return
            case Cancelled():
                self._jobs.pop(job_id, None)
                self._leave_followers(scene_id, "was cancelled")
            case _:
                return
        self._host.jobs_changed()

    def _fail(self, job_id: str, scene_id: str, reason: str) -> None:
        self._jobs[job_id] = SceneJob(scene_id, SceneJobState.FAILED, reason=reason)
        self._leave_followers(scene_id, "could not be rendered")
        self._host.jobs_changed()

    def _fetch_take(self, job_id: str, scene_id: str, path: Path) -> None:
        def arrived(take: Take) -> None:
            self._jobs.pop(job_id, None)
            self._host.add_take(scene_id, take)
            self._host.jobs_changed()
            self._go_on()

        def lost(error: StudioError) -> None:
            self._fail(job_id, scene_id, str(error))

        self._host.run(lambda cancel: read_take(path, cancel), arrived, lost)

    def _go_on(self) -> None:
        """Queue the waiting scenes whose start is there now."""
        project = self._host.project
        waiting = set(project.to_render)
        coming = self.coming
        ready: set[str] = set()
        for scene in project.scenes:
            if scene.id not in waiting or scene.id in self._following:
                continue
            if not _waits(project, scene, coming):
                ready.add(scene.id)
            elif not _follows(project, scene, coming):
                # The one before it was given up while nobody looked.
                coming.discard(scene.id)
                self._leave_out(scene.id, "has no clip")
        ready -= {job.scene_id for job in self._jobs.values() if job.state.is_under_way}
        if ready:
            self._following |= ready
            self.plan(ready, self._follow, key="")

    def _follow(self, offer: RenderOffer) -> None:
        for refused in offer.refused:
            scene_id = refused.scene.id
            reasons = " ".join(problem.message for problem in refused.problems)
            if self._host.project.scene(scene_id) is not None:
                number = self._host.project.index(scene_id) + 1
                self._host.show_message(f"Scene {number} cannot follow: {reasons}")
            self._following.discard(scene_id)
            self._left_out[scene_id] = reasons
            self._stop_waiting({scene_id})
            self._leave_followers(scene_id, "could not be rendered")
        self._submit(offer.planned)

    def _leave_followers(self, scene_id: str, fate: str) -> None:
        """Let no scene wait for a clip that does not come."""
        project = self._host.project
        for scene in project.scenes[1:]:
            before = project.before(scene.id)
            is_next = before is not None and before.id == scene_id
            if is_next and scene.continues and scene.id in project.to_render:
                self._leave_out(scene.id, fate)
                self._leave_followers(scene.id, "could not be rendered")

    def _leave_out(self, scene_id: str, fate: str) -> None:
        number = self._host.project.index(scene_id)
        reason = f"It goes on from scene {number}, which {fate}. Render that one again."
        self._left_out[scene_id] = reason
        self._host.show_message(f"Scene {number + 1} is not rendered. {reason}")
        self._stop_waiting({scene_id})

    def _stop_waiting(self, scene_ids: set[str]) -> None:
        left = tuple(i for i in self._host.project.to_render if i not in scene_ids)
        self._host.wait_for(left)
        self._host.jobs_changed()


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


def plan_scenes(
    studio: Studio,
    project: VideoProject,
    folder: Path,
    wanted: set[str],
    coming: set[str],
    cancel: CancelToken,
) -> RenderOffer:
    """The plans of these scenes; reads files, renders nothing.

    Args:
        studio: knows the models.
        project: with its scenes and takes.
        folder: the project's.
        wanted: ids of the scenes.
        coming: ids of scenes that are to get a clip yet, for which others wait.
        cancel: asked between any two scenes.

    Raises:
        JobCancelled: asked to stop.
    """
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
    scenes = {item.scene.id for item in (*planned, *waiting)}
    lost = lost_orders(studio, project, scenes, SubjectKind.SCENE)
    offer = RenderOffer(tuple(planned), tuple(waiting), tuple(refused), lost=lost)
    return with_caps(studio, project, offer)
