"""Reference images on one sheet, by the makers' IC-LoRA for it, and how a plan gets that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.lora.lora_library import find_lora
from core.video.inputs import KEPT, PACING, USUAL_SCALE, scale_of
from core.video.placement import without_soft_keyframes
from core.video.request import Input
from core.video.terms import Role
from providers.ltx_video.models.control_video import FOR_SHEETS, ic_loras_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.video.plan import RenderPlan

_PAGES = {
    "ltx-2.3": "https://huggingface.co/Lightricks/LTX-2.3-22b-IC-LoRA-Ingredients",
    "ltx-2.5": "https://huggingface.co/Lightricks/LTX-2.5-22b-IC-LoRA-Ingredients",
}
_TRAINED = (768, 448, 121, 24)
"""Width, height, frames and rate of all that it has seen."""


def with_reference_sheet(plan: RenderPlan, folders: Sequence[Path]) -> RenderPlan:
    """The plan with its reference images as one sheet, where the IC-LoRA for it lies here.

    Else they stay soft keyframes, and a note says how to get it. So they do where another video is
    given, in several parts and in two stages: the model sees one sheet, beside one whole clip.

    Args:
        plan: as planned.
        folders: of a person's own LoRAs, the first one counts first.
    """
    request, family = plan.request, plan.spec.lora_family
    if family not in FOR_SHEETS or not request.of_role(Role.REFERENCE):
        return plan
    if request.of_role(*PACING, *KEPT) or plan.parts or plan.refine_steps:
        return plan
    name, loras = FOR_SHEETS[family], request.of_role(Role.LORA)
    chosen = [item for item, _ in ic_loras_of(plan)]
    lora = next((item for item in chosen if item.path.stem.casefold() == name), None)
    if len(chosen) > (lora is not None):
        return plan  # what another IC-LoRA follows is not there, which is told
    if lora is None:
        path = find_lora(name, folders)
        if path is None:
            return plan.with_notes(
                "The makers have an IC-LoRA by which the model sees reference images as one sheet. "
                f"It is used instead once '{name}.safetensors' of {_PAGES[family]} lies in "
                f"{str(folders[0])!r}."
            )
        if len(loras) >= plan.spec.limit(Role.LORA):
            return plan.with_notes(
                f"The IC-LoRA {path.name!r} for reference images is left out: {len(loras)} others "
                "are chosen, and no more fit."
            )
        lora = Input(role=Role.LORA, path=path, strength=USUAL_SCALE)
        plan = plan.with_inputs((*request.inputs, lora))
    plan = without_soft_keyframes(plan).model_copy(update={"reference_downscale": 1})
    return plan.with_notes(
        "The reference images are one sheet, which the model sees beside the clip by the IC-LoRA "
        f"{lora.path.name!r}, laid over it at {scale_of(lora):g}. Describe in the prompt what each "
        "of them shows.",
        *_unlike_the_trained(plan),
    )


def _unlike_the_trained(plan: RenderPlan) -> tuple[str, ...]:
    if (plan.width, plan.height, plan.num_frames, plan.fps) == _TRAINED:
        return ()
    width, height, num_frames, fps = _TRAINED
    return (
        f"That IC-LoRA was trained on clips of {width}x{height} with {num_frames} frames at {fps} "
        "fps alone; others may keep less of what the images show.",
    )
