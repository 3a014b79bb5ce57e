"""The makers' own LoRAs for camera moves and for slow motion, and how a plan gets one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.lora.lora_library import find_lora
from core.video.allowed import find_value
from core.video.request import Input
from core.video.terms import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from core.video.plan import RenderPlan

CAMERA_FAMILY = "ltx-2-19b"
"""The LoRAs for camera moves fit this one; their makers have none for the later ones."""
SLOW_FAMILY = "ltx-2.5"
"""The one for slow motion fits this one alone."""

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

_HUB = "https://huggingface.co/Lightricks"
_LEAST_SCALE, _MOST_SCALE = 0.5, 1.2
_SLOW_BELOW, _EXTREME_BELOW = 0.8, 0.3


@dataclass(frozen=True)
class _Official:
    """A LoRA of the makers: its file without the ending, its page, and what it is for."""

    stem: str
    page: str
    purpose: str

    def is_in(self, plan: RenderPlan) -> bool:
        """Whether a plan has it."""
        loras = plan.request.of_role(Role.LORA)
        return any(item.path.stem.casefold() == self.stem for item in loras)

    def laid_over(self, plan: RenderPlan, scale: float, folders: Sequence[Path]) -> RenderPlan:
        """The plan with it, where it lies here and no other LoRAs take its place.

        Its note says whether it is used, or where to get it.
        """
        loras = plan.request.of_role(Role.LORA)
        if self.is_in(plan):
            return plan
        path = find_lora(self.stem, folders)
        if path is None:
            return plan.with_notes(
                f"The makers have a LoRA for {self.purpose}. It is used too once "
                f"'{self.stem}.safetensors' of {self.page} lies in {str(folders[0])!r}."
            )
        if len(loras) >= plan.spec.limit(Role.LORA):
            return plan.with_notes(
                f"The LoRA {path.name!r} for {self.purpose} is left out: {len(loras)} others are "
                "chosen, and no more fit."
            )
        lora = Input(role=Role.LORA, path=path, strength=scale)
        return plan.with_inputs((*plan.request.inputs, lora)).with_notes(
            f"The makers' LoRA for {self.purpose}, {path.name!r}, is laid over the model at "
            f"{scale:g}."
        )


SLOW_MOTION = _Official(
    "ltx-2.5-22b-lora-slow-motion-control-1.0",
    f"{_HUB}/LTX-2.5-22b-LoRA-Slow-Motion-Control",
    "slow motion",
)


def with_camera_lora(plan: RenderPlan, folders: Sequence[Path]) -> RenderPlan:
    """The plan with the LoRA of its camera move besides the words, where the model has one.

    Args:
        plan: as planned.
        folders: of a person's own LoRAs, the first one counts first.
    """
    asked = plan.request.motion
    move = None if asked.camera is None else find_value(asked.camera, tuple(OFFICIAL))
    if move is None or plan.spec.lora_family != CAMERA_FAMILY:
        return plan
    name = OFFICIAL[str(move)]
    stem = f"ltx-2-19b-lora-camera-control-{name.lower()}"
    official = _Official(stem, f"{_HUB}/LTX-2-19b-LoRA-Camera-Control-{name}", "this move")
    scale = min(max(asked.speed or 1.0, _LEAST_SCALE), _MOST_SCALE)
    return official.laid_over(plan, scale, folders)


def with_motion_speed(plan: RenderPlan, folders: Sequence[Path]) -> RenderPlan:
    """The plan with its motion speed: by the LoRA and the model's clock, or else in words.

    The LoRA was trained on captions that say nothing of the speed, so with it the words stay away.
    Arguments as of `with_camera_lora`.
    """
    speed = plan.request.motion.motion_speed
    if speed is None:
        return plan
    if speed == 1:
        return plan.with_notes("A motion speed of 1 is real time, as without it.")
    if plan.spec.lora_family == SLOW_FAMILY:
        plan = SLOW_MOTION.laid_over(plan, 1.0, folders)
        if SLOW_MOTION.is_in(plan):
            return plan.model_copy(update={"motion_speed": speed}).with_notes(
                f"Everything moves at {speed:g} times its real speed, by the model's own clock; "
                "sound does not slow down."
            )
    if speed >= _SLOW_BELOW:
        return plan.with_notes(
            f"A motion speed of {speed:g} is too near to real time for words, so none ask for it."
        )
    words = "Everything moves in slow motion."
    if speed < _EXTREME_BELOW:
        words = "Everything moves in extreme slow motion."
    return _with_words(plan, words).with_notes(
        f"A motion speed of {speed:g} is asked for in words, a rough measure: {words!r}."
    )


def _with_words(plan: RenderPlan, words: str) -> RenderPlan:
    # Imported late, as it brings the table of controls.
    from core.video.planning.prompt_parts import BAR, joined_prompt

    if not plan.parts:
        return plan.model_copy(update={"prompt": joined_prompt(plan.prompt, words)})
    parts = tuple(
        part.model_copy(update={"prompt": joined_prompt(part.prompt, words)}) for part in plan.parts
    )
    prompt = BAR.join(part.prompt for part in parts)
    return plan.model_copy(update={"prompt": prompt, "parts": parts})
