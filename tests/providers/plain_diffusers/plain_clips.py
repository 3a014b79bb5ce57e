"""Clips by a plain diffusers script: the settings that a profile must amount to, spelled out.

They stand here once more so that a wrong profile or engine shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXConditionPipeline, LTXVideoCondition
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import (
    LTX2ConditionPipeline,
    LTX2VideoCondition,
)
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)

from providers.ltx_video.engine.pipeline_arguments import like_a_frame
from providers.ltx_video.models.profiles import LTX_VIDEO_2B_DEV
from tests.providers.tiny_home import PROMPT, SEED

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

SIZE = {"height": 64, "width": 96, "num_frames": 17, "output_type": "np"}
DISTILLED_SIGMAS = [1.0, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875]
DISTILLED: dict[str, Any] = {
    "frame_rate": 16.0,
    "num_inference_steps": 8,
    "sigmas": DISTILLED_SIGMAS,
    "guidance_scale": 1.0,
    "stg_scale": 0.0,
    "modality_scale": 1.0,
    "guidance_rescale": 0.0,
    "audio_guidance_scale": 1.0,
    "audio_stg_scale": 0.0,
    "audio_modality_scale": 1.0,
    "audio_guidance_rescale": 0.0,
    "use_cross_timestep": True,
    "max_sequence_length": 32,
}
"""A distilled LTX-2 at 16 fps."""
GUIDED: dict[str, Any] = {
    "negative_prompt": "blurry",
    "num_inference_steps": 4,
    "sigmas": [1.0, 0.75, 0.5, 0.25],
    "guidance_scale": 3.0,
    "stg_scale": 1.0,
    "modality_scale": 3.0,
    "guidance_rescale": 0.7,
    "audio_guidance_scale": 7.0,
    "audio_stg_scale": 1.0,
    "audio_modality_scale": 3.0,
    "audio_guidance_rescale": 0.7,
    "spatio_temporal_guidance_blocks": [1],
}
"""What differs where every guidance knob is on, as of the dev models."""


def seeded(seed: int = SEED) -> torch.Generator:
    """The random source that a clip is drawn from."""
    return torch.Generator("cpu").manual_seed(seed)


def as_bytes(frames: np.ndarray) -> np.ndarray:
    """Frames of 0 to 1 as the engine gives them, (frames, height, width, 3) uint8."""
    return (frames * 255).round().astype("uint8")


def open_ltx_2(folder: Path, more: dict[str, Any] | None = None) -> Any:
    """The pipeline of an LTX-2, with more parts than it has by itself."""
    pipeline = LTX2ConditionPipeline.from_pretrained(folder, dtype=torch.float32, **(more or {}))
    pipeline.scheduler = FlowMatchEulerDiscreteScheduler(shift=1.0)
    return pipeline


def bare_ltx_video(
    folder: Path,
    image: Image.Image | None,
    transformer: torch.nn.Module | None = None,
    *,
    steps: int = 6,
) -> Reference:
    """Guided as the 2B dev model: scale 3, decoder time 0.05; the image softened first.

    Args:
        folder: of the model.
        image: the clip's first frame.
        transformer: in the place of the model's own.
        steps: how many are taken.
    """
    image = None if image is None else like_a_frame(image, LTX_VIDEO_2B_DEV)
    other = {} if transformer is None else {"transformer": transformer}
    pipeline: Any = LTXConditionPipeline.from_pretrained(folder, dtype=torch.float32, **other)
    frames = pipeline(
        conditions=None if image is None else [LTXVideoCondition(image=image, frame_index=0)],
        prompt=PROMPT,
        negative_prompt="blurry",
        frame_rate=16,
        num_inference_steps=steps,
        guidance_scale=3.0,
        image_cond_noise_scale=0.15,
        decode_timestep=0.05,
        decode_noise_scale=0.025,
        max_sequence_length=256,
        generator=seeded(),
        **SIZE,
    ).frames[0]
    return Reference(frames, None, 0)


def bare_ltx_2(folder: Path, image: Image.Image | None, *, is_guided: bool) -> Reference:
    """Distilled as Mini, or with every guidance knob on as the dev models."""
    pipeline = open_ltx_2(folder)
    options = DISTILLED
    if is_guided:
        options = options | GUIDED | {"use_cross_timestep": False, "max_sequence_length": 64}
    crf = 18 if is_guided else 0
    output = pipeline(
        conditions=None if image is None else [LTX2VideoCondition(frames=image, index=0, crf=crf)],
        prompt=PROMPT,
        generator=seeded(),
        **options,
        **SIZE,
    )
    rate_hz = pipeline.vocoder.config.output_sampling_rate
    return Reference(output.frames[0], output.audio[0].float().numpy(), rate_hz)


class Reference(NamedTuple):
    """Frames as floats of 0 to 1, sound as (channels, samples) or None."""

    frames: np.ndarray
    waveform: np.ndarray | None
    rate_hz: int

    def save(self, file: Path) -> None:
        """Keep it as the engine would make it: bytes for the picture."""
        waveform = np.zeros((0, 0), np.float32) if self.waveform is None else self.waveform
        np.savez(
            file,
            frames=as_bytes(self.frames),
            waveform=waveform,
            rate_hz=self.rate_hz,
        )
