"""From a scene to a render that can be queued: the model, the start frame, the plan, the place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.media.frames import write_last_frame
from core.media.output import find_free_name
from core.project.files.project_file import CLIPS, INPUTS, link_problem, plain_name
from core.project.model.status import is_stale
from core.project.render.requests import scene_request
from core.routing.route_plan import Fallbacks
from core.video.request import RenderRequest
from core.video.terms import AUTO

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.project.model.project import Scene, Take, VideoProject
    from core.project.render.requests import SceneRequest
    from core.studio import Studio
    from core.video.planning.render_planner import PlannedRender, PlannedWords
    from core.video.spec import ModelSpec


@dataclass(frozen=True)
class PlannedScene:
    """One scene's render, ready to be queued."""

    scene: Scene
    sent: SceneRequest
    planned: PlannedRender


@dataclass(frozen=True)
class RefusedScene:
    """A scene that cannot be rendered as it is, and why."""

    scene: Scene
    problems: tuple[Problem, ...]


def spec_of_scene(studio: Studio, project: VideoProject, scene: Scene) -> ModelSpec:
    """The model that a scene's choices stand for.

    Raises:
        UnsupportedRequest: no such provider, deployment or model.
    """
    target = scene.choices(project.render).target
    if target.model == AUTO:
        provider = studio.registry.open(target)
        request = RenderRequest(target=target, prompt=scene.prompt)
        target = target.with_model(provider.resolve(request).model)
    return studio.registry.spec(target)


def link_image(folder: Path, take: Take) -> Path:
    """Where the last frame of a take lies; named for the take, whose file never changes."""
    # What a project of somebody else calls its takes may be the way to another folder.
    return folder / INPUTS / f"last-of-{plain_name(take.id)}.png"


def start_take(project: VideoProject, scene: Scene) -> Take | None:
    """The clip that a linked scene goes on from; None where it is not rendered yet."""
    before = project.before(scene.id)
    return None if before is None else project.chosen_take(before.id)


def fingerprint_of(studio: Studio, project: VideoProject, scene: Scene, folder: Path) -> str:
    """What the scene's clip would be made from now; empty where it cannot be made."""
    try:
        spec = spec_of_scene(studio, project, scene)
    except UnsupportedRequest:
        return ""
    take = start_take(project, scene) if scene.continues else None
    image = None if take is None else link_image(folder, take)
    return scene_request(project, scene, spec, image).fingerprint


def plan_scene(
    studio: Studio, project: VideoProject, scene: Scene, folder: Path, cancel: CancelToken
) -> PlannedScene:
    """The exact plan of a scene's next take; reads files, renders nothing.

    Raises:
        UnsupportedRequest: with everything that is wrong.
        UnreadableClip: the clip that the scene goes on from cannot be read.
        JobCancelled: asked to stop.
    """
    sent = _sent_for(studio, project, scene, folder, cancel)
    out = next_take_path(project, scene, folder)
    return plan_sent(studio, scene, sent, out)


def plan_sent(studio: Studio, scene: Scene, sent: SceneRequest, out: Path) -> PlannedScene:
    """The exact plan of what is asked for a scene, and where it goes.

    Raises:
        UnsupportedRequest: with everything that is wrong.
    """
    problems = list(sent.written.problems)
    try:
        planned = studio.plan(sent.request, out=out, fallbacks=Fallbacks.of(studio.settings.render))
    except UnsupportedRequest as error:
        raise UnsupportedRequest([*problems, *error.problems]) from error
    if problems:
        raise UnsupportedRequest(problems)
    return PlannedScene(scene, sent, planned)


def plan_words(
    studio: Studio, project: VideoProject, scene: Scene, folder: Path, cancel: CancelToken
) -> PlannedWords:
    """The plan by which a scene's prompt is enhanced alone; reads files, renders nothing.

    Raises:
        UnsupportedRequest: with everything that is wrong.
        UnreadableClip: the clip that the scene goes on from cannot be read.
        JobCancelled: asked to stop.
    """
    sent = _sent_for(studio, project, scene, folder, cancel)
    if sent.written.problems:
        raise UnsupportedRequest(list(sent.written.problems))
    return studio.plan_enhancement(sent.request)


def _sent_for(
    studio: Studio, project: VideoProject, scene: Scene, folder: Path, cancel: CancelToken
) -> SceneRequest:
    """What is asked for a scene, its model named, the frame that it goes on from at hand."""
    spec = spec_of_scene(studio, project, scene)
    linked = [link_problem(folder, name) for name in (CLIPS, INPUTS)]
    if any(linked):
        raise UnsupportedRequest([Problem("out", text) for text in linked if text])
    image = None
    if scene.continues:
        take = start_take(project, scene)
        if take is None:
            raise UnsupportedRequest(
                [
                    Problem(
                        "continues",
                        "The scene goes on from the one before, which has no clip yet. "
                        "Render that one first.",
                    )
                ]
            )
        image = link_image(folder, take)
        if not image.is_file():
            image.parent.mkdir(parents=True, exist_ok=True)
            write_last_frame(take.path, image, cancel)
    sent = scene_request(project, scene, spec, image)
    return replace(sent, request=sent.request.with_model(spec.id))


def next_take_path(project: VideoProject, scene: Scene, folder: Path) -> Path:
    """A free name for the scene's next clip, such as `clips/scene_001_take_02.mp4`."""
    number = project.index(scene.id) + 1
    take = len(project.takes_of(scene.id).takes) + 1
    return find_free_name(folder / CLIPS / f"scene_{number:03}_take_{take:02}.mp4")


def all_to_render(project: VideoProject) -> tuple[Scene, ...]:
    """The scenes of which "all" makes new takes: not those that show footage from outside."""
    takes = ((scene, project.chosen_take(scene.id)) for scene in project.scenes)
    return tuple(scene for scene, take in takes if take is None or not take.is_footage)


def missing_or_stale(
    project: VideoProject, fingerprints: dict[str, str], scenes: Sequence[Scene]
) -> tuple[Scene, ...]:
    """The scenes that have no clip, or one that was made from something else."""
    return tuple(
        scene
        for scene in scenes
        if (take := project.chosen_take(scene.id)) is None
        or is_stale(take, fingerprints.get(scene.id, ""))
    )
