"""The video that a clip is made from: its frames as latents, and its sound."""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image, ImageOps

from core.media.source_clip import AUDIO_RATE_HZ, sample_frames
from providers.ltx_video.engine.clip import Audio
from providers.ltx_video.engine.pipeline import set_tiling

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Any

    from core.jobs.job import CancelToken
    from providers.ltx_video.engine.protocol import RenderOrder

# The spectrogram of silence: the logarithm of the least that the codec hears.
_SILENCE = -11.5129
_STEPS_OF_A_LATENT = 4


def source_latents(
    pipeline: Any, order: RenderOrder, path: Path, cancel: CancelToken
) -> torch.Tensor:
    """The source video at the plan's size and rate as the VAE has it, (1, channels, t, h, w)."""
    plan = order.plan
    size = (plan.width, plan.height)
    images = [
        image if image.size == size else ImageOps.fit(image, size, Image.Resampling.LANCZOS)
        for image in sample_frames(path, plan.num_frames, plan.fps, cancel)
    ]
    return encode_images(pipeline, order, images)


def encode_images(pipeline: Any, order: RenderOrder, images: Iterable[Image.Image]) -> torch.Tensor:
    """Images of the plan's size as one video in the VAE's scale."""
    plan, vae = order.plan, pipeline.vae
    set_tiling(vae, order)
    pixels = pipeline.video_processor.preprocess_video([*images], plan.height, plan.width)
    device = pipeline._execution_device  # noqa: SLF001 - the pipeline has no public name for it
    return vae.encode(pixels.to(device, vae.dtype)).latent_dist.mode().float()


def silent_latents(pipeline: Any, order: RenderOrder) -> torch.Tensor:
    """Silence as the audio VAE has it, as long as the clip.

    A clip that is made anew begins with little noise. LTX-2 makes picture and sound together, and
    would take pure noise for a sound with little noise in it.
    """
    vae, device = pipeline.audio_vae, pipeline._execution_device  # noqa: SLF001 - as above
    a_second = pipeline.audio_sampling_rate / pipeline.audio_hop_length / _STEPS_OF_A_LATENT
    count = round(order.plan.num_frames / order.plan.fps * a_second)
    shape = (1, vae.config.in_channels, count * _STEPS_OF_A_LATENT, vae.config.mel_bins)
    mel = torch.full(shape, _SILENCE, device=device, dtype=vae.dtype)
    return vae.encode(mel).latent_dist.mode().float()


def read_audio(path: Path) -> Audio:
    """The sound that `write_clip_audio` wrote."""
    samples = np.fromfile(path, dtype="<f4").reshape(-1, 2).T
    return Audio(np.ascontiguousarray(samples), AUDIO_RATE_HZ)
