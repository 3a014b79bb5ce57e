"""The LTX models that Fal offers, best first, each with the endpoints that make its clips."""

from __future__ import annotations

from typing import TypeAlias

from core.video.spec import DurationLimit, Durations, FloatRange, IntRange, Licence
from core.video.terms import AspectRatio, Role, Task
from providers.ltx_video.fal import endpoints
from providers.ltx_video.fal.endpoints import FalEndpoint
from providers.ltx_video.hosted.models import (
    ALL_SIZES,
    MOVES,
    MOVES_25,
    ONE_END,
    HostedModel,
    audio_model,
    edit_model,
    hosted_model,
    hosted_row,
    hosted_sizes,
    limits,
    moves_of,
    reframe_model,
)
from providers.ltx_video.models.sizes import FRAME_GRID, frame_sizes

FalModel: TypeAlias = HostedModel[FalEndpoint]

_TERMS = Licence(
    name="Terms of Fal",
    url="https://fal.ai/terms",
    summary="Fal and the makers of LTX say what may be done with the clips.",
)
_ROW = hosted_row(
    "Fal", _TERMS, endpoints.PAGES_READ, "fal.ai/models", endpoints.PRO_23[0].price
).model_copy(update={"takes_webhook": True})
_LONG = (6, 8, 10, 12, 14, 16, 18, 20)
_FAST_23 = Durations.of(*_LONG, default=6, limits=limits(10, (24, 48, 50)))
_FAST_25 = Durations.of(*_LONG, default=6, limits=limits(10, (48, 50)))
_OPEN_WEIGHTS = {
    "tasks": (Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO, Task.EXTEND_VIDEO),
    "inputs": {Role.START: 1, Role.END: 1, Role.EXTEND_VIDEO: 1, Role.LORA: 3},
    "lora_family": "ltx-2.3",
    "sizes": frame_sizes("720p", "480p", "540p", "1080p"),
    "fps": (24, 25, 30),
    "default_fps": 24,
    "durations": Durations(minimum=0.4, maximum=20, default=5),
    "frame_grid": FRAME_GRID,
    "extend_directions": ONE_END,
    "takes_seed": True,
    "takes_negative_prompt": True,
    "camera": moves_of(MOVES),
}

# Fal takes these shapes of it, and at most so many frames.
_SIZES_13B = tuple(
    size
    for size in frame_sizes("720p", "480p")
    if size.aspect in (AspectRatio.WIDE_16_9, AspectRatio.TALL_9_16, AspectRatio.SQUARE_1_1)
)
_MOST_FRAMES_13B = 161
_DURATIONS_13B = Durations(
    minimum=0.4,
    maximum=_MOST_FRAMES_13B / 24,
    default=5,
    limits=tuple(DurationLimit(maximum=_MOST_FRAMES_13B / fps, fps=fps) for fps in (25, 30)),
)


MODELS: tuple[FalModel, ...] = (
    hosted_model(
        _ROW,
        "ltx-2.3-fast",
        "LTX-2.3 Fast",
        "Picture and sound for little money, up to 20 s and up to 4K.",
        endpoints.FAST_23,
        durations=_FAST_23,
    ),
    hosted_model(
        _ROW,
        "ltx-2.3-pro",
        "LTX-2.3 Pro",
        "The better picture of its generation, up to 10 s and up to 4K.",
        endpoints.PRO_23,
    ),
    hosted_model(
        _ROW,
        "ltx-2.5-pro",
        "LTX-2.5 Pro",
        "The best picture that Fal makes with LTX, up to 1080p and 10 s.",
        endpoints.PRO_25,
        family="ltx-2.5",
        sizes=hosted_sizes("1080p", "720p"),
        fps=(24, 25, 50),
        camera=moves_of(MOVES_25),
    ),
    hosted_model(
        _ROW,
        "ltx-2.5-fast",
        "LTX-2.5 Fast",
        "The newest generation, up to 20 s and up to 4K.",
        endpoints.FAST_25,
        family="ltx-2.5",
        sizes=hosted_sizes(*ALL_SIZES),
        durations=_FAST_25,
        camera=moves_of(MOVES_25),
    ),
    edit_model(_ROW, endpoints.EDIT_23),
    reframe_model(_ROW, endpoints.REFRAME),
    audio_model(_ROW, endpoints.AUDIO_23, Role.START),
    hosted_model(
        _ROW,
        "ltx-2.3-22b",
        "LTX-2.3 22B dev",
        "The open weights in guided steps: seed, negative prompt, camera moves and LoRAs.",
        endpoints.DEV_22B,
        steps=IntRange(minimum=8, maximum=50, default=40),
        guidance_scale=FloatRange(minimum=1, maximum=10, default=3),
        **_OPEN_WEIGHTS,
    ),
    hosted_model(
        _ROW,
        "ltx-2.3-22b-distilled",
        "LTX-2.3 22B distilled",
        "The open weights in few steps: seed, negative prompt, camera moves and LoRAs.",
        endpoints.DISTILLED_22B,
        **_OPEN_WEIGHTS,
    ),
    hosted_model(
        _ROW,
        "ltx-video-13b-0.9.8-distilled",
        "LTX-Video 13B 0.9.8 distilled",
        "Images at any time of the clip, each with a strength; an older model, without sound.",
        endpoints.KEYFRAMES_13B,
        family="ltx-video",
        inputs={Role.START: 1, Role.END: 1, Role.KEYFRAME: 6},
        sizes=_SIZES_13B,
        fps=(24, 25, 30),
        default_fps=24,
        durations=_DURATIONS_13B,
        frame_grid=FRAME_GRID,
        takes_seed=True,
        takes_negative_prompt=True,
        audio=None,
        takes_audio_prompt=False,
    ),
)
"""The first is what `auto` stands for."""
