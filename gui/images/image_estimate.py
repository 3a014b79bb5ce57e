"""What the pictures of an order would take, or what speaks against them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import UnsupportedRequest
from core.project.model.project import RenderChoices
from core.video.provider import Ready
from core.video.render_planner import total_usd
from gui.render.plan_fixes import PlanContext
from gui.render.plan_text import PlanText, describe_plan, describe_problems

if TYPE_CHECKING:
    from core.jobs.job import CancelToken
    from core.studio import Studio
    from core.video.image_batch import ImageBatch
    from core.video.listing import ListedModel
    from core.video.render_planner import PlannedRender


def plan_images(
    studio: Studio, order: ImageBatch, cancel: CancelToken
) -> tuple[PlannedRender, ...]:
    """The plan of each picture of an order.

    Raises:
        UnsupportedRequest: with everything that is wrong.
        JobCancelled: asked to stop.
    """
    planned: list[PlannedRender] = []
    for request in order.requests:
        cancel.check()
        planned.append(studio.plan(request))
    return tuple(planned)


def estimate(studio: Studio, order: ImageBatch, model: ListedModel | None) -> PlanText:
    """An order as it stands on this machine; of several pictures, what each and all take."""
    request = order.requests[0]
    try:
        planned = studio.plan(request)
    except UnsupportedRequest as error:
        plan_context = PlanContext(
            target=request.target,
            choices=RenderChoices(target=request.target),
            spec=None if model is None else model.spec,
            info=studio.registry.find(request.target),
            readiness=Ready() if model is None else model.readiness,
        )
        return describe_problems(error.problems, plan_context)
    info = studio.registry.find(planned.plan.target)
    text = describe_plan(planned.plan, info, planned.readiness, studio.read_machine())
    if order.count == 1:
        return text
    total = total_usd([planned] * order.count)
    price = f" · ${total:.2f} in all" if total else ""
    return replace(text, line=f"{order.count} pictures, each {text.line}{price}")
