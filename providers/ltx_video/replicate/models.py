"""The LTX models at Replicate, best first, each with what makes its clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.video.spec import (
    AspectRatio,
    Durations,
    FloatRange,
    FrameGrid,
    FrameSize,
    IntRange,
    Licence,
)
from core.video.terms import Role
from providers.ltx_video.hosted.models import (
    MOVES_25,
    HostedModel,
    audio_model,
    edit_model,
    hosted_model,
    hosted_row,
    limits,
    moves_of,
)
from providers.ltx_video.replicate import endpoints

if TYPE_CHECKING:
    from providers.ltx_video.replicate.endpoints import ReplicateEndpoint

_TERMS = Licence(
    name="Terms of Replicate",
    url="https://replicate.com/terms",
    summary="Replicate and the makers of LTX say what may be done with the clips.",
)
_ROW = hosted_row(
    "Replicate",
    _TERMS,
    endpoints.PAGES_READ,
    "replicate.com/lightricks",
    endpoints.PRO_23[0].price,
).model_copy(update={"camera": moves_of(MOVES_25), "takes_webhook": True})
_A_MEGAPIXEL = tuple(
    FrameSize(resolution="1 MP", aspect=aspect, width=width, height=height)
    for aspect, (width, height) in {
        AspectRatio.WIDE_16_9: (1344, 768),
        AspectRatio.TALL_9_16: (768, 1344),
        AspectRatio.LANDSCAPE_4_3: (1152, 896),
        AspectRatio.PORTRAIT_3_4: (896, 1152),
        AspectRatio.SQUARE_1_1: (1024, 1024),
        AspectRatio.ULTRAWIDE_21_9: (1536, 640),
    }.items()
)


def _of_area(side: int, aspect: AspectRatio) -> FrameSize:
    """As large as a square of that side, by steps of 32 pixels."""
    ratio = float(aspect.value_of) ** 0.5
    width, height = (round(length / 32) * 32 for length in (side * ratio, side / ratio))
    return FrameSize(resolution=str(side), aspect=aspect, width=width, height=height)


_USUAL = AspectRatio.LANDSCAPE_3_2
_BY_AREA = tuple(
    _of_area(side, aspect)
    for side in (640, 512, 576, 704, 768, 832, 896, 960, 1024)
    for aspect in (_USUAL, *(one for one in AspectRatio if one is not _USUAL))
)
_FAST = Durations.of(6, 8, 10, 12, 14, 16, 18, 20, default=6, limits=limits(10, (24, 48, 50)))

MODELS: tuple[HostedModel[ReplicateEndpoint], ...] = (
    hosted_model(
        _ROW,
        "ltx-2.3-fast",
        "LTX-2.3 Fast",
        "Picture and sound for the least money, up to 20 s and up to 4K.",
        endpoints.FAST_23,
        durations=_FAST,
    ),
    hosted_model(
        _ROW,
        "ltx-2.3-pro",
        "LTX-2.3 Pro",
        "The better picture of its generation, up to 10 s and up to 4K.",
        endpoints.PRO_23,
    ),
    edit_model(_ROW, endpoints.EDIT_23),
    audio_model(_ROW, endpoints.AUDIO_23, Role.START),
    hosted_model(
        _ROW,
        "ltx-2-distilled",
        "LTX-2 Distilled",
        "The open weights of LTX-2 in few steps, with sound and a seed, for little money.",
        endpoints.DISTILLED_2,
        family="ltx-2",
        inputs={Role.START: 1},
        sizes=_A_MEGAPIXEL,
        fps=(24,),
        default_fps=24,
        durations=Durations(minimum=1, maximum=10, default=5),
        frame_grid=FrameGrid(step=8, offset=1),
        takes_seed=True,
        camera=None,
    ),
    hosted_model(
        _ROW,
        "ltx-video-0.9.1",
        "LTX-Video 0.9.1",
        "One of the first open weights: silent and small, with steps, guidance and a seed.",
        endpoints.FIRST_09,
        family="ltx-video",
        inputs={Role.START: 1},
        sizes=_BY_AREA,
        fps=(25,),
        # 97 frames to 257, by 32.
        durations=Durations(minimum=3.88, maximum=10.28, default=3.88),
        frame_grid=FrameGrid(step=32, offset=1),
        steps=IntRange(minimum=1, maximum=50, default=30),
        guidance_scale=FloatRange(minimum=1, maximum=20, default=3),
        takes_seed=True,
        takes_negative_prompt=True,
        takes_audio_prompt=False,
        audio=None,
        camera=None,
    ),
)
"""The first is what `auto` stands for."""
