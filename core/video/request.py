"""What the user wants, in one vocabulary for every provider; None means "not asked for"."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from pydantic import Field, field_validator, model_validator

from core.frozen import Frozen
from core.video.editing.tools import IMAGE_TOOLS
from core.video.terms import (
    DEFAULT_TARGET,
    TASK_OF,
    ControlMap,
    EncoderBits,
    ExtendDirection,
    OutputKind,
    PersonGeneration,
    Residency,
    RetakePart,
    Role,
    Target,
    Task,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SEED = 2**32 - 1
MAX_COUNT = 8
"""So many images are ordered at a time at most."""


class FrameRequest(Frozen):
    """The picture that is asked for; names are checked against the model's own tables.

    Attributes:
        resolution: a name such as "720p", or a size such as "1280x736".
        fps: at which the model makes the clip.
        interpolated_fps: which the finished clip has, the frames between made afterwards.
        auto_duration: the model chooses the length.
    """

    resolution: str | None = None
    aspect: str | None = None
    fps: int | None = None
    interpolated_fps: int | None = None
    duration_s: float | None = None
    auto_duration: bool | None = None


class Input(Frozen):
    """A file that the render is made from.

    Attributes:
        at_s: where in the clip it belongs, for roles that have a place there.
        strength: how much it counts, 0 not at all; None is as much as usual.
    """

    role: Role
    path: Path
    at_s: float | None = Field(default=None, ge=0)
    strength: float | None = Field(default=None, ge=0, le=2)


class Batch(Frozen):
    """Several images that were ordered at once, and which of them this one is.

    Attributes:
        id: tells the order from others.
        number: of this image, from 1.
        count: of all of them.
    """

    id: str
    ordered_at: datetime
    number: int = Field(ge=1)
    count: int = Field(ge=1)


class Delivery(Frozen):
    """How the render is carried out, which changes the clip little or not at all.

    Attributes:
        memory: the layout in memory; None lets the provider choose.
        text_encoder: how many bits its weights take; None lets the provider choose.
        webhook_url: told by the service when the clip is ready.
        preview: an image is shown while it is made, also where the service sells that.
    """

    memory: Residency | None = None
    text_encoder: EncoderBits | None = None
    webhook_url: str | None = None
    preview: bool | None = None


class Motion(Frozen):
    """What moves, and how fast.

    Attributes:
        camera: a move by its name, such as "pan_left".
        speed: of the camera, 1 is normal.
        motion_speed: of everything, 1 is real time and less is slow motion.
    """

    camera: str | None = None
    speed: float | None = None
    motion_speed: float | None = None


class Sampling(Frozen):
    """How the model samples.

    Attributes:
        two_stage: first at half the size, then refined at the full one.
    """

    seed: int | None = None
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    two_stage: bool | None = None


class Margins(Frozen):
    """What is added to an image at each of its sides, in pixels."""

    left: int | None = None
    right: int | None = None
    up: int | None = None
    down: int | None = None


class Editing(Frozen):
    """How a given video or image is used.

    Attributes:
        strength: how much of a source video or of an image is made anew: 0 gives it back, 1 ignores
            it.
        direction: in which a video is extended.
        retake_from_s, retake_to_s: the part of a video that is made anew; None is the beginning of
            the video, and its end.
        retake_part: what of that part.
        control_map: what of a control video the clip follows.
        tool: what is done to an image; None edits it by words, or within a mask.
        margins: what is added to it.
        search: words that choose what of it is changed.
        upscale_factor: how many times as wide and high it becomes.
    """

    strength: float | None = None
    direction: ExtendDirection | None = None
    retake_from_s: float | None = None
    retake_to_s: float | None = None
    retake_part: RetakePart | None = None
    control_map: ControlMap | None = None
    tool: Task | None = None
    margins: Margins = Margins()
    search: str | None = None
    upscale_factor: float | None = None

    @field_validator("tool")
    @classmethod
    def _is_tool(cls, tool: Task | None) -> Task | None:
        if tool is not None and tool not in IMAGE_TOOLS:
            names = ", ".join(IMAGE_TOOLS)
            raise ValueError(f"{tool.value} is no tool for images; these are: {names}")
        return tool


class RenderChoices(Frozen):
    """How to render, whatever the words are: all of a request but its prompt.

    A project and its scenes hold such choices; what the chosen model does not take is kept for the
    next model and left out of requests.

    Attributes:
        enhance_prompt: the model's own enhancer rewrites the prompt before the clip is made.
        person_generation: whom the clip may show; None leaves it to the service.
        quality: how much work goes into an image, by the model's own word for it.
        style_preset: how an image looks, likewise.
        background: what is behind that which an image shows, likewise.
    """

    target: Target = DEFAULT_TARGET
    negative_prompt: str | None = None
    frame: FrameRequest = Field(default_factory=FrameRequest)
    inputs: tuple[Input, ...] = ()
    editing: Editing = Field(default_factory=Editing)
    motion: Motion = Field(default_factory=Motion)
    audio: bool | None = None
    audio_prompt: str | None = None
    enhance_prompt: bool | None = None
    person_generation: PersonGeneration | None = None
    quality: str | None = None
    style_preset: str | None = None
    background: str | None = None
    sampling: Sampling = Field(default_factory=Sampling)
    delivery: Delivery = Field(default_factory=Delivery)

    @model_validator(mode="before")
    @classmethod
    def _read_fixed_inputs(cls, stored: object) -> object:
        """Records and journals once had a field for each kind of file."""
        if not isinstance(stored, dict):
            return stored
        fields = cast("dict[str, Any]", stored)
        if "loras" not in fields and not isinstance(fields.get("inputs"), dict):
            return fields
        named = cast("dict[str, Any]", fields.get("inputs") or {})
        inputs: list[dict[str, Any]] = [
            {"role": role, "path": named[name]}
            for name, role in (("start_image", Role.START), ("end_image", Role.END))
            if named.get(name) is not None
        ]
        references = named.get("reference_images", ())
        inputs += [{"role": Role.REFERENCE, "path": path} for path in references]
        inputs += [lora_input(lora) for lora in fields.get("loras", ())]
        rest = {name: value for name, value in fields.items() if name != "loras"}
        return {**rest, "inputs": inputs}

    def of_role(self, *roles: Role) -> tuple[Input, ...]:
        """The inputs of these roles, in order."""
        return tuple(item for item in self.inputs if item.role in roles)

    def one(self, role: Role) -> Input | None:
        """The first input of a role."""
        return next(iter(self.of_role(role)), None)

    def path_of(self, role: Role) -> Path | None:
        """The file of the first input of a role."""
        found = self.one(role)
        return None if found is None else found.path

    def with_role(self, role: Role, inputs: tuple[Input, ...]) -> Self:
        """The same with these inputs in place of those of the role."""
        others = tuple(item for item in self.inputs if item.role is not role)
        return self.with_inputs((*others, *inputs))

    def with_inputs(self, inputs: tuple[Input, ...]) -> Self:
        """The same with other inputs."""
        return self.model_copy(update={"inputs": inputs})


class RenderRequest(RenderChoices):
    """One clip or image as the user asks for it: intent only, neither checked nor completed.

    Attributes:
        enhanced_prompt: the prompt as an enhancer rewrote it before; the model reads it instead,
            and no enhancer is asked any more.
        batch: the others that it was ordered with; None for one that was ordered alone.
        typed_prompt: as it was typed, where wildcards in it were drawn; None where it had none.
        wildcard_seed: what decides its wildcards; None leaves that to the seed of the render.
    """

    prompt: str
    enhanced_prompt: str | None = None
    typed_prompt: str | None = None
    wildcard_seed: int | None = None
    output: OutputKind = OutputKind.VIDEO
    batch: Batch | None = None

    @property
    def task(self) -> Task:
        """The kind of work that the given inputs and the output ask for."""
        if self.output is OutputKind.IMAGE:
            if self.editing.tool is not None:
                return self.editing.tool
            is_edit = self.of_role(Role.START, Role.REFERENCE, Role.MASK)
            return Task.IMAGE_EDIT if is_edit else Task.TEXT_TO_IMAGE
        for role, task in TASK_OF.items():
            if self.of_role(role):
                return task
        is_from_image = self.of_role(Role.START, Role.END, Role.KEYFRAME)
        return Task.IMAGE_TO_VIDEO if is_from_image else Task.TEXT_TO_VIDEO

    @property
    def known_seed(self) -> int | None:
        """The seed that is asked for, or the one that drew its words, so that one gives both."""
        is_drawn = self.typed_prompt is not None and self.sampling.seed is None
        return self.wildcard_seed if is_drawn else self.sampling.seed

    def several(self, count: int) -> tuple[RenderRequest, ...]:
        """So many of it, each an order of its own; seeds that are asked for count on."""
        return tuple(map(self._counted_on, range(count)))

    def _counted_on(self, number: int) -> RenderRequest:
        def after(seed: int | None) -> int | None:
            return None if seed is None else (seed + number) % (MAX_SEED + 1)

        sampling = self.sampling.model_copy(update={"seed": after(self.sampling.seed)})
        changes = {"sampling": sampling, "wildcard_seed": after(self.wildcard_seed)}
        return self.model_copy(update=changes)

    def with_words(self, prompt: str, seed: int) -> RenderRequest:
        """The same with what a seed has drawn of the wildcards of its prompt."""
        typed = {"typed_prompt": self.prompt, "wildcard_seed": seed}
        return self.model_copy(update={"prompt": prompt, **typed})

    def with_words_of(self, other: RenderRequest) -> RenderRequest:
        """The same with the words that were drawn for another of the same prompt."""
        names = ("prompt", "typed_prompt", "wildcard_seed")
        return self.model_copy(update={name: getattr(other, name) for name in names})

    def with_model(self, model: str) -> RenderRequest:
        """The same request for another model of the same provider and deployment."""
        return self.model_copy(update={"target": self.target.with_model(model)})


def lora_input(stored: dict[str, Any]) -> dict[str, Any]:
    """The input that a LoRA of an old file is."""
    fields = {name: value for name, value in stored.items() if name != "scale"}
    return {"role": Role.LORA, "strength": stored.get("scale", 1.0), **fields}


def images_as_inputs(paths: Sequence[Path]) -> tuple[Input, ...]:
    """What images are to one that is made from them: the first is edited, the others looked at."""
    roles = (Role.START, *(Role.REFERENCE,) * (len(paths) - 1))
    return tuple(Input(role=role, path=path) for role, path in zip(roles, paths, strict=False))


def in_batch(requests: Sequence[RenderRequest]) -> tuple[RenderRequest, ...]:
    """The same, marked as one order, so that what comes of it stays together; one alone is none."""
    if len(requests) < 2:
        return tuple(requests)
    name, now, count = uuid.uuid4().hex, datetime.now(UTC), len(requests)
    return tuple(
        request.model_copy(
            update={"batch": Batch(id=name, ordered_at=now, number=number, count=count)}
        )
        for number, request in enumerate(requests, start=1)
    )
