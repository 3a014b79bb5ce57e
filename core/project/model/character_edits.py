"""Edits of what a project keeps by name; what its prompts mean stays the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.project.model.characters import find_mentions, keep_meaning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.project.model.characters import Character
    from core.project.model.project import Scene, VideoProject


def character_named(project: VideoProject, name: str) -> Character | None:
    """The one of that name, whatever its capitals."""
    wanted = " ".join(name.split()).casefold()
    return next((one for one in project.characters if one.name.casefold() == wanted), None)


def with_character(project: VideoProject, character: Character) -> VideoProject:
    """The project with one more, or with this one in the place of the one with its id.

    Prompts that mention it have its new name.
    """
    known = any(one.id == character.id for one in project.characters)
    changed = (character if one.id == character.id else one for one in project.characters)
    return with_characters(project, (*changed, *(() if known else (character,))))


def without_character(project: VideoProject, character_id: str) -> VideoProject:
    """The project without it; prompts keep its name as a plain word."""
    left = tuple(one for one in project.characters if one.id != character_id)
    return with_characters(project, left)


def scenes_with(project: VideoProject, character_id: str) -> tuple[int, ...]:
    """The numbers, from 1, of the scenes whose prompts mention it."""
    return tuple(
        number
        for number, scene in enumerate(project.scenes, start=1)
        if any(
            found.character is not None and found.character.id == character_id
            for prompt in (scene.prompt, scene.enhanced_prompt)
            for found in find_mentions(prompt, project.characters)
        )
    )


def with_characters(project: VideoProject, after: Sequence[Character]) -> VideoProject:
    """The project with these characters; its prompts mean those that they meant."""
    before = project.characters
    names = [(one.id, one.name) for one in before]
    if names == [(one.id, one.name) for one in after]:
        return project.model_copy(update={"characters": tuple(after)})

    def kept(scene: Scene) -> Scene:
        texts = {"prompt": scene.prompt, "enhanced_prompt": scene.enhanced_prompt}
        changed = {name: keep_meaning(text, before, after) for name, text in texts.items()}
        return scene if changed == texts else scene.model_copy(update=changed)

    scenes = tuple(map(kept, project.scenes))
    return project.model_copy(update={"characters": tuple(after), "scenes": scenes})
