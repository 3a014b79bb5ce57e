"""What is planned for scenes, and its way into the queue: caps, lost orders, all or none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from core.errors import StudioError
from core.spending.caps import ProjectBudget
from core.video.planning.render_planner import total_usd
from core.video.record import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken, Subject, SubjectKind
    from core.jobs.job_record import JobRecord
    from core.project.model.project import VideoProject
    from core.project.render.planning import PlannedScene, RefusedScene
    from core.studio import Studio

T = TypeVar("T")


class ProjectHost(Protocol):
    """Whose scenes are ordered: it holds the project and has work done."""

    @property
    def project(self) -> VideoProject:
        """The project as it is now."""
        ...

    @property
    def folder(self) -> Path:
        """Where it lies."""
        ...

    @property
    def is_read_only(self) -> bool:
        """Whether the project is another one's to change."""
        ...

    def run(
        self,
        work: Callable[[CancelToken], T],
        done: Callable[[T], None],
        failed: Callable[[StudioError], None],
        *,
        key: str = "",
    ) -> object:
        """Have something done that takes a while, and hand on what came of it.

        Of several with the same non-empty key only the newest is of interest.
        """
        ...

    def jobs_changed(self) -> None:
        """Where the jobs of scenes stand has changed."""
        ...

    def show_message(self, text: str) -> None:
        """Say something that the person should know."""
        ...

    def show_error(self, error: StudioError) -> None:
        """Something was not queued."""
        ...


@dataclass(frozen=True)
class RenderOffer:
    """What was planned for some scenes, to be agreed to before it is queued.

    Attributes:
        planned: can be queued at once.
        waiting: go on from a clip that is not there yet, and follow by themselves; planned
            without their start frame, to know their price.
        refused: scenes that cannot be rendered as they are.
        refusal: why all of it together is not ordered: it would pass a cap; None where it is.
        lost: by scene the job whose paid order may have arrived, though its answer was lost; what
            is ordered now may be bought twice.
    """

    planned: tuple[PlannedScene, ...]
    waiting: tuple[PlannedScene, ...]
    refused: tuple[RefusedScene, ...]
    refusal: StudioError | None = None
    lost: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def cost_usd(self) -> float | None:
        """The price of everything, what follows included; None when a part is not known."""
        return total_usd(item.planned for item in (*self.planned, *self.waiting))


@dataclass(frozen=True)
class UnqueuedScenes:
    """Jobs that did not get into the queue, and why."""

    job_ids: tuple[str, ...]
    error: StudioError


def scene_in(project_id: str, subject: Subject | None, kind: SubjectKind) -> str:
    """The scene of a project that a job of that kind is for; empty for any other job."""
    if subject is None or subject.kind is not kind:
        return ""
    its_project, _, scene_id = subject.id.partition("/")
    return scene_id if its_project == project_id else ""


def lost_orders(
    studio: Studio, project: VideoProject, wanted: set[str], kind: SubjectKind
) -> dict[str, str]:
    """By scene its newest job of that kind, where nobody knows what became of its paid order."""
    newest: dict[str, JobRecord] = {}
    for record in sorted(studio.queue.jobs(), key=lambda one: one.created_at):
        scene_id = scene_in(project.id, record.subject, kind)
        if scene_id in wanted:
            newest[scene_id] = record
    return {scene_id: record.id for scene_id, record in newest.items() if record.has_lost_order}


def with_caps(studio: Studio, project: VideoProject, offer: RenderOffer) -> RenderOffer:
    """The offer with what speaks against all of it together."""
    renders = (item.planned for item in (*offer.planned, *offer.waiting))
    try:
        studio.check_caps(renders, ProjectBudget.of(project))
    except StudioError as error:
        return replace(offer, refusal=error)
    return offer


def order_scenes(
    studio: Studio,
    project: VideoProject,
    jobs: Sequence[tuple[str, PlannedScene]],
    waiting: Sequence[PlannedScene] = (),
) -> UnqueuedScenes | None:
    """Queue what is planned, all or none, where their caps take what waits for them too.

    Gives what is not queued, and why; what came before an error is in the queue.

    Args:
        studio: whose queue it is.
        project: that the scenes are of.
        jobs: the id of each job, and its scene.
        waiting: what follows by itself.
    """
    budget = ProjectBudget.of(project)
    try:
        studio.check_caps((item.planned for item in (*(one for _, one in jobs), *waiting)), budget)
    except StudioError as error:
        return UnqueuedScenes(tuple(job_id for job_id, _ in jobs), error)
    for place, (job_id, item) in enumerate(jobs):
        origin = _origin(project, item)
        try:
            studio.submit_render(item.planned, origin, job_id=job_id, project=budget)
        except StudioError as error:
            return UnqueuedScenes(tuple(left for left, _ in jobs[place:]), error)
    return None


def _origin(project: VideoProject, item: PlannedScene) -> Origin:
    sent = item.sent
    typed = item.scene.prompt
    return Origin(
        project_id=project.id,
        scene_id=item.scene.id,
        fingerprint=sent.fingerprint,
        role=sent.role,
        prompt="" if typed == sent.request.prompt else typed,
        whose=sent.written.whose,
    )
