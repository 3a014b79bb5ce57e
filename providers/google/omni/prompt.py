"""How Gemini Omni is told what each file is for: by its place, its task and tags in the prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.video.terms import Role

if TYPE_CHECKING:
    from core.video.plan import RenderPlan
    from core.video.request import Input

_VIDEOS = {Role.EXTEND_VIDEO: "extend", Role.SOURCE_VIDEO: "edit"}
_FRAMES = {Role.START: "<FIRST_FRAME>", Role.END: "<LAST_FRAME>"}


def sent_inputs(plan: RenderPlan) -> tuple[Input, ...]:
    """The files in the order in which they are sent, before the prompt."""
    request, roles = plan.request, (*_VIDEOS, *_FRAMES, Role.REFERENCE)
    return tuple(item for role in roles for item in request.of_role(role))


def task_of(plan: RenderPlan) -> str:
    """Google's word for the kind of work; empty where it has none, and the tags say it."""
    request = plan.request
    has_frames, has_references = (
        bool(request.of_role(*_FRAMES)),
        bool(request.of_role(Role.REFERENCE)),
    )
    for role, word in _VIDEOS.items():
        if request.of_role(role):
            return word
    if has_frames:
        return "" if has_references else "image_to_video"
    return "reference_to_video" if has_references else "text_to_video"


def tagged_prompt(plan: RenderPlan) -> str:
    """The prompt as the model reads it: before it, which image is the first or a reference.

    A person who has written such tags is left to them.
    """
    images = [item for item in sent_inputs(plan) if item.role not in _VIDEOS]
    if not images or "[#" in plan.prompt or any(tag in plan.prompt for tag in _FRAMES.values()):
        return plan.prompt
    frames, references = list[str](), list[str]()
    for number, item in enumerate(images, start=1):
        tag = _FRAMES.get(item.role)
        if tag is None:
            references.append(f"<IMAGE_REF_{len(references)}>@Image{number}")
        else:
            frames.append(f"{tag}@Image{number}")
    parts = [f"[# Sources {' '.join(frames)}]"] if frames else []
    parts += [f"[# References {' '.join(references)}]"] if references else []
    return " ".join((*parts, plan.prompt))
