"""What enlarges the latents of the first of two stages."""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from diffusers.pipelines.ltx.pipeline_ltx_latent_upsample import LTXLatentUpsamplePipeline

from core.video.spec import Residency
from providers.engine.process.torch_memory import torch_device
from providers.ltx_video.engine.kept_latents import KeepingLTXVideoPipeline
from providers.ltx_video.engine.pipeline import compute_dtype

if TYPE_CHECKING:
    from providers.ltx_video.engine.pipeline import Pipeline
    from providers.ltx_video.engine.protocol import RenderOrder


class Upsampler:
    """Makes latents of half a clip's size those of its size; is on the GPU only meanwhile."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def enlarge(
        self, pipeline: Pipeline, order: RenderOrder, latents: torch.Tensor
    ) -> torch.Tensor:
        """The latents at twice the width and height, in the scale of the pipeline both times.

        diffusers has pipelines for this. They go by where the VAE lies, which with streamed
        weights is not where the arithmetic is done.
        """
        vae, profile = pipeline.vae, order.profile
        has_own_scale = isinstance(pipeline, KeepingLTXVideoPipeline)
        scale = (vae.latents_mean, vae.latents_std, vae.config.scaling_factor)
        model = self._model.to(torch_device(order.memory.device), compute_dtype(order))
        small = latents
        if has_own_scale:
            small = pipeline._denormalize_latents(small, *scale)  # noqa: SLF001 - as its own caller
        small = small.to(model.device, model.dtype)
        with torch.no_grad():
            large = model(small)
        steps: Any = LTXLatentUpsamplePipeline
        if profile.upsample_adain:
            large = steps.adain_filter_latent(None, large, small, profile.upsample_adain)
        if profile.upsample_tone_map:
            large = steps.tone_map_latents(None, large, profile.upsample_tone_map)
        if has_own_scale:
            large = pipeline._normalize_latents(large, *scale)  # noqa: SLF001 - as above
        if order.memory.residency is not Residency.RESIDENT:
            self._model.to("cpu")
        return large.float()
