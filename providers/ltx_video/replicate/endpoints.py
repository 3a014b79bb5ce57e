"""What each LTX model at Replicate takes: its fields by name, each with the kind that it sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.services.orders import ASPECT, PROMPT, WireField, file_field, size_of
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
    strength_field,
)

PAGES_READ = date(2026, 12, 1)
"""When what is known of the models there was last looked at."""

FAST = "lightricks/ltx-2.3-fast"
PRO = "lightricks/ltx-2.3-pro"
DISTILLED = "lightricks/ltx-2-distilled"
LTX_VIDEO = "lightricks/ltx-video"


@dataclass(frozen=True)
class ReplicateEndpoint(Endpoint):
    """A model at Replicate, and one kind of its work.

    Attributes:
        is_official: whether it is ordered by its name; any other is by the version that it has.
    """

    is_official: bool = True


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


def _made_anew(model: str, price: PriceTable) -> tuple[ReplicateEndpoint, ...]:
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
        ReplicateEndpoint(model, Task.TEXT_TO_VIDEO, (_task("text_to_video"), *fields), price),
        ReplicateEndpoint(
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
    ReplicateEndpoint(
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
    ReplicateEndpoint(
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
    ReplicateEndpoint(
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
_AS_IMAGE = "The clip has the shape of its start image, whatever aspect is chosen."
_OPEN = (
    PROMPT,
    ASPECT,
    WireField("num_frames", lambda order: order.plan.num_frames),
    _SEED,
    # The plan and the record say what the model reads; it would write it anew.
    WireField("enhance_prompt", lambda order: False),
)
_PER_SECOND = PriceTable(
    rows=(PriceRow(usd=0.02, per=PriceUnit.SECOND),),
    as_of=PAGES_READ,
    source="replicate.com/lightricks/ltx-2-distilled as a published test quotes it",
)
_NO_SIZE = "The model chooses the size itself, about a megapixel."
DISTILLED_2 = (
    ReplicateEndpoint(DISTILLED, Task.TEXT_TO_VIDEO, _OPEN, _PER_SECOND, note=_NO_SIZE),
    ReplicateEndpoint(
        DISTILLED,
        Task.IMAGE_TO_VIDEO,
        (*_OPEN, _START, strength_field("image_strength", Role.START)),
        _PER_SECOND,
        note=f"{_NO_SIZE} {_AS_IMAGE}",
    ),
)
_FIRST = (
    PROMPT,
    WireField("negative_prompt", lambda order: order.plan.negative_prompt),
    WireField("target_size", lambda order: int(size_of(order.plan).resolution)),
    ASPECT,
    WireField("length", lambda order: order.plan.num_frames),
    WireField("steps", lambda order: order.plan.num_inference_steps),
    WireField("cfg", lambda order: order.plan.guidance_scale),
    WireField("model", lambda order: "0.9.1"),
    _SEED,
)
_BY_THE_MACHINE = (
    "Replicate bills this model by the seconds that its machine works, so what it costs is not "
    "known before. In a published test the shortest clip took 13 to 18 s, which is $0.02."
)
_PER_MACHINE = PriceTable(as_of=PAGES_READ, source="replicate.com/lightricks/ltx-video")
FIRST_09 = (
    ReplicateEndpoint(
        LTX_VIDEO,
        Task.TEXT_TO_VIDEO,
        _FIRST,
        _PER_MACHINE,
        note=_BY_THE_MACHINE,
        is_official=False,
    ),
    ReplicateEndpoint(
        LTX_VIDEO,
        Task.IMAGE_TO_VIDEO,
        (*_FIRST, _START),
        _PER_MACHINE,
        note=f"{_AS_IMAGE} {_BY_THE_MACHINE}",
        is_official=False,
    ),
)
