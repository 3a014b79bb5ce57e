"""A model that takes images, a mask and a quality, as lists have it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.video.editing.tools import IMAGE_TOOLS
from core.video.listing import ModelListing
from core.video.spec import FloatRange
from core.video.terms import Residency, Role, Task
from tests.fakes.provider import SMALL

IMAGE = Path(__file__).resolve()
"""Any file that is there: the tab shows names and opens none."""


def with_images(offers: ModelListing) -> ModelListing:
    """The same, where the model takes images, a mask, LoRAs and a quality, and has tools."""
    inputs = {Role.START: 1, Role.REFERENCE: 2, Role.MASK: 1, Role.LORA: 2}
    offer = offers.providers[0]
    spec = SMALL.model_copy(
        update={
            "inputs": inputs,
            "tasks": (*SMALL.tasks, Task.IMAGE_EDIT, *IMAGE_TOOLS),
            "qualities": ("fine", "rough"),
            "style_presets": ("anime", "low-poly"),
            "backgrounds": ("opaque", "transparent"),
            "sells_previews": True,
            "strength": FloatRange(minimum=0.1, maximum=1, default=0.5),
            "guidance_scale": FloatRange(minimum=1, maximum=10, default=4),
            "takes_negative_prompt": True,
            "most_margin": 200,
            "residencies": (Residency.RESIDENT, Residency.GROUP_OFFLOAD),
            "upscale_factor": FloatRange(minimum=2, maximum=4, default=2),
        }
    )
    models = tuple(
        replace(one, spec=spec) if one.spec.id == SMALL.id else one for one in offer.models
    )
    return ModelListing((replace(offer, models=models),))
