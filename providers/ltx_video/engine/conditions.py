"""What a clip is made from besides its prompt, in the words of the two pipelines."""

# pyright: standard

from __future__ import annotations

import math
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

    from providers.ltx_video.engine.protocol import RenderOrder
    from providers.ltx_video.engine.source import GivenVideo
    from providers.ltx_video.models.profiles import Profile


def conditions_of_ltx_video(
    order: RenderOrder, given: GivenVideo | None = None
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


def conditions_of_ltx_2(
    order: RenderOrder, given: GivenVideo | None = None
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
