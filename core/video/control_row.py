"""One control of a render: its field in a request, its words, and what a model takes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, cast

from core.video.allowed import Allowed, is_allowed, nearest, refusal
from core.video.request import Input, RenderChoices
from core.video.spec import ANOTHER_MODEL
from core.video.terms import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.frozen import Frozen
    from core.video.spec import ModelSpec
    from core.video.terms import Task

_T = TypeVar("_T", bound=RenderChoices)

_INPUTS = "inputs."


class Control(StrEnum):
    """The parts of a request that a person sets; projects store these words."""

    PROMPT = "prompt"
    WILDCARD_SEED = "wildcard_seed"
    ENHANCE_PROMPT = "enhance_prompt"
    ENHANCED_PROMPT = "enhanced_prompt"
    NEGATIVE_PROMPT = "negative_prompt"
    PROVIDER = "provider"
    DEPLOYMENT = "deployment"
    TARGET = "target"
    RESOLUTION = "resolution"
    ASPECT = "aspect"
    DURATION = "duration_s"
    AUTO_DURATION = "auto_duration"
    FPS = "fps"
    INTERPOLATED_FPS = "interpolated_fps"
    START_IMAGE = "start_image"
    END_IMAGE = "end_image"
    KEYFRAMES = "keyframes"
    SOURCE_VIDEO = "source_video"
    STRENGTH = "strength"
    EXTEND_VIDEO = "extend_video"
    EXTEND_DIRECTION = "extend_direction"
    REFERENCE_IMAGES = "reference_images"
    RETAKE_VIDEO = "retake_video"
    RETAKE_FROM = "retake_from"
    RETAKE_TO = "retake_to"
    RETAKE_PART = "retake_part"
    REFRAME_VIDEO = "reframe_video"
    CONTROL_VIDEO = "control_video"
    CONTROL_MAP = "control_map"
    AUDIO_FILE = "audio_file"
    AUDIO = "audio"
    AUDIO_PROMPT = "audio_prompt"
    CAMERA_MOTION = "camera"
    CAMERA_SPEED = "camera_speed"
    MOTION_SPEED = "motion_speed"
    STEPS = "num_inference_steps"
    GUIDANCE_SCALE = "guidance_scale"
    TWO_STAGE = "two_stage"
    SEED = "seed"
    LORAS = "loras"
    PERSON_GENERATION = "person_generation"
    QUALITY = "quality"
    STYLE_PRESET = "style_preset"
    BACKGROUND = "background"
    PREVIEW = "preview"
    TOOL = "tool"
    MARGIN_LEFT = "left"
    MARGIN_RIGHT = "right"
    MARGIN_UP = "up"
    MARGIN_DOWN = "down"
    SEARCH = "search"
    UPSCALE_FACTOR = "upscale_factor"
    MASK = "mask"
    WORKFLOW = "workflow"
    MEMORY = "memory"
    TEXT_ENCODER = "text_encoder"
    WEBHOOK = "webhook_url"


class ControlKind(StrEnum):
    """What sort of value a control holds, and so what a form shows and a command line reads."""

    NUMBER = "number"
    WHOLE = "whole number"
    CHOICE = "choice"
    TEXT = "text"
    SWITCH = "switch"
    FILE = "file"
    FILES = "files"


@dataclass(frozen=True)
class ControlRow:
    """One control.

    Attributes:
        path: of its field in a request; problems name it.
        label, tip: in forms; the tip is the help of the option too.
        noun: in sentences, after "takes a".
        allowed: what a model takes of it; None for nothing.
        not_taken: what a sentence says of a model that does not take it, after its label.
        options: on the command line, the usual spelling first; "--a/--no-a" for a switch.
        metavar: stands for the value in the help.
        is_choice: whether a project and its scenes choose it, and not a single clip alone.
        is_for_images: whether an image has it.
        is_for_clips: whether a clip has it.
        needs: the role of the file without which it means nothing.
        image_needs: the same of an image.
        image_tasks: of the kinds of work on images, those that it is for; empty for all.
        needed_by: the tools that cannot do without it, or without another control that names them.
    """

    id: Control
    path: str
    kind: ControlKind
    label: str
    tip: str
    noun: str
    allowed: Callable[[ModelSpec], Allowed | None]
    not_taken: str = f"takes no {{noun}}. Leave it out {ANOTHER_MODEL}."
    unit: str = ""
    options: tuple[str, ...] = ()
    metavar: str = ""
    is_choice: bool = True
    is_for_images: bool = True
    is_for_clips: bool = True
    needs: Role | None = None
    image_needs: Role | None = None
    image_tasks: tuple[Task, ...] = ()
    needed_by: tuple[Task, ...] = ()

    @property
    def role(self) -> Role | None:
        """The role of the files that it names; None where it names none."""
        return Role(self.path.removeprefix(_INPUTS)) if self.path.startswith(_INPUTS) else None

    def value(self, request: RenderChoices) -> object:
        """What a request says: None, or for files (), where it says nothing."""
        role = self.role
        if role is not None:
            return request.one(role) if self.kind is ControlKind.FILE else request.of_role(role)
        found: object = request
        for name in self.path.split("."):
            found = getattr(found, name, None)
        return found

    def with_value(self, request: _T, value: object) -> _T:
        """The request with another value; it is not checked."""
        role = self.role
        if role is None:
            return _changed(request, self.path.split("."), value)
        if value is None:
            return request.with_role(role, ())
        inputs = (value,) if isinstance(value, Input) else cast("tuple[Input, ...]", value)
        return request.with_role(role, inputs)

    def is_set(self, request: RenderChoices) -> bool:
        """Whether a request asks for it at all; a plain "no" asks for nothing of a model."""
        value = self.value(request)
        return value is not None and value is not False and value != ()

    def nearest(self, value: object, spec: ModelSpec) -> object:
        """The value that the model takes and that is most like this one; None for its usual."""
        allowed = self.allowed(spec)
        return None if allowed is None else nearest(value, allowed)

    def problem(self, value: object, spec: ModelSpec) -> str | None:
        """A sentence on why the model does not take a value; None where it does."""
        allowed = self.allowed(spec)
        if allowed is None:
            return f"{spec.label} {self.not_taken.format(noun=self.noun, advice=spec.audio_advice)}"
        if is_allowed(value, allowed):
            return None
        return refusal(value, allowed, label=spec.label, noun=self.noun)


def _changed(value: Frozen, names: list[str], new: object) -> Any:
    name, *rest = names
    if rest:
        new = _changed(getattr(value, name), rest, new)
    return value.model_copy(update={name: new})
