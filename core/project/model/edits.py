"""Edits of a project as pure functions: each gives the project as it is afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.project.model.project import Scene, SceneCut, SceneTakes, VideoProject, new_id
from core.project.model.scene_edits import with_duration
from core.video.controls import Control

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from core.project.model.project import Take

_SHORTEST_HALF_S = 1.0


def change_scenes(
    project: VideoProject, ids: Collection[str], change: Callable[[Scene], Scene]
) -> VideoProject:
    """The project with these scenes changed, all in the same way."""
    scenes = (change(scene) if scene.id in ids else scene for scene in project.scenes)
    return _with_order(project, tuple(scenes))


def insert_scenes(project: VideoProject, index: int, scenes: Sequence[Scene]) -> VideoProject:
    """The project with new scenes before the one at `index`."""
    before, after = project.scenes[:index], project.scenes[index:]
    return _with_order(project, (*before, *scenes, *after))


def delete_scenes(project: VideoProject, ids: Collection[str]) -> VideoProject:
    """The project without these scenes; their takes stay on disk and in the project's list."""
    return _with_order(project, tuple(s for s in project.scenes if s.id not in ids))


def move_scenes(project: VideoProject, ids: Collection[str], index: int) -> VideoProject:
    """The project with these scenes, in their order, before the one that is now at `index`."""
    before = tuple(s for s in project.scenes[:index] if s.id not in ids)
    after = tuple(s for s in project.scenes[index:] if s.id not in ids)
    return _with_order(project, (*before, *(s for s in project.scenes if s.id in ids), *after))


def duplicate_scenes(project: VideoProject, ids: Collection[str]) -> VideoProject:
    """The project with a copy after each of these scenes; takes belong to both."""
    scenes: list[Scene] = []
    takes = dict(project.takes)
    for scene in project.scenes:
        scenes.append(scene)
        if scene.id in ids:
            copy = scene.model_copy(update={"id": new_id("scene")})
            scenes.append(copy)
            if scene.id in takes:
                takes[copy.id] = takes[scene.id]
    return _with_order(project.model_copy(update={"takes": takes}), tuple(scenes))


def middle_of(prompt: str) -> int:
    """Where a prompt is best cut in two: the gap between words nearest to its middle."""
    gaps = [at for at, letter in enumerate(prompt) if letter.isspace()]
    return min(gaps, key=lambda at: abs(2 * at - len(prompt)), default=len(prompt))


def split_scene(project: VideoProject, scene_id: str, at: int) -> VideoProject:
    """The project with a scene in two, its prompt divided at a character.

    The first half keeps the takes and where they are cut; the second goes on from its last frame
    and ends on the end frame. A length of the scene's own is shared between them as the prompt is.
    """
    index = project.index(scene_id)
    scene = project.scenes[index]
    cut = scene.cut
    first = scene.model_copy(update={"prompt": scene.prompt[:at].rstrip(), "end_image": None})
    second = scene.model_copy(
        update={
            "id": new_id("scene"),
            "title": "",
            "prompt": scene.prompt[at:].lstrip(),
            "text": "",
            "start_image": None,
            "continues": True,
            "cut": SceneCut(
                speed=cut.speed, volume_db=cut.volume_db, is_muted=cut.is_muted, fit=cut.fit
            ),
        }
    )
    whole_s = own_duration_s(scene)
    if whole_s is not None and whole_s >= 2 * _SHORTEST_HALF_S and scene.prompt:
        share_s = round(whole_s * at / len(scene.prompt), 1)
        first_s = min(max(share_s, _SHORTEST_HALF_S), whole_s - _SHORTEST_HALF_S)
        first = with_duration(first, first_s)
        second = with_duration(second, round(whole_s - first_s, 3))
    before, after = project.scenes[:index], project.scenes[index + 1 :]
    return _with_order(project, (*before, first, second, *after))


def merge_scenes(project: VideoProject, ids: Collection[str]) -> VideoProject:
    """The project with these scenes as one in the place of the first.

    Words are joined, lengths of their own added up, and all takes kept; it begins as the first
    of them and ends as the last.
    """
    parts = [scene for scene in project.scenes if scene.id in ids]
    if len(parts) < 2:
        return project
    first = parts[0]
    references = {item.path: item for scene in parts for item in scene.references}
    whole = first.model_copy(
        update={
            "title": next((scene.title for scene in parts if scene.title), ""),
            "prompt": " ".join(scene.prompt for scene in parts if scene.prompt),
            "text": "\n".join(scene.text for scene in parts if scene.text),
            "end_image": parts[-1].end_image,
            "references": tuple(references.values()),
        }
    )
    lengths = [own_duration_s(scene) for scene in parts]
    known = [length for length in lengths if length is not None]
    if len(known) == len(parts):
        whole = with_duration(whole, round(sum(known), 3))
    gone = {scene.id for scene in parts[1:]}
    scenes = tuple(
        whole if scene.id == first.id else scene for scene in project.scenes if scene.id not in gone
    )
    takes = _joined_takes([project.takes_of(scene.id) for scene in parts])
    if takes != project.takes_of(first.id):
        project = project.with_takes(first.id, takes)
    return _with_order(project, scenes)


def own_duration_s(scene: Scene) -> float | None:
    """The length that a scene asks for itself."""
    return scene.own.frame.duration_s if Control.DURATION in scene.own_fields else None


def _joined_takes(parts: Sequence[SceneTakes]) -> SceneTakes:
    # A duplicated scene shares its takes with the original: each is kept once.
    takes: dict[str, Take] = {take.id: take for part in parts for take in part.takes}
    chosen = next((part.chosen for part in parts if part.chosen is not None), None)
    return SceneTakes(takes=tuple(takes.values()), chosen=chosen)


def _with_order(project: VideoProject, scenes: tuple[Scene, ...]) -> VideoProject:
    """The project with these scenes; the first of them has none before it to go on from."""
    if scenes and scenes[0].continues:
        scenes = (scenes[0].model_copy(update={"continues": False}), *scenes[1:])
    return project.model_copy(update={"scenes": scenes})
