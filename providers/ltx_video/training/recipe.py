"""How an LTX model learns: noise levels, what a batch is, and how far a guess is off.

Flow matching: at level s a clip is `(1 - s) × clip + s × noise`, and the model guesses
`noise - clip`.
"""

# pyright: standard

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from providers.ltx_video.models.profiles import PipelineFamily

if TYPE_CHECKING:
    from providers.ltx_video.engine.pipeline import Pipeline
    from providers.ltx_video.models.profiles import Profile

# The mean of the levels before they go through the sigmoid: it grows with the clip's tokens, since
# much of a large picture is still to be seen through noise that hides a small one.
_LEAST_SHIFT, _MOST_SHIFT = 0.95, 2.05
_FEW_TOKENS, _MANY_TOKENS = 1024, 4096
# Between these percentiles of the normal distribution levels are stretched to 0 and 1.
_LOW_PERCENTILE, _HIGH_PERCENTILE = -2.5758293, 3.0902323
_EVEN_SHARE = 0.1
_SMALLEST_LEVEL = 1e-3
VALIDATION_LEVELS = (0.25, 0.5, 0.75, 0.95)
"""The noise levels at which a validation loss is measured."""


@dataclass(frozen=True)
class Sample:
    """One image or clip as the transformer sees it, and its caption.

    Attributes:
        video: normalised latents, (channels, frames, height, width).
        fps: at which it is shown; part of where its frames are in time.
        text: what the transformer reads, (length, width); for LTX-2 of the picture.
        audio_text: the same for LTX-2's sound; empty without.
        mask: which of the text counts, (length).
        audio: normalised latents of silence, (length, channels); empty without sound.
    """

    video: torch.Tensor
    fps: float
    text: torch.Tensor
    audio_text: torch.Tensor
    mask: torch.Tensor
    audio: torch.Tensor


def draw_levels(count: int, tokens: int, random: torch.Generator) -> torch.Tensor:
    """Noise levels between 0 and 1, (count), as often as each is worth learning."""
    share = (tokens - _FEW_TOKENS) / (_MANY_TOKENS - _FEW_TOKENS)
    shift = _LEAST_SHIFT + (_MOST_SHIFT - _LEAST_SHIFT) * min(1.0, max(0.0, share))
    low, high = torch.sigmoid(torch.tensor([shift + _LOW_PERCENTILE, shift + _HIGH_PERCENTILE]))
    drawn = torch.sigmoid(torch.randn(count, generator=random) + shift)
    # What lies below 0 once it is stretched is thrown back.
    levels = ((drawn - low) / (high - low)).abs().clamp(_SMALLEST_LEVEL, 1.0)
    even = torch.rand(count, generator=random).clamp(min=_SMALLEST_LEVEL)
    return torch.where(torch.rand(count, generator=random) < _EVEN_SHARE, even, levels)


class Learner:
    """A loaded transformer, asked for its guesses exactly as the pipelines ask it."""

    def __init__(self, pipeline: Pipeline, profile: Profile, dtype: torch.dtype) -> None:
        self._pipeline: Any = pipeline
        self._transformer: Any = pipeline.transformer
        self._profile = profile
        self._dtype = dtype
        self._device = next(self._transformer.parameters()).device

    def loss(
        self,
        samples: list[Sample],
        levels: torch.Tensor,
        random: torch.Generator,
        *,
        gives_first_frame: bool = False,
    ) -> torch.Tensor:
        """How far the guesses for a batch of one size are off: the mean of the squares.

        Args:
            samples: all of one size and length.
            levels: their noise levels, (count).
            random: draws the noise, on the processor so that every device learns the same.
            gives_first_frame: it is shown without noise and does not count.
        """
        clean = torch.stack([sample.video for sample in samples]).float()
        noise = torch.randn(clean.shape, generator=random)
        count, _, frames, height, width = clean.shape
        given = torch.zeros(count, 1, frames, height, width)
        if gives_first_frame and frames > 1:
            given[:, :, 0] = 1
        level = levels[:, None, None, None, None] * (1 - given)
        noised, aim = self._packed((1 - level) * clean + level * noise), self._packed(noise - clean)
        counts = 1 - self._packed(given)
        times = 1000 * levels.to(self._device)[:, None] * counts[..., 0]
        guess = self._guess(samples, noised, levels, times, (frames, height, width), random)
        off = (guess.float() - aim) ** 2 * counts
        return off.sum() / (counts.sum() * off.shape[-1])

    def _guess(
        self,
        samples: list[Sample],
        noised: torch.Tensor,
        levels: torch.Tensor,
        times: torch.Tensor,
        grid: tuple[int, int, int],
        random: torch.Generator,
    ) -> torch.Tensor:
        text = self._stacked([sample.text for sample in samples])
        mask = torch.stack([sample.mask for sample in samples]).to(self._device)
        noised = noised.to(self._dtype)
        fps = samples[0].fps
        if self._profile.family is PipelineFamily.LTX_VIDEO:
            return self._transformer(
                hidden_states=noised,
                encoder_hidden_states=text,
                timestep=times,
                encoder_attention_mask=mask,
                video_coords=self._places(grid, fps, len(samples)),
                return_dict=False,
            )[0]
        audio = torch.stack([sample.audio for sample in samples])
        level = levels[:, None, None]
        audio_noise = torch.randn(audio.shape, generator=random)
        # LTX-2 makes picture and sound together and would take a picture with little noise
        # beside a sound of nothing else for something that it never met.
        audio = ((1 - level) * audio + level * audio_noise).to(self._device, self._dtype)
        sigma = (1000 * levels).to(self._device)
        return self._transformer(
            hidden_states=noised,
            audio_hidden_states=audio,
            encoder_hidden_states=text,
            audio_encoder_hidden_states=self._stacked([one.audio_text for one in samples]),
            timestep=times,
            audio_timestep=sigma,
            sigma=sigma,
            audio_sigma=sigma,
            encoder_attention_mask=mask,
            audio_encoder_attention_mask=mask,
            num_frames=grid[0],
            height=grid[1],
            width=grid[2],
            fps=fps,
            audio_num_frames=audio.shape[1],
            use_cross_timestep=self._profile.use_cross_timestep,
            return_dict=False,
        )[0]

    def _packed(self, video: torch.Tensor) -> torch.Tensor:
        """Latents as the tokens of the transformer, on its device."""
        pipeline = self._pipeline
        return pipeline._pack_latents(  # noqa: SLF001 - the pipeline has no public name for it
            video,
            pipeline.transformer_spatial_patch_size,
            pipeline.transformer_temporal_patch_size,
        ).to(self._device)

    def _stacked(self, texts: list[torch.Tensor]) -> torch.Tensor:
        return torch.stack(texts).to(self._device, self._dtype)

    def _places(self, grid: tuple[int, int, int], fps: float, count: int) -> torch.Tensor:
        """Where the tokens of LTX-Video are in time and picture, as its pipeline says it."""
        pipeline = self._pipeline
        places = pipeline._scale_video_ids(  # noqa: SLF001 - as above
            pipeline._prepare_video_ids(count, *grid, device=self._device),  # noqa: SLF001 - diffusers offers it under no other name
            scale_factor=pipeline.vae_spatial_compression_ratio,
            scale_factor_t=pipeline.vae_temporal_compression_ratio,
            device=self._device,
        ).float()
        places[:, 0] /= fps
        return places
