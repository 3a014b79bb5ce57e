"""The models of the LTX API, best first, each with the endpoints that make its clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.video.spec import Durations, Licence
from core.video.terms import Role
from providers.ltx_video.hosted.models import (
    ALL_SIZES,
    MOVES,
    MOVES_25,
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
from providers.ltx_video.lightricks import endpoints

if TYPE_CHECKING:
    from providers.ltx_video.hosted.orders import Endpoint

_TERMS = Licence(
    name="LTX API terms",
    url="https://ltx.io/model/api",
    summary="The makers of LTX say what may be done with the clips.",
)
_ROW = hosted_row(
    "Lightricks", _TERMS, endpoints.PAGES_READ, "docs.ltx.video", endpoints.PRO_23[0].price
).model_copy(update={"camera": moves_of(MOVES)})
_SHORT = (2, 3, 4, 5, 6, 8, 10)
_LONG = (*_SHORT, 12, 14, 16, 18, 20)
_FAST = Durations.of(*_LONG, default=6, limits=limits(10, (48, 50)))
_PRO = Durations.of(*_SHORT, default=6)

MODELS: tuple[HostedModel[Endpoint], ...] = (
    hosted_model(
        _ROW,
        "ltx-2.3-fast",
        "LTX-2.3 Fast",
        "Picture and sound for the least money, up to 20 s and up to 4K.",
        endpoints.FAST_23,
        sizes=hosted_sizes(*ALL_SIZES),
        durations=_FAST,
    ),
    hosted_model(
        _ROW,
        "ltx-2.3-pro",
        "LTX-2.3 Pro",
        "The better picture of its generation, up to 10 s and up to 4K.",
        endpoints.PRO_23,
        durations=_PRO,
    ),
    hosted_model(
        _ROW,
        "ltx-2.5-pro",
        "LTX-2.5 Pro",
        "The best picture of the makers, up to 1080p and 10 s.",
        endpoints.PRO_25,
        family="ltx-2.5",
        sizes=hosted_sizes("1080p", "720p"),
        fps=(24, 25, 50),
        durations=_PRO,
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
        durations=_FAST,
        camera=moves_of(MOVES_25),
    ),
    edit_model(_ROW, endpoints.EDIT_23),
    reframe_model(_ROW, endpoints.REFRAME),
    audio_model(_ROW, endpoints.AUDIO_23, Role.START, Role.END),
)
"""The first is what `auto` stands for."""
