"""Clips made on this machine: orders for the engine, and what is remembered of each."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from core.errors import NotConfigured, OutOfMemory
from core.jobs.job import Progressed
from core.jobs.lanes import Stage
from core.video.inputs import scale_of
from core.video.memory import Device, Pool
from core.video.rendered import Provenance, Rendered
from core.video.terms import Role
from providers.engine.events import measured_by
from providers.engine.packages import installed_versions
from providers.engine.timings import EngineState
from providers.ltx_video.install.model_files import (
    files_problem,
    folder_of,
    way_to_repair,
    weight_files,
)
from providers.ltx_video.local_planner import loaded_name
from providers.ltx_video.models.memory_runs import layout_text
from providers.ltx_video.models.stage_peaks import CUDA_CONTEXT_GB
from providers.ltx_video.stills import clip_of, still_frame, take_still
from providers.weights.model_folder import model_key

if TYPE_CHECKING:
    from core.jobs.job import JobContext
    from core.platform.machine import Machine
    from core.video.memory import MemoryPlan
    from core.video.plan import RenderPlan
    from core.video.provider import ProviderContext, ProviderInfo
    from providers.engine.events import StageFigures
    from providers.ltx_video.engine.protocol import RenderOrder
    from providers.ltx_video.local_planner import LocalPlanner
    from providers.ltx_video.models.catalog import LocalModel


@dataclass(frozen=True)
class _Held:
    """A clip of this engine, and what the engine held when it was begun.

    Attributes:
        loaded: the model and how it lies.
        pixels: of all that is decoded.
        tells_ram: nothing else was there that counts as main memory of the process.
        has_encoder: the text encoder is loaded.
    """

    loaded: str
    pixels: int
    tells_ram: bool = False
    has_encoder: bool = False


class LocalRenderer:
    """Has the engine make what was planned, one clip at a time, and notes what it took."""

    def __init__(self, context: ProviderContext, planner: LocalPlanner, info: ProviderInfo) -> None:
        self._context = context
        self._planner = planner
        self._info = info
        self._engine = planner.engine
        self._timings = planner.timings
        self._numbers = count(1)
        self._made_before: list[_Held] = []
        self._versions: dict[str, str] = {}
        self._lock = threading.Lock()

    def render(self, plan: RenderPlan, ctx: JobContext) -> Rendered:
        """Make the clip in the engine, which is started when it does not run."""
        if plan.is_image:
            clip, image = clip_of(plan), ctx.workdir / "still.png"
            made = self.render(clip, ctx)
            take_still(made.path, clip, image, ctx.cancel)
            frame = f"{still_frame(clip.num_frames) + 1} of {clip.num_frames}"
            return replace(made, path=image, facts={"frame": frame})
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
            if state is EngineState.ABSENT or not self._versions:
                # An engine keeps the packages that it has loaded, whatever is installed meanwhile.
                self._versions = installed_versions()
            if state is EngineState.ABSENT and (expected := meter.pass_time()) is not None:
                ctx.report(expected)
            machine = self._planner.free_machine()
            held = self._begin(plan, order.memory, is_start=state is EngineState.ABSENT)
            try:
                with self._engine.loading(loads, lambda: meter.has_loaded):
                    made = follow(engine, order, meter, ctx)
            except OutOfMemory as error:
                self._remember_shortage(plan, order.memory, machine, error)
                raise
            provenance = self._provenance(plan, made.figures)
            words, num_frames = made.enhanced_prompt, made.num_frames
            if num_frames is not None:
                plan = plan.with_length(num_frames)
            self._remember(
                plan,
                made.figures,
                start_s=meter.start_s,
                whole_s=time.monotonic() - began_at,
                is_start=state is EngineState.ABSENT,
            )
            if any(f.stage is Stage.ENCODE and not f.is_short for f in made.figures):
                held = self._made_before[-1] = replace(held, has_encoder=True)
            self._remember_peak(plan, order.memory, machine, made.figures, held)
            return Rendered(made.file, provenance, enhanced_prompt=words, num_frames=num_frames)

    def enhance(self, plan: RenderPlan, ctx: JobContext) -> str:
        """Have the engine write the words, and nothing else."""
        if plan.is_image:
            return self.enhance(clip_of(plan), ctx)
        from providers.ltx_video.engine.drive_render import follow_enhancement

        with self._lock:
            ctx.cancel.check()
            ctx.report(Progressed(stage=Stage.ENHANCE, fraction=0.0, message="Starting the engine"))
            order = self._order(plan, ctx).model_copy(update={"order": "enhance"})
            loads = loaded_name(plan, order.model_key)
            is_ready = self._engine.state_for(loads) is EngineState.READY
            stays = is_ready and not order.memory.frees_text_encoder
            engine = self._engine.started(str(plan.target))
            self._made_before.append(_Held("", 0))
            with self._engine.loading(loads, lambda: stays):
                made = follow_enhancement(engine, order, ctx)
            self._remember(plan, made.figures, start_s=0.0, whole_s=0.0, is_start=False)
            return made.enhanced_prompt or ""

    def close(self) -> None:
        """End the engine, and give its memory back."""
        with self._lock:
            self._engine.end()

    def _provenance(self, plan: RenderPlan, figures: tuple[StageFigures, ...]) -> Provenance:
        """Versions, files of weights and what the clip took."""
        model = self._planner.model(plan.target.model)
        return Provenance(
            versions=self._versions,
            model_files=weight_files(model, self._context.paths.models_dir),
            measured=measured_by(figures),
        )

    def _order(self, plan: RenderPlan, ctx: JobContext) -> RenderOrder:
        from providers.engine.events import LaidLora
        from providers.ltx_video.engine.drive_render import (
            write_audio_condition,
            write_images,
            write_kept_audio,
            write_reference_sheet,
        )
        from providers.ltx_video.engine.protocol import RenderOrder
        from providers.ltx_video.models.control_video import ic_loras_of
        from providers.ltx_video.models.map_models import find_map_models

        model = self._planner.model(plan.target.model)
        not_ready = files_problem(model, self._context.paths)
        if not_ready is not None:
            raise NotConfigured(not_ready.reason, target=str(plan.target), hint=not_ready.fix)
        memory = plan.memory_plan or self._planner.memory(model, plan)
        models_dir, caches = self._context.paths.models_dir, self._context.paths.cache_dir
        folder = folder_of(model, models_dir)
        loras = plan.request.of_role(Role.LORA)
        followers = {item.path for item, _ in ic_loras_of(plan)}
        return RenderOrder(
            number=next(self._numbers),
            plan=in_its_words(plan, model),
            memory=memory,
            profile=model.profile,
            folder=folder,
            model_key=model_key(folder),
            repair=way_to_repair(model),
            workdir=ctx.workdir,
            images=write_images(plan, ctx.workdir),
            reference_sheet=write_reference_sheet(plan, ctx.workdir),
            kept_audio=write_kept_audio(plan, ctx),
            audio_condition=write_audio_condition(plan, ctx),
            loras=tuple(
                LaidLora(
                    path=item.path, scale=scale_of(item), is_for_reference=item.path in followers
                )
                for item in loras
            ),
            lora_family=self._info.lora_family(model.spec) if loras else None,
            map_models=find_map_models(plan.request.editing.control_map, folder, models_dir),
            embeddings_dir=caches / "ltx-video" / "prompts",
            maps_dir=caches / "ltx-video" / "maps",
            offload_dir=self._engine.offload_dir,
        )

    def _begin(self, plan: RenderPlan, memory: MemoryPlan, *, is_start: bool) -> _Held:
        """What the engine holds already of what this clip needs."""
        if is_start:
            self._made_before.clear()
        loaded = f"{plan.target.model}|{layout_text(memory)}"
        pixels = plan.width * plan.height * plan.made_frames
        alike = [made for made in self._made_before if made.loaded == loaded]
        is_alone = len(alike) == len(self._made_before)
        held = _Held(
            loaded,
            pixels,
            # What was let go of stays with a process: of another model or a larger clip.
            tells_ram=is_alone and all(made.pixels <= pixels for made in alike),
            has_encoder=is_alone and any(made.has_encoder for made in alike),
        )
        self._made_before.append(held)
        return held

    def _remember_peak(
        self,
        plan: RenderPlan,
        memory: MemoryPlan,
        machine: Machine,
        figures: tuple[StageFigures, ...],
        held: _Held,
    ) -> None:
        match memory.device:
            case Device.CPU if held.tells_ram:
                pool, gb = Pool.RAM, max(figure.ram_gb for figure in figures)
            case Device.CUDA:
                # Files are mapped, so what a process holds of main memory is not what it needs.
                pool, gb = Pool.VRAM, max(figure.vram_gb for figure in figures) + CUDA_CONTEXT_GB
            case _:
                # Nothing tells how much of the memory that it shares the GPU of a Mac held.
                return
        self._planner.remember_memory(plan, memory, machine, pool, gb, has_encoder=held.has_encoder)

    def _remember_shortage(
        self, plan: RenderPlan, memory: MemoryPlan, machine: Machine, error: OutOfMemory
    ) -> None:
        gpu = machine.best_gpu
        pool, free_gb = Pool.RAM, machine.ram_free_gb
        if error.is_of_gpu and gpu is not None:
            pool, free_gb = Pool.VRAM, gpu.vram_free_gb
        self._planner.remember_memory(plan, memory, machine, pool, free_gb, ran_out=True)

    def _remember(
        self,
        plan: RenderPlan,
        figures: tuple[StageFigures, ...],
        *,
        start_s: float,
        whole_s: float,
        is_start: bool,
    ) -> None:
        self._engine.vram_held_gb = max((figure.vram_gb for figure in figures), default=0.0)
        self._timings.remember(plan, figures, start_s=start_s, whole_s=whole_s, is_start=is_start)


def in_its_words(plan: RenderPlan, model: LocalModel) -> RenderPlan:
    """The plan with the words that the model itself is given."""
    if not model.spec.is_builtin:
        return plan
    from core.video.planning.prompt_parts import BAR
    from providers.ltx_video.mini.caption import captions_of

    texts = [caption.text for caption in captions_of(plan)]
    parts = [
        part.model_copy(update={"prompt": text})
        for part, text in zip(plan.parts, texts, strict=False)
    ]
    return plan.model_copy(update={"prompt": BAR.join(texts), "parts": tuple(parts)})
