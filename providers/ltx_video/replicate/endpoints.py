"""What each LTX model at Replicate takes: its fields by name, each with the kind that it sends."""

from __future__ import annotations

from datetime import date

from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.terms import Role, Task
from providers.ltx_video.hosted.orders import (
    ASPECT,
    AUDIO,
    EXTEND_MODE,
    FPS,
    NEW_SECONDS,
    PROMPT,
    RETAKE_START,
    SECONDS,
    Endpoint,
    WireField,
    camera_field,
    file_field,
    per_second,
    retake_mode,
    size_of,
)

PAGES_READ = date(2026, 12, 1)
"""When what is known of the models there was last looked at."""

FAST = "lightricks/ltx-2.3-fast"
PRO = "lightricks/ltx-2.3-pro"

_PRICES_READ = date(2026, 11, 20)
_LIST = "replicate.com/lightricks, which asks what the makers of LTX ask"

_TEN_CENTS = PriceTable(
    rows=(PriceRow(usd=0.10, per=PriceUnit.SECOND),), as_of=_PRICES_READ, source=_LIST
)
_WORDS = {"1080p": "1080p", "1440p": "2k", "2160p": "4k"}
_RESOLUTION = WireField("resolution", lambda order: _WORDS[size_of(order.plan).resolution])
# Only where the model's own list of fields has one: its row takes a seed then.
_SEED = WireField("seed", lambda order: order.plan.seed if order.plan.spec.takes_seed else None)
_START, _END = file_field("image", Role.START), file_field("last_frame_image", Role.END)


def _task(word: str) -> WireField:
    return WireField("task", lambda order: word)


def _made_anew(model: str, price: PriceTable) -> tuple[Endpoint, ...]:
    fields = (
        PROMPT,
        SECONDS,
        _RESOLUTION,
        ASPECT,
        FPS,
        AUDIO,
        camera_field("camera_motion", "none"),
        _SEED,
    )
    return (
        Endpoint(model, Task.TEXT_TO_VIDEO, (_task("text_to_video"), *fields), price),
        Endpoint(
            model,
            Task.IMAGE_TO_VIDEO,
            (_task("image_to_video"), *fields, _START, _END),
            price,
            (Role.START,),
        ),
    )


FAST_23 = _made_anew(
    FAST, per_second(_PRICES_READ, _LIST, at_1080p=0.06, at_1440p=0.12, at_2160p=0.24)
)
PRO_23 = _made_anew(
    PRO, per_second(_PRICES_READ, _LIST, at_1080p=0.08, at_1440p=0.16, at_2160p=0.32)
)
EDIT_23 = (
    Endpoint(
        PRO,
        Task.EXTEND_VIDEO,
        (
            _task("extend"),
            PROMPT,
            file_field("video", Role.EXTEND_VIDEO),
            NEW_SECONDS,
            WireField("extend_mode", EXTEND_MODE.value),
        ),
        per_second(_PRICES_READ, _LIST),
        note="To extend a clip costs by the second, and the seconds that the model looks at count, "
        "which it chooses itself. So what it costs is not known.",
        shortest_new_s=2,
    ),
    Endpoint(
        PRO,
        Task.RETAKE,
        (
            _task("retake"),
            PROMPT,
            file_field("video", Role.RETAKE_VIDEO),
            WireField("retake_start_time", RETAKE_START.value),
            WireField("retake_duration", NEW_SECONDS.value),
            WireField("retake_mode", retake_mode),
        ),
        # By the seconds of the video that is sent, which are those of the plan.
        _TEN_CENTS,
        shortest_new_s=2,
    ),
)
AUDIO_23 = (
    Endpoint(
        PRO,
        Task.AUDIO_TO_VIDEO,
        (
            _task("audio_to_video"),
            PROMPT,
            file_field("audio", Role.AUDIO),
            _START,
            _RESOLUTION,
            ASPECT,
            FPS,
        ),
        # By the seconds of the sound, which are those of the clip.
        _TEN_CENTS,
    ),
)
