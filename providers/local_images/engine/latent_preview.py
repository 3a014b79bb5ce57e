"""A small picture of an image while it is made, where that costs next to nothing."""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch.nn.functional import interpolate

from core.video.terms import Residency
from providers.engine.preview_pace import PreviewPace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from providers.local_images.engine.protocol import ImageRenderOrder

# Of latents, on the longer side: a picture of eight times as many pixels.
_LONGEST = 32
# Of these a step is a straight way from noise to picture, so its direction tells where it leads.
_STRAIGHT = ("FlowMatchEulerDiscreteScheduler", "EulerDiscreteScheduler")


class LatentPreviewer:
    """Looks at the latents after each step; touches neither them nor the random source."""

    def __init__(self, order: ImageRenderOrder, clock: Callable[[], float]) -> None:
        self._order = order
        self._pace = PreviewPace(clock)
        self._before: torch.Tensor | None = None
        # Elsewhere the decoder is not where the latents are.
        self._is_possible = order.memory.residency is Residency.RESIDENT

    def look(self, pipeline: Any, latents: torch.Tensor, step: int) -> Path | None:
        """The picture after this step, counted from 1, as a file, where one is due."""
        if not self._is_possible:
            return None
        before, self._before = self._before, latents
        if before is None or not self._pace.is_due():
            return None
        with self._pace.spending(), torch.inference_mode(), torch.random.fork_rng():
            image = self._image(pipeline, _outcome(pipeline, before, latents))
            if image is None:
                self._is_possible = False
                return None
            path = self._order.workdir / f"preview-{step:03}.png"
            image.save(path)
        return path

    def _image(self, pipeline: Any, latents: torch.Tensor) -> Image.Image | None:
        """The latents as a small picture; None where nobody here knows how they are packed."""
        vae = pipeline.vae
        unpacked = self._unpacked(pipeline, latents)
        if unpacked is None:
            return None
        rows, columns = unpacked.shape[-2:]
        longest = max(rows, columns)
        if longest > _LONGEST:
            size = (max(1, rows * _LONGEST // longest), max(1, columns * _LONGEST // longest))
            # A decoder of videos takes a frame as well.
            small = interpolate(unpacked.reshape(1, -1, rows, columns), size=size, mode="area")
            unpacked = small.reshape(*unpacked.shape[:-2], *size)
        decoded = vae.decode(unpacked.to(vae.dtype), return_dict=False)[0]
        if decoded.ndim == 5:
            decoded = decoded[:, :, 0]
        pixels = ((decoded[0].float() / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
        return Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy()[..., :3])

    def _unpacked(self, pipeline: Any, latents: torch.Tensor) -> torch.Tensor | None:
        """The latents as what decodes them takes them, (1, channels, height, width)."""
        vae, plan = pipeline.vae, self._order.plan
        config = vae.config
        if latents.ndim == 4:
            scaled = latents / config.scaling_factor
            return scaled + (getattr(config, "shift_factor", None) or 0.0)
        scale = pipeline.vae_scale_factor
        if hasattr(vae, "bn"):
            rows, columns = plan.height // scale // 2, plan.width // scale // 2
            tokens = latents[:, : rows * columns]
            grid = tokens.transpose(1, 2).reshape(1, -1, rows, columns)
            mean = vae.bn.running_mean.view(1, -1, 1, 1).to(grid.device, grid.dtype)
            variance = vae.bn.running_var.view(1, -1, 1, 1).to(grid.device, grid.dtype)
            grid = grid * torch.sqrt(variance + config.batch_norm_eps) + mean
            return pipeline._unpatchify_latents(grid)  # noqa: SLF001 - the pipeline uses it itself
        if hasattr(config, "latents_mean") and hasattr(pipeline, "_unpack_latents"):
            spread = pipeline._unpack_latents(  # noqa: SLF001 - the pipeline uses it itself
                latents, plan.height, plan.width, scale
            )
            shape = (1, -1, 1, 1, 1)
            mean, deviation = (
                torch.tensor(values).view(shape).to(spread.device, spread.dtype)
                for values in (config.latents_mean, config.latents_std)
            )
            return spread * deviation + mean
        return None


def _outcome(pipeline: Any, before: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
    """What the latents head for, where the way is straight; else they themselves."""
    scheduler = pipeline.scheduler
    index = getattr(scheduler, "step_index", None)
    if type(scheduler).__name__ not in _STRAIGHT or not index:
        return latents
    sigmas = scheduler.sigmas
    rest, sigma = float(sigmas[index]), float(sigmas[index - 1])
    if rest == sigma:
        return latents
    return latents - rest * (latents - before) / (rest - sigma)
