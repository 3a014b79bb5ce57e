"""What a model can do, as data: forms, help, checks and docs are all read from it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from math import inf, isclose, isnan
from typing import Annotated

from pydantic import Field, model_validator
from typing_extensions import override

from core.frozen import Frozen, older_fields
from core.platform.units import bytes_text
from core.video.editing.tools import IMAGE_TOOLS, ImageLimits, PromptUse, ResultSize
from core.video.price import PriceTable
from core.video.terms import (
    TASK_OF,
    AspectRatio,
    ControlMap,
    ExtendDirection,
    FloatRange,
    FrameSize,
    IntRange,
    OutputKind,
    PersonGeneration,
    Residency,
    Resolution,
    Role,
    SizeGrid,
    Task,
)

# Of films, broadcasts and screens.
_USUAL_FPS = (24, 25, 30, 48, 50, 60, 100, 120)
ANOTHER_MODEL = "or choose another model"
"""How a refusal ends where other models may take it; a plan then names one that does."""


class Precision(StrEnum):
    """The number format of the diffusion model's weights."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    FLOAT8 = "float8"
    GGUF = "gguf"
    """As quantised in its file."""


class FrameGrid(Frozen):
    """The frame counts a model can make: `step * k + offset` with k >= 1."""

    step: int = Field(default=1, ge=1)
    offset: int = Field(default=0, ge=0)

    def frames(self, duration_s: float, fps: int) -> int:
        """The frame count on the grid that is nearest to the duration."""
        return max(1, round(duration_s * fps / self.step)) * self.step + self.offset

    def at_most(self, num_frames: int) -> int:
        """The longest on the grid that has no more frames."""
        return (num_frames - self.offset) // self.step * self.step + self.offset

    def at_least(self, num_frames: int) -> int:
        """The shortest on the grid that has no fewer frames."""
        return -((self.offset - num_frames) // self.step) * self.step + self.offset

    def is_on_grid(self, num_frames: int) -> bool:
        """Whether the model can make exactly this many frames."""
        return num_frames >= self.step + self.offset and (num_frames - self.offset) % self.step == 0


class DurationLimit(Frozen):
    """A shorter longest clip: at a resolution, at a frame rate, or where both come together."""

    maximum: float
    resolution: Resolution | None = None
    fps: int | None = None


class Durations(Frozen):
    """The lengths in seconds that a model makes, and the one used when none is asked for.

    Attributes:
        choices: the only lengths there are; empty where any between minimum and maximum is.
        limits: where less than `maximum` is possible.
    """

    minimum: float
    maximum: float
    default: float
    choices: tuple[float, ...] = ()
    limits: tuple[DurationLimit, ...] = ()

    @classmethod
    def of(
        cls, *choices: float, default: float, limits: tuple[DurationLimit, ...] = ()
    ) -> Durations:
        """The lengths of a list."""
        ends = {"minimum": min(choices), "maximum": max(choices)}
        return cls(**ends, default=default, choices=choices, limits=limits)

    @model_validator(mode="after")
    def _consistent(self) -> Durations:
        if not self.allows(self.default):
            raise ValueError(f"default {self.default} is none of {self}")
        if any(limit.maximum < self.minimum for limit in self.limits):
            raise ValueError(f"a limit is below the shortest clip of {self.minimum} s")
        return self

    def longest(self, resolution: Resolution | None = None, fps: int | None = None) -> float:
        """The longest clip at a resolution and a frame rate."""
        found = [
            limit.maximum
            for limit in self.limits
            if limit.resolution in (None, resolution) and limit.fps in (None, fps)
        ]
        return min([self.maximum, *found])

    def allows(self, duration_s: float) -> bool:
        """Whether the model makes clips of that length."""
        is_there = duration_s in self.choices if self.choices else duration_s >= self.minimum
        return is_there and duration_s <= self.maximum

    def nearest(self, duration_s: float, longest_s: float = inf) -> float:
        """The length that is nearest, up to `longest_s`."""
        if isnan(duration_s):
            return self.nearest(self.default, longest_s)
        if self.choices:
            possible = [choice for choice in self.choices if choice <= longest_s]
            return min(possible, key=lambda choice: abs(choice - duration_s))
        return min(max(duration_s, self.minimum), self.maximum, longest_s)

    def __str__(self) -> str:
        if self.choices:
            return ", ".join(f"{choice:g}" for choice in self.choices)
        return f"{self.minimum:g}-{self.maximum:g}"


NO_DURATION = Durations(minimum=0, maximum=0, default=0)
"""Of models that make images and no clips."""


class CameraWay(StrEnum):
    """How a model is asked for a camera move."""

    WORDS = "words"
    LORA = "lora"
    WIRE = "wire"


def shown_name(name: str) -> str:
    """A name of these tables, such as "pan_left", as people read and write it: "pan left"."""
    return name.replace("_", " ")


class CameraPhrase(Frozen):
    """A camera move and what asks this model for it.

    In words, `{speed}` is replaced by " slowly", " quickly" or nothing; else the phrase is the
    LoRA's name or the service's own word.
    """

    motion: str
    phrase: str


class CameraSpec(Frozen):
    """The camera moves a model offers; words are joined to the prompt."""

    phrases: tuple[CameraPhrase, ...] = Field(min_length=1)
    way: CameraWay = CameraWay.WORDS
    speed: FloatRange | None = None

    @property
    def motions(self) -> tuple[str, ...]:
        """The names of the moves, such as "pan_left"."""
        return tuple(item.motion for item in self.phrases)

    def phrase(self, motion: str) -> str | None:
        """The words for a move, or None when it is not offered."""
        return next((item.phrase for item in self.phrases if item.motion == motion), None)


class AudioSpec(Frozen):
    """The sound a model makes together with the picture."""

    sample_rate_hz: int
    channels: int = 2


class Licence(Frozen):
    """The terms of a model's weights; gated means that the owner's page asks for consent first."""

    name: str
    url: str = ""
    summary: str = ""
    is_gated: bool = False

    @override
    def __str__(self) -> str:
        gated = " (gated: its owner asks for your consent)" if self.is_gated else ""
        return f"{self.name}{gated}"


class Needs(Frozen):
    """What the cheapest way to make a model's usual clip takes of a machine; None for nothing."""

    ram_gb: float | None = None
    vram_gb: float | None = None
    comfortable_vram_gb: float | None = None
    note: str = ""

    @property
    def amounts(self) -> str:
        """How much of what, such as "8 GB of GPU memory, 32 GB of memory"."""
        parts: list[str] = []
        if self.vram_gb is not None:
            parts.append(f"{self.vram_gb:g} GB of GPU memory")
        if self.comfortable_vram_gb is not None:
            parts.append(f"{self.comfortable_vram_gb:g} GB for full speed")
        if self.ram_gb is not None:
            parts.append(f"{self.ram_gb:g} GB of memory")
        return ", ".join(parts) or "nothing special"

    @override
    def __str__(self) -> str:
        return f"{self.amounts}. {self.note}" if self.note else self.amounts


class ModelSpec(Frozen):
    """All that one model accepts on one deployment; planning allows exactly this and no more.

    Attributes:
        sizes: empty where what comes of an image has its size.
        size_grid: the sizes that it makes besides; None where there are none.
        fps: empty, with a `default_fps` of 0, where it makes no clips.
        durations: likewise `NO_DURATION`.
        shortest_auto_s: of the lengths that it chooses itself, by the prompt; None where it cannot.
        inputs: by role, how many files of it the model takes; roles that are not named, none.
        lora_family: which of its provider's families of LoRAs fits it; empty where that is not
            known before a service has looked at the file.
        steps: None where their number cannot be chosen: it is `fixed_steps`, where that is known.
        guidance_scale: None where it cannot be chosen (distilled models).
        refine_steps: how many steps the second of two stages has; 0 where there is only one.
        refine_grid: width and height of what is made in two stages are multiples of this.
        large_resolutions: the sizes that are made in two stages alone.
        motion_speed: how slow everything may move; None where there is no way to ask for it.
        audio: None where the model makes no sound.
        enhances_prompt: whether it brings an enhancer, which rewrites prompts as it likes them.
        most_parts: of how many prompts, one after the other, a clip can be made.
        required: roles of files without which it makes nothing, besides the image of a tool.
        needs_prompt_for: the tools that it does by words alone, which others do without.
        image_limits: what images it takes; None where it takes any.
        most_margin: how many pixels it adds at a side of an image at most.
        upscale_factor: by how much it enlarges an image.
        upscaled_pixels: to how many pixels it does, where no factor can be chosen.
        strength: how much of a source video or of an image is made anew; None where that cannot be
            chosen.
        reference_strength: with what strength reference images become keyframes; None where the
            model takes them as what they are.
        control_maps: what of a control video it can follow; empty where it takes none.
        keeps_source_audio: whether a clip that is made from a source video has its sound.
        extend_directions: where new frames can be added to a video.
        sees_whole_video: whether how much of a video that is extended or retaken it looks at is its
            own affair; else it is planned, and limits what is made at a time.
        follows_whole_audio: whether a clip of an audio file is always as long as the file.
        person_generation: the choices of whom a clip may show; empty where there is none.
        takes_prompt: whether it reads words at all.
        qualities: how much work goes into an image, in the service's own words; the first is the
            usual one. Empty where there is no choice.
        style_presets: how an image may look, likewise; none is the usual one.
        backgrounds: what may be behind that which an image shows, likewise.
        sells_previews: whether it shows an image while it is made only to who asks for that.
        sees_mask: whether a mask is one more image to it, which counts and of which words tell.
        is_audio_fixed: whether no clip of it goes without sound.
        max_prompt_tokens: counted by the model's own tokenizer; each word is at least one token.
        size_bytes: what must lie on disk to run it; None where that is not known.
        is_exact: whether its clips have the planned size, length and rate to the frame, so that any
            other is a defect; what a service gives is kept whatever it is, and noted.
        residencies: the layouts in memory among which the user may choose.
        hidden_mark: the name of the invisible mark that the service puts into the pixels of images;
            empty where it puts none.
        packs_text_encoder: whether they may also choose in how many bits it reads the prompt.
        takes_webhook: whether the service tells an address of the user's that a clip is ready.
        as_of, source: when and where the numbers of this row were read.
    """

    id: str
    label: str
    summary: str
    family: str
    tasks: tuple[Task, ...] = Field(min_length=1)
    inputs: dict[Role, Annotated[int, Field(ge=1)]] = Field(default_factory=dict[Role, int])
    required: tuple[Role, ...] = ()
    lora_family: str = ""
    sizes: tuple[FrameSize, ...]
    size_grid: SizeGrid | None = None
    fps: tuple[int, ...] = ()
    default_fps: int = 0
    durations: Durations = NO_DURATION
    shortest_auto_s: float | None = None
    frame_grid: FrameGrid = FrameGrid()
    steps: IntRange | None
    fixed_steps: int | None = None
    guidance_scale: FloatRange | None
    refine_steps: int = 0
    refine_grid: int = 64
    large_resolutions: tuple[Resolution, ...] = ()
    takes_seed: bool = True
    takes_prompt: bool = True
    needs_prompt_for: tuple[Task, ...] = ()
    takes_negative_prompt: bool
    camera: CameraSpec | None
    motion_speed: FloatRange | None = None
    audio: AudioSpec | None
    takes_audio_prompt: bool = False
    enhances_prompt: bool = False
    most_parts: int = Field(default=1, ge=1)
    strength: FloatRange | None = None
    reference_strength: float | None = None
    control_maps: tuple[ControlMap, ...] = ()
    keeps_source_audio: bool = False
    extend_directions: tuple[ExtendDirection, ...] = tuple(ExtendDirection)
    sees_whole_video: bool = False
    follows_whole_audio: bool = False
    person_generation: tuple[PersonGeneration, ...] = ()
    image_limits: ImageLimits | None = None
    most_margin: int = 0
    upscale_factor: FloatRange | None = None
    upscaled_pixels: int | None = None
    qualities: tuple[str, ...] = ()
    style_presets: tuple[str, ...] = ()
    backgrounds: tuple[str, ...] = ()
    sells_previews: bool = False
    sees_mask: bool = False
    is_audio_fixed: bool = False
    max_prompt_tokens: int
    residencies: tuple[Residency, ...] = ()
    packs_text_encoder: bool = True
    takes_webhook: bool = False
    hidden_mark: str = ""
    size_bytes: int | None
    licence: Licence
    needs: Needs
    price: PriceTable
    is_builtin: bool = False
    is_exact: bool = True
    as_of: date
    source: str

    @model_validator(mode="before")
    @classmethod
    def _read_old(cls, stored: object) -> object:
        """Journals hold specs that counted inputs and limited lengths in fields of their own."""
        fields = older_fields(stored, "duration_s")
        if fields is None:
            return stored
        counts = {
            Role.START: int(Task.IMAGE_TO_VIDEO in fields["tasks"]),
            Role.END: int(fields.pop("takes_end_image", False)),
            Role.REFERENCE: fields.pop("max_reference_images", 0),
            Role.LORA: fields.pop("max_loras", 0),
        }
        sizes = [dict(size) for size in fields["sizes"]]
        longest = {size["resolution"]: size.pop("max_duration_s", None) for size in sizes}
        limits = [
            {"resolution": name, "maximum": maximum} for name, maximum in longest.items() if maximum
        ]
        durations = {**fields.pop("duration_s"), "limits": limits}
        inputs = {role: count for role, count in counts.items() if count}
        return {**fields, "inputs": inputs, "sizes": sizes, "durations": durations}

    @model_validator(mode="after")
    def _consistent(self) -> ModelSpec:
        makes_clips = any(task.output is OutputKind.VIDEO for task in self.tasks)
        if makes_clips and self.default_fps not in self.fps:
            raise ValueError(f"{self.id}: default_fps {self.default_fps} is not among {self.fps}")
        if (Task.IMAGE_TO_VIDEO in self.tasks) > (Role.START in self.inputs):
            raise ValueError(f"{self.id}: makes clips of an image and takes none")
        for role, task in TASK_OF.items():
            if (task in self.tasks) != (role in self.inputs):
                raise ValueError(f"{self.id}: {task} needs a {role} and is all that is made of it")
        if bool(self.control_maps) != (Role.CONTROL in self.inputs):
            raise ValueError(f"{self.id}: a control video is followed by a map of it")
        from_image = (Task.IMAGE_EDIT, *IMAGE_TOOLS)
        if not self.sizes and not {*self.tasks} <= {*from_image}:
            raise ValueError(f"{self.id}: makes images of no size")
        keys = [(size.resolution, size.aspect) for size in self.sizes]
        if len(set(keys)) != len(keys):
            raise ValueError(f"{self.id}: a resolution and aspect occur twice in sizes")
        for size in self.sizes:
            ratio = size.width / size.height
            if not isclose(ratio, float(size.aspect.value_of), rel_tol=0.08):
                raise ValueError(f"{self.id}: {size} is not {size.aspect.value}")
        return self

    @property
    def terms(self) -> tuple[str, ...]:
        """In words: its size on this disk where it has one, its price and its licence."""
        size = [] if self.size_bytes is None else [bytes_text(self.size_bytes)]
        price = str(self.price) if self.price.rows else "price unknown"
        return (*size, price, str(self.licence))

    def has_own_size(self, task: Task) -> bool:
        """Whether what comes of it has a size of the table; else it follows from the image."""
        tool = IMAGE_TOOLS.get(task)
        follows = tool is not None and tool.size is not ResultSize.CHOSEN
        return bool(self.sizes) and not follows

    def prompt_use(self, task: Task) -> PromptUse:
        """What words are to it for this kind of work."""
        tool = IMAGE_TOOLS.get(task)
        use = PromptUse.NEEDED if tool is None or task in self.needs_prompt_for else tool.prompt
        return use if self.takes_prompt else PromptUse.UNUSED

    def limit(self, role: Role) -> int:
        """How many files of a role the model takes."""
        return self.inputs.get(role, 0)

    @property
    def audio_advice(self) -> str:
        """What to do instead of an audio prompt, for a model that takes none."""
        if self.audio:
            return "Describe the sound in the prompt instead."
        return f"It makes no sound; leave the audio prompt out {ANOTHER_MODEL}."

    @property
    def default_size(self) -> FrameSize:
        """The first line of the size table."""
        return self.sizes[0]

    @property
    def higher_fps(self) -> tuple[int, ...]:
        """The usual frame rates above its lowest, which a clip can be interpolated to."""
        return tuple(rate for rate in _USUAL_FPS if rate > min(self.fps, default=0))

    @property
    def resolutions(self) -> tuple[Resolution, ...]:
        """The names of the sizes, each once, the smallest first."""
        by_pixels = sorted(self.sizes, key=lambda size: size.width * size.height)
        return tuple(dict.fromkeys(size.resolution for size in by_pixels))

    @property
    def aspects(self) -> tuple[AspectRatio, ...]:
        """The aspect ratios, each once, in table order."""
        return tuple(dict.fromkeys(size.aspect for size in self.sizes))
