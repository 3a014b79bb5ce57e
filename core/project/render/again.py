"""A scene set up as it was when one of its takes was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.project.model.project import RenderChoices
from core.project.render.from_record import choices_of

if TYPE_CHECKING:
    from core.project.model.project import Scene, VideoProject
    from core.video.record import ClipRecord
    from core.video.request import Lora

# How a render is carried out is no part of what was made; files are looked for by their names.
_LEFT_ALONE = ("memory", "webhook_url", "loras")


@dataclass(frozen=True)
class SceneAgain:
    """The scene as it was then; `notes` tell what could not be brought back."""

    scene: Scene
    notes: tuple[str, ...]


def scene_again(project: VideoProject, scene: Scene, record: ClipRecord) -> SceneAgain:
    """The scene with the prompt, the settings and the seed that a take's record names.

    Only what differs from the project becomes a choice of the scene's own.
    """
    found = choices_of(record)
    now = scene.choices(project.render)
    again = scene.model_copy(update={"prompt": found.prompt})
    for name in RenderChoices.model_fields:
        value = getattr(found.choices, name)
        if name in _LEFT_ALONE:
            continue
        if value == getattr(project.render, name):
            again = again.without_own(name)
        else:
            again = again.with_own(name, value)
    notes: list[str] = []
    loras = _loras(found.choices.loras, (*now.loras, *project.render.loras), notes)
    if loras != now.loras:
        again = again.with_own("loras", loras)
    image = scene.start_image.name if scene.start_image and not scene.continues else ""
    if found.start_image != image and not scene.continues:
        what = f"{found.start_image!r}" if found.start_image else "no picture"
        notes.append(f"The take started from {what}; the scene's start frame is left as it is.")
    return SceneAgain(again, tuple(notes))


def _loras(wanted: tuple[Lora, ...], known: tuple[Lora, ...], notes: list[str]) -> tuple[Lora, ...]:
    paths = {lora.path.name: lora.path for lora in known}
    for lora in wanted:
        if lora.path.name not in paths:
            notes.append(f"The LoRA {lora.path.name!r} is left out: choose its file again.")
    return tuple(
        lora.model_copy(update={"path": paths[lora.path.name]})
        for lora in wanted
        if lora.path.name in paths
    )
