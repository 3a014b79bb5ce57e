"""What an order at a service consists of: its fields by name, each with the kind that it sends.

Ids, kinds and prices are facts of the service and change there: they are rows of its own tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.video.terms import AspectRatio, FrameSize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.services.service_client import RemoteOrder
    from core.video.plan import RenderPlan
    from core.video.price import PriceTable
    from core.video.terms import Role, Task

_GRID = 16
_SIDE = 1024


@dataclass(frozen=True)
class WireField:
    """A field of an endpoint: its name on the wire, and what an order puts there.

    Where that is None, the field is left out.
    """

    name: str
    value: Callable[[RemoteOrder], object]


@dataclass(frozen=True)
class WireEndpoint:
    """One way to have something made at a service.

    Attributes:
        id: as the service writes it.
        price: in its own list; without rows it is not known.
    """

    id: str
    task: Task
    fields: tuple[WireField, ...]
    price: PriceTable

    def body(self, order: RemoteOrder) -> dict[str, object]:
        """What is ordered, word for word."""
        values = {field.name: field.value(order) for field in self.fields}
        return {name: value for name, value in values.items() if value is not None}


def file_field(name: str, role: Role) -> WireField:
    """Where the file of a role lies with the service."""

    def address(order: RemoteOrder) -> object:
        path = order.plan.request.path_of(role)
        return None if path is None else order.uploads[path]

    return WireField(name, address)


def files_field(name: str, *roles: Role) -> WireField:
    """Where the files of some roles lie, those of the first role first; left out without any."""

    def addresses(order: RemoteOrder) -> object:
        items = [item for role in roles for item in order.plan.request.of_role(role)]
        return [order.uploads[item.path] for item in items] or None

    return WireField(name, addresses)


def fixed_field(name: str, value: object) -> WireField:
    """The same in each order."""
    return WireField(name, lambda order: value)


def sizes_within(
    *resolutions: str, aspects: Iterable[AspectRatio] = tuple(AspectRatio), grid: int = _GRID
) -> tuple[FrameSize, ...]:
    """The largest size of each aspect that has no more pixels than a resolution, squares first.

    Args:
        resolutions: such as "2K", the area of a square of 2048 pixels, or "2 MP", twice that of one
            of 1024.
        aspects: of these alone.
        grid: width and height are multiples of this.
    """
    ordered = sorted(aspects, key=lambda aspect: aspect is not AspectRatio.SQUARE_1_1)
    return tuple(
        FrameSize(
            resolution=name,
            aspect=aspect,
            width=int(_side(name) * float(aspect.value_of) ** 0.5 + 1e-6) // grid * grid,
            height=int(_side(name) / float(aspect.value_of) ** 0.5 + 1e-6) // grid * grid,
        )
        for name in resolutions
        for aspect in ordered
    )


def _side(resolution: str) -> float:
    """Of a square of that area, in pixels."""
    if resolution.endswith("K"):
        return float(resolution.removesuffix("K")) * _SIDE
    return float(resolution.removesuffix(" MP")) ** 0.5 * _SIDE


def size_of(plan: RenderPlan) -> FrameSize:
    """The line of the model's size table that a plan is made at."""
    pixels = (plan.width, plan.height)
    return next(size for size in plan.spec.sizes if (size.width, size.height) == pixels)


PROMPT = WireField("prompt", lambda order: order.plan.prompt)
NEGATIVE_PROMPT = WireField("negative_prompt", lambda order: order.plan.negative_prompt)
SEED = WireField("seed", lambda order: order.plan.seed)
STEPS = WireField("num_inference_steps", lambda order: order.plan.num_inference_steps)
GUIDANCE = WireField("guidance_scale", lambda order: order.plan.guidance_scale)
ASPECT = WireField("aspect_ratio", lambda order: size_of(order.plan).aspect.value)
