"""The engine's host in this very process, for what cannot be seen from outside of its own."""

from __future__ import annotations

from io import BytesIO
from itertools import count
from typing import TYPE_CHECKING

from core.jobs.job import CancelToken
from core.platform.paths import Paths
from providers.engine.events import EVENT_JSON
from providers.engine.streams import EventWriter
from providers.local_images.engine.image_host import ImageHost
from providers.local_images.engine.protocol import ImageRenderOrder
from providers.local_images.install.model_files import images_dir, lora_family
from providers.local_images.planner import work_of_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.video.plan import RenderPlan
    from providers.engine.events import Event, LaidLora
    from providers.local_images.models.catalog import LocalImageModel


class Hosted:
    """A host and what it says."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._host = ImageHost(0.0, clock)
        self._numbers = count(1)

    def answer(self, order: ImageRenderOrder) -> list[Event]:
        """Everything that is said of an order, the answer last."""
        stream = BytesIO()
        stream.close = lambda: None
        answer = self._host.answer(order, CancelToken(), EventWriter(stream))
        said = [EVENT_JSON.validate_json(line) for line in stream.getvalue().splitlines()]
        return [*said, answer]


def order_for(
    home: Path,
    model: LocalImageModel,
    plan: RenderPlan,
    workdir: Path,
    *loras: LaidLora,
    images: tuple[Path, ...] = (),
) -> ImageRenderOrder:
    """What the engine is told of an image of a tiny model."""
    models_dir = images_dir(Paths.below(home))
    assert plan.memory_plan is not None, "laid out"
    return ImageRenderOrder(
        number=1,
        plan=plan,
        memory=plan.memory_plan,
        family=model.family,
        profile=model.profile,
        work=work_of_plan(plan),
        folder=models_dir / model.id,
        model_key="key",
        repair="",
        workdir=workdir,
        images=images,
        loras=loras,
        lora_family=lora_family(model, models_dir) if loras else None,
    )
