"""What an engine says to the app, and what every order for one has: one line of JSON each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from pydantic import Field, TypeAdapter

from core.errors import Problem
from core.frozen import Frozen
from core.jobs.lanes import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.video.spec import ModelSpec
    from core.video.terms import Target


class OrderedPlan(Protocol):
    """What an order carries out, as far as sentences about it need."""

    @property
    def target(self) -> Target:
        """Who does it."""
        ...

    @property
    def spec(self) -> ModelSpec:
        """The model."""
        ...


class EngineOrder(Protocol):
    """Work that needs a loaded model.

    Attributes:
        number: names it in cancels and events.
        repair: the command that brings damaged files of its model back.
        doing: what is done, as the end of a sentence: "while it made the clip".
        amount: how much of it: "at 768x512 with 25 frames".
        smaller: what takes less memory: "a smaller size or a shorter clip".
    """

    @property
    def number(self) -> int: ...  # noqa: D102 - above

    @property
    def plan(self) -> OrderedPlan: ...  # noqa: D102 - above

    @property
    def repair(self) -> str: ...  # noqa: D102 - above

    @property
    def doing(self) -> str: ...  # noqa: D102 - above

    @property
    def amount(self) -> str: ...  # noqa: D102 - above

    @property
    def smaller(self) -> str: ...  # noqa: D102 - above


class LaidLora(Frozen):
    """A LoRA and how strongly it works: 0 not at all, 1 as it was made.

    `is_for_reference`: it follows what is seen beside the clip, and works only where that is seen.
    """

    path: Path
    scale: float
    is_for_reference: bool = False


class CancelOrder(Frozen):
    """Stop what is being made."""

    order: Literal["cancel"] = "cancel"
    number: int


class Began(Frozen):
    """A stage has begun; a stage that has nothing to do is named by `is_short`.

    `is_short`: the model is already loaded, or the prompt already encoded.
    """

    event: Literal["began"] = "began"
    number: int
    stage: Stage
    is_short: bool = False
    message: str = ""


class Advanced(Frozen):
    """How much of the present stage is done, 0 to 1, counted in real pieces of its work.

    `preview`: a picture of what is made so far, in the job's folder, where one was made just now.
    """

    event: Literal["advanced"] = "advanced"
    number: int
    stage: Stage
    done: float = Field(ge=0, le=1)
    message: str = ""
    step: int | None = None
    steps: int | None = None
    preview: Path | None = None


class StageFigures(Frozen):
    """What one stage took: seconds, and the most memory it held, in GB."""

    stage: Stage
    seconds: float
    is_short: bool = False
    vram_gb: float = 0.0
    ram_gb: float = 0.0


def measured_by(figures: Iterable[StageFigures]) -> dict[str, float]:
    """What a record says of an order: the seconds of each stage, and the most memory in GB."""
    figures = tuple(figures)
    measured = {f"{figure.stage}_s": round(figure.seconds, 3) for figure in figures}
    for name in ("vram_gb", "ram_gb"):
        peak = max((getattr(figure, name) for figure in figures), default=0.0)
        if peak:
            measured[f"peak_{name}"] = round(peak, 3)
    return measured


class Made(Frozen):
    """The file is written: the clip, the image, the LoRA, or the words.

    Attributes:
        enhanced_prompt: what the model's enhancer made of the prompt, where it was asked.
        num_frames: the length that the model chose, where it was left to it.
    """

    event: Literal["made"] = "made"
    number: int
    file: Path
    figures: tuple[StageFigures, ...]
    enhanced_prompt: str | None = None
    num_frames: int | None = None


class Stopped(Frozen):
    """The work was given up on request; the engine is ready for the next order."""

    event: Literal["stopped"] = "stopped"
    number: int


class Refused(Frozen):
    """The work could not be done; the engine is ready for the next order.

    Attributes:
        kind: the class in `core.errors` that the app raises.
        problems: for `UnsupportedRequest`, what is wrong with the request.
        is_of_gpu: for `OutOfMemory`, whether it is the accelerator's memory that ran out.
        traceback: where in the engine it happened, for the log.
    """

    event: Literal["refused"] = "refused"
    number: int
    kind: Literal["OutOfMemory", "NotConfigured", "RenderFailed", "UnsupportedRequest"]
    message: str
    hint: str = ""
    problems: tuple[Problem, ...] = ()
    is_of_gpu: bool = False
    traceback: str = ""


Event = Began | Advanced | Made | Stopped | Refused

EVENT_JSON: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def line_of(message: Frozen) -> bytes:
    """A message as one line."""
    return message.model_dump_json().encode() + b"\n"
