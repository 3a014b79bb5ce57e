"""What each endpoint of the LTX API takes: its fields by name, each with the kind that it sends."""

from __future__ import annotations

from datetime import date

from core.services.orders import PROMPT, WireField, file_field
from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.terms import Role, Task
from providers.ltx_video.hosted.orders import (
    AUDIO,
    EXTEND_MODE,
    FPS,
    NEW_SECONDS,
    RETAKE_START,
    SECONDS,
    Endpoint,
    camera_field,
    per_second,
    retake_mode,
)

PAGES_READ = date(2026, 11, 30)
"""When what is known of the API was last looked at."""

_PRICES_READ = date(2026, 10, 7)
_LIST = "docs.ltx.video/pricing and two resellers"

_REFRAME_READ = date(2026, 12, 1)
_REFRAME_LIST = "docs.ltx.io/pricing as others quote it"

_TEN_CENTS = PriceTable(
    rows=(PriceRow(usd=0.10, per=PriceUnit.SECOND),), as_of=_PRICES_READ, source=_LIST
)

_SIZE = WireField("resolution", lambda order: f"{order.plan.width}x{order.plan.height}")
# The plan and the record say what the model reads; the service would write it anew.
_AS_WRITTEN = WireField("enhance_prompt", lambda order: False)
_START, _END = file_field("image_uri", Role.START), file_field("last_frame_uri", Role.END)


def _model(name: str) -> WireField:
    return WireField("model", lambda order: name)


def _made_anew(name: str, price: PriceTable) -> tuple[Endpoint, ...]:
    fields = (
        _model(name),
        PROMPT,
        _AS_WRITTEN,
        SECONDS,
        _SIZE,
        FPS,
        AUDIO,
        camera_field("camera_motion", None),
    )
    return (
        Endpoint("text-to-video", Task.TEXT_TO_VIDEO, fields, price),
        Endpoint(
            "image-to-video",
            Task.IMAGE_TO_VIDEO,
            (*fields, _START, _END),
            price,
            (Role.START,),
        ),
    )


FAST_23 = _made_anew(
    "ltx-2-3-fast",
    per_second(_PRICES_READ, _LIST, at_720p=0.03, at_1080p=0.06, at_1440p=0.12, at_2160p=0.24),
)
PRO_23 = _made_anew(
    "ltx-2-3-pro",
    per_second(_PRICES_READ, _LIST, at_1080p=0.08, at_1440p=0.16, at_2160p=0.32),
)
FAST_25 = _made_anew(
    "ltx-2-5-fast",
    per_second(_PRICES_READ, _LIST, at_720p=0.09, at_1080p=0.13, at_1440p=0.19, at_2160p=0.30),
)
PRO_25 = _made_anew("ltx-2-5-pro", per_second(_PRICES_READ, _LIST, at_720p=0.12, at_1080p=0.17))
EDIT_23 = (
    Endpoint(
        "extend",
        Task.EXTEND_VIDEO,
        (
            _model("ltx-2-3-pro"),
            PROMPT,
            _AS_WRITTEN,
            file_field("video_uri", Role.EXTEND_VIDEO),
            NEW_SECONDS,
            EXTEND_MODE,
        ),
        per_second(_PRICES_READ, _LIST),
        note="Lightricks asks $0.10 per second to extend a clip, and counts the seconds that it "
        "looks at, which it chooses itself. So what it costs is not known.",
        shortest_new_s=2,
    ),
    Endpoint(
        "retake",
        Task.RETAKE,
        (
            _model("ltx-2-3-pro"),
            PROMPT,
            _AS_WRITTEN,
            file_field("video_uri", Role.RETAKE_VIDEO),
            RETAKE_START,
            NEW_SECONDS,
            WireField("mode", retake_mode),
        ),
        # By the seconds of the video that is sent, which are those of the plan.
        _TEN_CENTS,
        shortest_new_s=2,
    ),
)
REFRAME = (
    Endpoint(
        "video-to-video-reframe",
        Task.REFRAME,
        # The service chooses the model.
        (file_field("video_uri", Role.REFRAME_VIDEO), _SIZE),
        # By the seconds of the video that is sent, which are those of the clip.
        per_second(_REFRAME_READ, _REFRAME_LIST, at_720p=0.10, at_1080p=0.20),
    ),
)
AUDIO_23 = (
    Endpoint(
        "audio-to-video",
        Task.AUDIO_TO_VIDEO,
        (
            _model("ltx-2-3-pro"),
            PROMPT,
            _AS_WRITTEN,
            file_field("audio_uri", Role.AUDIO),
            _START,
            _END,
            _SIZE,
        ),
        # By the seconds of the sound, which are those of the clip.
        _TEN_CENTS,
    ),
)
