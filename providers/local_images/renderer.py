"""Images made on this machine: orders for the engine, and what is remembered of each."""

from __future__ import annotations

import threading
import time
from itertools import count
from typing import TYPE_CHECKING

from core.errors import NotConfigured
from core.jobs.job import Progressed
from core.jobs.lanes import Stage
from core.video.inputs import ROLES, field_of, scale_of
from core.video.rendered import Provenance, Rendered
from core.video.terms import Role
from providers.engine.events import measured_by
from providers.engine.packages import installed_versions
from providers.engine.timings import EngineState
from providers.local_images.install.model_files import (
    files_problem,
    images_dir,
    lora_family,
    way_to_repair,
)
from providers.local_images.models.families import EditWay, ImageWork
from providers.local_images.planner import loaded_name, work_of_plan
from providers.weights.installed import model_folder
from providers.weights.model_folder import model_key, proved_files

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import JobContext
    from core.video.plan import RenderPlan
    from core.video.provider import ProviderContext
    from providers.engine.events import StageFigures
    from providers.local_images.engine.protocol import ImageRenderOrder
    from providers.local_images.models.catalog import LocalImageModel
    from providers.local_images.planner import ImagePlanner


class ImageRenderer:
    """Has the engine make what was planned, one image at a time, and notes what it took."""

    def __init__(self, context: ProviderContext, planner: ImagePlanner) -> None:
        self._models_dir = images_dir(context.paths)
        self._planner = planner
        self._engine = planner.engine
        self._timings = planner.timings
        self._numbers = count(1)
        self._lock = threading.Lock()

    def render(self, plan: RenderPlan, ctx: JobContext) -> Rendered:
        """Make the image in the engine, which is started when it does not run."""
        from providers.engine.following import follow
        from providers.engine.progress_meter import ProgressMeter

        with self._lock:
            ctx.cancel.check()
            began_at = time.monotonic()
            # Said before anything else is done: the engine needs seconds to start.
            ctx.report(Progressed(stage=Stage.LOAD, fraction=0.0, message="Starting the engine"))
            order = self._order(plan, ctx)
            loads = loaded_name(plan, order.model_key)
            state = self._engine.state_for(loads)
            meter = ProgressMeter(self._timings, plan, state)
            engine = self._engine.started(str(plan.target))
            with self._engine.loading(loads, lambda: meter.has_loaded):
                made = follow(engine, order, meter, ctx)
            whole_s = time.monotonic() - began_at
            self._remember(
                plan, made.figures, meter.start_s, whole_s, is_start=state is EngineState.ABSENT
            )
            return Rendered(made.file, self._provenance(plan, made.figures))

    def close(self) -> None:
        """End the engine, and give its memory back."""
        with self._lock:
            self._engine.end()

    def _order(self, plan: RenderPlan, ctx: JobContext) -> ImageRenderOrder:
        from providers.engine.events import LaidLora
        from providers.local_images.engine.protocol import ImageRenderOrder

        model = self._planner.model(plan.target.model)
        not_ready = files_problem(model, self._models_dir)
        if not_ready is not None:
            raise NotConfigured(not_ready.reason, target=str(plan.target), hint=not_ready.fix)
        folder = model_folder(self._models_dir, model.id)
        loras = plan.request.of_role(Role.LORA)
        work = work_of_plan(plan)
        is_masked = work is ImageWork.MASK and ImageWork.MASK in model.family.classes
        if work is ImageWork.MASK and not is_masked:
            work = ImageWork.EDIT
        return ImageRenderOrder(
            number=next(self._numbers),
            plan=plan,
            memory=plan.memory_plan or self._planner.memory(plan, model),
            family=model.family,
            profile=model.profile,
            work=work,
            folder=folder,
            single_file=model.single_file,
            model_key=model_key(folder),
            repair=way_to_repair(model),
            workdir=ctx.workdir,
            images=_write_images(plan, model, ctx.workdir, is_masked=is_masked),
            mask=_write_mask(plan, ctx.workdir) if is_masked else None,
            loras=tuple(LaidLora(path=item.path, scale=scale_of(item)) for item in loras),
            lora_family=lora_family(model, self._models_dir) if loras else None,
        )

    def _provenance(self, plan: RenderPlan, figures: tuple[StageFigures, ...]) -> Provenance:
        """Versions, files of weights and what the image took."""
        return Provenance(
            versions=installed_versions(),
            model_files=proved_files(self._models_dir, plan.target.model),
            measured=measured_by(figures),
        )

    def _remember(
        self,
        plan: RenderPlan,
        figures: tuple[StageFigures, ...],
        start_s: float,
        whole_s: float,
        *,
        is_start: bool,
    ) -> None:
        self._engine.vram_held_gb = max((figure.vram_gb for figure in figures), default=0.0)
        self._timings.remember(plan, figures, start_s=start_s, whole_s=whole_s, is_start=is_start)


def _write_images(
    plan: RenderPlan, model: LocalImageModel, workdir: Path, *, is_masked: bool
) -> tuple[Path, ...]:
    """What the image is made from, upright and RGB; what is changed has the size of the result.

    Raises:
        UnsupportedRequest: one is missing, unreadable, cut off or huge.
    """
    # Imported late: a list of models reads no images.
    from core.media.images import read_rgb_image, write_fitted_image

    is_changed = is_masked or model.family.edit is EditWay.NOISE
    written: list[Path] = []
    for number, item in enumerate(plan.request.of_role(Role.START, Role.REFERENCE)):
        path, name = workdir / f"image-{number}.png", ROLES[item.role].name
        if item.role is Role.START and is_changed:
            write_fitted_image(item.path, path, plan.width, plan.height, name)
        else:
            read_rgb_image(item.path, name, field_of(item.role)).image.save(path, format="PNG")
        written.append(path)
    return tuple(written)


def _write_mask(plan: RenderPlan, workdir: Path) -> Path:
    """The mask at the size of the result."""
    from PIL import Image

    from core.media.masks import read_mask

    mask = plan.request.path_of(Role.MASK)
    assert mask is not None, "it is given"
    path = workdir / "mask.png"
    size = plan.width, plan.height
    read_mask(mask).resize(size, Image.Resampling.LANCZOS).save(path, format="PNG")
    return path
