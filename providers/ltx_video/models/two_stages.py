"""A clip in two stages: at half its size, then refined at the full one; what each has to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.jobs.lanes import Stage
from core.platform.units import clock
from core.video.memory import Device, Pool
from core.video.planning.windows import windows_of
from providers.ltx_video.models.sizes import more_tokens, token_count

if TYPE_CHECKING:
    from core.video.memory import MemoryPlan
    from core.video.plan import RenderPlan


def first_stage(plan: RenderPlan) -> RenderPlan:
    """What is made at first: all of it, or of a clip in two stages one of half its size."""
    if not plan.refine_steps:
        return plan
    half = {"width": plan.width // 2, "height": plan.height // 2, "refine_steps": 0}
    return plan.model_copy(update=half)


def denoising_work(plan: RenderPlan) -> tuple[int, int]:
    """The pieces of a plan times the steps that are taken with them, of both stages.

    Of a clip of several parts, those of all of them, with what each sees of the ones before.
    """
    steps = plan.num_inference_steps if plan.steps_taken is None else plan.steps_taken
    first = _tokens(first_stage(plan)) * (steps or 1)
    return first, _tokens(plan) * plan.refine_steps


def _tokens(plan: RenderPlan) -> int:
    return sum(
        token_count(plan.width, plan.height, window.made_frames) + more_tokens(window)
        for window in windows_of(plan)
    )


def stages_note(
    plan: RenderPlan, memory: MemoryPlan, first_memory: MemoryPlan, expected_s: float | None
) -> str:
    """One sentence: what each stage works on, how much of the work that is, and what it holds.

    Args:
        plan: of the clip.
        memory: how the model is laid out.
        first_memory: the same for the first stage alone.
        expected_s: the usual seconds of both; None where they are not known.
    """
    first, second = denoising_work(plan)
    said: list[str] = []
    for stage, layout, steps, work in (
        (first_stage(plan), first_memory, plan.num_inference_steps, first),
        (plan, memory, plan.refine_steps, second),
    ):
        tokens = token_count(stage.width, stage.height, stage.made_frames)
        pool = Pool.RAM if memory.device is Device.CPU else Pool.VRAM
        gb = layout.stage_gb(Stage.DENOISE, pool)
        share = work / (first + second)
        took = "" if expected_s is None else f", about {clock(expected_s * share)}"
        said.append(
            f"{steps} steps at {stage.width}x{stage.height} ({tokens} tokens, {share:.0%} of the "
            f"work, up to {gb:.1f} GB{took})"
        )
    return f"In two stages: {said[0]}, then {said[1]}."
