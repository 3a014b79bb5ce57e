"""The images of an order as services read them: upright, opaque, and a mask in white and black."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.media.images import open_image, sendable_image
from core.media.masks import read_mask, white_where_edited
from core.video.price import Billed, sent_megapixels
from core.video.terms import Role

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.plan import RenderPlan
    from core.video.request import Input
    from core.video.terms import FrameSize

_SUFFIXES = {"image/png": (".png",), "image/jpeg": (".jpg", ".jpeg")}
_IMAGES = (Role.START, Role.REFERENCE)


def with_sendable_images(plan: RenderPlan, folder: Path, *, is_mask_clear: bool) -> RenderPlan:
    """The plan with files in `folder` in the place of those that not every service reads.

    Args:
        plan: with its inputs as they were given.
        folder: the job's own.
        is_mask_clear: whether the mask is to be clear where it is white.

    Raises:
        UnsupportedRequest: an image cannot be read.
    """

    def sendable(number: int, item: Input) -> Input:
        if item.role is Role.MASK:
            name, content = (
                "mask.png",
                white_where_edited(read_mask(item.path), is_clear=is_mask_clear),
            )
        elif item.role in _IMAGES:
            kind, content = sendable_image(item.path)
            suffixes = _SUFFIXES[kind]
            if item.path.suffix.lower() in suffixes and content == item.path.read_bytes():
                return item
            name = f"sent-{number}{suffixes[0]}"
        else:
            return item
        (folder / name).write_bytes(content)
        return item.model_copy(update={"path": folder / name})

    inputs = plan.request.inputs
    return plan.with_inputs(tuple(sendable(number, item) for number, item in enumerate(inputs)))


def _is(size: FrameSize, plan: RenderPlan) -> bool:
    return (size.width, size.height) == (plan.width, plan.height)


def billed_image(plan: RenderPlan) -> Billed:
    """What the price of an image goes by, with what is sent, read from the heads of the files."""
    sizes: list[tuple[int, int]] = []
    for item in plan.request.of_role(*_IMAGES):
        with open_image(item.path) as image:
            sizes.append(image.size)
    return Billed(
        output=plan.request.output,
        resolution=next((size.resolution for size in plan.spec.sizes if _is(size, plan)), ""),
        width=plan.width,
        height=plan.height,
        num_frames=plan.num_frames,
        quality=plan.quality,
        input_images=len(sizes),
        input_megapixels=sent_megapixels(sizes),
    )
