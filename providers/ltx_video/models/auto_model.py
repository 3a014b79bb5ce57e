"""Which model `auto` stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import UnsupportedRequest
from core.platform.units import count_text
from core.video.model_store import OnDisk
from core.video.planning.clip_plan import make_plan
from core.video.provider import ModelChoice
from providers.ltx_video.models.catalog import BY_ID, MODELS
from providers.ltx_video.models.info import LTXModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.video.memory import MemoryPlan
    from core.video.plan import RenderPlan
    from core.video.request import RenderRequest
    from providers.ltx_video.models.catalog import LocalModel


def choose_model(
    request: RenderRequest,
    models: Iterable[LocalModel] = MODELS,
    *,
    on_disk: Callable[[LocalModel], OnDisk],
    memory_for: Callable[[LocalModel, RenderPlan], MemoryPlan],
) -> ModelChoice:
    """The best model that is installed, can do what is asked and fits; else the built-in one.

    Args:
        request: with `auto` as its model.
        models: best first.
        on_disk: tells whether a model's files are there; the built-in model's always are.
        memory_for: the layout that would be used for a plan; refuses one that cannot be had.
    """
    passed_over: list[str] = []
    absent = 0
    for model in models:
        if model.spec.is_builtin:
            continue
        match on_disk(model):
            case OnDisk.NOTHING | OnDisk.PARTLY:
                absent += 1
                continue
            case OnDisk.DAMAGED:
                passed_over.append(f"{model.spec.label} is passed over: its files are damaged.")
                continue
            case OnDisk.WHOLE:
                pass
        why_not = _why_not(model, request, memory_for)
        if why_not is None:
            chosen = f"auto chose {model.id}, the best installed model that fits here."
            return ModelChoice(model.id, (chosen, *passed_over))
        passed_over.append(f"{model.spec.label} is passed over: {why_not}")
    mini = BY_ID[LTXModel.LTX_MINI]
    reason = (
        "the built-in model; no other is installed."
        if not passed_over
        else "the built-in model, because no installed one can do this here."
    )
    larger = count_text(absent, "larger model")
    more = (f"{larger} can be installed; `models` lists what there is.",) if absent else ()
    return ModelChoice(mini.id, (f"auto chose {mini.id}, {reason}", *passed_over, *more))


def _why_not(
    model: LocalModel,
    request: RenderRequest,
    memory_for: Callable[[LocalModel, RenderPlan], MemoryPlan],
) -> str | None:
    try:
        plan = make_plan(request.with_model(model.id), model.spec, new_seed=lambda: 0)
        memory = memory_for(model, plan)
    except UnsupportedRequest as error:
        return error.problems[0].message
    return None if memory.fits else " ".join(memory.reasons)
