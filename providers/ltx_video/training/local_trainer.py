"""The app's side of training: what can be trained, what it takes, and the process for it."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from core.errors import EngineCrashed, NotConfigured
from core.jobs.job import Progressed
from core.jobs.lanes import Stage
from core.lora.training import JOB_NOTE, RECORD, Recipe, Targets, lora_metadata
from core.platform.files import write_text_atomically
from core.video.lora_training import TrainedFiles
from core.video.planning.clip_plan import make_plan
from core.video.request import FrameRequest, RenderRequest, Sampling
from core.video.train_lora_job import find_item
from providers.engine.engine_process import EngineProcess
from providers.engine.events import Advanced, Began, Made
from providers.engine.following import events_of
from providers.ltx_video.engine.protocol import OrderedItem, TrainOrder
from providers.ltx_video.install.model_files import files_problem, folder_of, way_to_repair
from providers.ltx_video.mini.vocabulary import read
from providers.ltx_video.models.sizes import token_count
from providers.ltx_video.training.training_memory import is_small, least_memory, training_memory
from providers.weights.model_folder import model_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from core.jobs.job import JobContext
    from core.lora.lora_family import LoraFamily
    from core.video.lora_training import TrainingPlan
    from core.video.memory import MemoryPlan
    from core.video.plan import RenderPlan
    from core.video.provider import ProviderContext, ProviderInfo
    from providers.ltx_video.models.catalog import LocalModel

log = logging.getLogger(__name__)

MODULE = "providers.ltx_video.training"
# As the makers train theirs; see also Docs/LTX-LoRA-Training.md.
_LARGE = Recipe(
    rank=32,
    alpha=32,
    targets=Targets.ATTENTION,
    learning_rate=1e-4,
    steps=2000,
    batch_size=1,
    first_frame_share=0.5,
    validate_every=250,
    save_every=250,
)
# Measured on LTX Mini: a look of its own after a minute or two of two processors.
_SMALL = Recipe(
    rank=16,
    alpha=16,
    targets=Targets.ATTENTION_AND_FEED_FORWARD,
    learning_rate=3e-3,
    steps=200,
    batch_size=4,
    validate_every=50,
    save_every=25,
)

_CACHE_BYTES = 20 * 10**9
# Reading the set and the model is the first part of the bar.
_PREPARED = 0.1
_PACES = TypeAdapter(dict[str, float])
# Behind the name of a pace: the seconds of a training that are no steps.
_BESIDES = "/besides"
_SAMPLE_SEED = 1


class LocalTrainer:
    """Trains LoRAs for the models on this disk; see `core.video.lora_training.LoraTrainer`.

    Args:
        free_engine: lets the engine that makes clips give back its memory.
    """

    def __init__(
        self,
        context: ProviderContext,
        models: Mapping[str, LocalModel],
        info: ProviderInfo,
        free_engine: Callable[[], None],
    ) -> None:
        self._context = context
        self._models = models
        self._info = info
        self._free_engine = free_engine
        self._paces = context.paths.state_dir / "ltx-video-training.json"

    def refusal(self, model: str) -> str:
        """Why a model cannot be trained; see `LoraTrainer.refusal`."""
        row = self._models[model]
        label = row.spec.label
        others = [
            f"{other.spec.label} ({other.id})"
            for other in self._models.values()
            if other.spec.lora_family == row.spec.lora_family
            and other.profile.guidance.reads_negative_prompt
            and other.footprint.is_mapped
            and not other.footprint.quantization
        ]
        way = f" Train on {others[-1]}: the LoRA works with both." if others else ""
        quantization = row.footprint.quantization
        if quantization:
            return (
                f"{label} is quantised to {quantization}, and LoRAs are only trained on weights of "
                f"16 or 32 bit.{way}"
            )
        if not row.profile.guidance.reads_negative_prompt:
            return (
                f"{label} is distilled to a few steps, and training would undo that rather than "
                f"teach it anything.{way}"
            )
        return ""

    def too_large(self, model: str) -> str:
        """Why there is no room here to train a model; see `LoraTrainer.too_large`."""
        row = self._models[model]
        machine, family = self._context.read_machine(), self._family(row)
        return " ".join(least_memory(row, family, machine, self.usual(model)).reasons)

    def usual(self, model: str) -> Recipe:
        """The recipe that suits a model; see `LoraTrainer.usual`."""
        return _SMALL if is_small(self._models[model]) else _LARGE

    def fit(self, plan: TrainingPlan) -> TrainingPlan:
        """The plan with what only this provider knows; see `LoraTrainer.fit`."""
        model = self._models[plan.target.model]
        memory = self._memory(plan, model)
        if not memory.fits:
            raise NotConfigured(" ".join(memory.reasons), target=str(plan.target))
        recipe = plan.recipe
        notes = (*plan.notes, *_mini_notes(plan)) if model.spec.is_builtin else plan.notes
        return plan.model_copy(
            update={
                "parameters": recipe.lora_parameters(self._family(model)),
                "memory_plan": memory,
                "est_seconds": self._usual_s(plan, memory),
                "notes": notes,
            }
        )

    def train(self, plan: TrainingPlan, kept: Path, ctx: JobContext) -> TrainedFiles:
        """Train in a process of its own; see `LoraTrainer.train`."""
        order = self.order(plan, kept, ctx)
        meter = _Meter(plan.recipe.steps)
        ctx.report(Progressed(stage=Stage.LOAD, fraction=0.0, message="Starting the engine"))
        self._free_engine()
        try:
            engine = EngineProcess(MODULE)
        except OSError as error:
            raise EngineCrashed(
                f"The engine cannot be started: {error.strerror or error}.",
                target=str(plan.target),
                hint="The Python that runs this program may have been moved; start it again.",
            ) from error
        try:
            file = self._follow(engine, order, meter, ctx)
        finally:
            engine.end()
            self._trim({path for one in order.items for path in (one.latents, one.words)})
        clips = tuple(sorted(kept.glob("step-*.mp4")))
        return TrainedFiles(file, kept / RECORD, clips)

    def _follow(
        self, engine: EngineProcess, order: TrainOrder, meter: _Meter, ctx: JobContext
    ) -> Path:
        for event in events_of(engine, order, ctx.cancel):
            match event:
                case None:
                    continue
                case Began():
                    ctx.report(meter.begin(event))
                case Advanced():
                    ctx.report(meter.advance(event))
                case Made():
                    self._remember(order.plan, order.memory, meter)
                    return event.file
        raise AssertionError("the events of an order end with its file or an error")

    def order(self, plan: TrainingPlan, kept: Path, ctx: JobContext) -> TrainOrder:
        """What the training process is told of a plan.

        Raises:
            NotConfigured: the model is not installed.
            JournalError: an item is gone or was changed since the training was queued.
        """
        model = self._models[plan.target.model]
        missing = files_problem(model, self._context.paths)
        if missing is not None:
            raise NotConfigured(missing.reason, target=str(plan.target), hint=missing.fix)
        folder = folder_of(model, self._context.paths.models_dir)
        key = model_key(folder)
        memory = plan.memory_plan or self._memory(plan, model)
        cache = self._cache_dir

        def named(*parts: object) -> Path:
            text = "\0".join(map(str, (key, model.profile.dtype.value, *parts)))
            return cache / f"{hashlib.sha256(text.encode()).hexdigest()[:40]}.safetensors"

        def words(caption: str) -> Path:
            return named("words", model.profile.max_sequence_length, caption)

        items: list[OrderedItem] = []
        for item in plan.items:
            caption = plan.caption_of(item)
            latents = named("latents", item.sha256, item.bucket, plan.fps)
            if not latents.exists():
                find_item(item)
            ordered = OrderedItem(item=item, caption=caption, latents=latents, words=words(caption))
            items.append(ordered)
        metadata = lora_metadata(
            plan.recipe, base=model.id, title=plan.name, steps=plan.recipe.steps
        )
        return TrainOrder(
            number=1,
            plan=plan,
            layers=plan.recipe.targets.layers(self._family(model)),
            items=tuple(items),
            no_words=words(""),
            sample=self._sample(plan, model, memory),
            memory=memory,
            profile=model.profile,
            folder=folder,
            model_key=key,
            repair=way_to_repair(model),
            workdir=ctx.workdir,
            kept=kept,
            embeddings_dir=self._context.paths.cache_dir / "ltx-video" / "prompts",
            offload_dir=cache,
            metadata=metadata | {JOB_NOTE: ctx.job_id},
        )

    def _sample(self, plan: TrainingPlan, model: LocalModel, memory: MemoryPlan) -> RenderPlan:
        """The clip that shows how far it is: of the set's largest size, always of one seed."""
        spec, bucket = model.spec, plan.largest
        request = RenderRequest(
            target=plan.target,
            prompt=plan.validation_prompt,
            frame=FrameRequest(resolution=spec.default_size.resolution),
            sampling=Sampling(seed=_SAMPLE_SEED),
        )
        shortest = spec.frame_grid.step + spec.frame_grid.offset
        made = make_plan(request, spec).model_copy(
            update={
                "width": bucket.width,
                "height": bucket.height,
                "num_frames": max(bucket.num_frames, shortest),
                "has_audio": False,
                "memory_plan": memory,
            }
        )
        if not spec.is_builtin:
            return made
        from providers.ltx_video.mini.caption import caption_of

        return made.model_copy(update={"prompt": caption_of(made).text})

    def _memory(self, plan: TrainingPlan, model: LocalModel) -> MemoryPlan:
        machine, family = self._context.read_machine(), self._family(model)
        return training_memory(model, family, machine, plan.recipe, plan.largest)

    def _family(self, model: LocalModel) -> LoraFamily:
        family = self._info.lora_family(model.spec)
        assert family is not None, "every local model has one"
        return family

    @property
    def _cache_dir(self) -> Path:
        return self._context.paths.cache_dir / "ltx-video" / "training"

    def _trim(self, used: Iterable[Path]) -> None:
        """Forget what was not learned for longest, where the cache has grown too large."""
        kept = set(used)
        for file in kept:
            with suppress(OSError):
                os.utime(file)
        try:
            files = [(file.stat(), file) for file in self._cache_dir.glob("*.safetensors")]
            total = sum(stat.st_size for stat, _ in files)
            for stat, file in sorted(files, key=lambda found: found[0].st_mtime_ns):
                if total <= _CACHE_BYTES:
                    return
                if file not in kept:
                    file.unlink(missing_ok=True)
                    total -= stat.st_size
        except OSError as error:
            log.warning("the cache of training sets cannot be trimmed: %s", error)

    def _read_paces(self) -> dict[str, float]:
        try:
            return _PACES.validate_json(self._paces.read_bytes())
        except (OSError, ValidationError):
            return {}

    def _usual_s(self, plan: TrainingPlan, memory: MemoryPlan) -> float | None:
        """What it takes by the last training of this model, start and end included."""
        paces, name = self._read_paces(), _pace_name(plan, memory)
        if name not in paces:
            return None
        recipe = plan.recipe
        learning_s = paces[name] * recipe.steps * recipe.batch_size * _mean_tokens(plan)
        return learning_s + paces.get(name + _BESIDES, 0.0)

    def _remember(self, plan: TrainingPlan, memory: MemoryPlan, meter: _Meter) -> None:
        if not meter.seconds_a_step:
            return
        name = _pace_name(plan, memory)
        pace_s = meter.seconds_a_step / (plan.recipe.batch_size * _mean_tokens(plan))
        paces = self._read_paces() | {name: pace_s, name + _BESIDES: meter.besides_s()}
        try:
            write_text_atomically(self._paces, json.dumps(paces, indent=1) + "\n")
        except OSError as error:
            log.warning("the time of this training is not remembered: %s", error)


class _Meter:
    """How far a training is, and what is left of it; begins with the start of its process."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._began_at = time.monotonic()
        self._learned = 0
        self._first: tuple[int, float] | None = None
        self._fraction = 0.0
        self.seconds_a_step = 0.0

    def begin(self, event: Began) -> Progressed:
        return Progressed(stage=event.stage, fraction=self._fraction, message=event.message)

    def advance(self, event: Advanced) -> Progressed:
        if event.step is None:
            return Progressed(stage=event.stage, fraction=self._fraction, message=event.message)
        now, eta_s = time.monotonic(), None
        if self._first is None:
            self._first = (event.step, now)
        first, began_at = self._first
        self._learned = event.step - first + 1
        if event.step > first:
            self.seconds_a_step = (now - began_at) / (event.step - first)
            eta_s = round(self.seconds_a_step * (self._steps - event.step), 1)
        self._fraction = _PREPARED + (1 - _PREPARED) * event.step / self._steps
        return Progressed(
            stage=event.stage,
            fraction=self._fraction,
            message=event.message,
            eta_s=eta_s,
            step=event.step,
            steps=event.steps,
            preview=event.preview,
        )

    def besides_s(self) -> float:
        """What it took by now besides its steps: the start, reading model and set, the end."""
        passed = time.monotonic() - self._began_at
        return max(0.0, round(passed - self.seconds_a_step * self._learned, 2))


def _mean_tokens(plan: TrainingPlan) -> float:
    buckets = [item.bucket for item in plan.items]
    return sum(token_count(b.width, b.height, b.num_frames) for b in buckets) / len(buckets)


def _pace_name(plan: TrainingPlan, memory: MemoryPlan) -> str:
    return f"{plan.target.model}/{memory.device}/{memory.precision}"


def _mini_notes(plan: TrainingPlan) -> list[str]:
    """What of the captions LTX Mini does not read."""
    words = dict.fromkeys(
        word for item in plan.items for word in read(plan.caption_of(item)).unknown_words
    )
    if not words:
        return []
    listed = ", ".join(map(repr, [*words][:12])) + (" and more" if len(words) > 12 else "")
    return [
        f"LTX Mini does not know {listed} and leaves {'it' if len(words) == 1 else 'them'} out: "
        "what a caption says in other words is learned for every prompt."
    ]
