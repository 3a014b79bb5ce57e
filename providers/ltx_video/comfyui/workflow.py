"""A person's own graph in API format: which of its nodes get what, and what it says itself."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from core.errors import Problem, UnsupportedRequest
from core.video.control_row import Control
from core.video.controls import ROWS
from core.video.inputs import field_of
from core.video.terms import Role
from providers.ltx_video.models.sizes import FRAME_GRID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from core.video.plan import RenderPlan
    from providers.ltx_video.comfyui.clip_graph import ClipOrder
    from providers.ltx_video.comfyui.nodes import NodeClasses

Nodes = dict[str, dict[str, Any]]

_FIELD = field_of(Role.WORKFLOW)
_HOW = "Give one the title {title!r} in ComfyUI, and export the workflow anew"


@dataclass(frozen=True)
class NamedValue:
    """What a node may be titled for.

    Attributes:
        title: of the node, in any case; a node of several has them in its title with commas.
        inputs: of such a node, of which the first that it has gets the value.
        control: the part of a request that it comes from.
        value: of an order; None where there is none.
        is_always_set: also where nobody asks for it.
    """

    title: str
    inputs: tuple[str, ...]
    control: str
    value: Callable[[ClipOrder], object]
    is_always_set: bool = False

    def is_asked(self, plan: RenderPlan) -> bool:
        """Whether the request asks for it."""
        row = next((row for row in ROWS.values() if row.path == self.control), None)
        return row is not None and row.is_set(plan.request)


def _file(role: Role) -> Callable[[ClipOrder], object]:
    def place(order: ClipOrder) -> object:
        path = order.plan.request.path_of(role)
        return None if path is None else order.places[path]

    return place


def _row(control: Control) -> str:
    return ROWS[control].path


NAMED: tuple[NamedValue, ...] = (
    NamedValue(
        "prompt",
        ("text", "prompt", "string", "value"),
        _row(Control.PROMPT),
        lambda order: order.plan.prompt,
        is_always_set=True,
    ),
    NamedValue(
        "negative prompt",
        ("text", "prompt", "string", "value"),
        _row(Control.NEGATIVE_PROMPT),
        lambda order: order.plan.negative_prompt,
    ),
    NamedValue(
        "seed",
        ("noise_seed", "seed", "value"),
        _row(Control.SEED),
        lambda order: order.plan.seed,
        is_always_set=True,
    ),
    NamedValue(
        "width",
        ("width", "value"),
        _row(Control.RESOLUTION),
        lambda order: order.plan.width,
    ),
    NamedValue(
        "height",
        ("height", "value"),
        _row(Control.RESOLUTION),
        lambda order: order.plan.height,
    ),
    NamedValue(
        "frames",
        ("length", "num_frames", "frames_number", "frames", "value"),
        _row(Control.DURATION),
        lambda order: order.plan.num_frames,
    ),
    NamedValue(
        "fps",
        ("fps", "frame_rate", "value"),
        _row(Control.FPS),
        lambda order: order.plan.fps,
    ),
    NamedValue(
        "steps",
        ("steps", "value"),
        _row(Control.STEPS),
        lambda order: order.plan.num_inference_steps,
    ),
    NamedValue(
        "guidance",
        ("cfg", "guidance", "value"),
        _row(Control.GUIDANCE_SCALE),
        lambda order: order.plan.guidance_scale,
    ),
    NamedValue("start image", ("image",), field_of(Role.START), _file(Role.START)),
    NamedValue("end image", ("image",), field_of(Role.END), _file(Role.END)),
    NamedValue("source video", ("file", "video"), field_of(Role.SOURCE_VIDEO),
               _file(Role.SOURCE_VIDEO)),
    NamedValue("audio file", ("audio",), field_of(Role.AUDIO), _file(Role.AUDIO)),
)  # fmt: skip
"""Everything that a node may be titled for."""


@dataclass(frozen=True)
class Workflow:
    """A graph whose nodes are titled; the rest of it stays as it is."""

    nodes: Nodes

    def places(self, named: NamedValue) -> Iterator[tuple[str, str]]:
        """The nodes with a title, each with its input for the value; empty where it has none."""
        for name, node in self.nodes.items():
            if named.title in _titles(node):
                inputs = node["inputs"]
                free = (each for each in named.inputs if not isinstance(inputs.get(each), list))
                yield name, next((each for each in free if each in inputs), "")

    def own(self, title: str) -> object:
        """What the graph itself says of something: at its titled node, else at any that does."""
        named = next(each for each in NAMED if each.title == title)
        for name, given in self.places(named):
            if given:
                return self.nodes[name]["inputs"][given]
        # A number called "value" could be anything where the node is not titled.
        for node in self.nodes.values():
            for given in named.inputs[:-1]:
                value = node["inputs"].get(given)
                if isinstance(value, int | float) and not isinstance(value, bool):
                    return value
        return None

    @property
    def has_audio(self) -> bool:
        """Whether the video that it saves gets sound."""
        return any(
            isinstance(node["inputs"].get("audio"), list) and "images" in node["inputs"]
            for node in self.nodes.values()
        )


def read_workflow(path: Path) -> Workflow | None:
    """The graph in a file; None where that cannot be read, which is told with all other files.

    Raises:
        UnsupportedRequest: it is no graph, or none that can be sent.
    """
    name = repr(str(path))
    try:
        found: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    fields = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    if isinstance(fields.get("nodes"), list):
        raise _refused(
            f"The workflow {name} is in the editor's format, which cannot be sent. In ComfyUI, "
            "open it and choose Workflow > Export (API); in older versions, switch the developer's "
            "options on in the settings, then choose Save (API Format)."
        )
    # Some programs wrap the graph as it is posted.
    wrapped = fields.get("prompt")
    graph = cast("dict[str, Any]", wrapped) if isinstance(wrapped, dict) else fields
    if not graph or not all(map(_is_node, graph.values())):
        raise _refused(
            f"The workflow {name} is no graph in API format. In ComfyUI, open it and choose "
            "Workflow > Export (API)."
        )
    return Workflow(graph)


def fitted(plan: RenderPlan, workflow: Workflow, problems: list[Problem]) -> RenderPlan:
    """The plan with what the graph says itself, where nobody asks for something else.

    Args:
        plan: as it was asked for.
        workflow: that makes it.
        problems: joined by what the graph has no place for.
    """
    for named in NAMED:
        _check(named, plan, workflow, problems)
    own_fps, frame = _number(workflow.own("fps")), plan.request.frame
    fps = plan.fps if frame.fps is not None or own_fps is None else max(1, round(own_fps))
    frames = FRAME_GRID.frames(frame.duration_s, fps) if frame.duration_s is not None else None
    is_sized = frame.resolution is not None or frame.aspect is not None
    width, height, length = (
        _number(workflow.own(title)) for title in ("width", "height", "frames")
    )
    sampling = plan.request.sampling
    steps, guidance = _number(workflow.own("steps")), _number(workflow.own("guidance"))
    if sampling.num_inference_steps is not None:
        steps = sampling.num_inference_steps
    if sampling.guidance_scale is not None:
        guidance = sampling.guidance_scale
    return plan.model_copy(
        update={
            "fps": fps,
            "width": plan.width if is_sized or width is None else int(width),
            "height": plan.height if is_sized or height is None else int(height),
            "num_frames": frames or int(length or plan.num_frames),
            "num_inference_steps": None if steps is None else int(steps),
            "guidance_scale": guidance,
            "has_audio": workflow.has_audio,
        }
    )


def seed_note(workflow: Workflow) -> str:
    """What is to be known where the graph has its own seed; empty where it takes one."""
    seed = next(named for named in NAMED if named.title == "seed")
    if any(given for _, given in workflow.places(seed)):
        return ""
    return "No node of the workflow is titled 'seed', so each of its clips has its own one."


def filled(workflow: Workflow, order: ClipOrder) -> Nodes:
    """The graph as it is sent: with what is asked for, and files of a name that no other has."""
    nodes = copy.deepcopy(workflow.nodes)
    for named in NAMED:
        if not (named.is_always_set or named.is_asked(order.plan)):
            continue
        value = named.value(order)
        for name, given in workflow.places(named):
            if given and value is not None:
                nodes[name]["inputs"][given] = value
    for node in nodes.values():
        if isinstance(node["inputs"].get("filename_prefix"), str):
            node["inputs"]["filename_prefix"] = order.prefix
    return nodes


def missing_classes(workflow: Workflow, classes: NodeClasses) -> tuple[str, ...]:
    """The node classes that a server does not have of those that it uses."""
    return classes.missing(str(node["class_type"]) for node in workflow.nodes.values())


def _check(
    named: NamedValue, plan: RenderPlan, workflow: Workflow, problems: list[Problem]
) -> None:
    """What is asked for must have a place in the graph, and each titled node one for its value."""
    places = [*workflow.places(named)]
    how = _HOW.format(title=named.title)
    for name, given in places:
        if not given:
            kind = workflow.nodes[name]["class_type"]
            listed = " or ".join(named.inputs)
            problems.append(
                Problem(
                    _FIELD,
                    f"Node {name} ({kind}) of the workflow is titled {named.title!r} and has no "
                    f"{listed} that could be set. Title another one.",
                )
            )
    is_needed = named.is_asked(plan) or named.title == "prompt"
    if is_needed and not places:
        words = "" if named.title == "prompt" else ", or leave that out"
        message = f"No node of the workflow is titled {named.title!r}. {how}{words}."
        problems.append(Problem(named.control, message))


def _titles(node: Mapping[str, Any]) -> tuple[str, ...]:
    about: Any = node.get("_meta")
    title = cast("dict[str, Any]", about).get("title") if isinstance(about, dict) else None
    return tuple(part.strip().casefold() for part in str(title or "").split(","))


def _is_node(found: object) -> bool:
    if not isinstance(found, dict):
        return False
    node = cast("dict[str, Any]", found)
    return isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)


def _number(found: object) -> float | None:
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return cast("float", found) if is_number else None


def _refused(message: str) -> UnsupportedRequest:
    return UnsupportedRequest([Problem(_FIELD, message)])
