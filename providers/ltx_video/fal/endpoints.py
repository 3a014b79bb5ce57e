"""What each endpoint of LTX at Fal takes: its fields by name, each with the kind that it sends.

Ids, kinds and prices are facts of Fal and change there; whoever reads them anew changes a row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from core.errors import Problem
from core.video.inputs import field_of, scale_of
from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.request import RetakePart, Role, Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.services.service_client import RemoteOrder
    from core.video.plan import RenderPlan
    from core.video.spec import FrameSize

PAGES_READ = date(2026, 11, 30)
"""When the endpoints' own pages were last looked at."""


@dataclass(frozen=True)
class WireField:
    """A field of an endpoint: its name on the wire, and what an order puts there.

    Where that is None, the field is left out.
    """

    name: str
    value: Callable[[RemoteOrder], object]


@dataclass(frozen=True)
class Endpoint:
    """One way to make clips at Fal.

    Attributes:
        id: as Fal writes it, "owner/app/…".
        needs: the roles without which it makes nothing.
        price: in its own list; without rows it is not known.
        billed_by: what its price counts; None where that is not known, so that no price that Fal
            tells says what a clip costs.
        note: what a person should know before it is paid.
        shortest_new_s: of the part that is made anew, or of the new frames.
        with_loras: the id of the same endpoint with LoRAs; empty where it takes none.
    """

    id: str
    task: Task
    fields: tuple[WireField, ...]
    price: PriceTable
    needs: tuple[Role, ...] = ()
    billed_by: PriceUnit | None = PriceUnit.SECOND
    note: str = ""
    shortest_new_s: float = 0.0
    with_loras: str = ""

    @property
    def app(self) -> str:
        """What its orders are asked after by: of its id the owner and the app alone."""
        return "/".join(self.id.split("/")[:2])

    def id_for(self, plan: RenderPlan) -> str:
        """Where a clip is ordered."""
        return self.with_loras if plan.request.of_role(Role.LORA) else self.id

    def body(self, order: RemoteOrder) -> dict[str, object]:
        """What is ordered, word for word."""
        values = {field.name: field.value(order) for field in self.fields}
        if order.plan.request.of_role(Role.LORA):
            values["loras"] = _loras(order)
        return {name: value for name, value in values.items() if value is not None}

    def problems(self, plan: RenderPlan) -> tuple[Problem, ...]:
        """What only this endpoint refuses of a plan."""
        found: list[Problem] = []
        label, request = plan.spec.label, plan.request
        names = {field.name for field in self.fields}
        for item in request.of_role(Role.START, Role.END):
            if scale_of(item) != 1 and "image_strength" not in names:
                message = f"{label} takes an image at its full strength alone. Leave that out."
                found.append(Problem(field_of(item.role), message))
        if Role.START in self.needs and not request.of_role(Role.START):
            found.append(
                Problem(
                    field_of(Role.END),
                    f"{label} takes an end image only together with a start image. Name one.",
                )
            )
        if request.audio is not None and "generate_audio" not in names:
            found.append(
                Problem(
                    "audio",
                    f"{label} leaves no choice of sound for {plan.task.value}. Leave it out.",
                )
            )
        new_s = plan.num_new / plan.fps if self.shortest_new_s else 0.0
        if new_s < self.shortest_new_s:
            is_retake = plan.retake is not None
            found.append(
                Problem(
                    "editing.retake_to_s" if is_retake else "frame.duration_s",
                    f"{label} makes at least {self.shortest_new_s:g} s anew, not {new_s:.2f} s. "
                    "Choose a longer part.",
                )
            )
        return tuple(found)


def _loras(order: RemoteOrder) -> list[dict[str, object]]:
    return [
        {"path": order.uploads[item.path], "scale": scale_of(item)}
        for item in order.plan.request.of_role(Role.LORA)
    ]


def _file(name: str, role: Role) -> WireField:
    def address(order: RemoteOrder) -> object:
        path = order.plan.request.path_of(role)
        return None if path is None else order.uploads[path]

    return WireField(name, address)


def _strength(name: str, role: Role) -> WireField:
    def strength(order: RemoteOrder) -> object:
        item = order.plan.request.one(role)
        return None if item is None else scale_of(item)

    return WireField(name, strength)


def _camera(name: str, usual: str | None) -> WireField:
    def word(order: RemoteOrder) -> object:
        # Imported late, as the tables of controls are elsewhere: a list of models has no order.
        from core.video.allowed import find_value

        plan = order.plan
        motion, camera = plan.request.motion.camera, plan.spec.camera
        if motion is None or camera is None:
            return usual
        return camera.phrase(str(find_value(motion, camera.motions)))

    return WireField(name, word)


def size_of(plan: RenderPlan) -> FrameSize:
    """The line of the model's size table that a plan is made at."""
    pixels = (plan.width, plan.height)
    return next(size for size in plan.spec.sizes if (size.width, size.height) == pixels)


_RETAKE_MODES = {
    RetakePart.BOTH: "replace_audio_and_video",
    RetakePart.VIDEO: "replace_video",
    RetakePart.AUDIO: "replace_audio",
}


def _retake_mode(order: RemoteOrder) -> object:
    return _RETAKE_MODES[order.plan.retake.part] if order.plan.retake else None


_PROMPT = WireField("prompt", lambda order: order.plan.prompt)
_RESOLUTION = WireField("resolution", lambda order: size_of(order.plan).resolution)
_ASPECT = WireField("aspect_ratio", lambda order: size_of(order.plan).aspect.value)
_FPS = WireField("fps", lambda order: order.plan.fps)
_AUDIO = WireField("generate_audio", lambda order: order.plan.has_audio)
_SECONDS = WireField("duration", lambda order: round(order.plan.duration_s))
# The same choice as text: a number is refused there.
_SECONDS_AS_TEXT = WireField("duration", lambda order: str(round(order.plan.duration_s)))
_NEW_SECONDS = WireField("duration", lambda order: order.plan.num_new / order.plan.fps)
_START, _END = _file("image_url", Role.START), _file("end_image_url", Role.END)

_HOSTED = (_PROMPT, _SECONDS, _RESOLUTION, _ASPECT, _FPS, _AUDIO)
_HOSTED_25 = (
    _PROMPT,
    _SECONDS_AS_TEXT,
    _RESOLUTION,
    _ASPECT,
    _FPS,
    _AUDIO,
    _camera("camera_motion", None),
)
_OPEN_WEIGHTS = (
    _PROMPT,
    WireField("negative_prompt", lambda order: order.plan.negative_prompt),
    WireField("video_size", lambda order: {"width": order.plan.width, "height": order.plan.height}),
    _FPS,
    _AUDIO,
    WireField("seed", lambda order: order.plan.seed),
    WireField("num_inference_steps", lambda order: order.plan.num_inference_steps),
    WireField("video_cfg_scale", lambda order: order.plan.guidance_scale),
    _camera("camera_lora", "none"),
    # The plan and the record say what the model reads; Fal would write it anew.
    WireField("enable_prompt_expansion", lambda order: False),
)
_OF_IMAGES = (
    _START,
    _END,
    _strength("image_strength", Role.START),
    _strength("end_image_strength", Role.END),
)
_NUM_FRAMES = WireField("num_frames", lambda order: order.plan.num_frames)


def _per_second(as_of: date, source: str, **usd: float) -> PriceTable:
    rows = tuple(
        PriceRow(usd=price, per=PriceUnit.SECOND, resolution=name.removeprefix("at_"))
        for name, price in usd.items()
    )
    return PriceTable(rows=rows, as_of=as_of, source=source)


def _unknown(endpoint: str) -> PriceTable:
    return PriceTable(as_of=PAGES_READ, source=f"fal.ai/models/{endpoint}")


# The endpoint's page says so without its own date.
_FAST_23 = _per_second(
    PAGES_READ, "fal.ai/models/fal-ai/ltx-2.3", at_1080p=0.04, at_1440p=0.08, at_2160p=0.16
)
_PRO_23 = _per_second(
    PAGES_READ, "fal.ai/models/fal-ai/ltx-2.3", at_1080p=0.06, at_1440p=0.12, at_2160p=0.24
)
_FAST_25 = _per_second(
    PAGES_READ,
    "fal.ai/models/lightricks/ltx-2.5/text-to-video/fast",
    at_720p=0.09,
    at_1080p=0.13,
    at_1440p=0.19,
    at_2160p=0.30,
)
_PRO_25 = _per_second(
    date(2026, 9, 30), "a reseller's table of Fal's prices", at_720p=0.12, at_1080p=0.17
)
_PER_MEGAPIXEL = PriceTable(
    rows=(PriceRow(usd=0.001605, per=PriceUnit.MEGAPIXEL),),
    as_of=PAGES_READ,
    source="fal.ai/models/fal-ai/ltx-2.3-22b",
)


def _hosted(
    app: str, tier: str, fields: tuple[WireField, ...], price: PriceTable
) -> tuple[Endpoint, ...]:
    text, image = (f"{app}/{task}{tier}" for task in ("text-to-video", "image-to-video"))
    return (
        Endpoint(text, Task.TEXT_TO_VIDEO, fields, price),
        Endpoint(image, Task.IMAGE_TO_VIDEO, (*fields, _START, _END), price, (Role.START,)),
    )


def _open_weights(app: str, price: PriceTable) -> tuple[Endpoint, ...]:
    by, start = PriceUnit.MEGAPIXEL, (Role.START,)
    text, image, extend = (
        f"{app}/{task}" for task in ("text-to-video", "image-to-video", "extend-video")
    )
    extended = (
        *_OPEN_WEIGHTS,
        # Of the part that is new: with what is seen of the video, as long as the model makes.
        WireField("num_frames", lambda order: order.plan.num_new + order.plan.context_frames),
        _file("video_url", Role.EXTEND_VIDEO),
        WireField(
            "extend_direction",
            lambda order: "backward" if order.plan.new_before else "forward",
        ),
        WireField("num_context_frames", lambda order: order.plan.context_frames),
    )
    whole = (*_OPEN_WEIGHTS, _NUM_FRAMES)
    return (
        Endpoint(text, Task.TEXT_TO_VIDEO, whole, price, (), by, with_loras=f"{text}/lora"),
        Endpoint(
            image,
            Task.IMAGE_TO_VIDEO,
            (*whole, *_OF_IMAGES),
            price,
            start,
            by,
            with_loras=f"{image}/lora",
        ),
        Endpoint(
            extend,
            Task.EXTEND_VIDEO,
            extended,
            _unknown(extend),
            (),
            None,
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
    Endpoint(
        "fal-ai/ltx-2.3/extend-video",
        Task.EXTEND_VIDEO,
        (
            _PROMPT,
            _file("video_url", Role.EXTEND_VIDEO),
            _NEW_SECONDS,
            WireField("mode", lambda order: "start" if order.plan.new_before else "end"),
        ),
        _unknown("fal-ai/ltx-2.3/extend-video"),
        billed_by=None,
        note="Fal asks $0.10 per second to extend a clip and does not say whether the seconds that "
        "it looks at count, so what it costs is not known.",
        shortest_new_s=2,
    ),
    Endpoint(
        "fal-ai/ltx-2.3/retake-video",
        Task.RETAKE,
        (
            _PROMPT,
            _file("video_url", Role.RETAKE_VIDEO),
            WireField(
                "start_time",
                lambda order: order.plan.new[0].start / order.plan.fps,
            ),
            _NEW_SECONDS,
            WireField("retake_mode", _retake_mode),
        ),
        _unknown("fal-ai/ltx-2.3/retake-video"),
        billed_by=None,
        note="The makers of LTX bill a retake by the seconds of the whole video; what Fal asks is "
        "not known.",
        shortest_new_s=2,
    ),
)
AUDIO_23 = (
    Endpoint(
        "fal-ai/ltx-2.3/audio-to-video",
        Task.AUDIO_TO_VIDEO,
        (_PROMPT, _file("audio_url", Role.AUDIO), _START, _ASPECT),
        _unknown("fal-ai/ltx-2.3/audio-to-video"),
    ),
)
DEV_22B = _open_weights("fal-ai/ltx-2.3-22b", _PER_MEGAPIXEL)
DISTILLED_22B = _open_weights(
    "fal-ai/ltx-2.3-22b/distilled", _unknown("fal-ai/ltx-2.3-22b/distilled")
)
