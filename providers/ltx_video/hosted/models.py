"""What the models of services have in common: their sizes, lengths, moves and rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from core.video.spec import (
    AspectRatio,
    AudioSpec,
    CameraPhrase,
    CameraSpec,
    CameraWay,
    DurationLimit,
    Durations,
    FrameSize,
    Licence,
    ModelSpec,
    Needs,
)
from core.video.terms import ExtendDirection, Role, Task
from providers.ltx_video.hosted.orders import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from core.video.price import PriceTable

E = TypeVar("E", bound=Endpoint)


@dataclass(frozen=True)
class HostedModel(Generic[E]):
    """A model, and by the kind of work the endpoint that does it."""

    spec: ModelSpec
    endpoints: tuple[E, ...]

    def endpoint(self, task: Task) -> E:
        """The one that does this kind of work, which the model's row offers."""
        return next(one for one in self.endpoints if one.task is task)


_WIDE = {"720p": (1280, 720), "1080p": (1920, 1080), "1440p": (2560, 1440), "2160p": (3840, 2160)}

MOVES = {
    "static": "static",
    "dolly_forward": "dolly_in",
    "dolly_backward": "dolly_out",
    "dolly_left": "dolly_left",
    "dolly_right": "dolly_right",
    "crane_up": "jib_up",
    "crane_down": "jib_down",
}
"""What services call a move, by the names that the other LTX models have for it."""

MOVES_25 = {**MOVES, "focus_shift": "focus_shift"}
"""And what 2.5 takes besides."""

ALL_SIZES = ("1080p", "720p", "1440p", "2160p")
"""The usual one first."""

ONE_END = (ExtendDirection.FORWARD, ExtendDirection.BACKWARD)
"""Where services let a clip go on: at one of its ends at a time."""

# The open weights' text encoder reads so many; no service tells a limit of its own.
_MOST_TOKENS = 1024
_LARGE = ("1440p", "2160p")


def hosted_sizes(*resolutions: str) -> tuple[FrameSize, ...]:
    """16:9 and 9:16, for the usual size first."""
    return tuple(
        FrameSize(resolution=name, aspect=aspect, width=width, height=height)
        for name in resolutions
        for aspect, (width, height) in (
            (AspectRatio.WIDE_16_9, _WIDE[name]),
            (AspectRatio.TALL_9_16, _WIDE[name][::-1]),
        )
    )


_REFRAMED = tuple(
    FrameSize(resolution=name, aspect=aspect, width=width, height=height)
    for name, sides in (
        ("1080p", ((1080, 1920), (1920, 1080), (1080, 1080), (1080, 1350), (1350, 1080))),
        ("720p", ((720, 1280), (1280, 720), (720, 720), (720, 900), (900, 720))),
    )
    for aspect, (width, height) in zip(
        (
            AspectRatio.TALL_9_16,
            AspectRatio.WIDE_16_9,
            AspectRatio.SQUARE_1_1,
            AspectRatio.PORTRAIT_4_5,
            AspectRatio.LANDSCAPE_5_4,
        ),
        sides,
        strict=True,
    )
)


def moves_of(moves: Mapping[str, str]) -> CameraSpec:
    """A field of its own for the move of the camera."""
    phrases = tuple(CameraPhrase(motion=name, phrase=word) for name, word in moves.items())
    return CameraSpec(phrases=phrases, way=CameraWay.WIRE)


def limits(
    usual_s: float, fps: Iterable[int], resolutions: Iterable[str] = _LARGE
) -> tuple[DurationLimit, ...]:
    """At these sizes and these rates no clip is longer than usual."""
    return (
        *(DurationLimit(maximum=usual_s, resolution=name) for name in resolutions),
        *(DurationLimit(maximum=usual_s, fps=rate) for rate in fps),
    )


def hosted_row(
    label: str, terms: Licence, as_of: date, source: str, price: PriceTable
) -> ModelSpec:
    """What every hosted model is like that says nothing else; no model by itself."""
    return ModelSpec(
        id="hosted",
        label="hosted",
        summary="",
        family="ltx-2.3",
        tasks=(Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO),
        inputs={Role.START: 1, Role.END: 1},
        sizes=hosted_sizes("1080p", "1440p", "2160p"),
        fps=(24, 25, 48, 50),
        default_fps=25,
        durations=Durations.of(6, 8, 10, default=6),
        steps=None,
        guidance_scale=None,
        takes_seed=False,
        takes_negative_prompt=False,
        camera=None,
        audio=AudioSpec(sample_rate_hz=48_000),
        takes_audio_prompt=True,
        max_prompt_tokens=_MOST_TOKENS,
        size_bytes=None,
        licence=terms,
        needs=Needs(note=f"The work is done at {label}; a key and the internet are needed."),
        price=price,
        is_exact=False,
        as_of=as_of,
        source=source,
    )


def hosted_model(
    row: ModelSpec,
    name: str,
    label: str,
    summary: str,
    made_by: tuple[E, ...],
    **own: object,
) -> HostedModel[E]:
    """A model like that row but for what is named."""
    known = {"id": name, "label": label, "summary": summary, "price": made_by[0].price}
    return HostedModel(ModelSpec.model_validate({**dict(row), **known, **own}), made_by)


def edit_model(row: ModelSpec, made_by: tuple[E, ...]) -> HostedModel[E]:
    """What all services have for clips that are there already."""
    return hosted_model(
        row,
        "ltx-2.3-edit",
        "LTX-2.3 Edit",
        "Lets a clip go on, or makes a part of it anew.",
        made_by,
        tasks=(Task.EXTEND_VIDEO, Task.RETAKE),
        inputs={Role.EXTEND_VIDEO: 1, Role.RETAKE_VIDEO: 1},
        sizes=hosted_sizes(*ALL_SIZES),
        durations=Durations(minimum=2, maximum=20, default=5),
        extend_directions=ONE_END,
        sees_whole_video=True,
        camera=None,
    )


def reframe_model(row: ModelSpec, made_by: tuple[E, ...]) -> HostedModel[E]:
    """What services have for clips that get another aspect: at most a minute, and 1800 frames."""
    return hosted_model(
        row,
        "ltx-reframe",
        "LTX Reframe",
        "Gives a clip another aspect: its whole picture is kept, and what is beside it is made.",
        made_by,
        tasks=(Task.REFRAME,),
        inputs={Role.REFRAME_VIDEO: 1},
        sizes=_REFRAMED,
        fps=(24, 25, 30, 48, 50, 60),
        durations=Durations(
            minimum=1,
            maximum=60,
            default=5,
            limits=tuple(DurationLimit(maximum=1800 / rate, fps=rate) for rate in (48, 50, 60)),
        ),
        takes_prompt=False,
        takes_audio_prompt=False,
        audio=None,
        keeps_source_audio=True,
        camera=None,
    )


def audio_model(row: ModelSpec, made_by: tuple[E, ...], *images: Role) -> HostedModel[E]:
    """What all services have for audio files; `images` are the roles that it takes besides."""
    return hosted_model(
        row,
        "ltx-2.3-audio",
        "LTX-2.3 Audio",
        "A clip that follows an audio file, in 1080p and as long as the file.",
        made_by,
        tasks=(Task.AUDIO_TO_VIDEO,),
        inputs=dict.fromkeys((Role.AUDIO, *images), 1),
        sizes=hosted_sizes("1080p"),
        fps=(25,),
        durations=Durations(minimum=2, maximum=20, default=6),
        follows_whole_audio=True,
        camera=None,
    )


def find_model(table: tuple[HostedModel[E], ...], name: str) -> HostedModel[E]:
    """The model of that id, which is in the table."""
    return next(model for model in table if model.spec.id == name)
