"""What a plan becomes on this machine: its layout in memory, its time and what the model needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.jobs.lanes import Stage
from core.platform.machine import free_disk_bytes
from core.video.terms import EncoderBits, Role
from providers.engine.timings import EngineState, layout_name
from providers.engine.warm_engine import WarmEngine
from providers.ltx_video.install.model_files import (
    duration_head_problem,
    enhancer_problem,
    folder_of,
    map_models_problem,
    upsampler_problem,
)
from providers.ltx_video.install.own_models import every_model
from providers.ltx_video.models.info import ENGINE_MODULE
from providers.ltx_video.models.memory_plan import memory_ladder
from providers.ltx_video.models.memory_runs import MemoryTable
from providers.ltx_video.models.profiles import Enhancer
from providers.ltx_video.models.stage_peaks import WeightsLayout, stage_peaks, with_text_encoder
from providers.ltx_video.models.timings import ltx_timings, shortest_note
from providers.ltx_video.models.workload import Workload
from providers.ltx_video.stills import clip_of, like_clip, still_note
from providers.weights.model_folder import model_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.platform.machine import Machine
    from core.video.lora_check import CheckedLoras
    from core.video.memory import MemoryPlan, Pool
    from core.video.plan import RenderPlan
    from core.video.provider import ProviderContext, ProviderInfo
    from providers.ltx_video.models.catalog import LocalModel
    from providers.ltx_video.models.memory_plan import MemoryLadder


class LocalPlanner:
    """Fits plans to this machine and to what the engine holds already.

    Attributes:
        engine: the one engine process, which may not run.
        timings: how long clips took here.
        peaks: how much memory they held.
    """

    def __init__(
        self,
        context: ProviderContext,
        catalogue: Mapping[str, LocalModel],
        info: ProviderInfo,
    ) -> None:
        self._context = context
        self._catalogue = catalogue
        self._info = info
        self.engine = WarmEngine(ENGINE_MODULE, context.paths.cache_dir / "ltx-video" / "offload")
        self.timings = ltx_timings(context.paths.state_dir / "ltx-video-timings.json")
        self.peaks = MemoryTable(context.paths.state_dir / "ltx-video-memory.json")

    def model(self, name: str) -> LocalModel:
        """A model of the catalogue, or one that a person has added."""
        return every_model(self._context.paths.models_dir, self._catalogue)[name]

    def smallest(self, model: LocalModel) -> MemoryPlan:
        """The layout for the smallest clip of a model, which may not fit."""
        return self._ladder(model, Workload.smallest(model.spec, model.profile)).choose()

    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan with its layout in memory, its usual seconds and what Mini cannot draw."""
        from providers.ltx_video.models.control_video import with_control_lora
        from providers.ltx_video.models.motion_loras import with_camera_lora, with_motion_speed
        from providers.ltx_video.models.reference_sheet import with_reference_sheet

        paths = self._context.paths
        followed = plan.request.editing.control_map if plan.request.of_role(Role.CONTROL) else None
        chosen = self.model(plan.target.model)
        map_problem = map_models_problem(chosen, followed, paths.models_dir)
        plan = with_control_lora(plan, paths.lora_dirs, map_problem)
        plan = with_reference_sheet(plan, paths.lora_dirs)
        plan = with_camera_lora(plan, paths.lora_dirs)
        plan = with_motion_speed(plan, paths.lora_dirs)
        if plan.is_image:
            clip = clip_of(plan)
            return like_clip(plan, self.fit(clip)).with_notes(still_note(clip))
        model = self.model(plan.target.model)
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
            layout = {"memory_plan": self.memory(model, shortest)}
            timed = self._completed(shortest.model_copy(update=layout))
            notes = (*notes, shortest_note(timed))
        if plan.refine_steps:
            missing = upsampler_problem(model, self._context.paths.models_dir)
            if missing is not None:
                raise UnsupportedRequest([missing])
            steps = plan.num_inference_steps or model.profile.num_inference_steps
            plan = plan.model_copy(update={"num_inference_steps": steps})
        memory = self.memory(model, plan)
        notes = (*notes, *filter(None, (memory.note,)))
        if plan.refine_steps:
            from providers.ltx_video.models.two_stages import first_stage, stages_note

            first = self._ladder_for(model, first_stage(plan)).rungs[memory.rung]
            laid_out = plan.model_copy(update={"memory_plan": memory})
            expected_s = self.timings.expected_s(Stage.DENOISE, laid_out)
            notes = (*notes, stages_note(plan, memory, first, expected_s))
        if plan.enhances_prompt and model.profile.enhancer is Enhancer.TEXT_ENCODER:
            notes = (*notes, *_slow_words(memory))
        loras = self._loras(model, plan)
        fitted = plan.with_notes(*notes, *loras.notes).model_copy(update={"memory_plan": memory})
        return self._completed(fitted)

    def cheaper(self, plan: RenderPlan) -> RenderPlan | None:
        """The same clip on the next step of the memory ladder."""
        if plan.memory_plan is None:
            return None
        model = self.model(plan.target.model)
        clip = clip_of(plan) if plan.is_image else plan
        memory = self._ladder_for(model, clip).cheaper(
            plan.memory_plan, plan.request.delivery.memory
        )
        if memory is None:
            return None
        return like_clip(plan, self._completed(clip.model_copy(update={"memory_plan": memory})))

    def memory(self, model: LocalModel, plan: RenderPlan) -> MemoryPlan:
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

    def free_machine(self) -> Machine:
        """This machine now, with all that its warm engine makes room for."""
        return self.engine.with_its_memory(self._context.read_machine())

    def remember_memory(
        self,
        plan: RenderPlan,
        memory: MemoryPlan,
        machine: Machine,
        pool: Pool,
        gb: float,
        *,
        has_encoder: bool = True,
        ran_out: bool = False,
    ) -> None:
        """Keep what a clip held, or what was free where it ran out, beside what was predicted.

        Args:
            plan: of the clip, with the length that it has.
            memory: how it was laid out.
            machine: on which it was made.
            pool: the memory that is meant.
            gb: measured, or free.
            has_encoder: whether the text encoder was there, which a prompt seen before is not
                loaded for.
            ran_out: whether `gb` was too little.
        """
        model = self.model(plan.target.model)
        workload = self._workload(model, plan)
        layout, dtype = WeightsLayout.of(memory), model.profile.dtype
        # That of the plan may be of a longer clip, or of another version.
        peaks = stage_peaks(layout, model.footprint, dtype, workload)
        laid_out = memory.model_copy(update={"peaks": peaks})
        if not has_encoder:
            gb = with_text_encoder(gb, laid_out, pool, model.footprint, dtype)
        runs = self.peaks.of(model.id, _gpu_name(machine), workload)
        self.peaks.add(runs.run(laid_out, pool, gb, ran_out=ran_out))

    def _ladder_for(self, model: LocalModel, plan: RenderPlan) -> MemoryLadder:
        bits = plan.request.delivery.text_encoder
        return self._ladder(model, self._workload(model, plan), bits)

    def _workload(self, model: LocalModel, plan: RenderPlan) -> Workload:
        billions = self._loras(model, plan).billions
        return Workload.of(plan, model.profile, lora_billions=billions)

    def _loras(self, model: LocalModel, plan: RenderPlan) -> CheckedLoras:
        # Imported late: each list of models asks for a layout, and lays no LoRA over anything.
        from core.video.lora_check import CheckedLoras, check_loras

        if not plan.request.of_role(Role.LORA):
            return CheckedLoras()
        family = self._info.lora_family(model.spec)
        assert family is not None, "whoever takes LoRAs names what they are like"
        has_reference = plan.has_reference_sheet or bool(plan.request.of_role(Role.CONTROL))
        families = self._info.lora_families()
        return check_loras(plan.request, family, families, has_reference=has_reference)

    def _ladder(
        self, model: LocalModel, workload: Workload, bits: EncoderBits | None = None
    ) -> MemoryLadder:
        machine = self.free_machine()
        return memory_ladder(
            machine,
            model.footprint,
            model.profile.dtype,
            workload,
            scratch_free_gb=free_disk_bytes(self.engine.offload_dir) / 1e9,
            runs=self.peaks.of(model.id, _gpu_name(machine), workload),
            encoder_bits=bits,
        )

    def _engine_for(self, plan: RenderPlan) -> EngineState:
        """What the engine has to do before it can begin with a plan."""
        if not self.engine.is_running:
            return EngineState.ABSENT
        folder = folder_of(self.model(plan.target.model), self._context.paths.models_dir)
        return self.engine.state_for(loaded_name(plan, model_key(folder)))

    def _completed(self, plan: RenderPlan) -> RenderPlan:
        """A plan whose layout is settled, with what is loaded for it and its usual seconds."""
        first, following = (
            self.timings.expected_total_s(plan, state)
            for state in (self._engine_for(plan), EngineState.READY)
        )
        found = {"est_seconds": first, "est_next_seconds": following, "loads": _loads(plan)}
        return plan.model_copy(update=found)


def loaded_name(plan: RenderPlan, key: str) -> str:
    """What a warm engine must have loaded to begin with a plan at once.

    Args:
        plan: laid out in memory.
        key: of the model's files as they are now, which may change before another plan is made.
    """
    return f"{_loads(plan)}|{key}"


def _loads(plan: RenderPlan) -> str:
    """The model and its layout; LoRAs are laid over whatever is loaded."""
    return f"{plan.target}|{layout_name(plan)}"


def _gpu_name(machine: Machine) -> str:
    return machine.best_gpu.name if machine.best_gpu else ""


def _slow_words(memory: MemoryPlan) -> tuple[str, ...]:
    """What writing prompts with a packed text encoder means."""
    if memory.text_encoder_bits is EncoderBits.SIXTEEN:
        return ()
    words = memory.text_encoder_bits.words
    return (f"The text encoder in {words} unpacks itself for each word, so enhancing takes long.",)


def _refused_memory(message: str) -> UnsupportedRequest:
    return UnsupportedRequest([Problem("delivery.memory", message)])
