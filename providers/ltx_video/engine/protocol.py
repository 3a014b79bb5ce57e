"""What the app and the engine process say to each other: one line of JSON each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from core.errors import Problem
from core.frozen import Frozen
from core.jobs.lanes import Stage
from core.lora.lora_family import LoraFamily, LoraLayer
from core.lora.training_set import TrainingItem
from core.video.lora_training import TrainingPlan
from core.video.memory import MemoryPlan
from core.video.plan import RenderPlan
from providers.ltx_video.models.map_models import MapModel
from providers.ltx_video.models.profiles import Profile


class OrderedImage(Frozen):
    """An RGB picture that already has the clip's size, and which frame of the clip it is.

    Attributes:
        strength: 1 is the very image, 0 has no effect.
    """

    path: Path
    frame: int
    strength: float


class OrderedAudio(Frozen):
    """A sound, as `write_audio` writes it."""

    path: Path
    rate_hz: int


class LaidLora(Frozen):
    """A LoRA and how strongly it works: 0 not at all, 1 as it was made.

    `is_for_reference`: it follows what is seen beside the clip, and works only where that is seen.
    """

    path: Path
    scale: float
    is_for_reference: bool = False


class RenderOrder(Frozen):
    """Make one clip, or only the words for it.

    Attributes:
        order: to "enhance" is to rewrite the prompt alone; what is made then is a text.
        number: names the order in cancels and events.
        folder: the model's own folder, in the layout of diffusers.
        model_key: changes whenever the model's files do; part of every cache key.
        repair: the command that brings damaged files of this model back.
        workdir: the job's folder, the only place where files of this job are written.
        images: in the order of their frames.
        reference_sheet: an RGB picture of the clip's size with all reference images.
        kept_audio: of the video or the audio file that the clip is made from.
        audio_condition: what the model goes by, as long as what it works on, at the rate that it
            hears.
        loras: laid over the model in this order.
        lora_family: what the model's layers are called; None without LoRAs.
        map_models: the folders of what draws the maps of a control video.
        embeddings_dir: the cache of encoded prompts, shared by all jobs.
        maps_dir: that of drawn maps; a clip that follows a video has one.
        offload_dir: where weights go that are kept on disk while a clip is made.
    """

    order: Literal["render", "enhance"] = "render"
    number: int
    plan: RenderPlan
    memory: MemoryPlan
    profile: Profile
    folder: Path
    model_key: str
    repair: str
    workdir: Path
    images: tuple[OrderedImage, ...]
    reference_sheet: Path | None = None
    kept_audio: OrderedAudio | None = None
    audio_condition: OrderedAudio | None = None
    loras: tuple[LaidLora, ...] = ()
    lora_family: LoraFamily | None = None
    map_models: dict[MapModel, Path] = Field(default_factory=dict[MapModel, Path])
    embeddings_dir: Path
    maps_dir: Path | None = None
    offload_dir: Path


class OrderedItem(Frozen):
    """An image or clip to learn, and where it is kept as the model sees it.

    Attributes:
        item: lies where it says; not read where its latents are kept.
        caption: what is learned of it.
        latents, words: files of the cache that all trainings share.
    """

    item: TrainingItem
    caption: str
    latents: Path
    words: Path


class TrainOrder(Frozen):
    """Train one LoRA.

    Attributes:
        layers: what is trained.
        no_words: where the empty caption is kept.
        sample: the clip that shows how far it is, planned like any other.
        kept: the job's folder for what an interrupted training goes on from.
        metadata: what the head of the LoRA says.
    """

    order: Literal["train"] = "train"
    number: int
    plan: TrainingPlan
    layers: tuple[LoraLayer, ...]
    items: tuple[OrderedItem, ...]
    no_words: Path
    sample: RenderPlan
    memory: MemoryPlan
    profile: Profile
    folder: Path
    model_key: str
    repair: str
    workdir: Path
    kept: Path
    embeddings_dir: Path
    offload_dir: Path
    metadata: dict[str, str]


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

    `preview`: a picture of the clip so far, in the job's folder, where one was made just now.
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


class Made(Frozen):
    """The file is written: the clip, the LoRA, or the words.

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


ModelOrder = RenderOrder | TrainOrder
"""What needs a loaded model."""
Order = ModelOrder | CancelOrder
Event = Began | Advanced | Made | Stopped | Refused

ORDER_JSON: TypeAdapter[Order] = TypeAdapter(Annotated[Order, Field(discriminator="order")])
EVENT_JSON: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def line_of(message: Order | Event) -> bytes:
    """A message as it goes through the pipe, line end included."""
    return message.model_dump_json().encode() + b"\n"
