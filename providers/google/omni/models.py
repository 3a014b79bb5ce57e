"""The Gemini Omni models, as rows."""

from __future__ import annotations

from datetime import date

from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.spec import Durations, Licence
from core.video.terms import Role, Task
from providers.google.video import GoogleModel, google_row, google_sizes, spec_like

_PRICES_READ = date(2026, 11, 30)
_LIST = "the lists of three resellers, which agree"
_PAGES = "ai.google.dev/gemini-api/docs/omni"
_TERMS = Licence(
    name="Gemini API terms",
    url="https://ai.google.dev/gemini-api/terms",
    summary="Google says what may be done with the clips; each carries its invisible mark.",
)
_UNKNOWN = PriceTable(as_of=_PRICES_READ, source=_LIST)
_ROW = spec_like(
    google_row("gemini-omni", _TERMS, _PAGES, _UNKNOWN),
    tasks=(Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO, Task.EXTEND_VIDEO),
    inputs={Role.START: 1, Role.END: 1, Role.REFERENCE: 6, Role.EXTEND_VIDEO: 1},
    sizes=google_sizes("720p", "360p", "1080p", "2160p"),
    is_audio_fixed=True,
    max_prompt_tokens=131_072,
)
_SHORTEST_S, _USUAL_S, _LONGEST_NEW_S, _LONGEST_VIDEO_S = 3, 8, 10, 10


def _model(name: str, longest_s: int, label: str, summary: str, **usd: float) -> GoogleModel:
    rows = tuple(
        PriceRow(usd=price, per=PriceUnit.SECOND, resolution=size.removeprefix("at_"))
        for size, price in usd.items()
    )
    spec = spec_like(
        _ROW,
        id=name,
        label=label,
        summary=summary,
        durations=Durations.of(*range(_SHORTEST_S, longest_s + 1), default=_USUAL_S),
        price=PriceTable(rows=rows, as_of=_PRICES_READ, source=_LIST),
    )
    return GoogleModel(spec, name, longest_video_s=_LONGEST_VIDEO_S, longest_new_s=_LONGEST_NEW_S)


def _editing(model: GoogleModel, name: str, label: str) -> GoogleModel:
    """The same for videos that are there already; the clip is as long as its video."""
    spec = spec_like(
        model.spec,
        id=name,
        label=label,
        summary="Makes of a video of up to 10 s another one, as the prompt says.",
        tasks=(Task.VIDEO_TO_VIDEO,),
        inputs={Role.SOURCE_VIDEO: 1, Role.REFERENCE: 6},
        durations=Durations(minimum=1, maximum=_LONGEST_VIDEO_S, default=_USUAL_S),
    )
    return GoogleModel(spec, model.wire, longest_video_s=_LONGEST_VIDEO_S)


_FLASH_12 = _model(
    "gemini-omni-1.2-flash",
    15,
    "Gemini Omni 1.2 Flash",
    "Picture and sound from words and images, up to 15 s and up to 4K.",
    at_360p=0.023,
    at_720p=0.07,
    at_1080p=0.105,
    at_2160p=0.21,
)
_FLASH_11 = _model(
    "gemini-omni-1.1-flash",
    10,
    "Gemini Omni 1.1 Flash",
    "The generation before, up to 10 s and up to 4K.",
    at_360p=0.03,
    at_720p=0.10,
    at_1080p=0.15,
    at_2160p=0.30,
)

MODELS: tuple[GoogleModel, ...] = (
    _FLASH_12,
    _FLASH_11,
    _editing(_FLASH_12, "gemini-omni-1.2-edit", "Gemini Omni 1.2 Edit"),
)
"""The first is what `auto` stands for."""
