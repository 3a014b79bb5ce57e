"""A LoRA laid over a model by the engine, held against what diffusers makes of the same file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from providers.engine.events import LaidLora
from providers.engine.process.lora_overlay import LoraOverlay
from providers.ltx_video.engine.pipeline import compute_dtype
from tests.providers.engine.test_engine_preview import Engine

if TYPE_CHECKING:
    from pathlib import Path

    from core.lora.lora_family import LoraFamily
    from providers.ltx_video.engine.protocol import RenderOrder


def check_like_diffusers(order: RenderOrder, file: Path, family: LoraFamily) -> None:
    """The engine's latents with the LoRA are those of diffusers, and those without it return."""
    engine, overlay = Engine(order), LoraOverlay()
    base = engine.denoise(None).video
    laid = {"loras": (LaidLora(path=file, scale=1.0),), "lora_family": family}
    overlay.lay(
        engine.pipeline, order.model_copy(update=laid), compute_dtype(order), lambda _: None
    )
    ours = engine.denoise(None).video
    overlay.lay(engine.pipeline, order, compute_dtype(order), lambda _: None)
    assert torch.equal(engine.denoise(None).video, base)
    pipeline: Any = engine.pipeline
    pipeline.load_lora_weights(file)
    theirs = engine.denoise(None).video
    assert float((ours - base).norm()) > 0.01 * float(base.norm())
    torch.testing.assert_close(theirs, ours, rtol=1e-3, atol=1e-4)
