"""Which frame of a clip each image of a request is, and what is wrong with their places."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from core.errors import Problem
from core.video.inputs import ROLES, field_of
from core.video.terms import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.video.plan import RenderPlan
    from core.video.request import Input, RenderRequest
    from core.video.spec import FrameSize, ModelSpec

SAME_ASPECT = 0.02
"""By how much, as a logarithm, two ratios of sides may differ and count as one."""
_NO_USE = " has no use of its own for reference images"
IMAGES_AT_A_TIME = (Role.START, Role.END, Role.KEYFRAME)
"""Roles of images that are a frame of the clip."""


@dataclass(frozen=True)
class PlacedImage:
    """An image of a request.

    Attributes:
        place: its number among the inputs of the request, from 0.
        frame: which frame of the clip it is, from 0.
        strength: 1 is the very image, 0 has no effect.
    """

    item: Input
    place: int
    frame: int
    strength: float

    @property
    def label(self) -> str:
        """What sentences call it."""
        return f"{ROLES[self.item.role].name} {self.item.path.name!r}"

    def notes(self, num_frames: int, fps: int) -> Iterator[str]:
        """Which frame of a clip it is, where that does not go without saying."""
        if self.item.role is not Role.START or self.strength != 1:
            weight = "" if self.strength == 1 else f", with a strength of {self.strength:g}"
            yield (
                f"The {self.label} is frame {self.frame + 1} of {num_frames}, at "
                f"{self.frame / fps:.2f} s{weight}."
            )


def placed_images(
    request: RenderRequest,
    spec: ModelSpec,
    num_frames: int,
    fps: int,
    new: tuple[range, ...] | None = None,
) -> tuple[PlacedImage, ...]:
    """The images that are frames of a clip, in the order of their frames.

    A time is the frame that is nearest to it; one behind the clip has a frame behind its last.
    Reference images of a model that has no use of its own for them come at even distances, and
    not next to another image, where the clip has room for that.

    Args:
        request: what is asked.
        spec: the model.
        num_frames: of the whole clip.
        fps: frames per second.
        new: the frames that are made, where others are those of a video.
    """
    found = [
        PlacedImage(item, place, frame, 1.0 if item.strength is None else item.strength)
        for place, item in enumerate(request.inputs)
        if (frame := _frame_of(item, num_frames, fps)) is not None
    ]
    if spec.reference_strength is not None:
        found += _soft_keyframes(request, spec, num_frames, [item.frame for item in found], new)
    return tuple(sorted(found, key=lambda image: image.frame))


def images_of(plan: RenderPlan) -> tuple[PlacedImage, ...]:
    """The images that are frames of a planned clip, in the order of their frames."""
    images = placed_images(plan.request, plan.spec, plan.num_frames, plan.fps, plan.new)
    if not plan.has_reference_sheet:
        return images
    return tuple(image for image in images if image.item.role is not Role.REFERENCE)


def soft_keyframe_note(image: PlacedImage, label: str, num_frames: int, fps: int) -> str:
    """How the model `label`, which has no use of its own for reference images, takes one."""
    return (
        f"{label}{_NO_USE}: the {image.label} is a soft keyframe, frame {image.frame + 1} of "
        f"{num_frames} at {image.frame / fps:.2f} s, with a strength of {image.strength:g}."
    )


def without_soft_keyframes(plan: RenderPlan) -> RenderPlan:
    """The plan with its reference images on a sheet, and without what is said of keyframes."""
    about = f"{plan.spec.label}{_NO_USE}"
    notes = tuple(note for note in plan.notes if not note.startswith(about))
    return plan.model_copy(update={"has_reference_sheet": True, "notes": notes})


def _soft_keyframes(
    request: RenderRequest,
    spec: ModelSpec,
    num_frames: int,
    others: list[int],
    new: tuple[range, ...] | None,
) -> Iterator[PlacedImage]:
    references = [
        (place, item) for place, item in enumerate(request.inputs) if item.role is Role.REFERENCE
    ]
    made = range(num_frames) if new is None else [*chain.from_iterable(new)]
    first, last = made[0], made[-1]
    taken, apart = set(others), spec.frame_grid.step
    for number, (place, item) in enumerate(references, start=1):
        even = first + round((last - first) * number / (len(references) + 1))
        free = [frame for frame in made if frame not in taken]
        far = [frame for frame in free if all(abs(frame - other) >= apart for other in others)]
        frame = min(far or free, key=lambda frame: abs(frame - even), default=even)
        taken.add(frame)
        strength = spec.reference_strength if item.strength is None else item.strength
        yield PlacedImage(item, place, frame, 1.0 if strength is None else strength)


def _frame_of(item: Input, num_frames: int, fps: int) -> int | None:
    match item.role:
        case Role.START:
            return 0
        case Role.END:
            return num_frames - 1
        case Role.KEYFRAME:
            return round((item.at_s or 0.0) * fps)
        case _:
            return None


def crop_notes(
    label: str, size: FrameSize, image_size: tuple[int, int], *, is_seen: bool = True
) -> Iterator[str]:
    """What becomes of an image in a clip of a size, where it is not of that size."""
    width, height = image_size
    shown = f"The {label} of {width}x{height}"
    if abs(math.log(size.width / size.height * height / width)) > SAME_ASPECT:
        yield f"{shown} is cut at its edges to fill {size}."
    elif (width, height) != (size.width, size.height):
        yield f"{shown} is resized to {size}."
    if is_seen and (width < size.width or height < size.height):
        yield f"The {label} is smaller than {size}, so it will look soft."


def strength_problems(request: RenderRequest) -> Iterator[Problem]:
    """Images whose strength is none."""
    for item in request.of_role(*IMAGES_AT_A_TIME):
        if item.strength is not None and item.strength > 1:
            yield Problem(
                field_of(item.role),
                f"The {ROLES[item.role].name} {item.path.name!r} has a strength of "
                f"{item.strength:g}. It goes from 0 (no effect) to 1 (the very image).",
            )


def place_problems(
    images: tuple[PlacedImage, ...],
    num_frames: int,
    fps: int,
    new: tuple[range, ...] | None = None,
) -> Iterator[Problem]:
    """Images outside of a clip, those that are the same frame of it, and those at kept frames."""
    last = num_frames - 1
    together: defaultdict[int, list[PlacedImage]] = defaultdict(list)
    for image in images:
        if image.frame > last:
            yield Problem(
                field_of(image.item.role),
                f"The {image.label} at {image.item.at_s:g} s is outside of the clip, whose last "
                f"frame is at {last / fps:.2f} s. Choose an earlier time or a longer clip.",
            )
        elif new is not None and not any(image.frame in part for part in new):
            times = " and ".join(f"{part[0] / fps:.2f} to {part[-1] / fps:.2f} s" for part in new)
            yield Problem(
                field_of(image.item.role),
                f"The {image.label} at {image.frame / fps:.2f} s would be a frame of the given "
                f"video, which keeps its own. What is new is at {times}.",
            )
        else:
            together[image.frame].append(image)
    for frame, same in together.items():
        if len(same) > 1:
            names = " and ".join(f"the {image.label}" for image in same)
            yield Problem(
                field_of(Role.KEYFRAME),
                f"{names[0].upper()}{names[1:]} are the same frame, number {frame + 1} of "
                f"{num_frames} at {frame / fps:.2f} s. Move one of them or leave it out.",
            )
