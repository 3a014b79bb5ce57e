"""The LTX models that Fal offers, best first, each with the endpoints that make its clips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.video.request import ExtendDirection, Role, Task
from core.video.spec import (
    AspectRatio,
    AudioSpec,
    CameraPhrase,
    CameraSpec,
    CameraWay,
    DurationLimit,
    Durations,
    FloatRange,
    FrameSize,
    IntRange,
    Licence,
    ModelSpec,
    Needs,
)
from providers.ltx_video.fal import endpoints
from providers.ltx_video.models.sizes import FRAME_GRID, frame_sizes

if TYPE_CHECKING:
    from providers.ltx_video.fal.endpoints import Endpoint


@dataclass(frozen=True)
class FalModel:
    """A model, and by the kind of work the endpoint that does it."""

    spec: ModelSpec
    endpoints: tuple[Endpoint, ...]

    def endpoint(self, task: Task) -> Endpoint:
        """The one that does this kind of work, which the model's row offers."""
        return next(one for one in self.endpoints if one.task is task)

    @property
    def app(self) -> str:
        """By which all its orders are asked after."""
        return self.endpoints[0].app


_WIDE = {"720p": (1280, 720), "1080p": (1920, 1080), "1440p": (2560, 1440), "2160p": (3840, 2160)}
# What Fal calls a move, by the names that the other LTX models have for it.
_MOVES = {
    "static": "static",
    "dolly_forward": "dolly_in",
    "dolly_backward": "dolly_out",
    "dolly_left": "dolly_left",
    "dolly_right": "dolly_right",
    "crane_up": "jib_up",
    "crane_down": "jib_down",
}
_TERMS = Licence(
    name="Terms of Fal",
    url="https://fal.ai/terms",
    summary="Fal and the makers of LTX say what may be done with the clips.",
)
# The open weights' text encoder reads so many; Fal tells no limit of its own.
_MOST_TOKENS = 1024
_LONG = (6, 8, 10, 12, 14, 16, 18, 20)
_STEREO = AudioSpec(sample_rate_hz=48_000)


def _sizes(*resolutions: str) -> tuple[FrameSize, ...]:
    """16:9 and 9:16, for the usual size first."""
    return tuple(
        FrameSize(resolution=name, aspect=aspect, width=width, height=height)
        for name in resolutions
        for aspect, (width, height) in (
            (AspectRatio.WIDE_16_9, _WIDE[name]),
            (AspectRatio.TALL_9_16, _WIDE[name][::-1]),
        )
    )


def _camera(moves: dict[str, str]) -> CameraSpec:
    phrases = tuple(CameraPhrase(motion=name, phrase=word) for name, word in moves.items())
    return CameraSpec(phrases=phrases, way=CameraWay.WIRE)


def _limits(
    usual_s: float, resolutions: tuple[str, ...], fps: tuple[int, ...]
) -> tuple[DurationLimit, ...]:
    """At these sizes and these rates no clip is longer than usual."""
    return (
        *(DurationLimit(maximum=usual_s, resolution=name) for name in resolutions),
        *(DurationLimit(maximum=usual_s, fps=rate) for rate in fps),
    )


_HOSTED = ModelSpec(
    id="hosted",
    label="hosted",
    summary="",
    family="ltx-2.3",
    tasks=(Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO),
    inputs={Role.START: 1, Role.END: 1},
    sizes=_sizes("1080p", "1440p", "2160p"),
    fps=(24, 25, 48, 50),
    default_fps=25,
    durations=Durations.of(6, 8, 10, default=6),
    steps=None,
    guidance_scale=None,
    takes_seed=False,
    takes_negative_prompt=False,
    camera=None,
    audio=_STEREO,
    max_prompt_tokens=_MOST_TOKENS,
    takes_webhook=True,
    size_bytes=None,
    licence=_TERMS,
    needs=Needs(note="Fal's machines do the work; a key and the internet are needed."),
    price=endpoints.PRO_23[0].price,
    is_exact=False,
    as_of=endpoints.PAGES_READ,
    source="fal.ai/models",
)
_FAST_23 = Durations.of(*_LONG, default=6, limits=_limits(10, ("1440p", "2160p"), (24, 48, 50)))
_FAST_25 = Durations.of(*_LONG, default=6, limits=_limits(10, ("1440p", "2160p"), (48, 50)))
_ONE_END = (ExtendDirection.FORWARD, ExtendDirection.BACKWARD)
_OPEN_WEIGHTS = {
    "tasks": (Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO, Task.EXTEND_VIDEO),
    "inputs": {Role.START: 1, Role.END: 1, Role.EXTEND_VIDEO: 1, Role.LORA: 3},
    "lora_family": "ltx-2.3",
    "sizes": frame_sizes("720p", "480p", "540p", "1080p"),
    "fps": (24, 25, 30),
    "default_fps": 24,
    "durations": Durations(minimum=0.4, maximum=20, default=5),
    "frame_grid": FRAME_GRID,
    "extend_directions": _ONE_END,
    "takes_seed": True,
    "takes_negative_prompt": True,
    "camera": _camera(_MOVES),
}


def _model(
    name: str, label: str, summary: str, made_by: tuple[Endpoint, ...], **row: object
) -> FalModel:
    own = {"id": name, "label": label, "summary": summary, "price": made_by[0].price}
    return FalModel(ModelSpec.model_validate({**dict(_HOSTED), **own, **row}), made_by)


MODELS: tuple[FalModel, ...] = (
    _model(
        "ltx-2.3-fast",
        "LTX-2.3 Fast",
        "Picture and sound for little money, up to 20 s and up to 4K.",
        endpoints.FAST_23,
        durations=_FAST_23,
    ),
    _model(
        "ltx-2.3-pro",
        "LTX-2.3 Pro",
        "The better picture of its generation, up to 10 s and up to 4K.",
        endpoints.PRO_23,
    ),
    _model(
        "ltx-2.5-pro",
        "LTX-2.5 Pro",
        "The best picture that Fal makes with LTX, up to 1080p and 10 s.",
        endpoints.PRO_25,
        family="ltx-2.5",
        sizes=_sizes("1080p", "720p"),
        fps=(24, 25, 50),
        camera=_camera({**_MOVES, "focus_shift": "focus_shift"}),
    ),
    _model(
        "ltx-2.5-fast",
        "LTX-2.5 Fast",
        "The newest generation, up to 20 s and up to 4K.",
        endpoints.FAST_25,
        family="ltx-2.5",
        sizes=_sizes("1080p", "720p", "1440p", "2160p"),
        durations=_FAST_25,
        camera=_camera({**_MOVES, "focus_shift": "focus_shift"}),
    ),
    _model(
        "ltx-2.3-edit",
        "LTX-2.3 Edit",
        "Lets a clip go on, or makes a part of it anew.",
        endpoints.EDIT_23,
        tasks=(Task.EXTEND_VIDEO, Task.RETAKE),
        inputs={Role.EXTEND_VIDEO: 1, Role.RETAKE_VIDEO: 1},
        sizes=_sizes("1080p", "720p", "1440p", "2160p"),
        durations=Durations(minimum=2, maximum=20, default=5),
        extend_directions=_ONE_END,
        sees_whole_video=True,
    ),
    _model(
        "ltx-2.3-audio",
        "LTX-2.3 Audio",
        "A clip that follows an audio file, in 1080p and as long as the file.",
        endpoints.AUDIO_23,
        tasks=(Task.AUDIO_TO_VIDEO,),
        inputs={Role.AUDIO: 1, Role.START: 1},
        sizes=_sizes("1080p"),
        fps=(25,),
        durations=Durations(minimum=2, maximum=20, default=6),
        follows_whole_audio=True,
    ),
    _model(
        "ltx-2.3-22b",
        "LTX-2.3 22B dev",
        "The open weights in guided steps: seed, negative prompt, camera moves and LoRAs.",
        endpoints.DEV_22B,
        steps=IntRange(minimum=8, maximum=50, default=40),
        guidance_scale=FloatRange(minimum=1, maximum=10, default=3),
        **_OPEN_WEIGHTS,
    ),
    _model(
        "ltx-2.3-22b-distilled",
        "LTX-2.3 22B distilled",
        "The open weights in few steps: seed, negative prompt, camera moves and LoRAs.",
        endpoints.DISTILLED_22B,
        **_OPEN_WEIGHTS,
    ),
)
"""The first is what `auto` stands for."""


def find_model(name: str) -> FalModel:
    """The model of that id, which is in the table."""
    return next(model for model in MODELS if model.spec.id == name)
