"""What each endpoint of LTX at Fal takes: its fields by name, each with the kind that it sends.

Ids, kinds and prices are facts of Fal and change there; whoever reads them anew changes a row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import Problem
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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.services.service_client import RemoteOrder
    from core.video.plan import RenderPlan

PAGES_READ = date(2026, 11, 30)
"""When the endpoints' own pages were last looked at."""


@dataclass(frozen=True)
class FalEndpoint(Endpoint):
    """One way to make clips at Fal; its id is "owner/app/…".

    Attributes:
        billed_by: what its price counts; None where that is not known, so that no price that Fal
            tells says what a clip costs.
        with_loras: the id of the same endpoint with LoRAs; empty where it takes none.
        image_step: images stand at frames whose number it divides.
    """

    billed_by: PriceUnit | None = PriceUnit.SECOND
    with_loras: str = ""
    image_step: int = 1

    @property
    def app(self) -> str:
        """What its orders are asked after by: of its id the owner and the app alone."""
        return "/".join(self.id.split("/")[:2])

    @property
    def ids(self) -> tuple[str, ...]:
        """Its own, and that of the one with LoRAs."""
        return tuple(filter(None, (self.id, self.with_loras)))

    def id_for(self, plan: RenderPlan) -> str:
        """Where a clip is ordered."""
        return self.with_loras if plan.request.of_role(Role.LORA) else self.id

    @override
    def body(self, order: RemoteOrder) -> dict[str, object]:
        """What is ordered, word for word."""
        has_loras = bool(order.plan.request.of_role(Role.LORA))
        return {**super().body(order), **({"loras": _loras(order)} if has_loras else {})}

    @override
    def problems(self, plan: RenderPlan) -> tuple[Problem, ...]:
        """What only this endpoint refuses of a plan."""
        return (*super().problems(plan), *_off_step(plan, self.image_step))


def _off_step(plan: RenderPlan, step: int) -> Iterator[Problem]:
    # Imported late, as everywhere here: a list of models looks at no inputs.
    from core.video.inputs import field_of
    from core.video.placement import images_of

    for image in images_of(plan) if step > 1 else ():
        before = image.frame - image.frame % step
        if before != image.frame:
            after = min(before + step, plan.num_frames - 1)
            times = " or ".join(f"{frame / plan.fps:.3f}" for frame in (before, after))
            yield Problem(
                field_of(image.item.role),
                f"{plan.spec.label} takes images at every {step}th frame alone, and the "
                f"{image.label} would be frame {image.frame}. Choose {times} s.",
            )


def _loras(order: RemoteOrder) -> list[dict[str, object]]:
    # Imported late: a list of models looks at no inputs.
    from core.video.inputs import scale_of

    return [
        {"path": order.uploads[item.path], "scale": scale_of(item)}
        for item in order.plan.request.of_role(Role.LORA)
    ]


def _images(order: RemoteOrder) -> list[dict[str, object]]:
    from core.video.placement import images_of

    return [
        {
            "image_url": order.uploads[image.item.path],
            "start_frame_num": image.frame,
            "strength": image.strength,
        }
        for image in images_of(order.plan)
    ]


_RESOLUTION = WireField("resolution", lambda order: size_of(order.plan).resolution)
# The same choice as text: a number is refused there.
_SECONDS_AS_TEXT = WireField("duration", lambda order: str(round(order.plan.duration_s)))
_START, _END = file_field("image_url", Role.START), file_field("end_image_url", Role.END)

_HOSTED = (PROMPT, SECONDS, _RESOLUTION, ASPECT, FPS, AUDIO)
_HOSTED_25 = (
    PROMPT,
    _SECONDS_AS_TEXT,
    _RESOLUTION,
    ASPECT,
    FPS,
    AUDIO,
    camera_field("camera_motion", None),
)
_OPEN_WEIGHTS = (
    PROMPT,
    WireField("negative_prompt", lambda order: order.plan.negative_prompt),
    WireField("video_size", lambda order: {"width": order.plan.width, "height": order.plan.height}),
    FPS,
    AUDIO,
    WireField("seed", lambda order: order.plan.seed),
    WireField("num_inference_steps", lambda order: order.plan.num_inference_steps),
    WireField("video_cfg_scale", lambda order: order.plan.guidance_scale),
    camera_field("camera_lora", "none"),
    # The plan and the record say what the model reads; Fal would write it anew.
    WireField("enable_prompt_expansion", lambda order: False),
)
_OF_IMAGES = (
    _START,
    _END,
    strength_field("image_strength", Role.START),
    strength_field("end_image_strength", Role.END),
)
_NUM_FRAMES = WireField("num_frames", lambda order: order.plan.num_frames)


def _unknown(endpoint: str) -> PriceTable:
    return PriceTable(as_of=PAGES_READ, source=f"fal.ai/models/{endpoint}")


# The endpoint's page says so without its own date.
_FAST_23 = per_second(
    PAGES_READ, "fal.ai/models/fal-ai/ltx-2.3", at_1080p=0.04, at_1440p=0.08, at_2160p=0.16
)
_PRO_23 = per_second(
    PAGES_READ, "fal.ai/models/fal-ai/ltx-2.3", at_1080p=0.06, at_1440p=0.12, at_2160p=0.24
)
_FAST_25 = per_second(
    PAGES_READ,
    "fal.ai/models/lightricks/ltx-2.5/text-to-video/fast",
    at_720p=0.09,
    at_1080p=0.13,
    at_1440p=0.19,
    at_2160p=0.30,
)
_PRO_25 = per_second(
    date(2026, 9, 30), "a reseller's table of Fal's prices", at_720p=0.12, at_1080p=0.17
)
_PER_MEGAPIXEL = PriceTable(
    rows=(PriceRow(usd=0.001605, per=PriceUnit.MEGAPIXEL),),
    as_of=PAGES_READ,
    source="fal.ai/models/fal-ai/ltx-2.3-22b",
)


def _hosted(
    app: str, tier: str, fields: tuple[WireField, ...], price: PriceTable
) -> tuple[FalEndpoint, ...]:
    text, image = (f"{app}/{task}{tier}" for task in ("text-to-video", "image-to-video"))
    return (
        FalEndpoint(text, Task.TEXT_TO_VIDEO, fields, price),
        FalEndpoint(image, Task.IMAGE_TO_VIDEO, (*fields, _START, _END), price, (Role.START,)),
    )


def _open_weights(app: str, price: PriceTable) -> tuple[FalEndpoint, ...]:
    by, start = PriceUnit.MEGAPIXEL, (Role.START,)
    text, image, extend = (
        f"{app}/{task}" for task in ("text-to-video", "image-to-video", "extend-video")
    )
    extended = (
        *_OPEN_WEIGHTS,
        # Of the part that is new: with what is seen of the video, as long as the model makes.
        WireField("num_frames", lambda order: order.plan.num_new + order.plan.context_frames),
        file_field("video_url", Role.EXTEND_VIDEO),
        WireField(
            "extend_direction",
            lambda order: "backward" if order.plan.new_before else "forward",
        ),
        WireField("num_context_frames", lambda order: order.plan.context_frames),
    )
    whole = (*_OPEN_WEIGHTS, _NUM_FRAMES)
    return (
        FalEndpoint(
            text, Task.TEXT_TO_VIDEO, whole, price, billed_by=by, with_loras=f"{text}/lora"
        ),
        FalEndpoint(
            image,
            Task.IMAGE_TO_VIDEO,
            (*whole, *_OF_IMAGES),
            price,
            start,
            billed_by=by,
            with_loras=f"{image}/lora",
        ),
        FalEndpoint(
            extend,
            Task.EXTEND_VIDEO,
            extended,
            _unknown(extend),
            billed_by=None,
            with_loras=f"{extend}/lora",
            note="Fal bills by the megapixel and does not say whether the frames of the video that "
            "is extended count, so what it costs is not known.",
        ),
    )


PRO_25 = _hosted("lightricks/ltx-2.5", "/pro", _HOSTED_25, _PRO_25)
FAST_25 = _hosted("lightricks/ltx-2.5", "/fast", _HOSTED_25, _FAST_25)
PRO_23 = _hosted("fal-ai/ltx-2.3", "", _HOSTED, _PRO_23)
FAST_23 = _hosted("fal-ai/ltx-2.3", "/fast", _HOSTED, _FAST_23)
EDIT_23 = (
    FalEndpoint(
        "fal-ai/ltx-2.3/extend-video",
        Task.EXTEND_VIDEO,
        (
            PROMPT,
            file_field("video_url", Role.EXTEND_VIDEO),
            NEW_SECONDS,
            EXTEND_MODE,
        ),
        _unknown("fal-ai/ltx-2.3/extend-video"),
        billed_by=None,
        note="Fal asks $0.10 per second to extend a clip and does not say whether the seconds that "
        "it looks at count, so what it costs is not known.",
        shortest_new_s=2,
    ),
    FalEndpoint(
        "fal-ai/ltx-2.3/retake-video",
        Task.RETAKE,
        (
            PROMPT,
            file_field("video_url", Role.RETAKE_VIDEO),
            RETAKE_START,
            NEW_SECONDS,
            WireField("retake_mode", retake_mode),
        ),
        _unknown("fal-ai/ltx-2.3/retake-video"),
        billed_by=None,
        note="The makers of LTX bill a retake by the seconds of the whole video; what Fal asks is "
        "not known.",
        shortest_new_s=2,
    ),
)
REFRAME = (
    FalEndpoint(
        "fal-ai/ltx-2.3/reframe",
        Task.REFRAME,
        (
            file_field("video_url", Role.REFRAME_VIDEO),
            ASPECT,
            _RESOLUTION,
        ),
        # By the seconds of the video that is sent, which are those of the clip.
        per_second(
            date(2026, 12, 1), "fal.ai/models/fal-ai/ltx-2.3/reframe", at_720p=0.10, at_1080p=0.20
        ),
    ),
)
AUDIO_23 = (
    FalEndpoint(
        "fal-ai/ltx-2.3/audio-to-video",
        Task.AUDIO_TO_VIDEO,
        (PROMPT, file_field("audio_url", Role.AUDIO), _START, ASPECT),
        _unknown("fal-ai/ltx-2.3/audio-to-video"),
    ),
)
# The only model of Fal that takes images at any time. Its price is asked of Fal before it is paid.
_PRICE_13B = per_second(
    date(2026, 12, 1), "another program's table of Fal's prices", at_480p=0.02, at_720p=0.02
)
_OF_13B = (
    PROMPT,
    WireField("negative_prompt", lambda order: order.plan.negative_prompt),
    _RESOLUTION,
    ASPECT,
    WireField("frame_rate", lambda order: order.plan.fps),
    WireField("num_frames", lambda order: order.plan.num_frames),
    WireField("seed", lambda order: order.plan.seed),
    # The plan and the record say what the model reads; Fal would write it anew.
    WireField("expand_prompt", lambda order: False),
)
KEYFRAMES_13B = (
    FalEndpoint("fal-ai/ltxv-13b-098-distilled", Task.TEXT_TO_VIDEO, _OF_13B, _PRICE_13B),
    FalEndpoint(
        "fal-ai/ltxv-13b-098-distilled/multiconditioning",
        Task.IMAGE_TO_VIDEO,
        (*_OF_13B, WireField("images", _images)),
        _PRICE_13B,
        image_step=8,
    ),
)
DEV_22B = _open_weights("fal-ai/ltx-2.3-22b", _PER_MEGAPIXEL)
DISTILLED_22B = _open_weights(
    "fal-ai/ltx-2.3-22b/distilled", _unknown("fal-ai/ltx-2.3-22b/distilled")
)
