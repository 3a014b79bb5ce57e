"""The pipeline of LTX-2 with a part of the clip that stays as it is."""

# pyright: standard

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2ConditionPipeline

if TYPE_CHECKING:
    from typing import Any

    import torch


@dataclass(frozen=True)
class KeptLatents:
    """What of a clip is given: the latents of all of it in the VAE's scale, and where it begins.

    Attributes:
        video: (1, channels, latent frames, height, width).
        first: the first latent frame that is kept; all behind it are too.
    """

    video: torch.Tensor
    first: int


class KeepingLTX2Pipeline(LTX2ConditionPipeline):
    """As its parent, which can keep nothing but the beginning of a clip.

    `kept` holds for one clip; None keeps nothing.
    """

    kept: KeptLatents | None = None

    def prepare_latents(self, *args: Any, **kwargs: Any) -> Any:
        """The parent's, the kept latent frames without noise and marked as given."""
        latents, mask, clean, coords = super().prepare_latents(*args, **kwargs)
        if self.kept is None:
            return latents, mask, clean, coords
        vae = self.vae
        given = self._pack_latents(
            self._normalize_latents(
                self.kept.video, vae.latents_mean, vae.latents_std, vae.config.scaling_factor
            ),
            self.transformer_spatial_patch_size,
            self.transformer_temporal_patch_size,
        ).to(latents.device, latents.dtype)
        # Tokens of images lie behind those of the clip.
        end = given.shape[1]
        first = end // self.kept.video.shape[2] * self.kept.first
        latents[:, first:end] = clean[:, first:end] = given[:, first:]
        mask[:, first:end] = 1.0
        return latents, mask, clean, coords
