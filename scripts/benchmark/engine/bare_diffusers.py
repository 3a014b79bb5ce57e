"""The rival: the same clip by a script without the engine, in a process that stays warm like it.

It is one call of the pipeline of diffusers where that has the mode. What it has not (parts of a
clip that stay as they are) is one call of the class that ImageAI derives from it, and a clip of
several windows is a call for each. Inputs are read and the file is written by the engine's own
functions, so that what differs is the engine alone.

Reads one order a line on stdin and answers with one line on stdout.
"""

# pyright: standard, reportPrivateImportUsage=false

from __future__ import annotations

import os
import sys
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2ConditionPipeline
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from core.jobs.job import CancelToken, JobContext
from core.video.planning.windows import windows_of
from core.video.terms import Role
from providers.ltx_video.engine.clip import Audio, write_clip
from providers.ltx_video.engine.drive_render import (
    write_audio_condition,
    write_images,
    write_kept_audio,
)
from providers.ltx_video.engine.kept_latents import KeepingLTX2Pipeline
from providers.ltx_video.engine.part_chain import denoise_ends, denoise_parts
from providers.ltx_video.engine.pipeline import (
    PartLoader,
    load_pipeline,
    load_text_pipeline,
    set_tiling,
)
from providers.ltx_video.engine.pipeline_arguments import (
    NoisedStart,
    arguments_of_ltx_2,
    steps_of,
)
from providers.ltx_video.engine.source import (
    all_frames,
    audio_condition,
    given_video,
    silent_latents,
    source_latents,
    whole_audio,
)
from providers.ltx_video.engine.stages import decode_all, denoise
from providers.ltx_video.engine.text import EncodedPrompt, encode, negative_text
from providers.ltx_video.models.profiles import SCHEDULER_FLAGS
from scripts.benchmark.engine.bare_messages import BareAnswer, BareCall, BareOrder

if TYPE_CHECKING:
    from typing import Any, TextIO

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


def call_for(order: RenderOrder) -> BareCall:
    """The plainest call that makes a clip."""
    plan = order.plan
    if plan.parts or plan.passes > 1:
        return BareCall.OUR_STAGES
    keeps = plan.kept_frames > 0 or plan.retake is not None
    if keeps or plan.request.path_of(Role.AUDIO) is not None:
        return BareCall.OUR_PIPELINE
    return BareCall.DIFFUSERS


def render_bare(
    pipeline: LTX2ConditionPipeline, order: RenderOrder
) -> tuple[np.ndarray, Audio | None]:
    """One call of the pipeline: frames that it worked on, (frames, h, w, 3) uint8, and audio."""
    plan, cancel = order.plan, CancelToken()
    call: Any = pipeline
    is_ours = isinstance(pipeline, KeepingLTX2Pipeline)
    with torch.no_grad():
        given, start = given_video(call, order, cancel), noised_start(call, order, cancel)
        heard = audio_condition(call, order) if is_ours else None
    kept = None if given is None else given.kept
    with pipeline.keeping(kept, heard) if is_ours else nullcontext():
        frames, audio = call(
            prompt=plan.prompt,
            negative_prompt=negative_text(order),
            width=plan.width,
            height=plan.height,
            num_frames=plan.made_frames,
            num_inference_steps=steps_of(order),
            max_sequence_length=order.profile.max_sequence_length,
            latents=None if start is None else start.video,
            generator=torch.Generator("cpu").manual_seed(plan.seed),
            output_type="np",
            return_dict=False,
            **arguments_of_ltx_2(order, start, given),
        )
    images = (np.asarray(frames[0]) * 255).round().astype("uint8")
    if not plan.makes_audio:
        return images, None
    samples = audio[0].float().clamp(-1, 1).cpu().numpy()
    return images, Audio(samples, int(call.vocoder.config.output_sampling_rate))


def noised_start(pipeline: Any, order: RenderOrder, cancel: CancelToken) -> NoisedStart | None:
    """The source video that the clip is made anew from; None where there is none."""
    plan, video = order.plan, order.plan.request.path_of(Role.SOURCE_VIDEO)
    if video is None or plan.strength is None:
        return None
    return NoisedStart(
        source_latents(pipeline, order, video, cancel),
        silent_latents(pipeline, plan.made_frames, plan.fps),
        order.profile.sigmas_from(steps_of(order), plan.strength),
    )


def render_by_stages(
    pipeline: Any, text_pipeline: Any, order: RenderOrder
) -> tuple[np.ndarray, Audio | None]:
    """The same by the engine's stages, in this process and without anybody who is told of it."""
    cancel, negative = CancelToken(), negative_text(order)
    prompts = [window.prompt for window in windows_of(order.plan)]
    found = {
        text: encode(text_pipeline, order, text, _ignore)
        for text in dict.fromkeys((*prompts, negative))
        if text is not None
    }
    encoded = tuple(
        EncodedPrompt(found[text], None if negative is None else found[negative])
        for text in prompts
    )
    if order.plan.parts:
        made = ((order, denoise_parts(pipeline, order, encoded, _ignore, cancel)),)
    elif order.plan.passes > 1:
        made = denoise_ends(pipeline, order, encoded, _ignore, cancel)
    else:
        made = ((order, denoise(pipeline, order, encoded[0], _ignore, cancel, None)),)
    set_tiling(pipeline.vae, order)
    return decode_all(pipeline, made, _ignore, cancel)


class BareScript:
    """Both ways to make a clip, each with its model loaded once."""

    def __init__(self) -> None:
        self._bare: LTX2ConditionPipeline | None = None
        self._stages: tuple[Any, Any] | None = None

    def answer(self, asked: BareOrder) -> BareAnswer:
        """Make one clip, inputs and file included, and time it."""
        pipeline = self._bare = self._bare or load_bare(asked.order)
        workdir = asked.order.workdir
        clip = workdir / "bare.mp4"
        started = time.perf_counter()
        order = with_inputs(asked.order)
        call = call_for(order)
        if call is not BareCall.DIFFUSERS:
            pipeline = KeepingLTX2Pipeline(**pipeline.components)
            pipeline.set_progress_bar_config(disable=True)
        if call is BareCall.OUR_STAGES:
            made = render_by_stages(pipeline, pipeline, order)
        else:
            made = render_bare(pipeline, order)
        frames, audio = whole_clip(order, *made)
        write_clip(clip, frames, order.plan.fps, audio, _ignore)
        seconds = time.perf_counter() - started
        answered = BareAnswer(call=call, seconds=seconds, clip=str(clip), num_frames=len(frames))
        if not asked.compares:
            return answered
        other_frames, other_audio = whole_clip(order, *self._by_stages(order))
        same = [np.array_equal(*pair) for pair in zip(frames, other_frames, strict=False)]
        return answered.model_copy(
            update={
                "identical_frames": sum(same) if len(frames) == len(other_frames) else 0,
                "is_audio_identical": _is_same(audio, other_audio),
            }
        )

    def _by_stages(self, order: RenderOrder) -> tuple[np.ndarray, Audio | None]:
        if self._stages is None:
            loader = PartLoader(order, CancelToken(), _ignore)
            tokenizer = loader.load("tokenizer")
            self._stages = (
                load_pipeline(loader, order, tokenizer),
                load_text_pipeline(loader, order, tokenizer),
            )
        return render_by_stages(*self._stages, order)


def with_inputs(order: RenderOrder) -> RenderOrder:
    """The order with its images and audio read, cut and fitted as the app does."""
    plan, context = order.plan, JobContext(order.workdir, CancelToken(), _ignore)
    return order.model_copy(
        update={
            "images": write_images(plan, order.workdir),
            "kept_audio": write_kept_audio(plan, context),
            "audio_condition": write_audio_condition(plan, context),
        }
    )


def whole_clip(
    order: RenderOrder, made: np.ndarray, audio: Audio | None
) -> tuple[list[np.ndarray], Audio | None]:
    """All frames and the audio, with what is kept of a video."""
    return [*all_frames(order, made, CancelToken())], whole_audio(order, audio)


def serve(answers: TextIO) -> None:
    """Answer orders until stdin closes."""
    script = BareScript()
    for line in sys.stdin:
        asked = BareOrder.model_validate_json(line)
        answers.write(script.answer(asked).model_dump_json() + "\n")
        answers.flush()


def _is_same(one: Audio | None, other: Audio | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.rate_hz == other.rate_hz and np.array_equal(one.samples, other.samples)


def _ignore(*_: object) -> None:
    pass


if __name__ == "__main__":
    # Libraries print to stdout as they like; the answers keep it for themselves.
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(own)
