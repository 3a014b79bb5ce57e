"""The two pipelines with parts of a clip, of its picture or its sound, that stay as they are."""

# pyright: standard

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXConditionPipeline
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2ConditionPipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from diffusers.utils.torch_utils import randn_tensor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


@dataclass(frozen=True)
class KeptLatents:
    """What of a clip's picture or sound is given.

    Attributes:
        latents: of all of it in the scale of its VAE, time in the third place of a picture's and
            of a sound's; of what does not stay they mean nothing.
        stays: (latent frames,) bool, on the CPU.
    """

    latents: torch.Tensor
    stays: torch.Tensor

    @property
    def is_whole(self) -> bool:
        """Whether nothing is made of it."""
        return bool(self.stays.all())


@dataclass(frozen=True)
class ReferenceTokens:
    """A video that an IC-LoRA follows, as the transformer sees it beside the clip.

    Attributes:
        tokens: (1, tokens, channels), in the scale that the model works in.
        coords: (1, 3, tokens, 2): where in the clip each begins and ends, in time and space.
    """

    tokens: torch.Tensor
    coords: torch.Tensor


class KeepingLTXVideoPipeline(LTXConditionPipeline):
    """As its parent, which can keep nothing but what it encodes by itself."""

    _kept: _KeptTokens | None = None

    @contextmanager
    def keeping(self, video: KeptLatents | None) -> Iterator[None]:
        """Keep this part of what is made meanwhile; each step's end must call `restored`."""
        if video is None:
            yield
            return
        vae = self.vae
        self._kept = _KeptTokens.of(
            self._pack_latents(
                self._normalize_latents(
                    video.latents, vae.latents_mean, vae.latents_std, vae.config.scaling_factor
                ),
                self.transformer_spatial_patch_size,
                self.transformer_temporal_patch_size,
            ),
            video.stays,
        )
        hook = self.transformer.register_forward_pre_hook(self._tell_levels, with_kwargs=True)
        try:
            yield
        finally:
            hook.remove()
            self._kept = None

    def prepare_latents(self, *args: Any, **kwargs: Any) -> Any:
        """The parent's, the kept latent frames without noise."""
        latents, mask, ids, more = super().prepare_latents(*args, **kwargs)
        return self.restored(latents), mask, ids, more

    def restored(self, latents: torch.Tensor) -> torch.Tensor:
        """Tokens with what is kept as it was: the pipeline's own steps move all of them."""
        if self._kept is None:
            return latents
        # Tokens of images lie before those of the clip.
        more = latents.shape[1] - len(self._kept.stays)
        clip = torch.where(
            self._kept.stays[:, None].to(latents.device),
            self._kept.given.to(latents),
            latents[:, more:],
        )
        return torch.cat((latents[:, :more], clip), dim=1)

    def _tell_levels(self, _: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """Say of the kept tokens that they are clean."""
        assert self._kept is not None, "the hook is there while something is kept"
        count = kwargs["hidden_states"].shape[1]
        level = kwargs["timestep"].expand(-1, count).clone()
        stays = self._kept.stays.to(level.device)
        level[:, count - len(stays) :][:, stays] = 0.0
        kwargs["timestep"] = level
        return args, kwargs


@dataclass(frozen=True)
class _KeptTokens:
    """The same as tokens (1, tokens, channels), in the scale that the model works in."""

    given: torch.Tensor
    stays: torch.Tensor

    @classmethod
    def of(cls, given: torch.Tensor, stays: torch.Tensor) -> _KeptTokens:
        """Which tokens stay where these latent frames do."""
        return cls(given, stays.repeat_interleave(given.shape[1] // len(stays)))


class KeepingScheduler(FlowMatchEulerDiscreteScheduler):
    """Takes its parent's steps but for the tokens that stay."""

    # No `__init__`: diffusers reads the parent's to tell which settings there are.
    stays: torch.Tensor | None = None

    def step(  # pyright: ignore[reportIncompatibleMethodOverride] - all that the pipeline uses
        self, model_output: Any, timestep: Any, sample: Any, *, return_dict: bool = True
    ) -> Any:
        """One step, as the parent's."""
        stepped = super().step(model_output, timestep, sample, return_dict=return_dict)
        if self.stays is None:
            return stepped
        return (torch.where(self.stays.to(sample.device)[:, None], sample, stepped[0]),)


class KeepingLTX2Pipeline(LTX2ConditionPipeline):
    """As its parent, which can keep nothing but the beginning of a picture."""

    _kept_video: KeptLatents | None = None
    _kept_audio: KeptLatents | None = None
    _reference: ReferenceTokens | None = None

    @contextmanager
    def keeping(
        self,
        video: KeptLatents | None,
        audio: KeptLatents | None,
        reference: ReferenceTokens | None = None,
    ) -> Iterator[None]:
        """Keep these parts of what is made meanwhile, and show a reference beside it."""
        self._kept_video, self._kept_audio, self._reference = video, audio, reference
        hook = self.transformer.register_forward_pre_hook(self._tell_levels, with_kwargs=True)
        if audio is not None:
            scheduler: Any = KeepingScheduler.from_config(self.scheduler.config)
            scheduler.stays = audio.stays
            self.audio_scheduler = scheduler
        try:
            yield
        finally:
            hook.remove()
            self.audio_scheduler = self._kept_video = self._kept_audio = self._reference = None

    def prepare_latents(self, *args: Any, **kwargs: Any) -> Any:
        """The parent's, the kept latent frames without noise and marked as given.

        After them come the tokens of a reference, just as given.
        """
        latents, mask, clean, coords = super().prepare_latents(*args, **kwargs)
        self._put_in_kept(latents, mask, clean)
        reference = self._reference
        if reference is None:
            return latents, mask, clean, coords
        tokens = reference.tokens.to(latents)
        # Used for nothing. A seed means what it means to diffusers' own pipeline for references,
        # which draws as many numbers before the noise of the sound.
        randn_tensor(tokens.shape, kwargs["generator"], device=latents.device, dtype=latents.dtype)
        more: list[Any] = [] if coords is None else [coords]
        return (
            torch.cat((latents, tokens), dim=1),
            torch.cat((mask, mask.new_ones(1, tokens.shape[1], 1)), dim=1),
            torch.cat((clean, tokens), dim=1),
            torch.cat((*more, reference.coords.to(latents.device)), dim=2),
        )

    def _put_in_kept(self, latents: torch.Tensor, mask: torch.Tensor, clean: torch.Tensor) -> None:
        kept = self._kept_video
        if kept is None:
            return
        vae = self.vae
        packed = self._pack_latents(
            self._normalize_latents(
                kept.latents, vae.latents_mean, vae.latents_std, vae.config.scaling_factor
            ),
            self.transformer_spatial_patch_size,
            self.transformer_temporal_patch_size,
        )
        tokens = _KeptTokens.of(packed.to(latents.device, latents.dtype), kept.stays)
        # Tokens of images lie behind those of the clip.
        more = latents.shape[1] - len(tokens.stays)
        stays = torch.cat((tokens.stays, tokens.stays.new_zeros(more))).to(latents.device)
        latents[:, stays] = clean[:, stays] = tokens.given[:, tokens.stays]
        mask[:, stays] = 1.0

    def prepare_audio_latents(self, *args: Any, **kwargs: Any) -> Any:
        """The parent's, the kept ones without noise."""
        latents = super().prepare_audio_latents(*args, **kwargs)
        kept = self._kept_audio
        if kept is None:
            return latents
        vae = self.audio_vae
        packed = self._pack_audio_latents(kept.latents.to(latents.device, latents.dtype))
        given = self._normalize_audio_latents(packed, vae.latents_mean, vae.latents_std)
        stays = kept.stays.to(latents.device)
        latents[:, stays] = given[:, stays]
        return latents

    def _tell_levels(self, _: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """Say of the kept tokens, and of a picture or sound that is kept whole, that it is clean.

        The pipeline itself does so for single tokens of the picture alone.
        """
        video, audio = self._kept_video, self._kept_audio
        if video is not None and video.is_whole:
            kwargs["sigma"] = torch.zeros_like(kwargs["sigma"])
        if audio is not None:
            if audio.is_whole:
                for name in ("audio_timestep", "audio_sigma"):
                    kwargs[name] = torch.zeros_like(kwargs[name])
            else:
                level = kwargs["audio_timestep"]
                kwargs["audio_timestep"] = level[:, None] * ~audio.stays.to(level.device)
        return args, kwargs
