"""Tiny models that rewrite prompts, and what plain diffusers writes and makes with them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.ltx2 import utils
from diffusers.pipelines.ltx2.duration_head import LTX2DurationHead
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition
from PIL import Image
from transformers import AutoModelForImageTextToText

from providers.ltx_video.engine.text import load_processor
from tests.providers.plain_diffusers.plain_clips import (
    DISTILLED,
    SIZE,
    as_bytes,
    open_ltx_2,
    seeded,
)
from tests.providers.plain_diffusers.tiny_models import (
    save_tiny_gemma_3_processor,
    save_tiny_gemma_4,
    save_tiny_ltx_2,
)
from tests.providers.tiny_home import PROMPT

GENERATIONS = ("2.0", "2.3", "2.5")
TEXTS, LENGTH = "texts.json", "length.npy"
# The words of an enhancer are more than a person writes.
_OPTIONS = DISTILLED | {"max_sequence_length": 1024}


def _bare(folder: Path, generation: str, image: Image.Image | None) -> dict[str, Any]:
    """One call of the pipeline that enhances and renders; the words by a call of their own."""
    is_own = generation == "2.5"
    parts: dict[str, Any] = {"processor": load_processor(folder / "processor")}
    if is_own:
        own = AutoModelForImageTextToText.from_pretrained(folder / "prompt_enhancer")
        parts["prompt_enhancer"] = own
    pipeline = open_ltx_2(folder, parts)
    first, later = utils.T2V_DEFAULT_SYSTEM_PROMPT, utils.I2V_DEFAULT_SYSTEM_PROMPT
    asked = first if image is None else later
    if is_own:
        asked = (
            utils.LTX2_5_T2V_DEFAULT_SYSTEM_PROMPT
            if image is None
            else utils.LTX2_5_I2V_DEFAULT_SYSTEM_PROMPT
        )
    text = pipeline.enhance_prompt(PROMPT, asked, generator=seeded(), image=image)
    output = pipeline(
        conditions=None if image is None else [LTX2VideoCondition(frames=image, index=0, crf=0)],
        prompt=PROMPT,
        enable_prompt_enhancement=True,
        # 2.5 has instructions of its own, which are taken where none are given.
        system_prompt=None if is_own else asked,
        generator=seeded(),
        **_OPTIONS,
        **SIZE,
    )
    return {"text": text[0], "frames": as_bytes(output.frames[0])}


def _bare_length(folder: Path) -> np.ndarray:
    """One call that leaves the length to the model."""
    head = LTX2DurationHead.from_pretrained(folder / "duration_head")
    pipeline = open_ltx_2(folder, {"duration_head": head})
    output = pipeline(
        prompt=PROMPT,
        **_OPTIONS,
        **(SIZE | {"num_frames": None, "min_seconds": 1.0, "max_seconds": 5.0}),
        generator=seeded(),
    )
    return as_bytes(output.frames[0])


def _save_duration_head(folder: Path) -> None:
    """One that says about two and a half seconds, and something else of other words."""
    torch.manual_seed(2)
    head = LTX2DurationHead(
        video_cross_attention_dim=32,
        audio_cross_attention_dim=16,
        pooler_hidden_dim=16,
        num_pooler_heads=2,
        mlp_hidden_dim=16,
    )
    torch.nn.init.constant_(head.mlp_out.bias, 0.9)
    head.save_pretrained(folder / "duration_head")


def main(folder: Path) -> None:
    """Write the models, a start image, and what plain diffusers makes."""
    image = Image.linear_gradient("L").resize((96, 64)).convert("RGB")
    image.save(folder / "start.png")
    texts: dict[str, str] = {}
    for generation in GENERATIONS:
        model = folder / f"enhancing-{generation}"
        save_tiny_ltx_2(model, generation)
        if generation == "2.5":
            save_tiny_gemma_4(model)
        else:
            save_tiny_gemma_3_processor(model)
        for task, start in (("t2v", None), ("i2v", image)):
            made = _bare(model, generation, start)
            texts[f"{model.name}-{task}"] = made["text"]
            np.savez(folder / f"{model.name}-{task}.npz", frames=made["frames"])
    _save_duration_head(folder / "enhancing-2.5")
    np.save(folder / LENGTH, _bare_length(folder / "enhancing-2.5"))
    (folder / TEXTS).write_text(json.dumps(texts), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
