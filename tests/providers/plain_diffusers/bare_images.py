"""What plain diffusers makes with the tiny image models, called as their cards say.

Run as a module, with the folder that `tiny_images` has filled: the pictures lie in `bare` below it.
"""

# pyright: basic

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import diffusers
import torch
from PIL import Image, ImageDraw

from providers.local_images.engine.qwen_processor import ImageTextProcessor

PROMPT, SEED, WIDTH, HEIGHT = "a red ball", 7, 96, 64
STEPS = 3


def draw_inputs(folder: Path) -> None:
    """The image that is edited, one to look at, and a mask."""
    image = Image.new("RGB", (WIDTH, HEIGHT), (40, 80, 160))
    ImageDraw.Draw(image).ellipse((10, 10, 60, 50), fill=(220, 60, 40))
    image.save(folder / "image.png")
    other = Image.new("RGB", (64, 64), (10, 160, 60))
    ImageDraw.Draw(other).rectangle((16, 16, 40, 48), fill=(250, 250, 20))
    other.save(folder / "other.png")
    mask = Image.new("L", (WIDTH, HEIGHT), 0)
    ImageDraw.Draw(mask).rectangle((32, 16, 72, 48), fill=255)
    mask.save(folder / "mask.png")


_SIZE = {"width": WIDTH, "height": HEIGHT}
_GUIDED_QWEN = {"true_cfg_scale": 4.0, "negative_prompt": "blurry", "num_inference_steps": STEPS}


def bare_images(models: Path, inputs: Path, out: Path) -> None:
    """Every picture, as a file that says of which model and work it is."""
    image, other, mask = (Image.open(inputs / f"{name}.png") for name in ("image", "other", "mask"))
    z = {"guidance_scale": 0.0}
    klein = {"guidance_scale": 1.0, "num_inference_steps": 4}
    guided = {"guidance_scale": 6.0, "negative_prompt": "blurry", "num_inference_steps": STEPS}
    calls: list[tuple[str, str, str, dict[str, Any]]] = [
        ("tiny-z", "words", "ZImagePipeline", {**z, **_SIZE, "num_inference_steps": STEPS}),
        # Half of the steps would be left out, so twice as many are asked for.
        ("tiny-z", "edit", "ZImageImg2ImgPipeline",
         {**z, **_SIZE, "num_inference_steps": 2 * STEPS, "image": image, "strength": 0.5}),
        ("tiny-z", "mask", "ZImageInpaintPipeline",
         {**z, **_SIZE, "num_inference_steps": STEPS, "image": image, "mask_image": mask,
          "strength": 1.0}),
        ("tiny-klein", "words", "Flux2KleinPipeline", {**klein, **_SIZE}),
        ("tiny-klein", "edit", "Flux2KleinPipeline", {**klein, **_SIZE, "image": [image, other]}),
        ("tiny-klein", "mask", "Flux2KleinInpaintPipeline",
         {**klein, **_SIZE, "image": image, "mask_image": mask, "strength": 1.0}),
        ("tiny-sdxl", "words", "StableDiffusionXLPipeline", {**guided, **_SIZE}),
        ("tiny-sdxl", "edit", "StableDiffusionXLImg2ImgPipeline",
         {**guided, "image": image, "strength": 0.7}),
        ("tiny-sdxl", "mask", "StableDiffusionXLInpaintPipeline",
         {**guided, **_SIZE, "image": image, "mask_image": mask, "strength": 1.0}),
        ("tiny-qwen", "words", "QwenImagePipeline", {**_GUIDED_QWEN, **_SIZE}),
        ("tiny-qwen", "edit", "QwenImageImg2ImgPipeline",
         {**_GUIDED_QWEN, **_SIZE, "image": image, "strength": 0.7}),
        ("tiny-qwen", "mask", "QwenImageInpaintPipeline",
         {**_GUIDED_QWEN, **_SIZE, "image": image, "mask_image": mask, "strength": 1.0}),
        ("tiny-qwen-edit", "edit", "QwenImageEditPlusPipeline",
         {**_GUIDED_QWEN, **_SIZE, "image": [image, other], "num_inference_steps": 1}),
    ]  # fmt: skip
    for model, work, class_name, arguments in calls:
        pipeline = load(models / model, class_name)
        made = pipeline(
            prompt=PROMPT, generator=torch.Generator("cpu").manual_seed(SEED), **arguments
        )
        made.images[0].save(out / f"{model}-{work}.png")


def load(folder: Path, class_name: str) -> Any:
    """A pipeline in 32 bit."""
    more = {}
    if (folder / "processor").is_dir():
        more["processor"] = ImageTextProcessor.read(folder / "processor")
    pipeline = getattr(diffusers, class_name).from_pretrained(folder, dtype=torch.float32, **more)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


if __name__ == "__main__":
    target = Path(sys.argv[1])
    (target / "bare").mkdir()
    bare_images(target, target, target / "bare")
