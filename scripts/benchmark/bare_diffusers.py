"""The rival: the same clip with diffusers alone, in a process that stays warm like the engine.

Reads one order a line on stdin and answers with one line on stdout.
"""

# pyright: standard, reportPrivateImportUsage=false

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2ConditionPipeline
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from core.jobs.job import CancelToken
from providers.ltx_video.engine.clip import Audio, write_clip
from providers.ltx_video.engine.pipeline import (
    PartLoader,
    load_pipeline,
    load_text_pipeline,
    set_tiling,
)
from providers.ltx_video.engine.stages import decode, denoise
from providers.ltx_video.engine.text import EncodedPrompt, encode, negative_text
from providers.ltx_video.models.profiles import SCHEDULER_FLAGS
from scripts.benchmark.bare_messages import BareAnswer, BareOrder

if TYPE_CHECKING:
    from typing import TextIO

    from providers.ltx_video.engine.protocol import RenderOrder


def load_bare(order: RenderOrder) -> LTX2ConditionPipeline:
    """The pipeline as a script would load it; only the noise schedule is set as for the engine."""
    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    pipeline = LTX2ConditionPipeline.from_pretrained(
        order.folder, dtype=torch.float32, local_files_only=True
    )
    pipeline.scheduler = FlowMatchEulerDiscreteScheduler.from_config(
        pipeline.scheduler.config, **SCHEDULER_FLAGS
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def render_bare(pipeline: LTX2ConditionPipeline, order: RenderOrder) -> tuple[np.ndarray, Audio]:
    """One call of the pipeline: pictures, (frames, height, width, 3) uint8, and sound."""
    plan, profile = order.plan, order.profile
    steps = plan.num_inference_steps or profile.num_inference_steps
    sigmas = profile.sigmas_for(steps)
    frames, audio = pipeline(
        prompt=plan.prompt,
        negative_prompt=negative_text(order),
        width=plan.width,
        height=plan.height,
        num_frames=plan.num_frames,
        frame_rate=float(plan.fps),
        num_inference_steps=steps,
        sigmas=None if sigmas is None else list(sigmas),
        spatio_temporal_guidance_blocks=list(profile.stg_blocks) or None,
        use_cross_timestep=profile.use_cross_timestep,
        max_sequence_length=profile.max_sequence_length,
        generator=torch.Generator("cpu").manual_seed(plan.seed),
        output_type="np",
        return_dict=False,
        **profile.guidance.at(plan.guidance_scale).model_dump(),
    )
    images = (np.asarray(frames[0]) * 255).round().astype("uint8")
    samples = audio[0].float().clamp(-1, 1).cpu().numpy()
    return images, Audio(samples, int(pipeline.vocoder.config.output_sampling_rate))


def render_by_stages(order: RenderOrder) -> tuple[np.ndarray, Audio | None]:
    """The same clip by the engine's stages, before it is encoded as a video."""
    cancel = CancelToken()
    loader = PartLoader(order, cancel, lambda _done, _message: None)
    tokenizer = loader.load("tokenizer")
    pipeline = load_pipeline(loader, order, tokenizer)
    text = load_text_pipeline(loader, order, tokenizer)
    negative = negative_text(order)
    prompt = EncodedPrompt(
        encode(text, order, order.plan.prompt),
        None if negative is None else encode(text, order, negative),
    )
    denoised = denoise(pipeline, order, prompt, lambda *_: None, cancel, None)
    set_tiling(pipeline.vae, order)
    return decode(pipeline, order, denoised, lambda _done: None, cancel)


def answer(pipeline: LTX2ConditionPipeline, asked: BareOrder) -> BareAnswer:
    """Make one clip, written by the engine's own writer, and time it."""
    order = asked.order
    clip = order.workdir / "bare.mp4"
    started = time.perf_counter()
    frames, waveform = render_bare(pipeline, order)
    write_clip(
        clip, frames, order.plan.fps, waveform if order.plan.has_audio else None, lambda _: None
    )
    seconds = time.perf_counter() - started
    made = BareAnswer(seconds=seconds, clip=str(clip), num_frames=len(frames))
    if not asked.compares:
        return made
    other_frames, other_audio = render_by_stages(order)
    same = other_frames.shape == frames.shape
    return made.model_copy(
        update={
            "identical_frames": int((frames == other_frames).all(axis=(1, 2, 3)).sum())
            if same
            else 0,
            "is_audio_identical": other_audio is None
            or np.array_equal(waveform.samples, other_audio.samples),
        }
    )


def serve(answers: TextIO) -> None:
    """Answer orders until stdin closes."""
    pipeline: LTX2ConditionPipeline | None = None
    for line in sys.stdin:
        asked = BareOrder.model_validate_json(line)
        pipeline = pipeline or load_bare(asked.order)
        answers.write(answer(pipeline, asked).model_dump_json() + "\n")
        answers.flush()


if __name__ == "__main__":
    # Libraries print to stdout as they like; the answers keep it for themselves.
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(own)
