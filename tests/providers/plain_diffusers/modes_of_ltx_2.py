"""The conditioning modes of LTX-2 by a plain diffusers script."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from diffusers.pipelines.ltx2.latent_upsampler import LTX2LatentUpsamplerModel
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition
from diffusers.pipelines.ltx2.pipeline_ltx2_latent_upsample import LTX2LatentUpsamplePipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)

from providers.ltx_video.engine.spectrogram import log_mel
from tests.providers.plain_diffusers.mode_cases import CHAIN, FPS, FRAMES, LARGE, RETAKE_STAYS
from tests.providers.plain_diffusers.mode_latents import (
    as_tokens,
    decoded,
    encoded,
    scaled,
    seen_tokens,
    tokens_of,
)
from tests.providers.plain_diffusers.plain_clips import (
    DISTILLED,
    DISTILLED_SIGMAS,
    GUIDED,
    SIZE,
    open_ltx_2,
    seeded,
)
from tests.providers.tiny_home import PROMPT, SEED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL import Image

    from tests.providers.plain_diffusers.mode_cases import Given, Seen

REFINE_2X = [0.909375, 0.725, 0.421875]


class FrozenScheduler(FlowMatchEulerDiscreteScheduler):
    """No noise at any step, and no step."""

    def set_timesteps(  # pyright: ignore[reportIncompatibleMethodOverride] - as it is called
        self, num_inference_steps: Any = None, *, sigmas: Any = None, **options: Any
    ) -> None:
        super().set_timesteps(num_inference_steps, sigmas=sigmas, **options)
        self.timesteps = torch.zeros_like(self.timesteps)
        self.sigmas = torch.zeros_like(self.sigmas)

    def step(  # pyright: ignore[reportIncompatibleMethodOverride] - as it is called
        self, _: Any, __: Any, sample: Any, **___: Any
    ) -> Any:
        return (sample,)


class BareAv:
    """LTX-2 by a plain script: distilled, or guided by every knob."""

    def __init__(self, folder: Path, *, is_guided: bool = False) -> None:
        self.pipeline: Any = open_ltx_2(folder)
        self.options: dict[str, Any] = DISTILLED | (GUIDED if is_guided else {})

    def keyframes(self, images: dict[str, Image.Image], given: tuple[Given, ...]) -> np.ndarray:
        conditions = [
            LTX2VideoCondition(
                frames=images[item.image],
                index=item.latent,  # pyright: ignore[reportArgumentType] - fractions are taken
                strength=item.strength,
                crf=0,
            )
            for item in given
        ]
        return self.run(conditions=conditions)

    def made_anew(self, frames: list[Image.Image], strength: float) -> np.ndarray:
        """As with the other family; the sound begins as silence with as much noise."""
        levels = [strength, *(level for level in DISTILLED_SIGMAS if level < strength)]
        # Of the spectrogram there are four steps for each latent.
        mel = torch.full((1, 2, 4 * audio_latents(len(frames)), 16), -11.5129)
        with torch.no_grad():
            silence = self.pipeline.audio_vae.encode(mel).latent_dist.mode()
        return self.run(
            latents=encoded(self.pipeline, frames),
            audio_latents=silence,
            sigmas=levels,
            noise_scale=strength,
            num_inference_steps=len(levels),
        )

    def given_back(self, frames: list[Image.Image]) -> np.ndarray:
        return decoded(self.pipeline, encoded(self.pipeline, frames))

    def two_stages(self, folder: Path) -> tuple[np.ndarray, np.ndarray]:
        """As with the other family; the sound goes through both stages."""
        generator = seeded()
        small = self.made(generator=generator, output_type="latent")
        upsampler = LTX2LatentUpsamplerModel.from_pretrained(folder / "latent_upsampler")
        enlarge: Any = LTX2LatentUpsamplePipeline(self.pipeline.vae, upsampler)
        large = enlarge(
            latents=small.frames,
            num_frames=FRAMES,
            latents_normalized=False,
            output_type="latent",
            **LARGE,
        ).frames
        return self.run_both(
            generator=generator,
            latents=large,
            audio_latents=small.audio,
            sigmas=REFINE_2X,
            noise_scale=REFINE_2X[0],
            num_inference_steps=3,
            **LARGE,
        )

    def plain(self) -> np.ndarray:
        return self.run()

    def audio_tokens(self, samples: np.ndarray | None, num_frames: int) -> torch.Tensor:
        """The latents of a sound of 16 kHz as tokens, in the scale of the model."""
        assert samples is not None, "the video has a sound"
        vae = self.pipeline.audio_vae
        with torch.no_grad():
            latents = vae.encode(log_mel(samples, 16_000, 160, 16)[None]).latent_dist.mode()
        tokens = latents[:, :, : audio_latents(num_frames)].transpose(1, 2).flatten(2, 3)
        return (tokens - vae.latents_mean) / vae.latents_std

    def following(self, seen: Seen) -> np.ndarray:
        """The sound is put in where the noise is drawn, and stays."""
        with self.frozen(self.audio_tokens(seen.sound, FRAMES)):
            return self.run()

    def retaken(self, seen: Seen, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Picture, sound or both anew, by masks of latent frames that are put in by hand."""
        given = as_tokens(scaled(self.pipeline.vae, encoded(self.pipeline, seen.images)))
        tokens = self.audio_tokens(seen.sound, 25)
        # Frames 9 to 16 of 25 lie in the sound's latents 14 to 26 of 39.
        heard = torch.ones(39, dtype=torch.bool)
        heard[14:27] = False
        stays = torch.tensor(RETAKE_STAYS) | (part == "audio")
        with ExitStack() as stack:
            stack.enter_context(self.keeping(given, tokens_of(stays)))
            if part == "video":
                stack.enter_context(self.frozen(tokens))
            else:
                stack.enter_context(self.partly_frozen(tokens, heard))
                stack.enter_context(self.hearing(heard))
            if part == "audio":
                stack.enter_context(self.without_noise())
            return self.run_both(num_frames=25)

    def chained(self) -> tuple[np.ndarray, np.ndarray]:
        """As with the other family; the latents of the sound go on as those of the picture do."""
        pipeline = self.pipeline
        whole = sound = None
        for part in CHAIN:
            options = {
                "prompt": part.prompt,
                "generator": seeded(part.seed),
                "num_frames": part.num_frames,
                "output_type": "latent",
            }
            if whole is None or sound is None:
                made = self.made(**options)
                whole, sound = made.frames, made.audio
                continue
            count, length = part.num_frames // 8 + 1, audio_latents(part.num_frames)
            given, stays = seen_tokens(whole, count, part.seen, is_begin=part.is_begin)
            heard = torch.zeros(length, dtype=torch.bool)
            known = sound.shape[2] - part.audio_begin
            heard[0 if part.is_begin else 1 : known] = True
            tokens = torch.zeros(1, length, 8)
            tokens[:, :known] = sound[:, :, part.audio_begin :].transpose(1, 2).flatten(2, 3)
            with self.keeping(given, stays), self.partly_frozen(tokens, heard), self.hearing(heard):
                made = self.made(**options)
            whole = torch.cat((whole, made.frames[:, :, -1:]), dim=2)
            sound = torch.cat((sound, made.audio[:, :, known:]), dim=2)
        assert whole is not None
        assert sound is not None
        with torch.no_grad():
            mel = pipeline.audio_vae.decode(sound, return_dict=False)[0]
            samples = pipeline.vocoder(mel)[0].float().clamp(-1, 1).numpy()
        return decoded(pipeline, whole), samples

    def extended(self, seen: Seen, before: int, behind: int, seed: int = SEED) -> np.ndarray:
        """Latents of the video's picture and sound are put in where the noise is drawn."""
        count = before + len(seen.images) + behind
        options = {"generator": seeded(seed), "num_frames": count}
        with ExitStack() as stack:
            heard = torch.zeros(audio_latents(count), dtype=torch.bool)
            if seen.sound is not None:
                # A thousand samples a frame.
                samples = np.pad(seen.sound, ((0, 0), (before * 1000, 0)), mode="symmetric")
                samples = np.pad(samples, ((0, 0), (0, behind * 1000)))
                begin, stop = (len(heard) * frame / count for frame in (before, count - behind))
                heard[ceil(begin) : floor(stop)] = True
                stack.enter_context(self.partly_frozen(self.audio_tokens(samples, count), heard))
            if before == 0:
                if seen.sound is not None:
                    stack.enter_context(self.hearing(heard))
                condition = LTX2VideoCondition(frames=seen.images, index=0)
                return self.run(conditions=[condition], **options)
            given = encoded(self.pipeline, [seen.images[0]] * before + seen.images)
            given = scaled(self.pipeline.vae, given)
            given = torch.nn.functional.pad(given, (0, 0, 0, 0, 0, behind // 8))
            stays = torch.zeros(given.shape[2], dtype=torch.bool)
            # The first that holds none but frames of the video.
            stays[1 + before // 8 : len(stays) - behind // 8] = True
            stack.enter_context(self.keeping(as_tokens(given), tokens_of(stays)))
            stack.enter_context(self.hearing(heard))
            return self.run(**options)

    @contextmanager
    def keeping(self, given: torch.Tensor, stays: torch.Tensor) -> Iterator[None]:
        """Tokens of the picture that stay."""
        pipeline = self.pipeline
        plain = pipeline.prepare_latents

        def with_given(**options: Any) -> Any:
            latents, _, clean, coords = plain(**options)
            kept = torch.where(stays, given, latents)
            return kept, stays.float(), torch.where(stays, given, clean), coords

        pipeline.prepare_latents = with_given
        try:
            yield
        finally:
            del pipeline.prepare_latents

    @contextmanager
    def hearing(self, heard: torch.Tensor) -> Iterator[None]:
        """Tell the model which latents of the sound are clean."""

        def levels(_: Any, args: Any, options: Any) -> Any:
            level = options["audio_timestep"][:, None] * ~heard
            return args, {**options, "audio_timestep": level}

        with self.before_each_step(levels):
            yield

    @contextmanager
    def without_noise(self) -> Iterator[None]:
        """Tell the model that all of the picture is clean."""

        def levels(_: Any, args: Any, options: Any) -> Any:
            return args, {**options, "sigma": options["sigma"] * 0}

        with self.before_each_step(levels):
            yield

    @contextmanager
    def before_each_step(self, change: Any) -> Iterator[None]:
        """Change what the transformer is called with."""
        hook = self.pipeline.transformer.register_forward_pre_hook(change, with_kwargs=True)
        try:
            yield
        finally:
            hook.remove()

    @contextmanager
    def frozen(self, tokens: torch.Tensor) -> Iterator[None]:
        """A sound that stays as a whole."""
        plain = self.pipeline.prepare_audio_latents

        def clean(*args: Any, **options: Any) -> torch.Tensor:
            plain(*args, **options)
            return tokens

        with self.beginning_audio(clean, FrozenScheduler(shift=1.0)):
            yield

    @contextmanager
    def partly_frozen(self, tokens: torch.Tensor, stays: torch.Tensor) -> Iterator[None]:
        """Latents of a sound that stay."""
        plain, kept = self.pipeline.prepare_audio_latents, stays[None, :, None]

        class PartlyFrozen(FlowMatchEulerDiscreteScheduler):
            def step(  # pyright: ignore[reportIncompatibleMethodOverride] - as it is called
                self, output: Any, at: Any, sample: Any, **options: Any
            ) -> Any:
                return (torch.where(kept, sample, super().step(output, at, sample, **options)[0]),)

        def partly(*args: Any, **options: Any) -> torch.Tensor:
            return torch.where(kept, tokens, plain(*args, **options))

        with self.beginning_audio(partly, PartlyFrozen(shift=1.0)):
            yield

    @contextmanager
    def beginning_audio(
        self, begin: Any, scheduler: FlowMatchEulerDiscreteScheduler
    ) -> Iterator[None]:
        """Give the pipeline other noise of the sound to begin with, and another way out of it."""
        pipeline = self.pipeline
        pipeline.prepare_audio_latents = begin
        pipeline.audio_scheduler = scheduler
        try:
            yield
        finally:
            pipeline.audio_scheduler = None
            del pipeline.prepare_audio_latents

    def run(self, **options: Any) -> np.ndarray:
        return self.made(**options).frames[0]

    def run_both(self, **options: Any) -> tuple[np.ndarray, np.ndarray]:
        """Frames and sound."""
        made = self.made(**options)
        return made.frames[0], made.audio[0].float().clamp(-1, 1).numpy()

    def made(self, **options: Any) -> Any:
        words = {"prompt": PROMPT, "generator": seeded()}
        return self.pipeline(**{**words, **SIZE, **self.options, **options})


def audio_latents(num_frames: int) -> int:
    """How many latents the sound of a clip has: 25 a second."""
    return round(num_frames / FPS * 25)
