"""Edits of a project as pure functions: each gives the project as it is afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.project.project import Scene, SceneTakes, VideoProject, new_id

if TYPE_CHECKING:
    from collections.abc import Sequence


def insert_scenes(project: VideoProject, index: int, scenes: Sequence[Scene]) -> VideoProject:
    """The project with new scenes before the one at `index`."""
    before, after = project.scenes[:index], project.scenes[index:]
    return _with_order(project, (*before, *scenes, *after))


def delete_scenes(project: VideoProject, ids: Sequence[str]) -> VideoProject:
    """The project without these scenes; their takes stay on disk and in the project's list."""
    gone = set(ids)
    return _with_order(project, tuple(s for s in project.scenes if s.id not in gone))


def move_scenes(project: VideoProject, ids: Sequence[str], index: int) -> VideoProject:
    """The project with these scenes, in their order, before the one that is now at `index`."""
    moved = set(ids)
    before = tuple(s for s in project.scenes[:index] if s.id not in moved)
    after = tuple(s for s in project.scenes[index:] if s.id not in moved)
    return _with_order(project, (*before, *(s for s in project.scenes if s.id in moved), *after))


def duplicate_scenes(project: VideoProject, ids: Sequence[str]) -> VideoProject:
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


def split_scene(project: VideoProject, scene_id: str, at: int) -> VideoProject:
    """The project with a scene in two, its prompt divided at a character.

    The first half keeps the takes; the second goes on from its last frame.
    """
    index = project.index(scene_id)
    scene = project.scenes[index]
    first = scene.model_copy(update={"prompt": scene.prompt[:at].rstrip()})
    second = scene.model_copy(
        update={
            "id": new_id("scene"),
            "prompt": scene.prompt[at:].lstrip(),
            "text": "",
            "start_image": None,
            "continues": True,
        }
    )
    before, after = project.scenes[:index], project.scenes[index + 1 :]
    return _with_order(project, (*before, first, second, *after))


def merge_scenes(project: VideoProject, ids: Sequence[str]) -> VideoProject:
    """The project with these scenes as one, in the place of the first: words joined, takes kept."""
    parts = [scene for scene in project.scenes if scene.id in ids]
    if len(parts) < 2:
        return project
    first = parts[0]
    references = {item.path: item for scene in parts for item in scene.references}
    whole = first.model_copy(
        update={
            "prompt": " ".join(scene.prompt for scene in parts if scene.prompt),
            "text": "\n".join(scene.text for scene in parts if scene.text),
            "end_image": parts[-1].end_image,
            "references": tuple(references.values()),
        }
    )
    takes = tuple(take for scene in parts for take in project.takes_of(scene.id).takes)
    chosen = project.takes_of(first.id).chosen
    gone = {scene.id for scene in parts[1:]}
    scenes = tuple(
        whole if scene.id == first.id else scene for scene in project.scenes if scene.id not in gone
    )
    merged = project.with_takes(first.id, SceneTakes(takes=takes, chosen=chosen))
    return _with_order(merged, scenes)


def _with_order(project: VideoProject, scenes: tuple[Scene, ...]) -> VideoProject:
    """The project with these scenes; the first of them has none before it to go on from."""
    if scenes and scenes[0].continues:
        scenes = (scenes[0].model_copy(update={"continues": False}), *scenes[1:])
    return project.model_copy(update={"scenes": scenes})
