"""The makers' own LoRAs for camera moves, which LTX-2 19B has, and how a plan gets one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.lora.lora_library import find_lora
from core.video.allowed import find_value
from core.video.request import Input, Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from core.video.plan import RenderPlan

FAMILY = "ltx-2-19b"
"""The LoRAs that fit the model; their makers have none for the later ones."""

OFFICIAL: Mapping[str, str] = {
    "static": "Static",
    "dolly_forward": "Dolly-In",
    "dolly_backward": "Dolly-Out",
    "dolly_left": "Dolly-Left",
    "dolly_right": "Dolly-Right",
    "crane_up": "Jib-Up",
    "crane_down": "Jib-Down",
}
"""By the move, what its LoRA is called."""

_PAGE = "https://huggingface.co/Lightricks/LTX-2-19b-LoRA-Camera-Control-"
_LEAST_SCALE, _MOST_SCALE = 0.5, 1.2


def with_camera_lora(plan: RenderPlan, folders: Sequence[Path]) -> RenderPlan:
    """The plan with the LoRA of its camera move, where the model has one and it lies here.

    Its note says whether it is used besides the words, or where to get it.

    Args:
        plan: as planned.
        folders: of a person's own LoRAs, the first one counts first.
    """
    asked, request = plan.request.motion, plan.request
    move = None if asked.camera is None else find_value(asked.camera, tuple(OFFICIAL))
    if move is None or plan.spec.lora_family != FAMILY:
        return plan
    name = OFFICIAL[str(move)]
    stem = f"ltx-2-19b-lora-camera-control-{name.lower()}"
    loras = request.of_role(Role.LORA)
    if any(item.path.stem.casefold() == stem for item in loras):
        return plan
    path = find_lora(stem, folders)
    if path is None:
        return plan.with_notes(
            f"The makers have a LoRA for this move. It is used too once '{stem}.safetensors' of "
            f"{_PAGE}{name} lies in {str(folders[0])!r}."
        )
    if len(loras) >= plan.spec.limit(Role.LORA):
        return plan.with_notes(
            f"The LoRA {path.name!r} for this move is left out: {len(loras)} others are chosen, "
            "and no more fit."
        )
    scale = min(max(asked.speed or 1.0, _LEAST_SCALE), _MOST_SCALE)
    lora = Input(role=Role.LORA, path=path, strength=scale)
    return plan.with_inputs((*request.inputs, lora)).with_notes(
        f"The makers' LoRA for this move, {path.name!r}, is laid over the model at {scale:g}."
    )
