"""What the app and the engine process say to each other: one line of JSON each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from core.frozen import Frozen
from core.lora.lora_family import LoraFamily, LoraLayer
from core.lora.training_set import TrainingItem
from core.platform.units import count_text
from core.video.lora_training import TrainingPlan
from core.video.memory import MemoryPlan
from core.video.plan import RenderPlan
from providers.engine.events import CancelOrder, LaidLora
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

    @property
    def doing(self) -> str:
        """Of a sentence the end, such as "while it made the clip"."""
        if self.order == "enhance":
            return "while it enhanced the prompt"
        return "while it made the clip"

    @property
    def amount(self) -> str:
        """How much of it, such as "at 768x512 with 25 frames"."""
        if self.order == "enhance":
            return self.doing
        plan = self.plan
        return f"at {plan.width}x{plan.height} with {count_text(plan.num_frames, 'frame')}"

    @property
    def smaller(self) -> str:
        """What takes less memory."""
        return "a smaller size or a shorter clip"


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

    @property
    def doing(self) -> str:
        """Of a sentence the end."""
        return "while it trained the LoRA"

    @property
    def amount(self) -> str:
        """How much of it, such as "while it learned 4 images at a time"."""
        return f"while it learned {self.plan.batch_text}"

    @property
    def smaller(self) -> str:
        """What takes less memory."""
        return "a smaller size or a shorter clip"


ModelOrder = RenderOrder | TrainOrder
"""What needs a loaded model."""
CLIP_ORDER_JSON: TypeAdapter[RenderOrder | CancelOrder] = TypeAdapter(
    Annotated[RenderOrder | CancelOrder, Field(discriminator="order")]
)
TRAIN_ORDER_JSON: TypeAdapter[TrainOrder | CancelOrder] = TypeAdapter(
    Annotated[TrainOrder | CancelOrder, Field(discriminator="order")]
)
