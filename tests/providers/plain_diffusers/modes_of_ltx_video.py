"""The conditioning modes of LTX-Video by a plain diffusers script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from diffusers.pipelines.ltx.modeling_latent_upsampler import LTXLatentUpsamplerModel
from diffusers.pipelines.ltx.pipeline_ltx_condition import (
    LTXConditionPipeline,
    LTXVideoCondition,
    linear_quadratic_schedule,
)
from diffusers.pipelines.ltx.pipeline_ltx_latent_upsample import LTXLatentUpsamplePipeline

from providers.ltx_video.engine.pipeline_arguments import like_a_frame
from providers.ltx_video.models.profiles import LTX_VIDEO_2B_DEV
from tests.providers.plain_diffusers.mode_cases import CHAIN, FPS, LARGE, RETAKE_STAYS
from tests.providers.plain_diffusers.mode_latents import (
    as_tokens,
    decoded,
    encoded,
    scaled,
    seen_tokens,
    tokens_of,
)
from tests.providers.plain_diffusers.plain_clips import SIZE, seeded
from tests.providers.tiny_home import PROMPT, SEED

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from PIL import Image

    from tests.providers.plain_diffusers.mode_cases import Given, Seen

DISTILLED_098 = [1.0, 0.9937, 0.9875, 0.9812, 0.975, 0.9094, 0.725]
REFINE_098 = [0.9094, 0.725, 0.4219]


class BareVideo:
    """LTX-Video by a plain script: guided as 0.9.5 is, or in the steps of 0.9.8 distilled."""

    def __init__(self, folder: Path, *, is_distilled: bool) -> None:
        self.pipeline: Any = LTXConditionPipeline.from_pretrained(folder, dtype=torch.float32)
        self.options: dict[str, Any] = {
            "frame_rate": FPS,
            "decode_timestep": 0.05,
            "decode_noise_scale": 0.025,
            "max_sequence_length": 256,
            **({"guidance_scale": 1.0} if is_distilled else {"guidance_scale": 3.0}),
            "negative_prompt": None if is_distilled else "blurry",
            "image_cond_noise_scale": 0.0 if is_distilled else 0.15,
        }
        self.is_distilled = is_distilled
        self.steps: dict[str, Any] = {"num_inference_steps": 6}
        if is_distilled:
            timesteps = [sigma * 1000 for sigma in DISTILLED_098]
            self.steps = {"num_inference_steps": 7, "timesteps": timesteps}

    def keyframes(self, images: dict[str, Image.Image], given: tuple[Given, ...]) -> np.ndarray:
        conditions = [
            LTXVideoCondition(
                image=like_a_frame(images[item.image], LTX_VIDEO_2B_DEV),
                frame_index=item.frame,
                strength=item.strength,
            )
            for item in given
        ]
        return self.run(conditions=conditions, **self.steps)

    def made_anew(self, frames: list[Image.Image], strength: float) -> np.ndarray:
        """The source covered with noise up to a level, and freed of it by the levels below."""
        own = [round(level, 7) for level in linear_quadratic_schedule(6).tolist()]
        every = DISTILLED_098 if self.is_distilled else own
        levels = [strength, *(level for level in every if level < strength)]
        return self.run(
            # By hand what the pipeline does with what it encodes itself.
            latents=scaled(self.pipeline.vae, encoded(self.pipeline, frames)),
            # The first of n levels is left out where a share of less than n / n is asked for.
            timesteps=[1000.0, *(level * 1000 for level in levels)],
            denoise_strength=(len(levels) + 0.25) / (len(levels) + 1),
        )

    def given_back(self, frames: list[Image.Image]) -> np.ndarray:
        return self.decoded(encoded(self.pipeline, frames), seeded())

    def decoded(self, latents: torch.Tensor, generator: torch.Generator | None) -> np.ndarray:
        """Frames of latents with the trace of noise that this decoder takes."""
        noise = torch.randn(latents.shape, generator=generator)
        latents = (1 - 0.025) * latents + 0.025 * noise
        return decoded(self.pipeline, latents, torch.tensor([0.05]))

    def two_stages(self, folder: Path) -> np.ndarray:
        """96x64, enlarged, and refined at 192x128 with noise out of the same source."""
        generator = seeded()
        small = self.run(generator=generator, output_type="latent", **self.steps)[None]
        upsampler = LTXLatentUpsamplerModel.from_pretrained(folder / "latent_upsampler")
        enlarge: Any = LTXLatentUpsamplePipeline(self.pipeline.vae, upsampler)
        large = enlarge(
            latents=small,
            adain_factor=1.0,
            tone_map_compression_ratio=0.6,
            output_type="latent",
            **LARGE,
        ).frames
        return self.run(
            generator=generator,
            latents=large,
            timesteps=[1000.0, *(sigma * 1000 for sigma in REFINE_098)],
            denoise_strength=0.8,
            **LARGE,
        )

    def plain(self) -> np.ndarray:
        return self.run(**self.steps)

    def extended(self, seen: Seen, before: int, behind: int, seed: int = SEED) -> np.ndarray:
        """Frames of a video, and new ones before and behind them."""
        condition = LTXVideoCondition(video=seen.images, frame_index=before)
        return self.run(
            conditions=[condition],
            generator=seeded(seed),
            num_frames=before + len(seen.images) + behind,
            **self.steps,
        )

    def retaken(self, frames: list[Image.Image]) -> np.ndarray:
        """The tokens that stay are put back behind every step."""
        given = as_tokens(scaled(self.pipeline.vae, encoded(self.pipeline, frames)))
        stays = tokens_of(torch.tensor(RETAKE_STAYS))
        return self.keeping(given, stays, num_frames=25)

    def keeping(self, given: torch.Tensor, stays: torch.Tensor, **options: Any) -> Any:
        """What is made around tokens that stay."""
        pipeline = self.pipeline
        plain = pipeline.prepare_latents

        def with_given(*args: Any, **options: Any) -> Any:
            latents, *rest = plain(*args, **options)
            return torch.where(stays, given, latents), *rest

        def clean(_: Any, args: Any, options: Any) -> Any:
            level = options["timestep"][:, :1] * ~stays[:, :, 0]
            return args, {**options, "timestep": level}

        def put_back(_: Any, __: int, ___: Any, tensors: Any) -> Any:
            return {"latents": torch.where(stays, given, tensors["latents"])}

        pipeline.prepare_latents = with_given
        hook = pipeline.transformer.register_forward_pre_hook(clean, with_kwargs=True)
        try:
            return self.run(callback_on_step_end=put_back, **self.steps, **options)
        finally:
            hook.remove()
            del pipeline.prepare_latents

    def chained(self) -> np.ndarray:
        """Each part by a mask of latent frames, put in by hand; all of them decoded as one."""
        whole: torch.Tensor | None = None
        noise: torch.Generator | None = None
        for part in CHAIN:
            generator = seeded(part.seed)
            options = {
                "prompt": part.prompt,
                "generator": generator,
                "num_frames": part.num_frames,
                "output_type": "latent",
            }
            if whole is None:
                whole, noise = self.run(**self.steps, **options)[None], generator
                continue
            count = part.num_frames // 8 + 1
            given, stays = seen_tokens(whole, count, part.seen, is_begin=part.is_begin)
            made = self.keeping(given, stays, **options)[None]
            whole = torch.cat((whole, made[:, :, -1:]), dim=2)
        assert whole is not None
        return self.decoded(whole, noise)

    def run(self, **options: Any) -> Any:
        words = {"prompt": PROMPT, "generator": seeded()}
        return self.pipeline(**{**words, **SIZE, **self.options, **options}).frames[0]
