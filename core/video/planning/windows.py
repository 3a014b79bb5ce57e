"""What a model works on at a time: the whole clip, or each part or end of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from core.video.placement import images_of
from core.video.request import Input
from core.video.terms import ExtendDirection, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.video.plan import RenderPlan


def windows_of(plan: RenderPlan) -> tuple[RenderPlan, ...]:
    """What the model works on at a time: the clip, or each part or end of it as a plan of its own.

    The frames that it sees of the parts before are a window's first and count as kept ones. A
    window of a video that is extended at both ends in two passes holds all of the video.
    """
    if not plan.parts and plan.passes == 1:
        return (plan,)
    windows = _parts_alone(plan) if plan.parts else _ends_alone(plan)
    return tuple(
        _with_images(plan, number, begin, window)
        for number, (begin, window) in enumerate(zip(window_begins(plan), windows, strict=True))
    )


def _parts_alone(plan: RenderPlan) -> Iterator[RenderPlan]:
    for part in plan.parts:
        alone = {
            "prompt": part.prompt,
            "num_frames": part.seen_frames + part.num_frames,
            "kept_frames": part.seen_frames,
            "context_frames": part.seen_frames,
            "parts": (),
        }
        yield plan.model_copy(update=alone)


def _ends_alone(plan: RenderPlan) -> Iterator[RenderPlan]:
    request = plan.request
    for new, direction in (
        (plan.new_before, ExtendDirection.BACKWARD),
        (plan.new_after, ExtendDirection.FORWARD),
    ):
        editing = request.editing.model_copy(update={"direction": direction})
        alone = {
            "request": request.model_copy(update={"editing": editing}),
            "num_frames": plan.kept_frames + new,
            "passes": 1,
        }
        yield plan.model_copy(update=alone)


def _with_images(plan: RenderPlan, number: int, begin: int, window: RenderPlan) -> RenderPlan:
    """A window with the images of the frames that are made in it, and a seed of its own."""
    images = tuple(
        Input(
            role=Role.START if image.frame == 0 else Role.KEYFRAME,
            path=image.item.path,
            at_s=(image.frame - begin) / plan.fps if image.frame else None,
            strength=image.strength,
        )
        for image in images_of(plan)
        if any(image.frame - begin in new for new in window.new)
    )
    others = plan.request.of_role(Role.LORA, Role.EXTEND_VIDEO)
    return window.model_copy(
        update={
            "request": window.request.with_inputs((*images, *others)),
            "seed": _seed_of(plan.seed, number),
        }
    )


def window_begins(plan: RenderPlan) -> tuple[int, ...]:
    """Which frame of the clip each window begins with, from 0."""
    if plan.parts:
        return tuple(part.first - part.seen_frames for part in plan.parts)
    return (0,) if plan.passes == 1 else (0, plan.new_before)


def _seed_of(seed: int, number: int) -> int:
    """The seed of a window: the first has the clip's, and no other draws the same noise again."""
    if number == 0:
        return seed
    return int.from_bytes(hashlib.sha256(f"{seed} {number}".encode()).digest()[:4], "big") >> 1
