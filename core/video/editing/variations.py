"""Variations of an image: what is asked for to get others that differ from it a little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.video.control_row import Control
from core.video.controls import ROWS
from core.video.request import MAX_SEED, Editing, FrameRequest, Input, Sampling
from core.video.terms import OutputKind, Role, Task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.video.request import RenderRequest
    from core.video.spec import ModelSpec

VARIATIONS = 4
"""So many where nobody says how many."""
_STRENGTH = ROWS[Control.STRENGTH]
# Enough that they differ, and little enough that one sees what they are made of.
_LITTLE = 0.35


def variation_of(
    made: RenderRequest, image: Path, specs: Sequence[ModelSpec], seed: int | None = None
) -> RenderRequest:
    """The request for the first variation of an image; `RenderRequest.several` counts on.

    The image is changed by the words that it was made from: a little, where a model leaves the
    choice how much. One that takes no image leaves that to another of its provider; where none
    does, the same is made with other seeds.

    Args:
        made: what the image was made by.
        image: the image itself.
        specs: the models of its provider, best first.
        seed: of the image; the next one is asked for, or a new one where nobody knows it.
    """
    spec = _most_fitting(made.target.model, specs)
    if spec is None:
        following = None if seed is None else (seed + 1) % (MAX_SEED + 1)
        sampling = made.sampling.model_copy(update={"seed": following})
        return made.model_copy(update={"output": OutputKind.IMAGE, "sampling": sampling})
    strength = _STRENGTH.nearest(_LITTLE, spec)
    next_seed = None if seed is None or not spec.takes_seed else (seed + 1) % (MAX_SEED + 1)
    is_own = spec.id == made.target.model
    kept = made.sampling if is_own else Sampling()
    update = {
        "target": made.target.with_model(spec.id),
        "editing": Editing(strength=strength if isinstance(strength, float) else None),
        # The size follows from the image; what was asked for may be no size of another model.
        "frame": FrameRequest(),
        "negative_prompt": made.negative_prompt if spec.takes_negative_prompt else None,
        "quality": made.quality if is_own else None,
        "style_preset": made.style_preset if made.style_preset in spec.style_presets else None,
        "sampling": kept.model_copy(update={"seed": next_seed}),
    }
    return _with_image(made, image).model_copy(update=update)


def _most_fitting(model: str, specs: Sequence[ModelSpec]) -> ModelSpec | None:
    """Who changes images: by a strength before without, and the model itself before others."""
    able = [spec for spec in specs if Task.IMAGE_EDIT in spec.tasks and not spec.required]
    return min(able, key=lambda spec: (spec.strength is None, spec.id != model), default=None)


def _with_image(made: RenderRequest, image: Path) -> RenderRequest:
    inputs = (Input(role=Role.START, path=image),)
    return made.model_copy(update={"output": OutputKind.IMAGE, "inputs": inputs})
