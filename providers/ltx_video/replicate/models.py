"""The LTX models at Replicate, best first, each with what makes its clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.video.spec import Durations, Licence
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
    from providers.ltx_video.hosted.orders import Endpoint

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
_FAST = Durations.of(6, 8, 10, 12, 14, 16, 18, 20, default=6, limits=limits(10, (24, 48, 50)))

MODELS: tuple[HostedModel[Endpoint], ...] = (
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
)
"""The first is what `auto` stands for."""
