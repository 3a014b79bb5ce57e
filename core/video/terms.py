"""The words that requests, plans and models have in common: target, tasks, roles, ranges."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from math import isfinite, log, sqrt
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from core.errors import Problem, UnsupportedRequest
from core.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTO = "auto"
"""The model name that lets the provider choose the best one this machine can run."""


class OutputKind(StrEnum):
    """What comes out of a render."""

    VIDEO = "video"
    IMAGE = "image"


class Task(StrEnum):
    """The kinds of work a model may offer."""

    TEXT_TO_VIDEO = "text-to-video"
    IMAGE_TO_VIDEO = "image-to-video"
    VIDEO_TO_VIDEO = "video-to-video"
    EXTEND_VIDEO = "extend-video"
    RETAKE = "retake"
    REFRAME = "reframe"
    AUDIO_TO_VIDEO = "audio-to-video"
    TEXT_TO_IMAGE = "text-to-image"
    IMAGE_EDIT = "image-edit"
    OUTPAINT = "outpaint"
    ERASE = "erase"
    SEARCH_AND_REPLACE = "search-and-replace"
    SEARCH_AND_RECOLOR = "search-and-recolor"
    REMOVE_BACKGROUND = "remove-background"
    REPLACE_BACKGROUND = "replace-background"
    UPSCALE = "upscale"
    SKETCH = "sketch"
    STRUCTURE = "structure"
    STYLE = "style"
    STYLE_TRANSFER = "style-transfer"

    @property
    def output(self) -> OutputKind:
        """What comes out of it."""
        return OutputKind.VIDEO if self in _OF_CLIPS else OutputKind.IMAGE


_OF_CLIPS = (
    Task.TEXT_TO_VIDEO,
    Task.IMAGE_TO_VIDEO,
    Task.VIDEO_TO_VIDEO,
    Task.EXTEND_VIDEO,
    Task.RETAKE,
    Task.REFRAME,
    Task.AUDIO_TO_VIDEO,
)


class Role(StrEnum):
    """What a file is to the render that is made from it; `inputs.ROLES` describes each."""

    START = "start"
    END = "end"
    KEYFRAME = "keyframe"
    REFERENCE = "reference"
    SOURCE_VIDEO = "source_video"
    EXTEND_VIDEO = "extend_video"
    RETAKE_VIDEO = "retake_video"
    REFRAME_VIDEO = "reframe_video"
    AUDIO = "audio"
    MASK = "mask"
    CONTROL = "control"
    LORA = "lora"
    WORKFLOW = "workflow"


TASK_OF: Mapping[Role, Task] = {
    Role.SOURCE_VIDEO: Task.VIDEO_TO_VIDEO,
    Role.EXTEND_VIDEO: Task.EXTEND_VIDEO,
    Role.RETAKE_VIDEO: Task.RETAKE,
    Role.REFRAME_VIDEO: Task.REFRAME,
    Role.AUDIO: Task.AUDIO_TO_VIDEO,
}
"""The work that a file asks for by its role alone; where there are several, the first counts."""


class Residency(StrEnum):
    """Where the weights stay while a clip is made, from quickest to most frugal."""

    RESIDENT = "resident"
    MODEL_OFFLOAD = "model-offload"
    GROUP_OFFLOAD = "group-offload"
    GROUP_OFFLOAD_TO_DISK = "group-offload-to-disk"

    @property
    def label(self) -> str:
        """Its name in lists."""
        return _RESIDENCY_LABELS[self]


_RESIDENCY_LABELS = {
    Residency.RESIDENT: "All in GPU memory (quickest)",
    Residency.MODEL_OFFLOAD: "Parts take turns on the GPU",
    Residency.GROUP_OFFLOAD: "Streamed block by block",
    Residency.GROUP_OFFLOAD_TO_DISK: "Streamed from disk (slowest)",
}


Resolution = str
"""A model's own name for a picture size, such as "720p"; `ModelSpec.sizes` lists them."""


class AspectRatio(StrEnum):
    """Width to height, in the usual short form."""

    ULTRAWIDE_21_9 = "21:9"
    WIDE_16_9 = "16:9"
    LANDSCAPE_3_2 = "3:2"
    LANDSCAPE_4_3 = "4:3"
    LANDSCAPE_5_4 = "5:4"
    SQUARE_1_1 = "1:1"
    PORTRAIT_4_5 = "4:5"
    PORTRAIT_3_4 = "3:4"
    PORTRAIT_2_3 = "2:3"
    TALL_9_16 = "9:16"

    @cached_property
    def value_of(self) -> Fraction:
        """Width divided by height; every line of every size table asks for it."""
        return Fraction(*map(int, self.value.split(":")))

    @classmethod
    def nearest(cls, width: int, height: int) -> AspectRatio:
        """The one that is most like these sides."""
        ratio = log(width / height)
        return min(cls, key=lambda aspect: abs(log(aspect.value_of) - ratio))


class FrameSize(Frozen):
    """One line of a model's size table, in pixels."""

    resolution: Resolution
    aspect: AspectRatio
    width: int = Field(gt=0)
    height: int = Field(gt=0)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


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


class SizeGrid(Frozen):
    """Any size that a model makes beside those of its table.

    Attributes:
        step: of which each side is a multiple.
        least: the shortest side.
        most_pixels: width times height.
    """

    step: int = Field(gt=0)
    least: int = Field(gt=0)
    most_pixels: int = Field(gt=0)

    def allows(self, width: int, height: int) -> bool:
        """Whether it makes about this size: this one, or the nearest on its grid."""
        snapped = self.snapped(width, height)
        return min(width, height) >= self.least and snapped[0] * snapped[1] <= self.most_pixels

    def snapped(self, width: int, height: int) -> tuple[int, int]:
        """The sides as the nearest multiples."""
        wide, high = (max(1, round(side / self.step)) * self.step for side in (width, height))
        return wide, high

    def within(self, width: int, height: int, pixels: int) -> tuple[int, int]:
        """A size of this ratio with no more pixels than these, and no side too short."""
        scale = min(1.0, sqrt(min(pixels, self.most_pixels) / (width * height)))
        scale = max(scale, self.least / min(width, height))
        return self.snapped(round(width * scale), round(height * scale))


class EncoderBits(StrEnum):
    """How many bits the weights of a text encoder take while a clip is made."""

    SIXTEEN = "16bit"
    EIGHT = "8bit"
    FOUR = "4bit"

    @property
    def label(self) -> str:
        """Its name in lists."""
        return _ENCODER_LABELS[self]

    @property
    def words(self) -> str:
        """As it stands in a sentence, such as "8 bit"."""
        return self.value.replace("bit", " bit")


_ENCODER_LABELS = {
    EncoderBits.SIXTEEN: "In 16 bit, as it was trained",
    EncoderBits.EIGHT: "In 8 bit: half the memory",
    EncoderBits.FOUR: "In 4 bit: a third of the memory",
}


class Target(Frozen):
    """Who renders: a provider, where it runs, and which of its models."""

    provider: str
    deployment: str
    model: str = AUTO

    @classmethod
    def parse(cls, text: str) -> Target:
        """A target from "provider/deployment/model"; without a model it is `auto`.

        Raises:
            UnsupportedRequest: the text has another form.
        """
        # The models of some services are named as owner/name.
        parts = [part.strip() for part in text.split("/", maxsplit=2)]
        if len(parts) not in (2, 3) or not all(parts):
            raise UnsupportedRequest(
                [
                    Problem(
                        "target",
                        f"{text!r} is not a target. Write it as provider/deployment/model, "
                        "for example ltx-video/local/ltx-mini.",
                    )
                ]
            )
        return cls(provider=parts[0], deployment=parts[1], model=parts[2] if parts[2:] else AUTO)

    def with_model(self, model: str) -> Target:
        """The same provider and deployment with another model."""
        return self.model_copy(update={"model": model})

    def __str__(self) -> str:
        return f"{self.provider}/{self.deployment}/{self.model}"


DEFAULT_TARGET = Target(provider="ltx-video", deployment="local")


class FallbackTarget(Frozen):
    """Who renders where those before it cannot.

    Attributes:
        limit_usd: the most that a clip may cost there; None where only the caps are such a limit.
    """

    target: Target
    limit_usd: float | None = None

    @classmethod
    def parse(cls, text: str) -> FallbackTarget:
        """One from "provider/deployment/model@USD"; model and limit may be left out.

        Raises:
            UnsupportedRequest: the text has another form.
        """
        name, mark, amount = text.partition("@")
        target = Target.parse(name)
        if not mark:
            return cls(target=target)
        try:
            limit_usd = float(amount.strip().removeprefix("$"))
        except ValueError:
            limit_usd = -1.0
        if not isfinite(limit_usd) or limit_usd < 0:
            message = (
                f"{text!r} has no price limit behind its '@'. Write US dollars there, for example "
                f"{target}@0.50."
            )
            raise UnsupportedRequest([Problem("fallbacks", message)])
        return cls(target=target, limit_usd=limit_usd)

    def __str__(self) -> str:
        limit = "" if self.limit_usd is None else f"@{self.limit_usd:.2f}"
        return f"{self.target}{limit}"


class ExtendDirection(StrEnum):
    """Where new frames are added to a video: after it, before it, or half of them at each end."""

    FORWARD = "forward"
    BACKWARD = "backward"
    BOTH = "both"


class RetakePart(StrEnum):
    """What of a part of a video is made anew."""

    VIDEO = "video"
    AUDIO = "audio"
    BOTH = "both"


class ControlMap(StrEnum):
    """What of a control video a clip follows, as a map that is drawn of each of its frames."""

    CANNY = "canny"
    DEPTH = "depth"
    POSE = "pose"
    GIVEN = "given"
    """The video shows maps already, which were drawn elsewhere."""


class PersonGeneration(StrEnum):
    """Whom a clip may show, in the words of the services that ask for it."""

    ALLOW_ADULT = "allow_adult"
    DONT_ALLOW = "dont_allow"
    ALLOW_ALL = "allow_all"
