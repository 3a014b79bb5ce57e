"""What the LTX models offer in common: picture sizes, camera moves and licences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.video.spec import (
    AspectRatio,
    CameraPhrase,
    CameraSpec,
    FloatRange,
    FrameGrid,
    FrameSize,
    Licence,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.video.plan import RenderPlan

FRAME_GRID = FrameGrid(step=8, offset=1)
"""One latent frame holds eight frames, and the first frame stands alone."""

SIZE_GRID = 32
"""Width and height are multiples of this."""

# Upright sizes follow from the wide ones. All sizes of a name have about the same area.
_WIDE: Mapping[str, Mapping[AspectRatio, tuple[int, int]]] = {
    # That of the clips on which the makers' IC-LoRA for reference images was trained.
    "448p": {AspectRatio.WIDE_16_9: (768, 448)},
    "480p": {
        AspectRatio.WIDE_16_9: (832, 480),
        AspectRatio.SQUARE_1_1: (640, 640),
        AspectRatio.LANDSCAPE_4_3: (736, 544),
        AspectRatio.LANDSCAPE_3_2: (768, 512),
        AspectRatio.ULTRAWIDE_21_9: (1024, 448),
    },
    "540p": {
        AspectRatio.WIDE_16_9: (960, 544),
        AspectRatio.SQUARE_1_1: (736, 736),
        AspectRatio.LANDSCAPE_4_3: (864, 640),
        AspectRatio.LANDSCAPE_3_2: (896, 608),
        AspectRatio.ULTRAWIDE_21_9: (1120, 480),
    },
    "720p": {
        AspectRatio.WIDE_16_9: (1280, 736),
        AspectRatio.SQUARE_1_1: (960, 960),
        AspectRatio.LANDSCAPE_4_3: (1120, 832),
        AspectRatio.LANDSCAPE_3_2: (1152, 768),
        AspectRatio.ULTRAWIDE_21_9: (1472, 640),
    },
    "1080p": {
        AspectRatio.WIDE_16_9: (1920, 1088),
        AspectRatio.SQUARE_1_1: (1440, 1440),
        AspectRatio.LANDSCAPE_4_3: (1664, 1248),
        AspectRatio.LANDSCAPE_3_2: (1760, 1184),
        AspectRatio.ULTRAWIDE_21_9: (2208, 960),
    },
    # Multiples of 64, because these are made in two stages.
    "1440p": {
        AspectRatio.WIDE_16_9: (2560, 1472),
        AspectRatio.SQUARE_1_1: (1920, 1920),
        AspectRatio.LANDSCAPE_4_3: (2176, 1664),
        AspectRatio.LANDSCAPE_3_2: (2304, 1536),
        AspectRatio.ULTRAWIDE_21_9: (2944, 1280),
    },
    "2160p": {
        AspectRatio.WIDE_16_9: (3840, 2176),
        AspectRatio.SQUARE_1_1: (2880, 2880),
        AspectRatio.LANDSCAPE_4_3: (3328, 2496),
        AspectRatio.LANDSCAPE_3_2: (3456, 2304),
        AspectRatio.ULTRAWIDE_21_9: (4416, 1920),
    },
}
LARGE = ("1440p", "2160p")
"""The sizes that are made in two stages alone."""
_UPRIGHT = {
    AspectRatio.WIDE_16_9: AspectRatio.TALL_9_16,
    AspectRatio.LANDSCAPE_4_3: AspectRatio.PORTRAIT_3_4,
    AspectRatio.LANDSCAPE_3_2: AspectRatio.PORTRAIT_2_3,
}


def latent_frame(frame: int) -> int:
    """The latent frame that holds a frame of a clip, both from 0."""
    return (frame - FRAME_GRID.offset) // FRAME_GRID.step + 1


def token_count(width: int, height: int, num_frames: int) -> int:
    """How many pieces the transformer cuts a clip into."""
    return (latent_frame(num_frames - 1) + 1) * (width // SIZE_GRID) * (height // SIZE_GRID)


def reference_size(plan: RenderPlan) -> tuple[int, int]:
    """Width and height of what the model sees beside a clip, before it is made smaller.

    Those of the clip, or as much more as it takes for a grid that is coarser than the clip's.
    """
    grid = SIZE_GRID * plan.reference_downscale
    return math.ceil(plan.width / grid) * grid, math.ceil(plan.height / grid) * grid


def more_tokens(plan: RenderPlan) -> int:
    """The pieces of the images of a plan, and of a video beside it, that come to those of its clip.

    The image of the first frame takes its place among the clip's own.
    """
    # Imported late: the tables of models take their sizes from here.
    from core.video.placement import images_of

    of_reference, scale = 0, plan.reference_downscale
    # Of two stages the first one sees it.
    if scale and not plan.refine_steps:
        width, height = reference_size(plan)
        of_reference = token_count(width // scale, height // scale, plan.num_frames)
    of_one = token_count(plan.width, plan.height, FRAME_GRID.offset)
    # Of a video that is not at the beginning LTX-Video adds two latent frames.
    of_video = 2 if plan.new_before else 0
    of_images = of_video + sum(image.frame > plan.first_made for image in images_of(plan))
    return of_reference + of_one * of_images


def frame_sizes(*resolutions: str) -> tuple[FrameSize, ...]:
    """The size table for some resolutions."""
    sizes: list[FrameSize] = []
    for resolution in resolutions:
        for aspect, (width, height) in _WIDE[resolution].items():
            shapes = [(aspect, width, height)]
            if aspect in _UPRIGHT:
                shapes.append((_UPRIGHT[aspect], height, width))
            sizes += [
                FrameSize(resolution=resolution, aspect=shape, width=across, height=down)
                for shape, across, down in shapes
            ]
    return tuple(sizes)


def _camera(phrases: Mapping[str, str], speed: FloatRange | None) -> CameraSpec:
    return CameraSpec(
        phrases=tuple(CameraPhrase(motion=name, phrase=text) for name, text in phrases.items()),
        speed=speed,
    )


CAMERA = _camera(
    {
        "static": "The camera does not move.",
        "pan_left": "The camera pans{speed} to the left.",
        "pan_right": "The camera pans{speed} to the right.",
        "zoom_in": "The camera zooms in{speed}.",
        "zoom_out": "The camera zooms out{speed}.",
        "orbit": "The camera orbits{speed} around the subject.",
        "dolly_forward": "The camera dollies forward{speed}, towards the subject.",
        "dolly_backward": "The camera dollies backward{speed}, away from the subject.",
        "dolly_left": "The camera dollies{speed} to the left.",
        "dolly_right": "The camera dollies{speed} to the right.",
        "crane_up": "The camera cranes up{speed}, rising above the scene.",
        "crane_down": "The camera cranes down{speed}, sinking towards the ground.",
    },
    FloatRange(minimum=0.5, maximum=2.0, default=1.0),
)
"""Asked for in words, which work with all models; `motion_loras` knows what else some have."""

MOTION_SPEED = FloatRange(minimum=0.05, maximum=1.0, default=1.0)
"""Of the LoRA for slow motion, to the second decimal; models without it are asked in words."""

MINI_CAMERA = _camera(
    {
        "static": "The camera holds still.",
        "pan_left": "The camera pans left.",
        "pan_right": "The camera pans right.",
        "zoom_in": "The camera zooms in.",
        "zoom_out": "The camera zooms out.",
        "dolly_forward": "The camera zooms in.",
        "dolly_backward": "The camera zooms out.",
    },
    None,
)
"""In the very words of Mini's vocabulary. It has one speed and one way to come nearer."""

LTXV_LICENCE = Licence(
    name="LTXV Open Weights License",
    url="https://huggingface.co/Lightricks/LTX-Video/tree/main",
    summary="Open weights; a revenue limit of 10 million US dollars a year is reported. Read the "
    "licence file beside the weights before commercial use.",
)
LTX_2_LICENCE = Licence(
    name="LTX-2 Community License",
    url="https://github.com/Lightricks/LTX-2",
    summary="Free below 10 million US dollars of yearly revenue, affiliates included; above it a "
    "paid licence, except for non-commercial use. What is derived from it carries it on.",
)
LTX_25_LICENCE = LTX_2_LICENCE.model_copy(update={"is_gated": True})
MINI_LICENCE = Licence(
    name="ImageAI licence",
    summary="Made by this project from clips that it drew itself; use it as you use the program.",
)

FOR_A_CLIP = "That is for its usual clip, and computed."
"""Of what every large model needs; a test holds it against the arithmetic that plans go by."""
