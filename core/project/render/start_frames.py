"""From "make a start frame for these scenes" to images that their clips begin with.

Knows no thread and no window. The window and the command line each lend it a host.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from core.errors import Problem, StudioError, UnsupportedRequest
from core.jobs.job import Cancelled, Failed, Progressed, Queued, Started, SubjectKind, Succeeded
from core.jobs.job_record import JobState
from core.jobs.queue import new_job_id
from core.media.output import STILL_SUFFIX, find_free_name
from core.project.files.media import take_over_frames
from core.project.files.media_uses import FRAMES
from core.project.files.project_file import link_problem
from core.project.model.status import SceneJob, SceneJobState
from core.project.render.orders import (
    ProjectHost,
    RenderOffer,
    lost_orders,
    order_scenes,
    scene_in,
    with_caps,
)
from core.project.render.planning import PlannedScene, RefusedScene, plan_sent, spec_of_scene
from core.project.render.references import write_prompt
from core.project.render.requests import SceneRequest, fingerprint, scene_request
from core.video.inputs import CheckedInputs
from core.video.placement import crop_notes
from core.video.planning.asked_size import AskedSize
from core.video.planning.prompt_parts import split_prompt
from core.video.request import FrameRequest, RenderChoices, RenderRequest
from core.video.terms import AUTO, OutputKind, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken, JobUpdate, Subject
    from core.jobs.job_record import JobRecord
    from core.project.files.media import MadeFrame
    from core.project.model.project import Scene, VideoProject
    from core.project.render.orders import UnqueuedScenes
    from core.studio import Studio
    from core.video.spec import ModelSpec
    from core.video.terms import FrameSize


class FrameHost(ProjectHost, Protocol):
    """Whose scenes get start frames: it holds the project and has work done."""

    def add_frame(self, scene_id: str, image: Path, *, is_wanted: bool) -> None:
        """Take over a finished image.

        Args:
            scene_id: whose start frame it is to be.
            image: lies in the project's folder.
            is_wanted: it becomes the start frame now; else it can only be chosen.
        """
        ...


def without_frame(scenes: Sequence[Scene]) -> tuple[Scene, ...]:
    """The scenes among these that start from words alone, and could start from an image."""
    return tuple(
        scene
        for scene in scenes
        if scene.start_image is None and not scene.continues and scene.prompt.strip()
    )


def frame_scenes(project: VideoProject) -> tuple[Scene, ...]:
    """The scenes that start from an image of their own, or could."""
    return tuple(scene for scene in project.scenes if not scene.continues)


def spec_for_frames(studio: Studio, choices: RenderChoices) -> ModelSpec:
    """The model by which start frames are made.

    Raises:
        UnsupportedRequest: no such provider, deployment or model.
    """
    target = choices.target
    if target.model == AUTO:
        request = RenderRequest(target=target, prompt="", output=OutputKind.IMAGE)
        target = target.with_model(studio.registry.open(target).resolve(request).model)
    return studio.registry.spec(target)


def plan_start_frames(
    studio: Studio,
    project: VideoProject,
    folder: Path,
    wanted: set[str],
    choices: RenderChoices,
    cancel: CancelToken,
) -> RenderOffer:
    """The plans of start frames for these scenes; reads files, makes nothing.

    Args:
        studio: knows the models.
        project: with its scenes.
        folder: the project's.
        wanted: ids of the scenes.
        choices: who makes them, of which size and with how much work.
        cancel: asked between any two scenes.

    Raises:
        UnsupportedRequest: there is no such model.
        JobCancelled: asked to stop.
    """
    spec = spec_for_frames(studio, choices)
    planned: list[PlannedScene] = []
    refused: list[RefusedScene] = []
    for scene in project.scenes:
        if scene.id not in wanted:
            continue
        cancel.check()
        try:
            planned.append(_plan_frame(studio, project, scene, folder, choices, spec))
        except UnsupportedRequest as error:
            refused.append(RefusedScene(scene, error.problems))
        except StudioError as error:
            refused.append(RefusedScene(scene, (Problem("scene", str(error)),)))
    lost = lost_orders(
        studio, project, {item.scene.id for item in planned}, SubjectKind.START_FRAME
    )
    offer = RenderOffer(tuple(planned), (), tuple(refused), lost=lost)
    return with_caps(studio, project, offer)


def _plan_frame(
    studio: Studio,
    project: VideoProject,
    scene: Scene,
    folder: Path,
    choices: RenderChoices,
    spec: ModelSpec,
) -> PlannedScene:
    problems: list[Problem] = []
    number = project.index(scene.id) + 1
    if scene.continues:
        message = (
            f"The scene starts from the last frame of scene {number - 1}. Unlink it to give it a "
            "start frame of its own."
        )
        problems.append(Problem("continues", message))
    linked = link_problem(folder, FRAMES)
    if linked:
        problems.append(Problem("out", linked))
    else:
        # Where it cannot be made, the plan says so.
        with suppress(OSError):
            (folder / FRAMES).mkdir(exist_ok=True)
    clip_size = _clip_size(studio, project, scene)
    sent = frame_request(project, scene, spec, choices, clip_size)
    day = datetime.now().astimezone()
    # Never the name of an earlier one: clips are told from each other by the names of their files.
    name = f"scene_{number:03}_start_{day:%Y%m%d}-{day:%H%M%S}{STILL_SUFFIX}"
    out = find_free_name(folder / FRAMES / name)
    try:
        item = plan_sent(studio, scene, sent, out)
    except UnsupportedRequest as error:
        raise UnsupportedRequest([*problems, *error.problems]) from error
    if problems:
        raise UnsupportedRequest(problems)
    if clip_size is None:
        return item
    plan = item.planned.plan
    cuts = tuple(crop_notes("start image", clip_size, (plan.width, plan.height)))
    return replace(item, sent=replace(sent, left_out=(*sent.left_out, *cuts)))


def _clip_size(studio: Studio, project: VideoProject, scene: Scene) -> FrameSize | None:
    """The size of the scene's clip as far as its choices say it; None where nobody can tell."""
    try:
        spec = spec_of_scene(studio, project, scene)
    except UnsupportedRequest:
        return None
    request = scene_request(project, scene, spec).request
    return AskedSize(request, spec, [], []).choose(CheckedInputs())


def frame_request(
    project: VideoProject,
    scene: Scene,
    spec: ModelSpec,
    choices: RenderChoices,
    clip_size: FrameSize | None,
) -> SceneRequest:
    """The request for a scene's start frame, with the references of its characters.

    Args:
        project: of the scene.
        scene: whose clip is to begin with the image.
        spec: the model that makes it.
        choices: its size by name, and how much work goes into it.
        clip_size: whose aspect the image has, or the one that the model has nearest to it.
    """
    first, *rest = split_prompt(scene.prompt)
    alone = scene.model_copy(update={"prompt": first.prompt, "enhanced_prompt": ""})
    written = write_prompt(project, alone, spec)
    frame = FrameRequest(resolution=choices.frame.resolution, aspect=choices.frame.aspect)
    if clip_size is not None and frame.aspect is None:
        frame = frame.model_copy(update={"aspect": _nearest(spec, frame.resolution, clip_size)})
    request = RenderRequest(
        target=choices.target.with_model(spec.id),
        prompt=written.prompt,
        output=OutputKind.IMAGE,
        frame=frame,
        quality=choices.quality,
        sampling=choices.sampling,
        inputs=written.inputs,
    )
    parts = f"The image shows the first of {len(rest) + 1} parts of the prompt."
    return SceneRequest(
        request, written, (parts,) if rest else (), fingerprint(request), role=Role.START
    )


def _nearest(spec: ModelSpec, resolution: str | None, clip_size: FrameSize) -> str:
    fitting = [size for size in spec.sizes if size.resolution == resolution]
    usual = [size for size in spec.sizes if size.resolution == spec.default_size.resolution]
    ratio = clip_size.width / clip_size.height
    sizes = fitting or usual
    return min(sizes, key=lambda s: abs(math.log(s.width / s.height / ratio))).aspect.value


@dataclass(frozen=True)
class _FoundFrames:
    """Jobs that have not ended, and images that the project lacks, each with its scene."""

    records: Sequence[JobRecord]
    images: tuple[MadeFrame, ...]


class StartFrames:
    """Makes start frames for scenes of one project.

    All calls come from one thread, the host's; `on_event` is to be given every event of the queue.
    """

    def __init__(self, studio: Studio, host: FrameHost) -> None:
        self._studio = studio
        self._host = host
        self._jobs: dict[str, SceneJob] = {}

    @property
    def jobs(self) -> Mapping[str, SceneJob]:
        """Where the newest job of each scene stands, by scene id."""
        return {job.scene_id: job for job in self._jobs.values()}

    def plan(
        self,
        wanted: set[str],
        choices: RenderChoices,
        planned: Callable[[RenderOffer], None],
        failed: Callable[[StudioError], None],
    ) -> None:
        """Plan start frames for these scenes and hand the plans on; nothing is queued."""
        project, folder = self._host.project, self._host.folder

        def plan(cancel: CancelToken) -> RenderOffer:
            return plan_start_frames(self._studio, project, folder, wanted, choices, cancel)

        self._host.run(plan, planned, failed, key="start frames")

    def queue(self, offer: RenderOffer) -> None:
        """Put everything that was planned into the queue, all or none."""
        project = self._host.project
        jobs = [(new_job_id(), item) for item in offer.planned]
        for job_id, item in jobs:
            self._forget(item.scene.id)
            self._jobs[job_id] = SceneJob(item.scene.id, SceneJobState.QUEUED)
        self._host.jobs_changed()

        def submit(_: CancelToken) -> UnqueuedScenes | None:
            return order_scenes(self._studio, project, jobs)

        self._host.run(submit, self._submitted, self._host.show_error)

    def _submitted(self, unqueued: UnqueuedScenes | None) -> None:
        if unqueued is not None:
            for job_id in unqueued.job_ids:
                self._jobs.pop(job_id, None)
            self._host.jobs_changed()
            self._host.show_error(unqueued.error)

    def find_jobs(self) -> None:
        """Take up the jobs of this project that the queue has from before, and their images."""
        if self._host.is_read_only:
            return  # they are the other window's
        project, folder = self._host.project, self._host.folder

        def find(cancel: CancelToken) -> _FoundFrames:
            # In this order: a job that ends in between has its image in the folder by then.
            return _FoundFrames(
                self._studio.queue.jobs(0), take_over_frames(project, folder, cancel)
            )

        self._host.run(find, self._take_up, self._host.show_error)

    def _take_up(self, found: _FoundFrames) -> None:
        for record in found.records:
            scene_id = self.scene_of(record.subject)
            if scene_id and not record.state.has_ended:
                runs = record.state is JobState.RUNNING
                state = SceneJobState.RUNNING if runs else SceneJobState.QUEUED
                self._jobs.setdefault(record.id, SceneJob(scene_id, state))
        for made in found.images:
            scene = self._host.project.scene(made.scene_id)
            if scene is not None:
                is_wanted = scene.start_image is None and not scene.continues
                self._host.add_frame(scene.id, made.path, is_wanted=is_wanted)
        self._host.jobs_changed()

    def scene_of(self, subject: Subject | None) -> str:
        """The scene of this project whose start frame a job makes; empty for any other job."""
        return scene_in(self._host.project.id, subject, SubjectKind.START_FRAME)

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
                self._jobs.pop(job_id, None)
                self._host.add_frame(scene_id, path, is_wanted=True)
            case Failed(error=error):
                self._jobs[job_id] = SceneJob(scene_id, SceneJobState.FAILED, reason=str(error))
            case Cancelled():
                self._jobs.pop(job_id, None)
            case _:
                return
        self._host.jobs_changed()

    def _forget(self, scene_id: str) -> None:
        """What became of a scene's earlier jobs counts no more."""
        for job_id, job in list(self._jobs.items()):
            if job.scene_id == scene_id and not job.state.is_under_way:
                del self._jobs[job_id]
