"""A plan in one line, or what speaks against it and what mends that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.errors import StudioError
from core.platform.units import clock, price
from core.video.memory import Device
from core.video.provider import NotReady, Ready
from gui.render.plan_fixes import (
    SHOW_COSTS,
    PlanContext,
    QuickFix,
    fix_for_problem,
    fix_for_readiness,
    frame_fixes,
    problem_in_window,
    said_in_window,
    use_automatic,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.errors import Problem
    from core.platform.machine import Machine
    from core.spending.caps import ProjectBudget
    from core.studio import Studio
    from core.video.memory import MemoryPlan
    from core.video.plan import RenderPlan
    from core.video.planning.render_planner import PlannedRender
    from core.video.provider import ProviderInfo, Readiness


@dataclass(frozen=True)
class PlanIssue:
    """Something that speaks against a plan, and the buttons that mend it."""

    message: str
    quick_fix: QuickFix | None = None
    other_fixes: tuple[QuickFix, ...] = ()


@dataclass(frozen=True)
class PlanText:
    """What is shown of a plan.

    Attributes:
        line: the plan in one line; empty where there is none.
        issues: why it cannot be rendered; empty where it can.
        notes: what was adjusted, chosen or left out.
        details: more about the line, for whoever asks.
        price: what it costs, for the button that makes it; empty where it is free or not known yet.
    """

    line: str = ""
    issues: tuple[PlanIssue, ...] = ()
    notes: tuple[str, ...] = ()
    details: str = ""
    price: str = ""

    def with_price(self, cost_usd: float | None) -> PlanText:
        """The same with what all of it costs."""
        return replace(self, price="" if cost_usd == 0 else price(cost_usd))

    def with_issues(self, issues: Sequence[PlanIssue]) -> PlanText:
        """The same with more that speaks against it."""
        return replace(self, issues=(*self.issues, *issues))


def describe_plan(
    plan: RenderPlan,
    info: ProviderInfo,
    readiness: Readiness,
    machine: Machine,
    left_out: Sequence[str] = (),
) -> PlanText:
    """A plan as it stands on this machine.

    Args:
        plan: exact.
        info: the provider that would render it.
        readiness: whether that can start now.
        machine: what this machine has, which the plan's needs are compared with.
        left_out: sentences on what was chosen and is not sent, and on who makes it otherwise.
    """
    issues: list[PlanIssue] = []
    if isinstance(readiness, NotReady):
        text = said_in_window(readiness, plan.spec)
        issues.append(PlanIssue(text, fix_for_readiness(readiness, plan.target, info)))
    memory = plan.memory_plan
    if memory is not None and not memory.fits:
        reasons = " ".join(memory.reasons) or "It needs more memory than this machine has."
        if not any(reasons in issue.message for issue in issues):
            issues.append(
                PlanIssue(
                    f"{plan.spec.label} does not fit into this machine's memory: {reasons} "
                    "Choose a smaller size, a shorter clip or another model.",
                    use_automatic(plan.target),
                )
            )
    notes = dict.fromkeys((*plan.notes, *left_out))
    if isinstance(readiness, Ready) and readiness.installs is not None:
        notes[f"The first render installs Python packages, once: {readiness.installs}."] = None
    return PlanText(
        line=_line(plan, info, machine),
        issues=tuple(issues),
        notes=tuple(notes),
        details=_details(plan, info),
    )


def cap_issues(
    studio: Studio, renders: Sequence[PlannedRender], project: ProjectBudget | None = None
) -> tuple[PlanIssue, ...]:
    """What speaks against renders that would pass a cap; reads the ledger."""
    try:
        studio.check_caps(renders, project)
    except StudioError as error:
        return (PlanIssue(error.message, SHOW_COSTS),)
    return ()


def describe_problems(problems: Sequence[Problem], at: PlanContext) -> PlanText:
    """Everything that is wrong with a request, each with what mends it where that is known."""
    return PlanText(issues=tuple(_issue(problem, at) for problem in problems))


def _issue(problem: Problem, at: PlanContext) -> PlanIssue:
    # The last frame of the scene before is no picture that could be chosen or cleared.
    first, *others = (() if at.is_linked else frame_fixes(problem, at.spec)) or (None,)
    message = problem_in_window(problem)
    if problem.field == "target" and isinstance(at.readiness, NotReady) and at.spec is not None:
        message = said_in_window(at.readiness, at.spec)
    return PlanIssue(message, first or fix_for_problem(problem, at), tuple(others))


def _line(plan: RenderPlan, info: ProviderInfo, machine: Machine) -> str:
    frames = f", {plan.frames_text}, {plan.seconds_text}"
    place = "this machine" if info.is_local else (info.place or info.label)
    parts = [
        f"{plan.width}x{plan.height}{'' if plan.is_image else frames}",
        f"{place}, {price(plan.cost_usd)}",
        _time(plan),
        _needs(plan.memory_plan, machine),
    ]
    return " · ".join(filter(None, parts))


def _time(plan: RenderPlan) -> str:
    """How long it takes; nothing for what a service makes, which is not timed."""
    if plan.est_seconds is not None:
        return f"about {clock(plan.est_seconds)}"
    return "time not known yet" if plan.memory_plan is not None else ""


def _needs(memory: MemoryPlan | None, machine: Machine) -> str:
    """The share of this machine's memory, on the GPU where there is one to work on."""
    if memory is None:
        return ""
    gpu = machine.best_gpu
    needed, there = memory.peak_ram_gb, machine.ram_total_gb
    if memory.device is not Device.CPU and gpu is not None:
        needed, there = memory.peak_vram_gb, gpu.vram_total_gb
    return f"needs {_gb(needed)} of {there:.0f} GB" if needed else ""


def _details(plan: RenderPlan, info: ProviderInfo) -> str:
    """Model, sampling and layout in memory, a line each."""
    sampling = [f"seed {plan.seed}"] if plan.spec.takes_seed else []
    if plan.steps_text:
        sampling.append(plan.steps_text)
    if plan.guidance_scale is not None:
        sampling.append(f"guidance {plan.guidance_scale:g}")
    sampling.append("with sound" if plan.has_audio else "silent")
    lines = [f"{plan.spec.label} ({info.shown_name})", ", ".join(sampling)]
    if plan.loras_text:
        lines.append(f"With {plan.loras_text}")
    memory = plan.memory_plan
    if memory is not None:
        where = f"Up to {memory.peaks_text}; {memory.weights_text}."
        lines.append(f"{where} {' '.join(memory.reasons)}".strip())
    return "\n".join(lines)


def _gb(amount: float) -> str:
    return f"{amount:.1f}" if amount < 10 else f"{amount:.0f}"
