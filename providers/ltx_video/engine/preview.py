"""A picture of the clip while it is denoised, made only where it costs next to nothing."""

# pyright: standard

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch
from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXConditionPipeline
from PIL import Image

from core.video.spec import Residency
from providers.engine.preview_pace import PreviewPace
from providers.ltx_video.models.sizes import latent_frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from providers.ltx_video.engine.pipeline import Pipeline
    from providers.ltx_video.engine.protocol import RenderOrder

# By which the scheduler, too, tells one level of noise from the next.
_ALMOST = 1e-6


class Previewer:
    """Looks at the latents after each step of one clip; touches neither them nor the random source.

    The picture is of what the latents head for, not of the noise that they still hold: a step of
    Euler's method goes straight there, so its direction tells.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        order: RenderOrder,
        clock: Callable[[], float] = time.monotonic,
        *,
        steps_before: int = 0,
    ) -> None:
        self._steps_before = steps_before
        self._pipeline: Any = pipeline
        self._order = order
        self._pace = PreviewPace(clock)
        self._before: torch.Tensor | None = None
        # Elsewhere the decoder is not where the latents are, and fetching it takes longer than a
        # step, or more memory than was planned.
        # Where a step draws new noise, two latents in a row do not show where they lead.
        is_straight = not order.profile.is_stochastic
        self._is_possible = is_straight and order.memory.residency is Residency.RESIDENT

    def look(self, latents: torch.Tensor, index: int, timestep: float) -> Path | None:
        """The picture after this step as a file in the job's folder, where one is due.

        Args:
            latents: after the step, (1, tokens, channels).
            index: of the step, from 0.
            timestep: at which the step began, in the scheduler's scale.
        """
        if not self._is_possible:
            return None
        before, self._before = self._before, latents
        scheduler = self._pipeline.scheduler
        sigma = timestep / scheduler.config.num_train_timesteps
        below = scheduler.sigmas[scheduler.sigmas < sigma - _ALMOST]
        rest = float(below.max()) if len(below) else 0.0
        if before is None or rest == 0.0:
            # The last step ends in the clip itself.
            return None
        if not self._pace.is_due():
            return None
        with self._pace.spending():
            image = self._decode(latents - rest * (latents - before) / (rest - sigma))
            path = self._order.workdir / f"preview-{self._steps_before + index + 1:03}.png"
            image.save(path)
        return path

    def _decode(self, packed: torch.Tensor) -> Image.Image:
        """One frame; where the first one is given, one in the middle of what is made."""
        plan, pipeline = self._order.plan, self._pipeline
        vae = pipeline.vae
        space = vae.spatial_compression_ratio
        height, width = plan.height // space, plan.width // space
        frames = (plan.made_frames - 1) // vae.temporal_compression_ratio + 1
        tokens = height * width
        # What was joined to the clip's own tokens lies before them in one pipeline, and behind them
        # in the other.
        is_first_family = isinstance(pipeline, LTXConditionPipeline)
        start = packed.shape[1] - frames * tokens if is_first_family else 0
        chosen, last = 0, plan.new[-1]
        is_first_given = any(image.frame == 0 for image in self._order.images)
        if is_first_given or plan.new[0][0] > plan.first_made:
            chosen = latent_frame(last[len(last) // 2] - plan.first_made)
        start += chosen * tokens
        latents = pipeline._unpack_latents(  # noqa: SLF001 - the pipeline decodes by it itself
            packed[:, start : start + tokens], 1, height, width
        )
        latents = pipeline._denormalize_latents(  # noqa: SLF001 - the pipeline decodes by it itself
            latents, vae.latents_mean, vae.latents_std, vae.config.scaling_factor
        ).to(vae.dtype)
        timestep = None
        if is_first_family and vae.config.timestep_conditioning:
            time_of_decoder = self._order.profile.decode_timestep
            timestep = torch.tensor([time_of_decoder], device=latents.device, dtype=latents.dtype)
        # Some decoders draw noise of their own.
        with torch.no_grad(), torch.random.fork_rng():
            video = vae.decode(latents, timestep, return_dict=False)[0]
        images: Any = pipeline.video_processor.postprocess_video(video, output_type="np")[0]
        return Image.fromarray((images[0] * 255).round().astype("uint8"))
