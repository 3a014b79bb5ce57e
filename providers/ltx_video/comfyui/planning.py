"""What a plan becomes on a server: its graph, and what keeps it from being made there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.errors import Problem, UnsupportedRequest
from core.video.control_row import Control
from core.video.controls import ROWS
from core.video.inputs import ROLES, field_of
from core.video.lora_check import check_loras
from core.video.terms import Role
from providers.ltx_video.comfyui.clip_graph import ClipOrder, clip_graph
from providers.ltx_video.comfyui.found_files import find_files, missing_from_packs, missing_nodes
from providers.ltx_video.comfyui.info import INFO
from providers.ltx_video.comfyui.models import WORKFLOW, find_served
from providers.ltx_video.comfyui.workflow import (
    filled,
    fitted,
    missing_classes,
    read_workflow,
    seed_note,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.video.plan import RenderPlan
    from providers.ltx_video.comfyui.graph import NodeGraph
    from providers.ltx_video.comfyui.server import ServerFacts

_IMAGES = (Role.START, Role.END, Role.KEYFRAME)
_PLANNED = "planned"
# What is said of sizes and lengths, which a workflow may know better.
_OF_SIZE = ("is cut at its edges", "is resized to", "it will look soft", " fps → ", "makes at most")


@dataclass(frozen=True)
class BuiltGraph:
    """A graph as it is sent, what is wrong with it on this server, and what made it."""

    nodes: Mapping[str, Any]
    problems: tuple[Problem, ...] = ()
    files: tuple[str, ...] = field(default=())


def build_graph(order: ClipOrder, facts: ServerFacts, prefers: str) -> BuiltGraph:
    """The graph of an order on a server.

    Raises:
        UnsupportedRequest: the workflow cannot be read any more.
    """
    plan, path = order.plan, order.plan.request.path_of(Role.WORKFLOW)
    if path is not None:
        workflow = read_workflow(path)
        if workflow is None:
            message = f"The workflow {path.name!r} cannot be read any more. Choose another file."
            raise UnsupportedRequest([Problem(field_of(Role.WORKFLOW), message)])
        missing = missing_classes(workflow, facts.classes)
        problems = [Problem("target", missing_from_packs(missing), True)] if missing else []
        return BuiltGraph(filled(workflow, order), tuple(problems))
    served = find_served(plan.target.model)
    files = find_files(plan, served, facts.classes, prefers)
    graph = clip_graph(order, served, files, facts.classes)
    return BuiltGraph(
        graph.nodes, (*files.problems, *_graph_problems(graph, facts.version)), files.names
    )


def planned_graph(plan: RenderPlan, facts: ServerFacts, prefers: str) -> BuiltGraph:
    """The same before its files lie with the server."""
    places: dict[Path, str] = {item.path: _PLANNED for item in plan.request.inputs}
    return build_graph(ClipOrder(plan, places, _PLANNED), facts, prefers)


def fit_plan(plan: RenderPlan, facts: ServerFacts | None, prefers: str) -> RenderPlan:
    """The plan as the server makes it.

    Args:
        plan: as it was asked for.
        facts: what the server said last; None where that is not known, or not enough.
        prefers: words in the names of files that are taken first.

    Raises:
        UnsupportedRequest: with everything that these graphs do not do or the server lacks.
    """
    plan = plan.model_copy(update={"cost_usd": 0.0})
    problems: list[Problem] = []
    if plan.target.model == WORKFLOW.id:
        plan = _by_workflow(plan, problems)
    else:
        plan = _with_steps(plan)
        problems += _own_problems(plan)
        plan = plan.with_notes(*_lora_notes(plan, problems))
    is_readable = plan.target.model != WORKFLOW.id or _has_workflow(plan)
    if facts is not None and not problems and is_readable:
        built = planned_graph(plan, facts, prefers)
        problems += built.problems
        if built.files:
            plan = plan.with_notes(f"ComfyUI makes it with {', '.join(built.files)}.")
    if problems:
        raise UnsupportedRequest(problems)
    return plan


def _by_workflow(plan: RenderPlan, problems: list[Problem]) -> RenderPlan:
    path = plan.request.path_of(Role.WORKFLOW)
    if path is None:
        message = f"{plan.spec.label} needs a workflow. Name a file, or choose another model."
        problems.append(Problem(field_of(Role.WORKFLOW), message))
        return plan
    workflow = read_workflow(path)
    if workflow is None:
        return plan
    plan = fitted(plan, workflow, problems)
    notes = (note for note in plan.notes if not any(words in note for words in _OF_SIZE))
    whole = "What is not asked for is as the workflow has it, and images are sent whole."
    added = filter(None, (whole, seed_note(workflow)))
    return plan.model_copy(update={"notes": (*notes, *added)})


def _has_workflow(plan: RenderPlan) -> bool:
    path = plan.request.path_of(Role.WORKFLOW)
    return path is not None and read_workflow(path) is not None


def _with_steps(plan: RenderPlan) -> RenderPlan:
    """The plan with how many steps are taken of a clip that is half made already."""
    if plan.strength is None:
        return plan
    profile = find_served(plan.target.model).profile
    steps = plan.num_inference_steps or profile.num_inference_steps
    taken = len(profile.sigmas_from(steps, plan.strength))
    return plan.model_copy(update={"num_inference_steps": steps, "steps_taken": taken})


def _own_problems(plan: RenderPlan) -> list[Problem]:
    """What these graphs do not do, whatever the server has."""
    found: list[Problem] = []
    label, request = plan.spec.label, plan.request
    images = request.of_role(*_IMAGES)
    if request.of_role(Role.SOURCE_VIDEO) and images:
        name = ROLES[images[0].role].name
        message = f"{label} at ComfyUI makes a clip of a video or of images. Leave the {name} out."
        found.append(Problem(field_of(images[0].role), message))
    others = [item for item in images if item.role is not Role.START]
    if plan.refine_steps and (others or request.of_role(Role.AUDIO)):
        message = (
            f"{label} at ComfyUI makes clips in two stages of words and a start image alone. Leave "
            "the two stages out, or the other files."
        )
        found.append(Problem(ROWS[Control.TWO_STAGE].path, message))
    return found


def _lora_notes(plan: RenderPlan, problems: list[Problem]) -> tuple[str, ...]:
    """What is to be known of the LoRAs; those that do not fit the model join the problems."""
    family = INFO.lora_family(plan.spec) if plan.request.of_role(Role.LORA) else None
    if family is None:
        return ()
    try:
        return check_loras(plan.request, family, INFO.lora_families(), has_reference=False).notes
    except UnsupportedRequest as error:
        problems += error.problems
        return ()


def _graph_problems(graph: NodeGraph, version: str) -> list[Problem]:
    """What the server lacks for a graph of ours."""
    found: list[Problem] = []
    if graph.missing:
        found.append(Problem("target", missing_nodes(graph.missing, version), True))
    if graph.unknown:
        listed = ", ".join(dict.fromkeys(graph.unknown))
        message = (
            f"ComfyUI {version} has nodes that do not take what is to be set ({listed}). Update "
            "ComfyUI, or ImageAI."
        )
        found.append(Problem("target", message, True))
    found += [
        Problem("target", f"ComfyUI {version} does not take this: {why}. Choose another value.")
        for why in graph.unfit
    ]
    return found
