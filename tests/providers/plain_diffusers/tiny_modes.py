"""What plain diffusers makes of images and videos: the references of the conditioning modes."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import av
import numpy as np
import torch
from diffusers.pipelines.ltx.modeling_latent_upsampler import LTXLatentUpsamplerModel
from diffusers.pipelines.ltx.pipeline_ltx_condition import (
    LTXConditionPipeline,
    LTXVideoCondition,
    linear_quadratic_schedule,
)
from diffusers.pipelines.ltx.pipeline_ltx_latent_upsample import LTXLatentUpsamplePipeline
from diffusers.pipelines.ltx2.latent_upsampler import LTX2LatentUpsamplerModel
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import (
    LTX2VideoCondition,
)
from diffusers.pipelines.ltx2.pipeline_ltx2_latent_upsample import LTX2LatentUpsamplePipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from PIL import Image

from core.jobs.job import CancelToken
from core.media.source_clip import write_audio
from providers.ltx_video.engine.conditions import like_a_frame
from providers.ltx_video.engine.spectrogram import log_mel
from providers.ltx_video.models.profiles import LTX_VIDEO_2B_DEV
from tests.fakes.clips import moving_clip
from tests.providers.plain_diffusers.tiny_models import (
    DISTILLED,
    DISTILLED_SIGMAS,
    GUIDED,
    PROMPT,
    SEED,
    SIZE,
    as_bytes,
    open_ltx_2,
    save_tiny_ltx_2,
    save_tiny_ltx_video,
    seeded,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAMES = 17
LAST = FRAMES - 1
EXTENDED, SEEN, NEW = 12, 9, 16
# Of 30 frames 10 to 17 are made anew. The model sees 25, of which the first one stands alone.
RETAKEN, RETAKE_FIRST, RETAKE_STOP, RETAKE_SEEN = 30, 10, 18, 1
RETAKE_STAYS = torch.tensor([True, True, False, True])
FPS = 16
# Of the second window of a clip, made of the first one's by our own rule.
SECOND_SEED = 890_799_651
# Four parts of 17, 8, 8 and 8 frames. Of each: its prompt, its seed, the frames that the model
# works on, how many latent frames it sees, whether these begin with the clip, and with which latent
# of the clip's sound its own begins.
CHAIN = (
    (PROMPT, SEED, 17, 0, True, 0),
    ("it stops", SECOND_SEED, 25, 3, True, 0),
    ("a blue box", 1_143_203_452, 33, 4, True, 0),
    ("it stops", 127_853_370, 33, 3, False, 12),
)


class Given(NamedTuple):
    """An image, which frame it is, where LTX-2 is told to put it, and how strong it is."""

    image: str
    frame: int
    latent: float
    strength: float = 1.0


# Latent frame k begins at frame 8(k - 1) + 1, so frame 9 is where latent frame 2 begins.
KEYFRAMES: dict[str, tuple[Given, ...]] = {
    "first": (Given("a", 0, 0),),
    "second": (Given("a", 1, 1.0),),
    "eighth": (Given("a", 8, 1.875),),
    "ninth": (Given("a", 9, 2.0),),
    "last": (Given("b", LAST, 2.875, 0.7),),
    "references": (Given("a", 5, 1.5, 0.4), Given("b", 11, 2.25, 0.4)),
    "several": (Given("a", 0, 0, 0.5), Given("b", 8, 1.875), Given("a", LAST, 2.875, 0.6)),
}


class Seen(NamedTuple):
    """What of a video is seen, and heard of it at 16 kHz: (2, samples)."""

    images: list[Image.Image]
    sound: np.ndarray | None = None


STRENGTH = 0.8
DISTILLED_098 = [1.0, 0.9937, 0.9875, 0.9812, 0.975, 0.9094, 0.725]
LARGE = {"height": 128, "width": 192}
REFINE_098 = [0.9094, 0.725, 0.4219]
REFINE_2X = [0.909375, 0.725, 0.421875]


def save_upsampler(folder: Path, kind: Any) -> None:
    """A tiny one into the folder of its model."""
    torch.manual_seed(3)
    kind(in_channels=8, mid_channels=32, num_blocks_per_stage=1).save_pretrained(
        folder / "latent_upsampler"
    )


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
        self.timesteps = [sigma * 1000 for sigma in DISTILLED_098] if is_distilled else None
        self.steps = 7 if is_distilled else 6

    def keyframes(self, images: dict[str, Image.Image], given: tuple[Given, ...]) -> np.ndarray:
        conditions = [
            LTXVideoCondition(
                image=like_a_frame(images[item.image], LTX_VIDEO_2B_DEV),
                frame_index=item.frame,
                strength=item.strength,
            )
            for item in given
        ]
        return self.run(
            conditions=conditions, num_inference_steps=self.steps, timesteps=self.timesteps
        )

    def latents(self, frames: list[Image.Image]) -> torch.Tensor:
        pixels = self.pipeline.video_processor.preprocess_video(frames)
        with torch.no_grad():
            return self.pipeline.vae.encode(pixels).latent_dist.mode()

    def made_anew(self, frames: list[Image.Image], strength: float) -> np.ndarray:
        """The source covered with noise up to a level, and freed of it by the levels below."""
        own = [round(level, 7) for level in linear_quadratic_schedule(self.steps).tolist()]
        every = DISTILLED_098 if self.timesteps else own
        levels = [strength, *(level for level in every if level < strength)]
        vae = self.pipeline.vae
        # By hand what the pipeline does with what it encodes itself.
        mean, std = (part.view(1, -1, 1, 1, 1) for part in (vae.latents_mean, vae.latents_std))
        latents = (self.latents(frames) - mean) / std
        return self.run(
            latents=latents,
            # The first of n levels is left out where a share of less than n / n is asked for.
            timesteps=[1000.0, *(level * 1000 for level in levels)],
            denoise_strength=(len(levels) + 0.25) / (len(levels) + 1),
        )

    def given_back(self, frames: list[Image.Image]) -> np.ndarray:
        pipeline, generator = self.pipeline, seeded()
        latents = self.latents(frames)
        noise = torch.randn(latents.shape, generator=generator)
        latents = (1 - 0.025) * latents + 0.025 * noise
        with torch.no_grad():
            video = pipeline.vae.decode(latents, torch.tensor([0.05]), return_dict=False)[0]
        return pipeline.video_processor.postprocess_video(video, output_type="np")[0]

    def two_stages(self, folder: Path) -> np.ndarray:
        """96x64, enlarged, and refined at 192x128 with noise out of the same source."""
        generator = seeded()
        small = self.pipeline(
            prompt=PROMPT,
            generator=generator,
            num_inference_steps=self.steps,
            timesteps=self.timesteps,
            **{**SIZE, **self.options, "output_type": "latent"},
        ).frames
        upsampler = LTXLatentUpsamplerModel.from_pretrained(folder / "latent_upsampler")
        enlarge: Any = LTXLatentUpsamplePipeline(self.pipeline.vae, upsampler)
        large = enlarge(
            latents=small,
            adain_factor=1.0,
            tone_map_compression_ratio=0.6,
            output_type="latent",
            **LARGE,
        ).frames
        return self.pipeline(
            prompt=PROMPT,
            generator=generator,
            latents=large,
            timesteps=[1000.0, *(sigma * 1000 for sigma in REFINE_098)],
            denoise_strength=0.8,
            **{**SIZE, **self.options, **LARGE},
        ).frames[0]

    def plain(self) -> np.ndarray:
        return self.run(num_inference_steps=self.steps, timesteps=self.timesteps)

    def extended(self, seen: Seen, before: int, behind: int, seed: int = SEED) -> np.ndarray:
        """Frames of a video, and new ones before and behind them."""
        condition = LTXVideoCondition(video=seen.images, frame_index=before)
        return self.run(
            conditions=[condition],
            generator=seeded(seed),
            num_frames=before + len(seen.images) + behind,
            num_inference_steps=self.steps,
            timesteps=self.timesteps,
        )

    def retaken(self, frames: list[Image.Image]) -> np.ndarray:
        """Six tokens a latent frame; those that stay are put back behind every step."""
        vae = self.pipeline.vae
        mean, std = (part.view(1, -1, 1, 1, 1) for part in (vae.latents_mean, vae.latents_std))
        given = ((self.latents(frames) - mean) / std).flatten(2).transpose(1, 2)
        stays = RETAKE_STAYS.repeat_interleave(6)[None, :, None]
        return self.keeping(
            given,
            stays,
            num_frames=25,
            num_inference_steps=self.steps,
            timesteps=self.timesteps,
        )

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
            return self.run(callback_on_step_end=put_back, **options)
        finally:
            hook.remove()
            del pipeline.prepare_latents

    def chained(self) -> np.ndarray:
        """Each part by a mask of latent frames, put in by hand; all of them decoded as one."""
        whole: torch.Tensor | None = None
        noise: torch.Generator | None = None
        for prompt, seed, num_frames, seen, is_begin, _ in CHAIN:
            generator = seeded(seed)
            options = {
                "prompt": prompt,
                "generator": generator,
                "num_frames": num_frames,
                "num_inference_steps": self.steps,
                "timesteps": self.timesteps,
                "output_type": "latent",
            }
            if whole is None:
                whole, noise = self.run(**options)[None], generator
                continue
            given, stays = seen_tokens(whole, num_frames // 8 + 1, seen, is_begin=is_begin)
            made = self.keeping(given, stays, **options)[None]
            whole = torch.cat((whole, made[:, :, -1:]), dim=2)
        assert whole is not None
        latents = (1 - 0.025) * whole + 0.025 * torch.randn(whole.shape, generator=noise)
        with torch.no_grad():
            video = self.pipeline.vae.decode(latents, torch.tensor([0.05]), return_dict=False)[0]
        return self.pipeline.video_processor.postprocess_video(video, output_type="np")[0]

    def run(self, **options: Any) -> Any:
        words = {"prompt": PROMPT, "generator": seeded()}
        return self.pipeline(**{**words, **SIZE, **self.options, **options}).frames[0]


def seen_tokens(
    whole: torch.Tensor, count: int, seen: int, *, is_begin: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """The last latent frames as tokens of a window, behind its first unless they begin the clip."""
    window, stays = torch.zeros(1, 8, count, 2, 3), torch.zeros(count, dtype=torch.bool)
    place = slice(0, seen) if is_begin else slice(1, seen + 1)
    window[:, :, place] = whole[:, :, whole.shape[2] - seen :]
    stays[place] = True
    return window.flatten(2).transpose(1, 2), stays.repeat_interleave(6)[None, :, None]


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
        self.options = DISTILLED | (GUIDED if is_guided else {})

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

    def latents(self, frames: list[Image.Image]) -> torch.Tensor:
        pixels = self.pipeline.video_processor.preprocess_video(frames)
        with torch.no_grad():
            return self.pipeline.vae.encode(pixels).latent_dist.mode()

    def made_anew(self, frames: list[Image.Image], strength: float) -> np.ndarray:
        """As with the other family; the sound begins as silence with as much noise."""
        levels = [strength, *(level for level in DISTILLED_SIGMAS if level < strength)]
        # 25 latents of sound a second, each of four steps of the spectrogram.
        mel = torch.full((1, 2, 4 * round(len(frames) / FPS * 25), 16), -11.5129)
        with torch.no_grad():
            silence = self.pipeline.audio_vae.encode(mel).latent_dist.mode()
        return self.run(
            latents=self.latents(frames),
            audio_latents=silence,
            sigmas=levels,
            noise_scale=strength,
            num_inference_steps=len(levels),
        )

    def given_back(self, frames: list[Image.Image]) -> np.ndarray:
        with torch.no_grad():
            video = self.pipeline.vae.decode(self.latents(frames), None, return_dict=False)[0]
        return self.pipeline.video_processor.postprocess_video(video, output_type="np")[0]

    def two_stages(self, folder: Path) -> tuple[np.ndarray, np.ndarray]:
        """As with the other family; the sound goes through both stages."""
        generator = seeded()
        small = self.pipeline(
            prompt=PROMPT,
            generator=generator,
            **{**SIZE, **self.options, "output_type": "latent"},
        )
        upsampler = LTX2LatentUpsamplerModel.from_pretrained(folder / "latent_upsampler")
        enlarge: Any = LTX2LatentUpsamplePipeline(self.pipeline.vae, upsampler)
        large = enlarge(
            latents=small.frames,
            num_frames=FRAMES,
            latents_normalized=False,
            output_type="latent",
            **LARGE,
        ).frames
        stage = {
            "latents": large,
            "audio_latents": small.audio,
            "sigmas": REFINE_2X,
            "noise_scale": REFINE_2X[0],
            "num_inference_steps": 3,
        }
        made = self.pipeline(
            prompt=PROMPT, generator=generator, **{**SIZE, **self.options, **LARGE, **stage}
        )
        return made.frames[0], made.audio[0].float().clamp(-1, 1).numpy()

    def plain(self) -> np.ndarray:
        return self.run()

    def sound(self, samples: np.ndarray, num_frames: int) -> torch.Tensor:
        """The latents of a sound of 16 kHz as tokens, in the scale of the model."""
        vae = self.pipeline.audio_vae
        with torch.no_grad():
            latents = vae.encode(log_mel(samples, 16_000, 160, 16)[None]).latent_dist.mode()
        tokens = latents[:, :, : round(num_frames / FPS * 25)].transpose(1, 2).flatten(2, 3)
        return (tokens - vae.latents_mean) / vae.latents_std

    def following(self, samples: np.ndarray) -> np.ndarray:
        """The sound is put in where the noise is drawn, and stays."""
        with self.frozen(self.sound(samples, FRAMES)):
            return self.run()

    def retaken(
        self, frames: list[Image.Image], samples: np.ndarray | None, part: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Picture, sound or both anew, by masks of latent frames that are put in by hand."""
        pipeline = self.pipeline
        vae, plain = pipeline.vae, pipeline.prepare_latents
        mean, std = (item.view(1, -1, 1, 1, 1) for item in (vae.latents_mean, vae.latents_std))
        given = ((self.latents(frames) - mean) / std).flatten(2).transpose(1, 2)
        is_seen = part != "audio"
        stays = (RETAKE_STAYS if is_seen else torch.ones(4)).repeat_interleave(6)[None, :, None]

        def keeping(**options: Any) -> Any:
            latents, _, clean, coords = plain(**options)
            kept = torch.where(stays.bool(), given, latents)
            return kept, stays.float(), torch.where(stays.bool(), given, clean), coords

        def levels(_: Any, args: Any, options: Any) -> Any:
            if not is_seen:
                options = {**options, "sigma": options["sigma"] * 0}
            if part != "video":
                level = options["audio_timestep"][:, None] * ~heard
                options = {**options, "audio_timestep": level}
            return args, options

        # Frames 9 to 16 of 25 lie in the sound's latents 14 to 26 of 39.
        heard = torch.ones(39, dtype=torch.bool)
        heard[14:27] = False
        tokens = None if samples is None else self.sound(samples, 25)
        hook = pipeline.transformer.register_forward_pre_hook(levels, with_kwargs=True)
        pipeline.prepare_latents = keeping
        try:
            if tokens is None:
                return self.run_both(num_frames=25)
            if part == "video":
                with self.frozen(tokens):
                    return self.run_both(num_frames=25)
            with self.partly_frozen(tokens, heard):
                return self.run_both(num_frames=25)
        finally:
            hook.remove()
            del pipeline.prepare_latents

    def chained(self) -> tuple[np.ndarray, np.ndarray]:
        """As with the other family; the latents of the sound go on as those of the picture do."""
        pipeline = self.pipeline
        whole = sound = None
        for prompt, seed, num_frames, seen, is_begin, begin in CHAIN:
            options = {
                "prompt": prompt,
                "generator": seeded(seed),
                "num_frames": num_frames,
                "output_type": "latent",
            }
            if whole is None or sound is None:
                made = self.made(**options)
                whole, sound = made.frames, made.audio
                continue
            given, stays = seen_tokens(whole, num_frames // 8 + 1, seen, is_begin=is_begin)
            length = round(num_frames / FPS * 25)
            heard = torch.zeros(length, dtype=torch.bool)
            known = sound.shape[2] - begin
            heard[0 if is_begin else 1 : known] = True
            tokens = torch.zeros(1, length, 8)
            tokens[:, :known] = sound[:, :, begin:].transpose(1, 2).flatten(2, 3)
            with self.keeping(given, stays, heard), self.partly_frozen(tokens, heard):
                made = self.made(**options)
            whole = torch.cat((whole, made.frames[:, :, -1:]), dim=2)
            sound = torch.cat((sound, made.audio[:, :, known:]), dim=2)
        assert whole is not None
        assert sound is not None
        with torch.no_grad():
            video = pipeline.vae.decode(whole, None, return_dict=False)[0]
            mel = pipeline.audio_vae.decode(sound, return_dict=False)[0]
            samples = pipeline.vocoder(mel)[0].float().clamp(-1, 1).numpy()
        return pipeline.video_processor.postprocess_video(video, output_type="np")[0], samples

    @contextmanager
    def keeping(
        self, given: torch.Tensor, stays: torch.Tensor, heard: torch.Tensor
    ) -> Iterator[None]:
        """Tokens of the picture that stay, and no noise in the sound that does."""
        pipeline = self.pipeline
        plain = pipeline.prepare_latents

        def with_given(**options: Any) -> Any:
            latents, _, clean, coords = plain(**options)
            kept = torch.where(stays, given, latents)
            return kept, stays.float(), torch.where(stays, given, clean), coords

        pipeline.prepare_latents = with_given
        try:
            with self.hearing(heard):
                yield
        finally:
            del pipeline.prepare_latents

    @contextmanager
    def hearing(self, heard: torch.Tensor) -> Iterator[None]:
        """Tell the model which latents of the sound are clean."""

        def levels(_: Any, args: Any, options: Any) -> Any:
            level = options["audio_timestep"][:, None] * ~heard
            return args, {**options, "audio_timestep": level}

        hook = self.pipeline.transformer.register_forward_pre_hook(levels, with_kwargs=True)
        try:
            yield
        finally:
            hook.remove()

    def made(self, **options: Any) -> Any:
        return self.pipeline(**{**SIZE, **self.options, **options})

    @contextmanager
    def partly_frozen(self, tokens: torch.Tensor, stays: torch.Tensor) -> Iterator[None]:
        pipeline = self.pipeline
        plain, kept = pipeline.prepare_audio_latents, stays[None, :, None]

        class PartlyFrozen(FlowMatchEulerDiscreteScheduler):
            def step(  # pyright: ignore[reportIncompatibleMethodOverride] - as it is called
                self, output: Any, at: Any, sample: Any, **options: Any
            ) -> Any:
                return (torch.where(kept, sample, super().step(output, at, sample, **options)[0]),)

        def partly(*args: Any, **options: Any) -> torch.Tensor:
            return torch.where(kept, tokens, plain(*args, **options))

        pipeline.prepare_audio_latents = partly
        pipeline.audio_scheduler = PartlyFrozen(shift=1.0)
        try:
            yield
        finally:
            pipeline.audio_scheduler = None
            del pipeline.prepare_audio_latents

    def run_both(self, **options: Any) -> tuple[np.ndarray, np.ndarray]:
        made = self.pipeline(
            prompt=PROMPT, generator=seeded(), **{**SIZE, **self.options, **options}
        )
        return made.frames[0], made.audio[0].float().clamp(-1, 1).numpy()

    @contextmanager
    def frozen(self, tokens: torch.Tensor) -> Iterator[None]:
        pipeline = self.pipeline
        plain = pipeline.prepare_audio_latents

        def clean(*args: Any, **options: Any) -> torch.Tensor:
            plain(*args, **options)
            return tokens

        pipeline.prepare_audio_latents = clean
        pipeline.audio_scheduler = FrozenScheduler(shift=1.0)
        try:
            yield
        finally:
            pipeline.audio_scheduler = None
            del pipeline.prepare_audio_latents

    def extended(self, seen: Seen, before: int, behind: int, seed: int = SEED) -> np.ndarray:
        """Latents of the video's picture and sound are put in where the noise is drawn."""
        count = before + len(seen.images) + behind
        options = {"generator": seeded(seed), "num_frames": count}
        with ExitStack() as stack:
            heard = torch.zeros(round(count / FPS * 25), dtype=torch.bool)
            if seen.sound is not None:
                # A thousand samples a frame.
                samples = np.pad(seen.sound, ((0, 0), (before * 1000, 0)), mode="symmetric")
                samples = np.pad(samples, ((0, 0), (0, behind * 1000)))
                begin, stop = (len(heard) * frame / count for frame in (before, count - behind))
                heard[ceil(begin) : floor(stop)] = True
                tokens = self.sound(samples, count)
                stack.enter_context(self.partly_frozen(tokens, heard))
            if before == 0:
                if seen.sound is not None:
                    stack.enter_context(self.hearing(heard))
                condition = LTX2VideoCondition(frames=seen.images, index=0)
                return self.run(conditions=[condition], **options)
            vae = self.pipeline.vae
            given = self.latents([seen.images[0]] * before + seen.images)
            mean, std = (part.view(1, -1, 1, 1, 1) for part in (vae.latents_mean, vae.latents_std))
            given = torch.nn.functional.pad((given - mean) / std, (0, 0, 0, 0, 0, behind // 8))
            stays = torch.zeros(given.shape[2], dtype=torch.bool)
            # The first that holds none but frames of the video.
            stays[1 + before // 8 : len(stays) - behind // 8] = True
            # 2 x 3 tokens a latent frame.
            stays = stays.repeat_interleave(6)[None, :, None]
            given = given.flatten(2).transpose(1, 2)
            stack.enter_context(self.keeping(given, stays, heard))
            return self.run(**options)

    def run(self, **options: Any) -> np.ndarray:
        words = {"prompt": PROMPT, "generator": seeded()}
        return self.pipeline(**{**words, **SIZE, **self.options, **options}).frames[0]


def sound_of(path: Path, duration_s: float, begin_s: float = 0.0) -> np.ndarray:
    """The sound of a file as LTX-2 hears it, (2, samples)."""
    written = path.with_suffix(".f32")
    write_audio(path, written, begin_s, duration_s, 16_000, CancelToken())
    return np.ascontiguousarray(np.fromfile(written, "<f4").reshape(-1, 2).T)


def pictures() -> dict[str, Image.Image]:
    """Two pictures of the clip's size."""
    gradient = Image.linear_gradient("L").resize((96, 64))
    return {
        "a": gradient.convert("RGB"),
        "b": Image.merge("RGB", (gradient.rotate(180), gradient, Image.new("L", (96, 64), 40))),
    }


def main(folder: Path) -> None:
    """Write the tiny models, the pictures and what plain diffusers makes of them."""
    images = pictures()
    for name, image in images.items():
        image.save(folder / f"{name}.png")
    with av.open(str(moving_clip(folder / "source.mp4", FRAMES, FPS, has_audio=True))) as opened:
        frames = [frame.to_image() for frame in opened.decode(video=0)]
    with av.open(str(moving_clip(folder / "long.mp4", EXTENDED, FPS, has_audio=True))) as opened:
        long = [frame.to_image() for frame in opened.decode(video=0)]
    save_tiny_ltx_video(folder / "tiny-095")
    save_upsampler(folder / "tiny-095", LTXLatentUpsamplerModel)
    bare: dict[str, BareVideo | BareAv] = {
        "tiny-095": BareVideo(folder / "tiny-095", is_distilled=False),
        "tiny-098": BareVideo(folder / "tiny-095", is_distilled=True),
    }
    for generation in ("2.0", "2.3", "2.5"):
        name = f"tiny-{generation}"
        save_tiny_ltx_2(folder / name, generation)
        save_upsampler(folder / name, LTX2LatentUpsamplerModel)
        bare[name] = BareAv(folder / name)
    tone = sound_of(folder / "source.mp4", FRAMES / FPS)
    guided = BareAv(folder / "tiny-2.3", is_guided=True)
    _save(folder, "tiny-2.3-guided-following", guided.following(tone))
    _save(folder, "tiny-2.3-guided-plain", guided.plain())
    retake = moving_clip(folder / "retake.mp4", RETAKEN, FPS, has_audio=True)
    with av.open(str(retake)) as opened:
        seen = [frame.to_image() for frame in opened.decode(video=0)][RETAKE_SEEN:26]
    begin, end = (
        Seen(long[at : at + SEEN], sound_of(folder / "long.mp4", SEEN / FPS, at / FPS))
        for at in (0, EXTENDED - SEEN)
    )
    moving_clip(folder / "mute.mp4", EXTENDED, FPS)
    around = sound_of(retake, 25 / FPS, RETAKE_SEEN / FPS)
    for name, model in bare.items():
        if isinstance(model, BareVideo):
            _save(folder, f"{name}-chained", model.chained())
            _save(folder, f"{name}-retaken", model.retaken(seen))
            if model.timesteps:
                _save(folder, f"{name}-two-stages", model.two_stages(folder / "tiny-095"))
        else:
            chained, chained_sound = model.chained()
            _save(folder, f"{name}-chained", chained)
            np.save(folder / f"{name}-chained-sound.npy", chained_sound)
            _save(folder, f"{name}-following", model.following(tone))
            _save(folder, f"{name}-slow", model.run(motion_speed=0.2))
            large, sound = model.two_stages(folder / name)
            _save(folder, f"{name}-two-stages", large)
            np.save(folder / f"{name}-two-stages-sound.npy", sound)
            for part in ("video", "audio", "both"):
                frames_anew, sound_anew = model.retaken(seen, around, part)
                _save(folder, f"{name}-retaken-{part}", frames_anew)
                np.save(folder / f"{name}-retaken-{part}-sound.npy", sound_anew)
        for case, given in KEYFRAMES.items():
            _save(folder, f"{name}-{case}", model.keyframes(images, given))
        _save(folder, f"{name}-anew", model.made_anew(frames, STRENGTH))
        _save(folder, f"{name}-back", model.given_back(frames))
        _save(folder, f"{name}-plain", model.plain())
        for way, made in (
            ("forward", model.extended(end, 0, NEW)),
            ("forward-mute", model.extended(Seen(end.images), 0, NEW)),
            ("backward", model.extended(begin, NEW, 0)),
            ("whole", model.extended(Seen(frames, tone), NEW // 2, NEW // 2)),
            ("both-before", model.extended(begin, NEW // 2, 0)),
            ("both-after", model.extended(end, 0, NEW // 2, SECOND_SEED)),
        ):
            _save(folder, f"{name}-{way}", made)


def _save(folder: Path, name: str, frames: np.ndarray) -> None:
    np.save(folder / f"{name}.npy", as_bytes(frames))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
