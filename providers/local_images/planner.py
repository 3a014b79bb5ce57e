"""What a plan becomes on this machine: its steps, its layout in memory, its time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.jobs.lanes import Stage
from core.platform.units import count_text
from core.video.terms import Role
from providers.engine.timings import STAGES, EngineState, TimingTable, layout_name
from providers.engine.warm_engine import WarmEngine
from providers.local_images.install.model_files import images_dir, lora_family, parts_gb
from providers.local_images.install.own_models import every_model
from providers.local_images.models.families import EditWay, ImageWork
from providers.local_images.models.info import ENGINE_MODULE
from providers.local_images.models.memory import ImageTask, image_ladder
from providers.weights.installed import model_folder
from providers.weights.model_folder import model_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.platform.machine import Machine
    from core.video.lora_check import CheckedLoras
    from core.video.memory import MemoryPlan
    from core.video.plan import RenderPlan
    from core.video.provider import ProviderContext
    from providers.local_images.models.catalog import LocalImageModel
    from providers.local_images.models.memory import ImageLadder

_SEEN_PIXELS = 1024 * 1024
"""To about so many an image is shrunk that a model looks at."""
_BYTES_IN_16_BIT = 2


class ImagePlanner:
    """Fits plans to this machine and to what the engine holds already.

    Attributes:
        engine: the one engine process for images, which may not run.
        timings: how long images took here.
    """

    def __init__(self, context: ProviderContext, catalogue: Mapping[str, LocalImageModel]) -> None:
        self._context = context
        self._catalogue = catalogue
        self._models_dir = images_dir(context.paths)
        self.engine = WarmEngine(ENGINE_MODULE, context.paths.cache_dir / "local-images")
        self.timings = TimingTable(
            context.paths.state_dir / "local-images-timings.json", lambda _: STAGES, work_of
        )

    def model(self, name: str) -> LocalImageModel:
        """A model that is offered, or one that a person has added."""
        return every_model(self._models_dir, self._catalogue)[name]

    def smallest(self, model: LocalImageModel) -> MemoryPlan:
        """The layout for the smallest image of a model, which may not fit."""
        pixels = min(size.width * size.height for size in model.spec.sizes)
        return self._ladder(model, ImageTask(pixels=pixels)).choose()

    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan with its layout in memory, its steps, its usual seconds and its notes.

        Raises:
            UnsupportedRequest: with everything that only this provider can see.
        """
        model = self.model(plan.target.model)
        problems = _problems(plan, model)
        loras, refused = self._loras(plan, model)
        problems += refused
        if problems:
            raise UnsupportedRequest(problems)
        plan = _with_steps(plan, model)
        memory = self.memory(plan, model)
        fitted = plan.with_notes(*_notes(plan, model), *loras.notes)
        return self._completed(fitted.model_copy(update={"memory_plan": memory}))

    def cheaper(self, plan: RenderPlan) -> RenderPlan | None:
        """The same image on the next step of the memory ladder."""
        if plan.memory_plan is None:
            return None
        ladder = self._ladder_for(plan, self.model(plan.target.model))
        memory = ladder.cheaper(plan.memory_plan, plan.request.delivery.memory)
        if memory is None:
            return None
        return self._completed(plan.model_copy(update={"memory_plan": memory}))

    def memory(self, plan: RenderPlan, model: LocalImageModel) -> MemoryPlan:
        """The layout for a plan: the quickest that fits, within what the person chose.

        Raises:
            UnsupportedRequest: the choice is not possible here.
        """
        ladder, asked = self._ladder_for(plan, model), plan.request.delivery.memory
        advice = "Choose another memory layout, or leave it to the program."
        if asked is not None and asked not in ladder.residencies:
            raise _refused_memory(
                f"The memory layout {asked.value!r} needs an NVIDIA GPU, and this machine has "
                f"none. {advice}"
            )
        memory = ladder.choose(asked)
        if asked is not None and not memory.fits:
            raise _refused_memory(
                f"{model.spec.label} does not fit into this machine as {asked.value!r}. "
                f"{' '.join(memory.reasons)} {advice}"
            )
        return memory

    def free_machine(self) -> Machine:
        """This machine now, with all that its warm engine makes room for."""
        return self.engine.with_its_memory(self._context.read_machine())

    def _loras(
        self, plan: RenderPlan, model: LocalImageModel
    ) -> tuple[CheckedLoras, tuple[Problem, ...]]:
        # Imported late: each list of models asks for a layout, and lays no LoRA over anything.
        from core.video.lora_check import CheckedLoras, check_loras

        if not plan.request.of_role(Role.LORA):
            return CheckedLoras(), ()
        family = lora_family(model, self._models_dir)
        if not family.layers:
            return CheckedLoras(), ()  # not here, which is told
        try:
            checked = check_loras(plan.request, family, (family,), has_reference=False)
        except UnsupportedRequest as error:
            return CheckedLoras(), error.problems
        return checked, ()

    def _ladder_for(self, plan: RenderPlan, model: LocalImageModel) -> ImageLadder:
        loras, _ = self._loras(plan, model)
        looked_at = plan.request.of_role(Role.START, Role.REFERENCE)
        sees = model.family.edit is EditWay.REFERENCE
        guidance = plan.guidance_scale or model.profile.guidance_scale or 0.0
        return self._ladder(
            model,
            ImageTask(
                pixels=plan.width * plan.height,
                seen_pixels=_SEEN_PIXELS * len(looked_at) if sees else 0,
                is_guided=not model.profile.is_distilled and guidance > 1,
                lora_gb=loras.billions * _BYTES_IN_16_BIT,
            ),
        )

    def _ladder(self, model: LocalImageModel, task: ImageTask) -> ImageLadder:
        sizes = parts_gb(model, self._models_dir)
        return image_ladder(self.free_machine(), model.family, sizes, task)

    def _completed(self, plan: RenderPlan) -> RenderPlan:
        """A plan whose layout is settled, with what is loaded for it and its usual seconds."""
        first, following = (
            self.timings.expected_total_s(plan, state)
            for state in (self._engine_for(plan), EngineState.READY)
        )
        found = {"est_seconds": first, "est_next_seconds": following, "loads": _loads(plan)}
        return plan.model_copy(update=found)

    def _engine_for(self, plan: RenderPlan) -> EngineState:
        """What the engine has to do before it can begin with a plan."""
        if not self.engine.is_running:
            return EngineState.ABSENT
        folder = model_folder(self._models_dir, plan.target.model)
        return self.engine.state_for(loaded_name(plan, model_key(folder)))


def loaded_name(plan: RenderPlan, key: str) -> str:
    """What a warm engine must have loaded to begin with a plan at once."""
    return f"{_loads(plan)}|{key}"


def _loads(plan: RenderPlan) -> str:
    return f"{plan.target}|{layout_name(plan)}"


def work_of_plan(plan: RenderPlan) -> ImageWork:
    """What is asked of the pipeline."""
    if plan.request.of_role(Role.MASK):
        return ImageWork.MASK
    is_edit = plan.request.of_role(Role.START, Role.REFERENCE)
    return ImageWork.EDIT if is_edit else ImageWork.WORDS


def work_of(stage: Stage, plan: RenderPlan) -> int:
    """How much a stage has to do for a plan; 0 where the image makes no difference."""
    pixels = plan.width * plan.height
    if stage is Stage.DENOISE:
        looked_at = plan.request.of_role(Role.START, Role.REFERENCE)
        sees = plan.spec.strength is None
        seen = _SEEN_PIXELS * len(looked_at) if sees else 0
        return (pixels + seen) * (plan.steps_taken or plan.num_inference_steps or 1)
    return pixels if stage in (Stage.DECODE, Stage.WRITE) else 0


def _with_steps(plan: RenderPlan, model: LocalImageModel) -> RenderPlan:
    """The plan with the steps that are asked of the pipeline, and those that it takes.

    An image that is covered with less noise is freed of it in fewer steps. A model that knows a
    few steps alone needs them all, and whoever takes no step at all makes no picture.
    """
    wanted = plan.num_inference_steps or model.profile.num_inference_steps
    strength = plan.strength
    if strength is None or strength >= 1:
        return plan.model_copy(update={"num_inference_steps": wanted})
    least = wanted if model.profile.is_distilled else 1
    steps = max(wanted, math.ceil(least / strength))
    left = steps - min(steps * strength, steps)
    taken = steps - int(left) if model.family.rounds_up else int(steps * strength)
    changed = {"num_inference_steps": steps, "steps_taken": taken}
    if steps == wanted:
        return plan.model_copy(update=changed)
    note = (
        f"At a strength of {strength:g} a part of the steps is left out, so {steps} are asked for "
        f"where {count_text(wanted, 'step')} would be: {taken} are taken."
    )
    return plan.with_notes(note).model_copy(update=changed)


def _problems(plan: RenderPlan, model: LocalImageModel) -> list[Problem]:
    """What the row cannot say."""
    work, family = work_of_plan(plan), model.family
    problems: list[Problem] = []
    references = plan.request.of_role(Role.REFERENCE)
    if work is ImageWork.MASK and family.edit is EditWay.REFERENCE:
        most = 1 if ImageWork.MASK in family.classes else family.most_images - 1
        if len(references) > most:
            problems.append(
                Problem(
                    f"inputs.{Role.REFERENCE.value}",
                    f"Within a mask {model.spec.label} looks at {count_text(most, 'other image')} "
                    f"at most, not {len(references)}. Leave some out, or the mask.",
                )
            )
    # Imported late: a list of models looks at no inputs.
    from core.video.inputs import full_strength_problems

    plain = plan.request.with_inputs(
        tuple(item for item in plan.request.inputs if item.role is not Role.LORA)
    )
    return [*problems, *full_strength_problems(plain, plan.spec)]


def _notes(plan: RenderPlan, model: LocalImageModel) -> tuple[str, ...]:
    """What a person may not expect."""
    work, family, label = work_of_plan(plan), model.family, model.spec.label
    notes: list[str] = []
    if work is ImageWork.MASK and ImageWork.MASK not in family.classes:
        notes.append(
            f"{label} does not see the mask: it edits the whole image, and what lies within the "
            "mask is taken of that."
        )
    if work is not ImageWork.WORDS and family.edit is EditWay.REFERENCE:
        notes.append(f"{label} looks at images of about 1 megapixel; larger ones are shrunk.")
    if model.profile.is_distilled and plan.request.sampling.num_inference_steps is not None:
        usual = model.profile.num_inference_steps
        if plan.request.sampling.num_inference_steps != usual:
            notes.append(f"{label} was made for {usual} steps; others may look worse.")
    return tuple(notes)


def _refused_memory(message: str) -> UnsupportedRequest:
    return UnsupportedRequest([Problem("delivery.memory", message)])
