"""The Veo models of Vertex AI, as rows."""

from __future__ import annotations

from datetime import date

from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.spec import Durations, Licence
from core.video.terms import PersonGeneration, Role, Task
from providers.google.video import GoogleModel, google_row, google_sizes, spec_like

_PRICES_READ = date(2026, 11, 30)
_LIST = "the list of a reseller that sells at cost"
_PAGES = "docs.cloud.google.com/gemini-enterprise-agent-platform, models and video"
_TERMS = Licence(
    name="Google Cloud terms",
    url="https://cloud.google.com/terms/service-terms",
    summary="Google says what may be done with the clips; each carries its invisible mark.",
)
_UNKNOWN = PriceTable(as_of=_PRICES_READ, source=_LIST)
_ROW = google_row("veo-3.1", _TERMS, _PAGES, _UNKNOWN).model_copy(
    update={"takes_negative_prompt": True, "person_generation": tuple(PersonGeneration)}
)
_FRAMES = {Role.START: 1, Role.END: 1}
_REFERENCES = 3
# What Veo adds to a video, whatever is asked for.
_EXTENSION_S = 7


def _prices(has_audio: bool, **usd: float) -> tuple[PriceRow, ...]:
    return tuple(
        PriceRow(
            usd=price,
            per=PriceUnit.SECOND,
            resolution=name.removeprefix("at_"),
            has_audio=has_audio,
        )
        for name, price in usd.items()
    )


def _table(*rows: PriceRow) -> PriceTable:
    return PriceTable(rows=rows, as_of=_PRICES_READ, source=_LIST)


def _model(wire: str, **own: object) -> GoogleModel:
    return GoogleModel(spec_like(_ROW, **own), wire)


def _extending(wire: str, **own: object) -> GoogleModel:
    spec = spec_like(
        _ROW,
        tasks=(Task.EXTEND_VIDEO,),
        inputs={Role.EXTEND_VIDEO: 1},
        durations=Durations.of(_EXTENSION_S, default=_EXTENSION_S),
        **own,
    )
    return GoogleModel(spec, wire, longest_video_s=30, longest_new_s=_EXTENSION_S)


MODELS: tuple[GoogleModel, ...] = (
    _model(
        "veo-3.1-fast-generate-001",
        id="veo-3.1-fast",
        label="Veo 3.1 Fast",
        summary="Picture and sound for a third of the money, up to 8 s and up to 4K.",
        inputs={**_FRAMES, Role.REFERENCE: _REFERENCES},
        sizes=google_sizes("720p", "1080p", "2160p"),
        price=_table(*_prices(True, at_720p=0.10, at_1080p=0.12, at_2160p=0.30)),
    ),
    _model(
        "veo-3.1-generate-001",
        id="veo-3.1",
        label="Veo 3.1",
        summary="The best picture and sound of Veo, up to 8 s and up to 4K.",
        inputs={**_FRAMES, Role.REFERENCE: _REFERENCES},
        sizes=google_sizes("720p", "1080p", "2160p"),
        price=_table(
            *_prices(True, at_720p=0.40, at_1080p=0.40, at_2160p=0.60),
            *_prices(False, at_720p=0.20, at_1080p=0.20),
        ),
    ),
    _model(
        "veo-3.1-lite-generate-001",
        id="veo-3.1-lite",
        label="Veo 3.1 Lite",
        summary="The cheapest, up to 8 s and up to 1080p; a preview.",
        price=_table(*_prices(True, at_720p=0.05, at_1080p=0.08)),
    ),
    _extending(
        "veo-3.1-fast-generate-001",
        id="veo-3.1-fast-extend",
        label="Veo 3.1 Fast Extend",
        summary="Lets a clip of Veo go on by 7 s, for less money.",
    ),
    _extending(
        "veo-3.1-generate-001",
        id="veo-3.1-extend",
        label="Veo 3.1 Extend",
        summary="Lets a clip of Veo go on by 7 s.",
    ),
)
"""The first is what `auto` stands for."""
