"""Latents of the tiny models, handled by hand: made of frames, seen in part, made into frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image


def encoded(pipeline: Any, frames: list[Image.Image]) -> torch.Tensor:
    """The latents of frames, in the scale of the VAE."""
    pixels = pipeline.video_processor.preprocess_video(frames)
    with torch.no_grad():
        return pipeline.vae.encode(pixels).latent_dist.mode()


def scaled(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """The same in the scale that the transformer works in."""
    mean, std = (part.view(1, -1, 1, 1, 1) for part in (vae.latents_mean, vae.latents_std))
    return (latents - mean) / std


def decoded(pipeline: Any, latents: torch.Tensor, time: torch.Tensor | None = None) -> np.ndarray:
    """The frames of latents, as floats of 0 to 1."""
    with torch.no_grad():
        video = pipeline.vae.decode(latents, time, return_dict=False)[0]
    return pipeline.video_processor.postprocess_video(video, output_type="np")[0]


def as_tokens(latents: torch.Tensor) -> torch.Tensor:
    """Latents one after the other, as the transformer takes them."""
    return latents.flatten(2).transpose(1, 2)


def tokens_of(latent_frames: torch.Tensor) -> torch.Tensor:
    """Which tokens are meant by a mask of latent frames: 2 x 3 of each."""
    return latent_frames.repeat_interleave(6)[None, :, None]


def seen_tokens(
    whole: torch.Tensor, count: int, seen: int, *, is_begin: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """The last latent frames as tokens of a window, behind its first unless they begin the clip."""
    window, stays = torch.zeros(1, 8, count, 2, 3), torch.zeros(count, dtype=torch.bool)
    place = slice(0, seen) if is_begin else slice(1, seen + 1)
    window[:, :, place] = whole[:, :, whole.shape[2] - seen :]
    stays[place] = True
    return as_tokens(window), tokens_of(stays)
