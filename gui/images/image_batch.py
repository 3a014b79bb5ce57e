"""Pictures as a person orders them: words, a model, a size, files to go by, and how many."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from pydantic import Field

from core.frozen import Frozen
from core.video.request import (
    MAX_COUNT,
    MAX_SEED,
    Delivery,
    FrameRequest,
    Input,
    RenderChoices,
    RenderRequest,
    images_as_inputs,
)
from core.video.terms import OutputKind, Role, Target

_CHOSEN_BY_TABLE = ("negative_prompt", "editing", "style_preset", "background", "sampling")


class ImageBatch(Frozen):
    """One or more pictures of the same words.

    Attributes:
        resolution, aspect, quality: names of the model's own; empty for its usual one.
        images: the first is edited, and the others are looked at.
        mask: where the first is edited; None for all of it.
        choices: what else is asked for, by the table of controls, and the LoRAs.
        seed: of the first picture, the next ones count on; None draws a new one for each.
    """

    target: Target
    prompt: str = ""
    resolution: str = ""
    aspect: str = ""
    quality: str = ""
    images: tuple[Path, ...] = ()
    mask: Path | None = None
    choices: RenderChoices = RenderChoices()
    seed: int | None = Field(default=None, ge=0, le=MAX_SEED)
    count: int = Field(default=1, ge=1, le=MAX_COUNT)

    @classmethod
    def of(cls, request: RenderRequest, count: int = 1) -> Self:
        """The order that asks for this, and so many of it; its files have whole paths."""
        frame, images = request.frame, request.of_role(Role.START, Role.REFERENCE)
        fields: dict[str, Any] = {name: getattr(request, name) for name in _CHOSEN_BY_TABLE}
        # Of how it is carried out, what the form shows: nothing else is asked for unseen.
        shown = Delivery(memory=request.delivery.memory, preview=request.delivery.preview)
        return cls(
            target=request.target,
            prompt=request.prompt,
            resolution=frame.resolution or "",
            aspect=frame.aspect or "",
            quality=request.quality or "",
            images=tuple(item.path for item in images),
            mask=request.path_of(Role.MASK),
            choices=RenderChoices(**fields, delivery=shown, inputs=request.of_role(Role.LORA)),
            seed=request.sampling.seed,
            count=count,
        )

    @property
    def request(self) -> RenderRequest:
        """The request for the first picture."""
        mask = () if self.mask is None else (Input(role=Role.MASK, path=self.mask),)
        choices = self.choices
        fields: dict[str, Any] = {
            name: getattr(choices, name) for name in type(choices).model_fields
        }
        fields |= {
            "target": self.target,
            "frame": FrameRequest(resolution=self.resolution or None, aspect=self.aspect or None),
            "quality": self.quality or None,
            "inputs": (*images_as_inputs(self.images), *mask, *choices.of_role(Role.LORA)),
            "sampling": choices.sampling.model_copy(update={"seed": self.seed}),
        }
        return RenderRequest(**fields, prompt=self.prompt, output=OutputKind.IMAGE)

    @property
    def requests(self) -> tuple[RenderRequest, ...]:
        """A request for each picture."""
        return self.request.several(self.count)

    def with_settings(self, request: RenderRequest) -> ImageBatch:
        """The same with everything but the files that a request asks for."""
        asked = ImageBatch.of(request, self.count)
        return asked.model_copy(update={"images": self.images, "mask": self.mask})
