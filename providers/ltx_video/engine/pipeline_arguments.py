"""What a clip is made from and how, in the words of the two pipelines."""

# pyright: standard

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition
from diffusers.pipelines.ltx2.utils import apply_image_conditioning_crf
from PIL import Image

from providers.ltx_video.models.sizes import FRAME_GRID

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from providers.ltx_video.engine.pipeline import Pipeline
    from providers.ltx_video.engine.protocol import RenderOrder
    from providers.ltx_video.engine.source import GivenVideo
    from providers.ltx_video.engine.text import EncodedPrompt
    from providers.ltx_video.models.profiles import Guidance, Profile

# diffusers reads a sound knob of 0 as "not given" and takes the picture's value instead.
_ALMOST_OFF = 1e-12


@dataclass(frozen=True)
class NoisedStart:
    """What denoising begins with instead of pure noise, and the levels of noise from there on.

    Both are in the scale in which the pipeline takes latents.
    """

    video: torch.Tensor
    audio: torch.Tensor | None
    sigmas: tuple[float, ...]


def arguments_of_ltx_video(
    order: RenderOrder, start: NoisedStart | None, given: GivenVideo | None
) -> dict[str, Any]:
    """What LTX-Video's pipeline takes that the other does not, or takes otherwise."""
    profile = order.profile
    guidance = profile.guidance.at(order.plan.guidance_scale)
    timesteps, denoise_strength = profile.timesteps_for(steps_of(order)), 1.0
    if start is not None:
        # The pipeline leaves out a share of the list, so it gets one level more.
        timesteps = (1000.0, *(level * 1000 for level in start.sigmas))
        denoise_strength = (len(start.sigmas) + 0.5) / len(timesteps)
    return {
        "conditions": _conditions_of_ltx_video(order, given),
        "frame_rate": order.plan.fps,
        "timesteps": None if timesteps is None else list(timesteps),
        "denoise_strength": denoise_strength,
        "guidance_scale": guidance.guidance_scale,
        "guidance_rescale": guidance.guidance_rescale,
        "image_cond_noise_scale": profile.image_cond_noise_scale,
    }


def arguments_of_ltx_2(
    order: RenderOrder, start: NoisedStart | None, given: GivenVideo | None
) -> dict[str, Any]:
    """The same of LTX-2's."""
    plan, profile = order.plan, order.profile
    sigmas = profile.sigmas_for(steps_of(order)) if start is None else start.sigmas
    arguments: dict[str, Any] = {
        "conditions": _conditions_of_ltx_2(order, given),
        "frame_rate": float(plan.fps),
        "motion_speed": plan.motion_speed,
        "sigmas": None if sigmas is None else list(sigmas),
        "spatio_temporal_guidance_blocks": list(profile.stg_blocks) or None,
        "use_cross_timestep": profile.use_cross_timestep,
        **_knobs(profile.guidance.at(plan.guidance_scale)),
    }
    if start is not None:
        arguments |= {"noise_scale": start.sigmas[0], "audio_latents": start.audio}
    return arguments


def prompt_arguments(
    pipeline: Pipeline, prompt: EncodedPrompt, dtype: torch.dtype
) -> dict[str, torch.Tensor | None]:
    """The encoded prompts, as both pipelines take them."""
    device = pipeline._execution_device  # noqa: SLF001 - the pipeline has no public name for it
    negative = prompt.negative
    return {
        "prompt_embeds": prompt.positive.embeds.to(device, dtype),
        "prompt_attention_mask": prompt.positive.mask.to(device),
        "negative_prompt_embeds": None if negative is None else negative.embeds.to(device, dtype),
        "negative_prompt_attention_mask": None if negative is None else negative.mask.to(device),
    }


def steps_of(order: RenderOrder) -> int:
    """How many steps are asked for, or are the model's own."""
    return order.plan.num_inference_steps or order.profile.num_inference_steps


def _knobs(guidance: Guidance) -> dict[str, float]:
    knobs = guidance.model_dump()
    for name, value in guidance.model_dump().items():
        if name.startswith("audio_") and value == 0 and knobs[name.removeprefix("audio_")] != 0:
            knobs[name] = _ALMOST_OFF
    return knobs


def _conditions_of_ltx_video(
    order: RenderOrder, given: GivenVideo | None
) -> list[LTXVideoCondition] | None:
    """The images and the video at their frames; None where there are none."""
    found = [
        LTXVideoCondition(
            image=like_a_frame(_read(image.path), order.profile),
            frame_index=image.frame,
            strength=image.strength,
        )
        for image in order.images
    ]
    if given is not None and given.kept is None:
        found.insert(0, LTXVideoCondition(video=[*given.images], frame_index=given.frame))
    return found or None


def _conditions_of_ltx_2(
    order: RenderOrder, given: GivenVideo | None
) -> list[LTX2VideoCondition] | None:
    """The images and the video at their frames; None where there are none."""
    # A crf of None would be guessed from the text encoder, which is not there by now.
    crf = order.profile.image_crf or 0
    found = [
        _ltx_2_condition(_read(image.path), latent_index(image.frame), image.strength, crf)
        for image in order.images
    ]
    if given is not None and given.kept is None:
        found.insert(0, _ltx_2_condition([*given.images], given.frame, 1.0, 0))
    return found or None


def _ltx_2_condition(frames: Any, index: Any, strength: float, crf: int) -> LTX2VideoCondition:
    return LTX2VideoCondition(frames, index=index, strength=strength, crf=crf)


def latent_index(frame: int) -> float:
    """Where LTX-2 is to put an image that is this frame of the clip.

    It counts in latent frames, of which each holds eight frames and the first only one; between
    two whole numbers lie the frames in between.
    """
    return 0 if frame == 0 else (frame - FRAME_GRID.offset) / FRAME_GRID.step + 1


def like_a_frame(image: Image.Image, profile: Profile) -> Image.Image:
    """A start image as LTX-Video wants it: soft and with the traces of a compressed video."""
    pixels = np.array(image)
    if profile.blurs_image:
        near = math.exp(-0.5)
        total = 1 + 2 * near
        kernel = torch.tensor([near / total, 1 / total, near / total])
        channels = torch.from_numpy(pixels).float().permute(2, 0, 1)[:, None]
        padded = torch.nn.functional.pad(channels, (1, 1, 1, 1), mode="reflect")
        soft = torch.nn.functional.conv2d(padded, kernel.outer(kernel)[None, None])
        pixels = soft[:, 0].permute(1, 2, 0).round().to(torch.uint8).contiguous().numpy()
    return Image.fromarray(apply_image_conditioning_crf(pixels, profile.image_crf or 0))


def _read(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")
