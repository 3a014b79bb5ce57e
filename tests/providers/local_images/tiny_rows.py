"""Tiny image models as rows of a catalogue, where they are installed, and requests for them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from core.platform.paths import Paths
from core.video.request import Editing, FrameRequest, Input, RenderRequest, Sampling
from core.video.spec import Precision
from core.video.terms import AspectRatio, FrameSize, OutputKind, Role, SizeGrid, Target
from providers.local_images.install.model_files import images_dir
from providers.local_images.models.catalog import BY_ID, ImageProfile, LocalImageModel
from providers.local_images.models.info import INFO
from tests.providers.plain_diffusers.bare_images import HEIGHT, PROMPT, SEED, STEPS, WIDTH
from tests.providers.tiny_home import install

if TYPE_CHECKING:
    from pathlib import Path

_SIZES = tuple(
    FrameSize(resolution="tiny", aspect=aspect, width=width, height=height)
    for aspect, width, height in (
        (AspectRatio.LANDSCAPE_3_2, 96, 64),
        (AspectRatio.SQUARE_1_1, 80, 80),
        (AspectRatio.PORTRAIT_2_3, 64, 96),
    )
)


def _tiny(model: str, like: str, profile: ImageProfile) -> LocalImageModel:
    """A row for a tiny model, run like a real one, in 32 bit and at sizes that suit a test."""
    row = BY_ID[like]
    family = row.family.model_copy(update={"dtype": Precision.FLOAT32})
    spec = row.spec.model_copy(
        update={
            "id": model,
            "label": model,
            "sizes": _SIZES,
            "size_grid": SizeGrid(step=family.grid, least=32, most_pixels=512 * 512),
            "steps": row.spec.steps
            and row.spec.steps.model_copy(update={"default": profile.num_inference_steps}),
        }
    )
    parts = ((family.denoiser, 0.001), ("text_encoder", 0.001), ("vae", 0.001))
    return replace(row, spec=spec, family=family, profile=profile, parts_gb=parts)


TINY_Z = _tiny("tiny-z", "z-image-turbo", ImageProfile(
    num_inference_steps=STEPS, guidance_scale=0.0, is_distilled=True))  # fmt: skip
TINY_KLEIN = _tiny("tiny-klein", "flux2-klein-4b", ImageProfile(
    num_inference_steps=4, guidance_scale=1.0, is_distilled=True))  # fmt: skip
TINY_SDXL = _tiny("tiny-sdxl", "sdxl", ImageProfile(num_inference_steps=STEPS, guidance_scale=6.0))
TINY_QWEN = _tiny(
    "tiny-qwen", "qwen-image", ImageProfile(num_inference_steps=STEPS, guidance_scale=4.0)
)
TINY_QWEN_EDIT = _tiny(
    "tiny-qwen-edit", "qwen-image-edit", ImageProfile(num_inference_steps=1, guidance_scale=4.0)
)
ROWS = (TINY_Z, TINY_KLEIN, TINY_SDXL, TINY_QWEN, TINY_QWEN_EDIT)


def tiny_home(folder: Path, made: Path) -> Path:
    """A home in which the tiny models are installed."""
    for row in ROWS:
        place = images_dir(Paths.below(folder)) / row.id
        shutil.copytree(made / row.id, place)
        install(place, row)
    return folder


def tiny_request(
    model: LocalImageModel | str,
    *inputs: Input,
    strength: float | None = None,
    steps: int | None = None,
    size: str | None = f"{WIDTH}x{HEIGHT}",
    seed: int = SEED,
) -> RenderRequest:
    """An image of a tiny model; what is guided is guided away from blur."""
    name = model if isinstance(model, str) else model.id
    row = next((one for one in ROWS if one.id == name), None)
    is_guided = row is not None and row.spec.takes_negative_prompt
    return RenderRequest(
        target=Target(provider=INFO.id, deployment=INFO.deployment, model=name),
        prompt=PROMPT,
        negative_prompt="blurry" if is_guided else None,
        output=OutputKind.IMAGE,
        frame=FrameRequest(resolution=size),
        inputs=inputs,
        editing=Editing(strength=strength),
        sampling=Sampling(seed=seed, num_inference_steps=steps),
    )


def start(path: Path) -> Input:
    """The image that is edited."""
    return Input(role=Role.START, path=path)


def reference(path: Path) -> Input:
    """One to look at."""
    return Input(role=Role.REFERENCE, path=path)


def mask(path: Path) -> Input:
    """Where it is edited."""
    return Input(role=Role.MASK, path=path)


def lora(path: Path, scale: float | None = None) -> Input:
    """Laid over the model."""
    return Input(role=Role.LORA, path=path, strength=scale)
