"""What following a control video takes: an IC-LoRA, and what draws the maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import Problem, UnreadableLora, UnsupportedRequest
from core.lora.lora_file import read_lora
from core.lora.lora_library import find_lora
from core.video.inputs import USUAL_SCALE, field_of, scale_of
from core.video.request import Input
from core.video.terms import ControlMap, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from core.lora.lora_file import LoraFile
    from core.video.plan import RenderPlan

_HUB = "https://huggingface.co/Lightricks"
_UNION_23 = "ltx-2.3-22b-ic-lora-union-control-ref0.5"
_UNION_19B = "ltx-2-19b-ic-lora-union-control-ref0.5"

OFFICIAL: Mapping[str, Mapping[ControlMap, tuple[str, ...]]] = {
    "ltx-2.3": dict.fromkeys(ControlMap, (_UNION_23,)),
    "ltx-2-19b": {
        ControlMap.CANNY: (_UNION_19B, "ltx-2-19b-ic-lora-canny-control"),
        ControlMap.DEPTH: (_UNION_19B, "ltx-2-19b-ic-lora-depth-control"),
        ControlMap.POSE: (_UNION_19B, "ltx-2-19b-ic-lora-pose-control"),
        ControlMap.GIVEN: (_UNION_19B,),
    },
}
"""By the family of a model and the map, what the makers' files are called, the better one first."""

FOR_SHEETS: Mapping[str, str] = {
    "ltx-2.3": "ltx-2.3-22b-ic-lora-ingredients-0.9",
    "ltx-2.5": "ltx-2.5-22b-ic-lora-ingredients-0.9",
}
"""By the family, what the makers' IC-LoRA is called that follows a sheet of reference images."""

_PAGES = {
    _UNION_23: f"{_HUB}/LTX-2.3-22b-IC-LoRA-Union-Control",
    _UNION_19B: f"{_HUB}/LTX-2-19b-IC-LoRA-Union-Control",
}
_FOLLOWED = {
    ControlMap.CANNY: "the outlines in the control video",
    ControlMap.DEPTH: "the depth in the control video",
    ControlMap.POSE: "the people in the control video",
    ControlMap.GIVEN: "the maps that the control video shows",
}
_VIDEO, _LORA = field_of(Role.CONTROL), field_of(Role.LORA)


def with_control_lora(
    plan: RenderPlan, folders: Sequence[Path], map_problem: Problem | None
) -> RenderPlan:
    """The plan with the IC-LoRA that its control video needs: a chosen one, else the makers'.

    Args:
        plan: as planned.
        folders: of a person's own LoRAs, the first one counts first.
        map_problem: what keeps the maps from being drawn.

    Raises:
        UnsupportedRequest: there is no IC-LoRA, there are several, or it is for something else; or
            what draws the maps is not there.
    """
    kind = plan.request.editing.control_map
    if kind is None or not plan.request.of_role(Role.CONTROL):
        return plan
    chosen = ic_loras_of(plan)
    found = [*_choice_problems(plan, kind, chosen, folders)]
    if map_problem is not None:
        found.append(map_problem)
    if found:
        raise UnsupportedRequest(found)
    if not chosen:
        path = _official(plan, kind, folders)
        assert path is not None, "it is refused without"
        plan = plan.with_inputs(
            (*plan.request.inputs, Input(role=Role.LORA, path=path, strength=USUAL_SCALE))
        )
        chosen = ic_loras_of(plan)
    ((item, file),) = chosen
    # What the head says in another way is refused with all LoRAs of the plan.
    scale = file.reference_downscale or 1
    smaller = scale * (2 if plan.refine_steps else 1)
    size = "the clip's size" if smaller == 1 else f"1/{smaller} of the clip's size"
    if plan.refine_steps:
        size += ", in the first of its two stages; the second one refines without them"
    return plan.model_copy(update={"reference_downscale": scale}).with_notes(
        f"The clip follows {_FOLLOWED[kind]} by the IC-LoRA {file.path.name!r}, which is laid over "
        f"the model at {scale_of(item):g}; the model sees them at {size}."
    )


def ic_loras_of(plan: RenderPlan) -> list[tuple[Input, LoraFile]]:
    """The IC-LoRAs among a plan's LoRAs; what cannot be read is told with all files."""
    found: list[tuple[Input, LoraFile]] = []
    for item in plan.request.of_role(Role.LORA):
        try:
            file = read_lora(item.path)
        except UnreadableLora:
            continue
        if file.is_for_reference:
            found.append((item, file))
    return found


def _official(plan: RenderPlan, kind: ControlMap, folders: Sequence[Path]) -> Path | None:
    """The makers' file for a map, where it lies among a person's own LoRAs."""
    names = OFFICIAL[plan.spec.lora_family][kind]
    return next((path for name in names if (path := find_lora(name, folders))), None)


def _choice_problems(
    plan: RenderPlan,
    kind: ControlMap,
    chosen: list[tuple[Input, LoraFile]],
    folders: Sequence[Path],
) -> Iterator[Problem]:
    """What is wrong with the IC-LoRA of a plan, or that there is none."""
    if len(chosen) > 1:
        names = " and ".join(repr(file.path.name) for _, file in chosen)
        yield Problem(
            _LORA,
            f"{names} are IC-LoRAs, and a control video is followed by one. Leave all but one out.",
        )
        return
    if chosen:
        yield from _purpose_problems(plan, kind, chosen[0][1])
        return
    loras, most = plan.request.of_role(Role.LORA), plan.spec.limit(Role.LORA)
    path = _official(plan, kind, folders)
    if path is None:
        name = OFFICIAL[plan.spec.lora_family][kind][0]
        others = " None of the chosen LoRAs is one." if loras else ""
        yield Problem(
            _VIDEO,
            f"{plan.spec.label} follows a control video by an IC-LoRA.{others} Put "
            f"'{name}.safetensors' (0.65 GB) of {_PAGES[name]} into {str(folders[0])!r}, or choose "
            "one of your own among the LoRAs.",
            is_of_setup=True,
        )
        return
    if len(loras) >= most:
        yield Problem(
            _LORA,
            f"The control video needs the IC-LoRA {path.name!r}, and with it there would be "
            f"{len(loras) + 1} LoRAs; {plan.spec.label} takes at most {most}. Leave one out.",
        )
    try:
        read_lora(path)
    except UnreadableLora as error:
        yield Problem(_VIDEO, f"{error.message} The control video needs it.", is_of_setup=True)


def _purpose_problems(plan: RenderPlan, kind: ControlMap, file: LoraFile) -> Iterator[Problem]:
    """A file by one of the makers' names is for what they made it for."""
    if file.path.stem.casefold() in FOR_SHEETS.values():
        yield Problem(
            _LORA,
            f"The IC-LoRA {file.path.name!r} follows reference images and no control video. Leave "
            "it out: with reference images it is used by itself.",
        )
    made_for = {
        (family, other)
        for family, maps in OFFICIAL.items()
        for other, names in maps.items()
        if file.path.stem.casefold() in names
    }
    family, name = plan.spec.lora_family, f"The IC-LoRA {file.path.name!r} was made for"
    if made_for and all(one != family for one, _ in made_for):
        yield Problem(_LORA, f"{name} another model than {plan.spec.label}. Leave it out.")
    elif made_for and kind is not ControlMap.GIVEN and (family, kind) not in made_for:
        message = f"{name} other maps than {kind}. Leave it out, or choose what it follows."
        yield Problem(_LORA, message)
