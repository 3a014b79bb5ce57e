"""LTX on this machine: the provider that drives the engine process."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from core.errors import NotConfigured, Problem, UnsupportedRequest
from core.jobs.lanes import Stage
from core.platform.machine import free_disk_bytes
from core.video.provider import NotReady, Provenance, Readiness, Ready, ReasonCode, Rendered
from core.video.request import Role
from providers.ltx_video.engine.warm_engine import WarmEngine
from providers.ltx_video.install.model_files import (
    duration_head_problem,
    enhancer_problem,
    files_problem,
    folder_of,
    installation_of,
    model_key,
    upsampler_problem,
    way_to_repair,
    weight_files,
)
from providers.ltx_video.install.own_models import every_model
from providers.ltx_video.models.catalog import MODELS
from providers.ltx_video.models.info import INFO, installed_versions
from providers.ltx_video.models.timings import (
    EngineState,
    Timing,
    TimingTable,
    layout_name,
    shortest_note,
    work_of,
)
from providers.ltx_video.stills import clip_of, like_clip, still_frame, still_note, take_still

if TYPE_CHECKING:
    from core.config.api_keys import KeySpec
    from core.jobs.job import JobContext
    from core.video.lora_check import CheckedLoras
    from core.video.model_store import OnDisk
    from core.video.plan import MemoryPlan, RenderPlan
    from core.video.provider import ModelChoice, ProviderContext, ProviderInfo
    from core.video.request import RenderRequest, Target
    from core.video.spec import ModelSpec
    from providers.ltx_video.engine.protocol import RenderOrder, StageFigures
    from providers.ltx_video.install.store import LTXStore
    from providers.ltx_video.models.catalog import LocalModel
    from providers.ltx_video.models.memory_plan import MemoryLadder
    from providers.ltx_video.models.workload import Workload
    from providers.ltx_video.training.local_trainer import LocalTrainer

log = logging.getLogger(__name__)


class LocalLTX:
    """Renders with a model on this disk, in one engine process that stays warm.

    What only a render or an installation needs is imported in their methods: each list of models
    and each page of help opens this provider.
    """

    def __init__(
        self,
        context: ProviderContext,
        models: tuple[LocalModel, ...] = MODELS,
        info: ProviderInfo = INFO,
    ) -> None:
        self._context = context
        self._catalogue = {model.id: model for model in models}
        self._info = info
        self._timings = TimingTable(context.paths.state_dir / "ltx-video-timings.json")
        self._engine = WarmEngine(context.paths.cache_dir / "ltx-video" / "offload")
        self._store: LTXStore | None = None
        self._trainer: LocalTrainer | None = None
        self._numbers = count(1)
        self._lock = threading.Lock()

    @property
    def info(self) -> ProviderInfo:
        """What is known without opening the provider."""
        return self._info

    @property
    def store(self) -> LTXStore:
        """The models as files."""
        if self._store is None:
            from providers.ltx_video.install.store import LTXStore

            self._store = LTXStore(self._context, self._catalogue, self._info)
        return self._store

    @property
    def enhancer(self) -> LocalLTX:
        """What rewrites prompts: the same engine."""
        return self

    @property
    def trainer(self) -> LocalTrainer:
        """What trains LoRAs for them."""
        if self._trainer is None:
            from providers.ltx_video.training.local_trainer import LocalTrainer

            self._trainer = LocalTrainer(self._context, self._models, self._info, self.close)
        return self._trainer

    def models(self) -> tuple[ModelSpec, ...]:
        """Every model of the catalogue, best first, and those that a person has added."""
        return tuple(model.spec for model in self._models.values())

    def resolve(self, request: RenderRequest) -> ModelChoice:
        """The model that `auto` stands for on this machine."""
        from providers.ltx_video.models.auto_model import choose_model

        return choose_model(
            request,
            self._catalogue.values(),
            on_disk=self._on_disk,
            memory_for=self._memory,
        )

    def check(self, target: Target) -> Readiness:
        """Whether files and memory suffice for a model."""
        model = self._models[target.model]
        not_ready = files_problem(model, self._context.paths)
        if not_ready is not None:
            return not_ready
        from providers.ltx_video.models.workload import Workload

        smallest = self._ladder(model, Workload.smallest(model.spec, model.profile)).choose()
        if not smallest.fits:
            return NotReady(
                ReasonCode.MACHINE_TOO_SMALL,
                f"{model.spec.label} is too large for this machine, even for its smallest clip. "
                f"{' '.join(smallest.reasons)}",
                "Choose a smaller model, or close programs that use much memory.",
            )
        return Ready(folder_of(model, self._context.paths.models_dir))

    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan with its layout in memory, its usual seconds and what Mini cannot draw."""
        from providers.ltx_video.models.control_video import with_control_lora
        from providers.ltx_video.models.motion_loras import with_camera_lora, with_motion_speed
        from providers.ltx_video.models.reference_sheet import with_reference_sheet

        paths = self._context.paths
        plan = with_control_lora(plan, paths.lora_dirs, paths.models_dir)
        plan = with_reference_sheet(plan, paths.lora_dirs)
        plan = with_camera_lora(plan, paths.lora_dirs)
        plan = with_motion_speed(plan, paths.lora_dirs)
        if plan.is_image:
            clip = clip_of(plan)
            return like_clip(plan, self.fit(clip)).with_notes(still_note(clip))
        model = self._models[plan.target.model]
        notes: tuple[str, ...] = ()
        if model.spec.is_builtin:
            from providers.ltx_video.mini.caption import captions_of

            said = (note for caption in captions_of(plan) for note in caption.notes)
            notes = tuple(dict.fromkeys(said))
        if plan.strength is not None:
            steps = plan.num_inference_steps or model.profile.num_inference_steps
            taken = len(model.profile.sigmas_from(steps, plan.strength))
            plan = plan.model_copy(update={"num_inference_steps": steps, "steps_taken": taken})
        if plan.enhances_prompt:
            missing = enhancer_problem(model, self._context.paths.models_dir)
            if missing is not None:
                raise UnsupportedRequest([missing])
        if plan.least_frames is not None:
            missing = duration_head_problem(model, self._context.paths.models_dir)
            if missing is not None:
                raise UnsupportedRequest([missing])
            shortest = plan.with_length(plan.least_frames)
            layout = {"memory_plan": self._memory(model, shortest)}
            timed = self._with_time(shortest.model_copy(update=layout))
            notes = (*notes, shortest_note(timed))
        if plan.refine_steps:
            missing = upsampler_problem(model, self._context.paths.models_dir)
            if missing is not None:
                raise UnsupportedRequest([missing])
            steps = plan.num_inference_steps or model.profile.num_inference_steps
            plan = plan.model_copy(update={"num_inference_steps": steps})
        memory = self._memory(model, plan)
        if plan.refine_steps:
            from providers.ltx_video.models.two_stages import first_stage, stages_note

            first = self._ladder_for(model, first_stage(plan)).rungs[memory.rung]
            laid_out = plan.model_copy(update={"memory_plan": memory})
            expected_s = self._timings.expected_s(Stage.DENOISE, laid_out)
            notes = (*notes, stages_note(plan, memory, first, expected_s))
        loras = self._loras(model, plan)
        fitted = plan.with_notes(*notes, *loras.notes).model_copy(update={"memory_plan": memory})
        return self._with_time(fitted)

    def refresh_prices(self) -> None:
        """Nothing: what this machine makes is free."""

    def cheaper(self, plan: RenderPlan) -> RenderPlan | None:
        """The same clip on the next step of the memory ladder."""
        if plan.memory_plan is None:
            return None
        model = self._models[plan.target.model]
        clip = clip_of(plan) if plan.is_image else plan
        memory = self._ladder_for(model, clip).cheaper(
            plan.memory_plan, plan.request.delivery.memory
        )
        if memory is None:
            return None
        return like_clip(plan, self._with_time(clip.model_copy(update={"memory_plan": memory})))

    def render(self, plan: RenderPlan, ctx: JobContext) -> Rendered:
        """Make the clip in the engine, which is started when it does not run."""
        if plan.is_image:
            clip, image = clip_of(plan), ctx.workdir / "still.png"
            made = self.render(clip, ctx)
            take_still(made.path, clip, image, ctx.cancel)
            frame = f"{still_frame(clip.num_frames) + 1} of {clip.num_frames}"
            return replace(made, path=image, facts={"frame": frame})
        from core.jobs.job import Progressed
        from providers.ltx_video.engine.drive_render import follow
        from providers.ltx_video.engine.progress_meter import ProgressMeter

        with self._lock:
            ctx.cancel.check()
            began_at = time.monotonic()
            # Said before anything else is done: the engine needs seconds to start.
            ctx.report(Progressed(stage=Stage.LOAD, fraction=0.0, message="Starting the engine"))
            order = self._order(plan, ctx)
            loads = _loaded_name(plan, order.model_key)
            state = self._engine.state_for(loads)
            meter = ProgressMeter(self._timings, plan, state)
            engine = self._engine.started(str(plan.target))
            if state is EngineState.ABSENT and (expected := meter.pass_time()) is not None:
                ctx.report(expected)
            with self._engine.loading(loads, lambda: meter.has_loaded):
                made = follow(engine, order, meter, ctx)
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
            return Rendered(made.file, provenance, enhanced_prompt=words, num_frames=num_frames)

    def enhance(self, plan: RenderPlan, ctx: JobContext) -> str:
        """Have the engine write the words, and nothing else."""
        if plan.is_image:
            return self.enhance(clip_of(plan), ctx)
        from core.jobs.job import Progressed
        from providers.ltx_video.engine.drive_render import follow_enhancement

        with self._lock:
            ctx.cancel.check()
            ctx.report(Progressed(stage=Stage.ENHANCE, fraction=0.0, message="Starting the engine"))
            order = self._order(plan, ctx).model_copy(update={"order": "enhance"})
            loads = _loaded_name(plan, order.model_key)
            is_ready = self._engine.state_for(loads) is EngineState.READY
            stays = is_ready and not order.memory.frees_text_encoder
            engine = self._engine.started(str(plan.target))
            with self._engine.loading(loads, lambda: stays):
                made = follow_enhancement(engine, order, ctx)
            self._remember(plan, made.figures, start_s=0.0, whole_s=0.0, is_start=False)
            return made.enhanced_prompt or ""

    def _provenance(self, plan: RenderPlan, figures: tuple[StageFigures, ...]) -> Provenance:
        """Versions, files of weights and what the clip took."""
        model = self._models[plan.target.model]
        measured = {f"{figure.stage}_s": round(figure.seconds, 3) for figure in figures}
        for name in ("vram_gb", "ram_gb"):
            peaks = [getattr(figure, name) for figure in figures]
            if any(peaks):
                measured[f"peak_{name}"] = round(max(peaks), 3)
        return Provenance(
            versions=installed_versions(),
            model_files=weight_files(model, self._context.paths.models_dir),
            measured=measured,
        )

    def check_key(self, key: KeySpec) -> Readiness:
        """Only downloads need a key, and only some of them."""
        from providers.ltx_video.install.hub import check_token

        return check_token(self._context.keys, self._context.network)

    def close(self) -> None:
        """End the engine, and give its memory back."""
        with self._lock:
            self._engine.end()

    @property
    def _models(self) -> dict[str, LocalModel]:
        return every_model(self._context.paths.models_dir, self._catalogue)

    def _on_disk(self, model: LocalModel) -> OnDisk:
        return installation_of(model, self._context.paths.models_dir).on_disk

    def _memory(self, model: LocalModel, plan: RenderPlan) -> MemoryPlan:
        """The layout for a plan: the quickest that fits, within what the user chose.

        Raises:
            UnsupportedRequest: the user's choice is not possible here.
        """
        ladder = self._ladder_for(model, plan)
        asked = plan.request.delivery.memory
        if asked is None:
            return ladder.choose()
        advice = "Choose another memory layout, or leave it to the program."
        if asked not in ladder.residencies:
            raise _refused_memory(
                f"The memory layout {asked.value!r} needs an NVIDIA GPU, and this machine has "
                f"none. {advice}"
            )
        memory = ladder.choose(asked)
        if not memory.fits:
            raise _refused_memory(
                f"{model.spec.label} does not fit into this machine as {asked.value!r}. "
                f"{' '.join(memory.reasons)} {advice}"
            )
        return memory

    def _ladder_for(self, model: LocalModel, plan: RenderPlan) -> MemoryLadder:
        from providers.ltx_video.models.workload import Workload

        billions = self._loras(model, plan).billions
        return self._ladder(model, Workload.of(plan, model.profile, lora_billions=billions))

    def _loras(self, model: LocalModel, plan: RenderPlan) -> CheckedLoras:
        from core.video.lora_check import CheckedLoras, check_loras

        if not plan.request.of_role(Role.LORA):
            return CheckedLoras()
        family = self._info.lora_family(model.spec)
        assert family is not None, "whoever takes LoRAs names what they are like"
        has_reference = plan.has_reference_sheet or bool(plan.request.of_role(Role.CONTROL))
        families = self._info.lora_families()
        return check_loras(plan.request, family, families, has_reference=has_reference)

    def _ladder(self, model: LocalModel, workload: Workload) -> MemoryLadder:
        from providers.ltx_video.models.memory_plan import memory_ladder

        return memory_ladder(
            self._engine.with_its_memory(self._context.read_machine()),
            model.footprint,
            model.profile.dtype,
            workload,
            scratch_free_gb=free_disk_bytes(self._engine.offload_dir) / 1e9,
        )

    def _order(self, plan: RenderPlan, ctx: JobContext) -> RenderOrder:
        from core.video.inputs import scale_of
        from providers.ltx_video.engine.drive_render import (
            write_audio_condition,
            write_images,
            write_kept_audio,
            write_reference_sheet,
        )
        from providers.ltx_video.engine.protocol import LaidLora, RenderOrder
        from providers.ltx_video.models.control_video import depth_model_folder

        model = self._models[plan.target.model]
        not_ready = files_problem(model, self._context.paths)
        if not_ready is not None:
            raise NotConfigured(not_ready.reason, target=str(plan.target), hint=not_ready.fix)
        memory = plan.memory_plan or self._memory(model, plan)
        folder = folder_of(model, self._context.paths.models_dir)
        loras = plan.request.of_role(Role.LORA)
        return RenderOrder(
            number=next(self._numbers),
            plan=_in_its_words(plan, model),
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
            loras=tuple(LaidLora(path=item.path, scale=scale_of(item)) for item in loras),
            lora_family=self._info.lora_family(model.spec) if loras else None,
            depth_model=depth_model_folder(self._context.paths.models_dir),
            embeddings_dir=self._context.paths.cache_dir / "ltx-video" / "prompts",
            offload_dir=self._engine.offload_dir,
        )

    def _engine_for(self, plan: RenderPlan) -> EngineState:
        """What the engine has to do before it can begin with a plan."""
        if not self._engine.is_running:
            return EngineState.ABSENT
        folder = folder_of(self._models[plan.target.model], self._context.paths.models_dir)
        return self._engine.state_for(_loaded_name(plan, model_key(folder)))

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
        # The engine counts from its first line to its last. What comes before is waited for too,
        # and so is what this side does beside it: writing inputs, reading what it gave.
        beside_s = max(0.0, whole_s - start_s - sum(figure.seconds for figure in figures))
        beside = {Stage.LOAD: start_s, Stage.WRITE: beside_s}
        self._timings.add(
            Timing(
                model=plan.target.model,
                layout=layout_name(plan),
                stage=figure.stage,
                is_short=figure.is_short,
                work=work_of(figure.stage, plan),
                seconds=figure.seconds + beside.get(figure.stage, 0.0),
                is_start=is_start and figure.stage is Stage.LOAD,
            )
            for figure in figures
        )

    def _with_time(self, plan: RenderPlan) -> RenderPlan:
        first, following = (
            self._timings.expected_total_s(plan, state)
            for state in (self._engine_for(plan), EngineState.READY)
        )
        return plan.model_copy(update={"est_seconds": first, "est_next_seconds": following})


def _loaded_name(plan: RenderPlan, key: str) -> str:
    """What a warm engine must have loaded to begin with a plan at once."""
    return f"{plan.target.model}|{layout_name(plan)}|{key}"


def _refused_memory(message: str) -> UnsupportedRequest:
    return UnsupportedRequest([Problem("delivery.memory", message)])


def _in_its_words(plan: RenderPlan, model: LocalModel) -> RenderPlan:
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
