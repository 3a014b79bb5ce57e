"""Which stages a clip of LTX has and how much each has to do, for the table of times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.jobs.lanes import Stage
from core.platform.units import clock
from core.video.terms import ControlMap, Role
from providers.engine.timings import STAGES, TimingTable

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.plan import RenderPlan

# About how much longer than another each map takes to draw.
_COST_OF_MAP = {
    ControlMap.GIVEN: 1,
    ControlMap.CANNY: 4,
    ControlMap.DEPTH: 20,
    ControlMap.POSE: 40,
}


def ltx_timings(path: Path) -> TimingTable:
    """How long clips took here, as kept in a file."""
    return TimingTable(path, stages_of, work_of)


def stages_of(plan: RenderPlan) -> tuple[Stage, ...]:
    """The same with the maps of a control video and an enhanced prompt, where those are planned."""
    first, *others = STAGES
    maps = (Stage.MAPS,) if plan.request.of_role(Role.CONTROL) else ()
    words = (Stage.ENHANCE,) if plan.enhances_prompt else ()
    return (first, *maps, *words, *others)


def shortest_note(shortest: RenderPlan) -> str:
    """What the shortest clip takes that a model may choose; the plan tells of the longest."""
    memory = shortest.memory_plan
    assert memory is not None, "laid out"
    time = "" if shortest.est_seconds is None else f" and about {clock(shortest.est_seconds)}"
    return f"The shortest takes up to {memory.peaks_text}{time}."


def work_of(stage: Stage, plan: RenderPlan) -> int:
    """How much a stage has to do for a plan; 0 where the clip makes no difference."""
    # Imported late: it brings the table of controls, and every list of models opens this module.
    from providers.ltx_video.models.two_stages import denoising_work, first_stage

    match stage:
        case Stage.DENOISE:
            return sum(denoising_work(plan))
        case Stage.DECODE:
            return plan.made_frames * plan.width * plan.height
        case Stage.MAPS:
            kind, seen = plan.request.editing.control_map, first_stage(plan)
            cost = _COST_OF_MAP[kind] if kind else 0
            return cost * seen.num_frames * seen.width * seen.height
        case Stage.WRITE:
            return plan.num_frames * plan.width * plan.height
        case _:
            return 0
