"""Denoising and decoding: the two stages in which the model itself works."""

# pyright: standard

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch
from diffusers.utils.torch_utils import randn_tensor

from core.video.terms import Role
from providers.ltx_video.engine.clip import Audio
from providers.ltx_video.engine.kept_latents import (
    KeepingLTX2Pipeline,
    KeepingLTXVideoPipeline,
    KeptLatents,
)
from providers.ltx_video.engine.pipeline import compute_dtype
from providers.ltx_video.engine.pipeline_arguments import (
    NoisedStart,
    arguments_of_ltx_2,
    arguments_of_ltx_video,
    prompt_arguments,
    steps_of,
)
from providers.ltx_video.engine.reference_video import reference_tokens
from providers.ltx_video.engine.scheduler import StochasticScheduler
from providers.ltx_video.engine.source import (
    audio_condition,
    given_video,
    silent_latents,
    source_latents,
)
from providers.ltx_video.models.two_stages import denoising_work, first_stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

    from core.jobs.job import CancelToken
    from providers.ltx_video.engine.pipeline import Pipeline
    from providers.ltx_video.engine.preview import Previewer
    from providers.ltx_video.engine.protocol import RenderOrder
    from providers.ltx_video.engine.text import EncodedPrompt
    from providers.ltx_video.engine.upsampler import Upsampler

OnStep: TypeAlias = "Callable[[float, int, int, Path | None], None]"


@dataclass(frozen=True)
class Denoised:
    """What denoising leaves: latents as the pipeline gives them, and the random source."""

    video: torch.Tensor
    audio: torch.Tensor | None
    generator: torch.Generator


@dataclass(frozen=True)
class SeenLatents:
    """What of a clip is there already, of picture and sound, and stays."""

    video: KeptLatents
    audio: KeptLatents | None


@dataclass(frozen=True)
class _Part:
    """Which part of denoising is under way, as shares of its work and as steps of all of them."""

    begin: float = 0.0
    share: float = 1.0
    steps_before: int = 0
    steps_after: int = 0


def denoise(
    pipeline: Pipeline,
    order: RenderOrder,
    prompt: EncodedPrompt,
    on_step: OnStep,
    cancel: CancelToken,
    previewer: Previewer | None,
    upsampler: Upsampler | None = None,
    seen: SeenLatents | None = None,
    maps: np.ndarray | None = None,
    refining: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Denoised:
    """Make the latents of a clip; stops between two blocks of the transformer when asked to.

    Args:
        pipeline: with everything but the text encoder.
        order: the clip.
        prompt: encoded.
        on_step: told how much of the work is done, the step, how many there are, and a picture of
            the clip where one was made.
        cancel: the wish to stop.
        previewer: makes those pictures, of the first stage.
        upsampler: for a clip in two stages.
        seen: of a part that goes on from another, what the model works on of it.
        maps: of a control video, at the size of the first stage; the second one sees none.
        refining: gives what the second stage works within.
    """
    plan = order.plan
    # On the CPU, so that every device draws the same noise for a seed.
    generator = torch.Generator("cpu").manual_seed(plan.seed)
    if isinstance(pipeline.scheduler, StochasticScheduler):
        pipeline.scheduler.seed(plan.seed)
    run = _Denoising(pipeline, prompt, on_step, cancel, generator, seen, maps)
    if not plan.refine_steps:
        start = run.source_start(order)
        if start is not None and not start.sigmas:
            return Denoised(start.video, None, generator)
        return run.denoise(order, start, _Part(), previewer)
    assert upsampler is not None, "two stages need one"
    half = order.model_copy(update={"plan": first_stage(plan)})
    first, second = denoising_work(plan)
    share = first / (first + second)
    small = run.denoise(half, None, _Part(0.0, share, 0, plan.refine_steps), previewer)
    cancel.check()
    large = upsampler.enlarge(pipeline, order, small.video)
    start = NoisedStart(large, small.audio, order.profile.refine_sigmas)
    with refining():
        return run.denoise(order, start, _Part(share, 1.0 - share, steps_of(order), 0), None)


@dataclass(frozen=True)
class _Denoising:
    """One clip on its way out of noise, in one call of the pipeline or in two."""

    pipeline: Pipeline
    prompt: EncodedPrompt
    on_step: OnStep
    cancel: CancelToken
    generator: torch.Generator
    seen: SeenLatents | None
    maps: np.ndarray | None

    def source_start(self, order: RenderOrder) -> NoisedStart | None:
        """The video that a clip is made anew from; None where there is none or all is made anew."""
        plan, pipeline = order.plan, self.pipeline
        strength, video = plan.strength, plan.request.path_of(Role.SOURCE_VIDEO)
        if video is None or strength is None or strength >= 1:
            return None
        with torch.no_grad(), stop_between(pipeline.vae.encoder.down_blocks, self.cancel):
            source = source_latents(pipeline, order, video, self.cancel)
        sigmas = order.profile.sigmas_from(steps_of(order), strength)
        if isinstance(pipeline, KeepingLTXVideoPipeline):
            return NoisedStart(normalized(pipeline, source), None, sigmas)
        silence = None
        if sigmas:
            with torch.no_grad():
                silence = silent_latents(pipeline, plan.made_frames, plan.fps)
        return NoisedStart(source, silence, sigmas)

    def denoise(
        self,
        order: RenderOrder,
        start: NoisedStart | None,
        part: _Part,
        previewer: Previewer | None,
    ) -> Denoised:
        """One call of the pipeline."""
        pipeline = self.pipeline
        with torch.no_grad(), stop_between(pipeline.vae.encoder.down_blocks, self.cancel):
            given = given_video(pipeline, order, self.cancel)
            # As its makers do it, the small clip follows the maps, and what refines it sees none.
            is_refined = bool(order.plan.refine_steps)
            reference = None if is_refined else reference_tokens(pipeline, order, self.maps)
        kept = None if given is None else given.kept
        if self.seen is not None:
            kept = self.seen.video
        shared: dict[str, Any] = {
            "latents": None if start is None else start.video,
            "height": order.plan.height,
            "width": order.plan.width,
            "num_frames": order.plan.made_frames,
            "num_inference_steps": steps_of(order),
            "generator": self.generator,
            "output_type": "latent",
            "callback_on_step_end": self._step_end(part, previewer),
            "max_sequence_length": order.profile.max_sequence_length,
            **prompt_arguments(pipeline, self.prompt, compute_dtype(order)),
        }
        # The pipelines' own annotations leave out the None and the fractions that they document.
        call: Any = pipeline
        with torch.no_grad(), stop_between(call.transformer.transformer_blocks, self.cancel):
            if isinstance(pipeline, KeepingLTXVideoPipeline):
                with pipeline.keeping(kept):
                    output = call(**arguments_of_ltx_video(order, start, given), **shared)
                return Denoised(output.frames, None, self.generator)
            audio = audio_condition(pipeline, order) if self.seen is None else self.seen.audio
            with pipeline.keeping(kept, audio, reference):
                output = call(**arguments_of_ltx_2(order, start, given), **shared)
        return Denoised(output.frames, output.audio, self.generator)

    def _step_end(
        self, part: _Part, previewer: Previewer | None
    ) -> Callable[[Pipeline, int, Any, Any], dict[str, Any]]:
        """What the pipeline calls behind each step: it tells how far denoising is."""

        def on_step_end(running: Pipeline, index: int, at: Any, tensors: Any) -> dict[str, Any]:
            self.cancel.check()
            latents = tensors["latents"]
            if isinstance(running, KeepingLTXVideoPipeline):
                latents = running.restored(latents)
            preview = previewer.look(latents, index, float(at)) if previewer else None
            count = running.num_timesteps
            self.on_step(
                part.begin + part.share * (index + 1) / count,
                part.steps_before + index + 1,
                part.steps_before + count + part.steps_after,
                preview,
            )
            return {"latents": latents}

        return on_step_end


def choose_length(pipeline: Pipeline, order: RenderOrder, prompt: EncodedPrompt, head: Any) -> int:
    """How many frames a clip has whose length is left to the model, within the plan's bounds."""
    plan, call = order.plan, pipeline
    assert isinstance(call, KeepingLTX2Pipeline), "no other has a duration head"
    assert plan.least_frames is not None, "its length is open"
    words = prompt_arguments(pipeline, prompt, compute_dtype(order))
    with torch.no_grad():
        video, audio, _ = call.connectors(
            words["prompt_embeds"],
            words["prompt_attention_mask"],
            padding_side=call.tokenizer_padding_side,
        )
        return head.to(video.device).predict_num_frames(
            video,
            audio,
            frame_rate=float(plan.fps),
            temporal_compression_ratio=call.vae_temporal_compression_ratio,
            min_seconds=plan.least_frames / plan.fps,
            max_seconds=plan.num_frames / plan.fps,
        )


def decode(
    pipeline: Pipeline,
    order: RenderOrder,
    denoised: Denoised,
    on_progress: Callable[[float], None],
    cancel: CancelToken,
) -> tuple[np.ndarray, Audio | None]:
    """The pictures, (frames, height, width, 3) uint8, and the sound where the plan wants it.

    Of a picture that is kept whole there are none, and of a sound that is given none is decoded.
    """
    plan = order.plan
    audio = denoised.audio if plan.makes_audio else None
    if not plan.makes_video:
        with torch.no_grad():
            waveform = None if audio is None else _decode_audio(pipeline, audio)
        pipeline.maybe_free_model_hooks()
        on_progress(1.0)
        return np.zeros((0, plan.height, plan.width, 3), np.uint8), waveform
    video_share = 1.0 if audio is None else 0.9
    with (
        torch.no_grad(),
        _count_decoder_calls(
            pipeline.vae, denoised.video, lambda done: on_progress(done * video_share), cancel
        ),
    ):
        if isinstance(pipeline, KeepingLTXVideoPipeline):
            latents, timestep = _noised_for_decoder(pipeline, order, denoised)
        else:
            latents, timestep = denoised.video, None
        video = pipeline.vae.decode(latents.to(pipeline.vae.dtype), timestep, return_dict=False)[0]
        images: Any = pipeline.video_processor.postprocess_video(video, output_type="np")[0]
        del video
        # The very rounding with which diffusers makes its own pictures.
        frames = (images * 255).round().astype("uint8")
        waveform = None if audio is None else _decode_audio(pipeline, audio)
    pipeline.maybe_free_model_hooks()
    on_progress(1.0)
    return frames, waveform


def decode_all(
    pipeline: Pipeline,
    made: tuple[tuple[RenderOrder, Denoised], ...],
    on_progress: Callable[[float], None],
    cancel: CancelToken,
) -> tuple[np.ndarray, Audio | None]:
    """As `decode`, of all passes, one after the other."""
    if len(made) == 1:
        return decode(pipeline, *made[0], on_progress, cancel)
    frames: list[np.ndarray] = []
    waveforms: list[Audio] = []
    for order, denoised in made:
        before = len(frames)

        def tell(done: float, before: int = before) -> None:
            on_progress((before + done) / len(made))

        images, audio = decode(pipeline, order, denoised, tell, cancel)
        frames.append(images)
        if audio is not None:
            waveforms.append(audio.as_long_as(order.plan.made_frames, order.plan.fps))
    whole = None
    if waveforms:
        samples = np.concatenate([audio.samples for audio in waveforms], axis=1)
        whole = Audio(samples, waveforms[0].rate_hz)
    return np.concatenate(frames), whole


def normalized(pipeline: KeepingLTXVideoPipeline, latents: torch.Tensor) -> torch.Tensor:
    """Latents of the VAE in the scale that LTX-Video's pipeline works in."""
    vae = pipeline.vae
    return pipeline._normalize_latents(  # noqa: SLF001 - the pipeline encodes by it itself
        latents, vae.latents_mean, vae.latents_std, vae.config.scaling_factor
    )


def denormalized(pipeline: KeepingLTXVideoPipeline, latents: torch.Tensor) -> torch.Tensor:
    """The reverse of `normalized`."""
    vae = pipeline.vae
    return pipeline._denormalize_latents(  # noqa: SLF001 - the pipeline decodes by it itself
        latents, vae.latents_mean, vae.latents_std, vae.config.scaling_factor
    )


def _noised_for_decoder(
    pipeline: KeepingLTXVideoPipeline, order: RenderOrder, denoised: Denoised
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The latents as the decoder of LTX-Video wants them: in its scale, with a trace of noise."""
    vae = pipeline.vae
    latents = denormalized(pipeline, denoised.video).to(compute_dtype(order))
    if not vae.config.timestep_conditioning:
        return latents, None
    time = order.profile.decode_timestep
    scale = order.profile.decode_noise_scale
    noise = randn_tensor(
        latents.shape, generator=denoised.generator, device=latents.device, dtype=latents.dtype
    )
    weight = torch.tensor(
        [time if scale is None else scale], device=latents.device, dtype=latents.dtype
    )[:, None, None, None, None]
    latents = (1 - weight) * latents + weight * noise
    return latents, torch.tensor([time], device=latents.device, dtype=latents.dtype)


def _decode_audio(pipeline: Any, latents: torch.Tensor) -> Audio:
    mel = pipeline.audio_vae.decode(latents.to(pipeline.audio_vae.dtype), return_dict=False)[0]
    samples = pipeline.vocoder(mel.to(pipeline.vocoder.dtype))[0].float().clamp(-1, 1).cpu().numpy()
    return Audio(samples, int(pipeline.vocoder.config.output_sampling_rate))


@contextmanager
def stop_between(blocks: Any, cancel: CancelToken) -> Iterator[None]:
    """Let a wish to stop be heard before each block: a step of a large model takes long."""

    def check(*_: Any) -> None:
        cancel.check()

    handles = [block.register_forward_pre_hook(check) for block in blocks]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _count_decoder_calls(
    vae: Any, latents: torch.Tensor, on_progress: Callable[[float], None], cancel: CancelToken
) -> Iterator[None]:
    """Tell progress by the blocks of the video decoder that have run, over all tiles."""
    blocks = [vae.decoder.mid_block, *vae.decoder.up_blocks]
    total = _decoder_calls(vae, latents) * len(blocks)
    done = 0

    def count(*_: Any) -> None:
        nonlocal done
        cancel.check()
        done += 1
        on_progress(min(1.0, done / total))

    handles = [block.register_forward_hook(count) for block in blocks]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _decoder_calls(vae: Any, latents: torch.Tensor) -> int:
    """How often the decoder runs for these latents, by the tiling that is switched on."""
    _, _, num_frames, height, width = latents.shape
    space, time = vae.spatial_compression_ratio, vae.temporal_compression_ratio
    calls = 1
    if vae.use_framewise_decoding and num_frames > vae.tile_sample_min_num_frames // time:
        calls = ceil(num_frames / (vae.tile_sample_stride_num_frames // time))
    rows_at, columns_at = vae.tile_sample_min_height // space, vae.tile_sample_min_width // space
    if vae.use_tiling and (height > rows_at or width > columns_at):
        calls *= ceil(height / (vae.tile_sample_stride_height // space))
        calls *= ceil(width / (vae.tile_sample_stride_width // space))
    return calls
