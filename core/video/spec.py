"""What a model can do, as data: forms, help, checks and docs are all read from it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from fractions import Fraction
from math import isclose

from pydantic import Field, model_validator

from core.frozen import Frozen

Resolution = str
"""A model's own name for a picture size, such as "720p"; `ModelSpec.sizes` lists them."""


class Task(StrEnum):
    """The kinds of work a model may offer."""

    TEXT_TO_VIDEO = "text-to-video"
    IMAGE_TO_VIDEO = "image-to-video"


class Control(StrEnum):
    """Parts of a request that some models take and others do not."""

    NEGATIVE_PROMPT = "negative_prompt"
    SEED = "seed"
    STEPS = "num_inference_steps"
    GUIDANCE_SCALE = "guidance_scale"
    CAMERA_MOTION = "camera_motion"
    AUDIO = "audio"
    AUDIO_PROMPT = "audio_prompt"
    END_IMAGE = "end_image"
    REFERENCE_IMAGES = "reference_images"
    LORAS = "loras"
    MEMORY = "memory"
    WEBHOOK = "webhook_url"


class Residency(StrEnum):
    """Where the weights stay while a clip is made, from quickest to most frugal."""

    RESIDENT = "resident"
    MODEL_OFFLOAD = "model-offload"
    GROUP_OFFLOAD = "group-offload"
    GROUP_OFFLOAD_TO_DISK = "group-offload-to-disk"


class AspectRatio(StrEnum):
    """Width to height, in the usual short form."""

    ULTRAWIDE_21_9 = "21:9"
    WIDE_16_9 = "16:9"
    LANDSCAPE_3_2 = "3:2"
    LANDSCAPE_4_3 = "4:3"
    SQUARE_1_1 = "1:1"
    PORTRAIT_3_4 = "3:4"
    PORTRAIT_2_3 = "2:3"
    TALL_9_16 = "9:16"

    @property
    def value_of(self) -> Fraction:
        """Width divided by height."""
        width, height = self.value.split(":")
        return Fraction(int(width), int(height))


class FrameSize(Frozen):
    """One line of a model's size table, in pixels; `max_duration_s` where this size allows less."""

    resolution: Resolution
    aspect: AspectRatio
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    max_duration_s: float | None = None

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


class FrameGrid(Frozen):
    """The frame counts a model can make: `step * k + offset` with k >= 1."""

    step: int = Field(default=1, ge=1)
    offset: int = Field(default=0, ge=0)

    def frames(self, duration_s: float, fps: int) -> int:
        """The frame count on the grid that is nearest to the duration."""
        return max(1, round(duration_s * fps / self.step)) * self.step + self.offset

    def is_on_grid(self, num_frames: int) -> bool:
        """Whether the model can make exactly this many frames."""
        return num_frames >= self.step + self.offset and (num_frames - self.offset) % self.step == 0


class IntRange(Frozen):
    """Whole numbers a model accepts, ends included, and the one used when none is asked for."""

    minimum: int
    maximum: int
    default: int

    @model_validator(mode="after")
    def _default_inside(self) -> IntRange:
        if not self.minimum <= self.default <= self.maximum:
            raise ValueError(f"default {self.default} is outside {self.minimum}-{self.maximum}")
        return self

    def __str__(self) -> str:
        return f"{self.minimum}-{self.maximum}"


class FloatRange(Frozen):
    """Numbers a model accepts, ends included, and the one used when none is asked for."""

    minimum: float
    maximum: float
    default: float

    @model_validator(mode="after")
    def _default_inside(self) -> FloatRange:
        if not self.minimum <= self.default <= self.maximum:
            raise ValueError(f"default {self.default} is outside {self.minimum}-{self.maximum}")
        return self

    def __str__(self) -> str:
        return f"{self.minimum:g}-{self.maximum:g}"


class CameraPhrase(Frozen):
    """A camera move and the words that ask this model for it.

    `{speed}` in the phrase is replaced by " slowly", " quickly" or nothing.
    """

    motion: str
    phrase: str


class CameraSpec(Frozen):
    """The camera moves a model offers; it takes them as words joined to the prompt."""

    phrases: tuple[CameraPhrase, ...] = Field(min_length=1)
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


class Price(Frozen):
    """What a second of clip costs; None is unknown and never shown as nothing."""

    usd_per_s: float | None
    as_of: date
    source: str

    def cost_usd(self, duration_s: float) -> float | None:
        """The price of a clip, or None when it is not known."""
        return None if self.usd_per_s is None else self.usd_per_s * duration_s

    def __str__(self) -> str:
        if self.usd_per_s is None:
            return "unknown"
        return "free" if self.usd_per_s == 0 else f"${self.usd_per_s:g} per second"


class Licence(Frozen):
    """The terms of a model's weights; gated means that the owner's page asks for consent first."""

    name: str
    url: str = ""
    summary: str = ""
    is_gated: bool = False


class Needs(Frozen):
    """What a machine must have for the cheapest way to run a model; None where nothing is."""

    ram_gb: float | None = None
    vram_gb: float | None = None
    comfortable_vram_gb: float | None = None
    note: str = ""


class ModelSpec(Frozen):
    """All that one model accepts on one deployment; planning allows exactly this and no more.

    Attributes:
        steps: None where the number of steps cannot be chosen.
        guidance_scale: None where it cannot be chosen (distilled models).
        audio: None where the model makes no sound.
        max_prompt_tokens: counted by the model's own tokenizer; each word is at least one token.
        size_bytes: what must lie on disk to run it; None where that is not known.
        takes_end_image: whether the clip can be made to end on a given picture.
        max_loras: how many can be laid over the model at once.
        is_exact: whether its clips have the planned size, length and rate to the frame, so that any
            other is a defect; what a service gives is kept whatever it is, and noted.
        residencies: the layouts in memory among which the user may choose.
        takes_webhook: whether the service tells an address of the user's that a clip is ready.
        as_of, source: when and where the numbers of this row were read.
    """

    id: str
    label: str
    summary: str
    family: str
    tasks: tuple[Task, ...] = Field(min_length=1)
    sizes: tuple[FrameSize, ...] = Field(min_length=1)
    fps: tuple[int, ...] = Field(min_length=1)
    default_fps: int
    duration_s: FloatRange
    frame_grid: FrameGrid
    steps: IntRange | None
    guidance_scale: FloatRange | None
    takes_negative_prompt: bool
    camera: CameraSpec | None
    audio: AudioSpec | None
    max_prompt_tokens: int
    takes_end_image: bool = False
    max_reference_images: int = Field(default=0, ge=0)
    takes_audio_prompt: bool = False
    max_loras: int = Field(default=0, ge=0)
    residencies: tuple[Residency, ...] = ()
    takes_webhook: bool = False
    size_bytes: int | None
    licence: Licence
    needs: Needs
    price: Price
    is_builtin: bool = False
    is_exact: bool = True
    as_of: date
    source: str

    @model_validator(mode="after")
    def _consistent(self) -> ModelSpec:
        if self.default_fps not in self.fps:
            raise ValueError(f"{self.id}: default_fps {self.default_fps} is not among {self.fps}")
        keys = [(size.resolution, size.aspect) for size in self.sizes]
        if len(set(keys)) != len(keys):
            raise ValueError(f"{self.id}: a resolution and aspect occur twice in sizes")
        for size in self.sizes:
            ratio = size.width / size.height
            if not isclose(ratio, float(size.aspect.value_of), rel_tol=0.08):
                raise ValueError(f"{self.id}: {size} is not {size.aspect.value}")
        return self

    @property
    def controls(self) -> frozenset[Control]:
        """The optional parts of a request that this model takes."""
        offered = {
            Control.SEED: True,
            Control.NEGATIVE_PROMPT: self.takes_negative_prompt,
            Control.STEPS: self.steps is not None,
            Control.GUIDANCE_SCALE: self.guidance_scale is not None,
            Control.CAMERA_MOTION: self.camera is not None,
            Control.AUDIO: self.audio is not None,
            Control.AUDIO_PROMPT: self.takes_audio_prompt,
            Control.END_IMAGE: self.takes_end_image,
            Control.REFERENCE_IMAGES: self.max_reference_images > 0,
            Control.LORAS: self.max_loras > 0,
            Control.MEMORY: len(self.residencies) > 1,
            Control.WEBHOOK: self.takes_webhook,
        }
        return frozenset(control for control, is_offered in offered.items() if is_offered)

    @property
    def has_audio(self) -> bool:
        """Whether the model makes sound."""
        return self.audio is not None

    @property
    def default_size(self) -> FrameSize:
        """The first line of the size table."""
        return self.sizes[0]

    @property
    def resolutions(self) -> tuple[Resolution, ...]:
        """The names of the sizes, each once, in table order."""
        return tuple(dict.fromkeys(size.resolution for size in self.sizes))

    @property
    def aspects(self) -> tuple[AspectRatio, ...]:
        """The aspect ratios, each once, in table order."""
        return tuple(dict.fromkeys(size.aspect for size in self.sizes))
