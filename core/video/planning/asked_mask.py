"""Whether an image can be edited within a mask: the two must fit each other and the model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.errors import Problem
from core.video.inputs import field_of
from core.video.placement import SAME_ASPECT
from core.video.terms import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.video.inputs import CheckedInputs
    from core.video.request import RenderRequest
    from core.video.spec import FrameSize, ModelSpec

_FIELD = field_of(Role.MASK)


def mask_problems(
    request: RenderRequest, known: CheckedInputs, spec: ModelSpec
) -> Iterator[Problem]:
    """What is wrong with a mask and the image that it is for, where a model takes one at all."""
    if not (request.of_role(Role.MASK) and spec.limit(Role.MASK)):
        return
    if not request.of_role(Role.START):
        yield Problem(_FIELD, "A mask needs an image that is edited within it. Name one.")
    mask, image = known.sizes.get(Role.MASK), known.sizes.get(Role.START)
    if mask is not None and image is not None and mask != image:
        yield Problem(
            _FIELD,
            f"The mask is {mask[0]}x{mask[1]} and the image {image[0]}x{image[1]}. Make it of the "
            "same size.",
        )
    if known.edited_share == 0:
        yield Problem(
            _FIELD,
            "The mask is black everywhere, so nothing would be edited. Paint white what is to "
            "change.",
        )
    if known.edited_share == 1:
        yield Problem(
            _FIELD,
            "The mask is white everywhere, so all of the image would be edited. Leave it out.",
        )


def mask_size_problem(known: CheckedInputs, size: FrameSize, spec: ModelSpec) -> Problem | None:
    """Why what comes of a size cannot be laid over the image; None where it can, or needs not."""
    image = known.sizes.get(Role.START)
    if image is None or Role.MASK not in known.sizes or not spec.limit(Role.MASK):
        return None
    width, height = image
    if abs(math.log(size.width / size.height * height / width)) <= SAME_ASPECT:
        return None
    ratios = ", ".join(aspect.value for aspect in spec.aspects)
    return Problem(
        "frame.aspect",
        f"Within a mask the image keeps its place, and {width}x{height} is not {size.aspect.value}."
        f" Cut it to a ratio that {spec.label} makes ({ratios}), and the mask with it.",
    )
