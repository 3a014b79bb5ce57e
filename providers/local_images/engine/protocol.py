"""What the app orders of the process that makes images: one line of JSON each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from core.frozen import Frozen
from core.lora.lora_family import LoraFamily
from core.video.memory import MemoryPlan
from core.video.plan import RenderPlan
from providers.engine.events import CancelOrder, LaidLora
from providers.local_images.models.catalog import ImageProfile
from providers.local_images.models.families import ImageFamily, ImageWork


class ImageRenderOrder(Frozen):
    """Make one image.

    Attributes:
        folder: the model's own, in the layout of diffusers.
        single_file: in it, the file that holds the denoiser, or all of the model.
        model_key: changes whenever the model's files do.
        images: upright RGB pictures that it is made from; the first is edited.
        mask: L, of the size of what is made, white where it changes; None where the pipeline is
            given none.
        loras: laid over the model in this order.
        lora_family: what the model's layers are called; None without LoRAs.
    """

    order: Literal["image"] = "image"
    number: int
    plan: RenderPlan
    memory: MemoryPlan
    family: ImageFamily
    profile: ImageProfile
    work: ImageWork
    folder: Path
    single_file: str | None = None
    model_key: str
    repair: str
    workdir: Path
    images: tuple[Path, ...] = ()
    mask: Path | None = None
    loras: tuple[LaidLora, ...] = ()
    lora_family: LoraFamily | None = None

    @property
    def doing(self) -> str:
        """Of a sentence the end."""
        return "while it made the image"

    @property
    def amount(self) -> str:
        """How much of it, such as "at 1024x1024"."""
        return f"at {self.plan.width}x{self.plan.height}"

    @property
    def smaller(self) -> str:
        """What takes less memory."""
        return "a smaller size"


IMAGE_ORDER_JSON: TypeAdapter[ImageRenderOrder | CancelOrder] = TypeAdapter(
    Annotated[ImageRenderOrder | CancelOrder, Field(discriminator="order")]
)
