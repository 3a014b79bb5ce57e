"""A plan in words for people and as one object for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.console import wrapped
from core.platform.units import clock, price
from core.video.plan import Device
from core.video.provider import NotReady
from core.video.spec import Residency

if TYPE_CHECKING:
    from core.video.plan import MemoryPlan, RenderPlan
    from core.video.provider import ProviderInfo
    from core.video.render_planner import PlannedRender


def reasons_against(planned: PlannedRender) -> list[str]:
    """Every reason why this plan cannot be carried out here, with what to do about it."""
    reasons: list[str] = []
    if isinstance(planned.readiness, NotReady):
        reasons.append(f"{planned.readiness.reason} {planned.readiness.fix}".strip())
    memory = planned.plan.memory_plan
    if memory is not None and not memory.fits:
        reasons += memory.reasons or (
            "It needs more memory than this machine has. Choose a smaller size or model.",
        )
    return list(dict.fromkeys(reasons))


def describe(planned: PlannedRender, info: ProviderInfo) -> str:
    """The plan in lines of at most 80 columns, what cannot be read off the request included."""
    plan = planned.plan
    place = "on this machine" if info.is_local else f"at {info.label}, in the cloud"
    lines = [
        f"{plan.spec.label} ({plan.target}), {plan.task.value} {place}",
        f"  {_image(plan)}",
        f"  {_sampling(plan)}",
        f"  {_effort(plan)}",
    ]
    if plan.memory_plan is not None:
        lines.append(f"  {_memory(plan.memory_plan)}")
    lines.append(f"  to {planned.output.path}")
    lines += [wrapped(note, first="  note: ", rest="        ") for note in plan.notes]
    return "\n".join(lines)


def as_event(planned: PlannedRender) -> dict[str, Any]:
    """The plan as the fields of a JSON event: exact, and whether it can be carried out."""
    plan = planned.plan
    reasons = reasons_against(planned)
    return {
        "target": str(plan.target),
        "duration_s": plan.duration_s,
        "out": str(planned.output.path),
        "can_run": not reasons,
        "lack": planned.readiness.reason_code.value
        if isinstance(planned.readiness, NotReady)
        else None,
        "reasons": reasons,
        "plan": plan.model_dump(mode="json", exclude={"spec"}),
    }


def _image(plan: RenderPlan) -> str:
    frames = f"{plan.num_frames} frames at {plan.fps} fps = {plan.duration_s:.2f} s"
    audio = "with sound" if plan.has_audio else "silent"
    return f"{plan.width}x{plan.height}, {frames}, {audio}"


def _sampling(plan: RenderPlan) -> str:
    parts = [f"seed {plan.seed}"]
    if plan.num_inference_steps is not None:
        parts.append(f"{plan.num_inference_steps} steps")
    if plan.guidance_scale is not None:
        parts.append(f"guidance {plan.guidance_scale:g}")
    return ", ".join(parts)


def _effort(plan: RenderPlan) -> str:
    time = (
        "time unknown until the first clip of this kind"
        if plan.est_seconds is None
        else f"about {clock(plan.est_seconds)}"
    )
    return f"{price(plan.cost_usd)}, {time}"


def _memory(memory: MemoryPlan) -> str:
    peaks = f"{memory.peak_ram_gb:.1f} GB of memory"
    if memory.device is not Device.CPU:
        peaks = f"{memory.peak_vram_gb:.1f} GB of GPU memory and {peaks}"
    layout = f"{memory.device.value}, {memory.precision.value}"
    if memory.residency is not Residency.RESIDENT:
        layout += f", {memory.residency.value}"
    return f"up to {peaks} ({layout})"
