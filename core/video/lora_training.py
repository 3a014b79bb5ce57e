"""A LoRA that is trained: what is asked for, the exact plan, and the job that carries it out."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core.errors import JournalError, OutputError, Problem, UnreadableLora, UnsupportedRequest
from core.frozen import Frozen
from core.jobs.job import JobContext, Notice, Progressed, Subject, SubjectKind
from core.jobs.job_inputs import StoredInput, digest_of, find_input
from core.jobs.lanes import Lane, Stage
from core.lora.lora_file import SUFFIX, read_lora
from core.lora.training import Recipe, library_notes, with_choices
from core.lora.training_set import Bucket, Sizes, TrainingItem, TrainingList, look_at_set
from core.platform.files import write_text_atomically
from core.video.plan import MemoryPlan
from core.video.request import AUTO, Target
from core.video.spec import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.jobs.job import CancelToken
    from core.video.registry import ProviderRegistry

KIND = "train-lora"
RECORD_SUFFIX = ".jsonl"
JOB_NOTE = "imageai.job"
"""Where the head of a LoRA says which job trained it."""

_NAME = re.compile(r"[\w][\w .-]{0,99}")
_BYTES_EACH = 4
# The LoRA itself, a checkpoint of it with its two running means, and another while it is written.
_COPIES_ON_DISK = 8
_SPARE_BYTES = 50_000_000
_SHARE_OF_FRAMES = (1.0, 0.5, 0.25)


@dataclass(frozen=True)
class TrainingRequest:
    """What a person asks for.

    Attributes:
        choices: fields of the recipe; what is not named is as usual for the model.
        resolution: one of the model's; None for its usual one.
        length_s: of the longest piece of a clip that is learned; None for 2 s or the model's least.
        name: of the LoRA in the collection; None for that of the set.
    """

    target: Target
    listed: TrainingList
    choices: Mapping[str, Any] = field(default_factory=dict[str, Any])
    resolution: str | None = None
    length_s: float | None = None
    name: str | None = None
    overwrite: bool = False


class TrainingPlan(Frozen):
    """Everything about a training before it begins; the same plan gives the same LoRA.

    Attributes:
        source: the folder, manifest or project that the set was.
        path: of the finished LoRA.
        est_seconds: from this machine's own history; None where there is none.
    """

    target: Target
    spec: ModelSpec
    recipe: Recipe
    items: tuple[TrainingItem, ...]
    fps: int
    source: Path
    path: Path
    overwrite: bool = False
    parameters: int
    memory_plan: MemoryPlan | None = None
    est_seconds: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What prompts' options and the collection call the LoRA."""
        return self.path.stem

    @property
    def num_images(self) -> int:
        """How many of the items are images."""
        return sum(item.is_image for item in self.items)

    @property
    def num_clips(self) -> int:
        """How many of the items are clips."""
        return len(self.items) - self.num_images

    @property
    def num_buckets(self) -> int:
        """Of how many sizes and lengths the items are."""
        return len({item.bucket for item in self.items})

    @property
    def set_text(self) -> str:
        """The set in a few words, such as "12 images and 3 clips in 2 sizes"."""
        counts = ((self.num_images, "image"), (self.num_clips, "clip"))
        kinds = [f"{count} {noun}{'s' * (count != 1)}" for count, noun in counts if count]
        sizes = self.num_buckets
        at = f"at {self.largest}" if sizes == 1 else f"in {sizes} sizes and lengths"
        return f"{' and '.join(kinds)} {at}"

    @property
    def largest(self) -> Bucket:
        """The largest size and length of the set."""
        return max(
            (item.bucket for item in self.items), key=lambda b: b.width * b.height * b.num_frames
        )

    @property
    def batch_text(self) -> str:
        """The most that is learned at once, such as "2 times 768x512 with 49 frames"."""
        return f"{self.recipe.batch_size} times {self.largest}"

    @property
    def disk_bytes(self) -> int:
        """What it takes on the disk, at most."""
        pixels = sum(i.bucket.width * i.bucket.height * i.bucket.num_frames for i in self.items)
        # Latents have a value for each 48 pixels or more, and each caption's words are stored too.
        kept = pixels // 12 + len(self.items) * 16_000_000 * (0 if self.spec.is_builtin else 1)
        return self.parameters * _BYTES_EACH * _COPIES_ON_DISK + kept + _SPARE_BYTES

    def caption_of(self, item: TrainingItem) -> str:
        """What is learned of an item: its caption, behind the trigger word."""
        trigger = self.recipe.trigger
        if not trigger or re.search(rf"\b{re.escape(trigger)}\b", item.caption, re.IGNORECASE):
            return item.caption
        return f"{trigger}, {item.caption}"

    @property
    def validation_prompt(self) -> str:
        """The prompt of the clips that show how far it is."""
        return self.recipe.validation_prompt or self.caption_of(self.items[0])


@dataclass(frozen=True)
class TrainedFiles:
    """What a training leaves: the LoRA, its record, and clips made on the way, oldest first."""

    lora: Path
    record: Path
    clips: tuple[Path, ...]


class LoraTrainer(Protocol):
    """What a provider promises whose models LoRAs can be trained for."""

    def refusal(self, model: str) -> str:
        """Why a model cannot be trained, and what to do; empty where it can be."""
        ...

    def usual(self, model: str) -> Recipe:
        """The recipe that suits a model."""
        ...

    def fit(self, plan: TrainingPlan) -> TrainingPlan:
        """The plan with its number of parameters, memory, usual seconds and notes.

        Raises:
            UnsupportedRequest: this machine cannot carry it out.
        """
        ...

    def train(self, plan: TrainingPlan, kept: Path, ctx: JobContext) -> TrainedFiles:
        """Train, from where an earlier run of the job was; blocks.

        Args:
            plan: with the items where they lie now.
            kept: a folder that stays when the job is interrupted; checkpoints go there.
            ctx: what a job may touch.

        Raises:
            JobCancelled: asked to stop; it goes on from there.
            ProviderError: it cannot be done.
        """
        ...


@dataclass(frozen=True)
class TrainableModel:
    """A model of a provider that trains LoRAs.

    Attributes:
        refusal: why it cannot be trained here, and what to do; empty where it can be.
    """

    target: Target
    spec: ModelSpec
    usual: Recipe
    refusal: str


def list_trainable(registry: ProviderRegistry) -> tuple[TrainableModel, ...]:
    """Every model of every provider that trains LoRAs, best first; opens the local ones."""
    found: list[TrainableModel] = []
    for info in registry.infos:
        if not info.is_local:
            continue
        anyone = Target(provider=info.id, deployment=info.deployment)
        provider = registry.open(anyone)
        trainer = provider.trainer
        for spec in provider.models() if trainer else ():
            assert trainer is not None
            target, usual = anyone.with_model(spec.id), trainer.usual(spec.id)
            found.append(TrainableModel(target, spec, usual, trainer.refusal(spec.id)))
    return tuple(found)


def plan_training(
    request: TrainingRequest,
    registry: ProviderRegistry,
    lora_dir: Path,
    free_bytes: Callable[[Path], int],
    cancel: CancelToken,
) -> TrainingPlan:
    """The exact plan; looks at every item of the set.

    Raises:
        UnsupportedRequest: with everything that is wrong with model, set, choices and place.
        JobCancelled: asked to stop.
    """
    path, problems = _place(request, lora_dir)
    try:
        target, spec, trainer = _trainable(request.target, registry)
    except UnsupportedRequest as error:
        raise UnsupportedRequest([*request.listed.problems, *error.problems, *problems]) from error
    recipe, wrong = with_choices(trainer.usual(spec.id), dict(request.choices))
    problems += wrong
    sizes, wrong = _sizes(request, spec)
    problems += wrong
    try:
        found = look_at_set(request.listed, sizes, cancel)
    except UnsupportedRequest as error:
        raise UnsupportedRequest([*error.problems, *problems]) from error
    if problems:
        raise UnsupportedRequest(problems)
    plan = trainer.fit(
        TrainingPlan(
            target=target,
            spec=spec,
            recipe=recipe,
            items=found.items,
            fps=sizes.fps,
            source=request.listed.source,
            path=path,
            overwrite=request.overwrite,
            parameters=0,
            notes=found.notes,
        )
    )
    free = free_bytes(lora_dir)
    if free < plan.disk_bytes:
        message = (
            f"There are {free / 1e6:,.0f} MB free for {str(lora_dir)!r}, and the training takes "
            f"up to {plan.disk_bytes / 1e6:,.0f} MB. Free some space there."
        )
        raise UnsupportedRequest([Problem("out", message)])
    return plan


def _trainable(target: Target, registry: ProviderRegistry) -> tuple[Target, ModelSpec, LoraTrainer]:
    """The model, and who trains it; `auto` is the best that can be trained here.

    Raises:
        UnsupportedRequest: no such model, or it cannot be trained.
    """
    provider = registry.open(target)
    trainer = provider.trainer
    if trainer is None:
        message = f"{registry.find(target).label} trains no LoRAs: its models run elsewhere."
        raise UnsupportedRequest([Problem("target", message)])
    if target.model == AUTO:
        specs = provider.models()
        best = next((spec for spec in specs if not trainer.refusal(spec.id)), specs[-1])
        target = target.with_model(best.id)
    spec = registry.spec(target)
    refusal = trainer.refusal(spec.id)
    if refusal:
        raise UnsupportedRequest([Problem("target", refusal)])
    return target, spec, trainer


def _place(request: TrainingRequest, lora_dir: Path) -> tuple[Path, list[Problem]]:
    name = (request.name or request.listed.name).strip().removesuffix(SUFFIX)
    if request.name is None:
        name = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "lora"
    path = lora_dir / f"{name}{SUFFIX}"
    if not _NAME.fullmatch(name):
        message = (
            f"--name: {name!r} cannot be the name of a LoRA. Use letters, digits, spaces, dots "
            "and hyphens, 100 at most."
        )
        return path, [Problem("name", message)]
    if path.exists() and not request.overwrite:
        message = (
            f"There is a LoRA named {name!r} already: {str(path)!r}. Give another --name, or use "
            "--force to replace it."
        )
        return path, [Problem("name", message)]
    return path, []


def _sizes(request: TrainingRequest, spec: ModelSpec) -> tuple[Sizes, list[Problem]]:
    """The sizes and lengths at which a model learns."""
    problems: list[Problem] = []
    resolution = request.resolution or spec.default_size.resolution
    if resolution not in spec.resolutions:
        known = ", ".join(spec.resolutions)
        message = f"--resolution: {spec.label} has {known}, not {resolution!r}."
        problems.append(Problem("resolution", message))
        resolution = spec.default_size.resolution
    limits, fps = spec.durations, spec.default_fps
    length_s = min(limits.maximum, 2.0) if request.length_s is None else request.length_s
    if not limits.minimum <= length_s <= limits.maximum:
        message = (
            f"--length: {spec.label} takes {limits.minimum:g} to {limits.maximum:g} s, not "
            f"{length_s:g} s."
        )
        problems.append(Problem("length", message))
        length_s = limits.minimum
    grid = spec.frame_grid
    lengths = {grid.frames(length_s * share, fps) for share in _SHARE_OF_FRAMES}
    lengths.add(grid.step + grid.offset)
    sizes = tuple((s.width, s.height) for s in spec.sizes if s.resolution == resolution)
    return Sizes(sizes, tuple(sorted(lengths, reverse=True)), fps), problems


class TrainingPayload(Frozen):
    """A training as it is stored."""

    plan: TrainingPlan


@dataclass(frozen=True)
class TrainLoraJob:
    """Trains one LoRA and puts it into the collection."""

    plan: TrainingPlan
    registry: ProviderRegistry

    kind = KIND
    lane = Lane.GPU

    @classmethod
    def of(cls, plan: TrainingPlan, registry: ProviderRegistry) -> TrainLoraJob:
        """The job that carries out a plan, with its items as they are now.

        Raises:
            JournalError: an item cannot be read.
        """
        items = tuple(
            item.model_copy(update={"sha256": digest_of(item.path, _LABEL)}) for item in plan.items
        )
        return cls(plan.model_copy(update={"items": items}), registry)

    @classmethod
    def from_payload(cls, payload: str, registry: ProviderRegistry) -> TrainLoraJob:
        """The job that wrote this payload."""
        return cls(TrainingPayload.model_validate_json(payload).plan, registry)

    @property
    def title(self) -> str:
        """Model and name."""
        return f"{self.plan.target.model}: train the LoRA {self.plan.name}"

    @property
    def subject(self) -> Subject:
        """The LoRA by its place."""
        return Subject(SubjectKind.LORA, str(self.plan.path))

    def payload(self) -> str:
        """The plan, as JSON."""
        return TrainingPayload(plan=self.plan).model_dump_json()

    def store_inputs(self, folder: Path) -> None:
        """Make the folder of checkpoints; the set stays where it is, known by its content."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise JournalError(
                f"The folder {str(folder)!r} for checkpoints cannot be made: {error.strerror}.",
                hint="Free some space there, then give the command again.",
            ) from error

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        """The half copy that a kill may leave in the collection."""
        return (_aside(self.plan.path, job_id),)

    def run(self, ctx: JobContext) -> Path:
        """Train; gives the LoRA's path."""
        plan, kept = self.plan, ctx.inputs_dir
        assert kept is not None, "LoRAs are trained by the queue alone"
        if self._was_placed(ctx.job_id):
            return plan.path
        self.registry.install_packages(plan.target, ctx)
        trainer = self.registry.open(plan.target).trainer
        assert trainer is not None, "asked when it was planned"
        kept.mkdir(parents=True, exist_ok=True)
        made = trainer.train(plan, kept, ctx)
        ctx.report(Progressed(stage=Stage.WRITE, fraction=1.0))
        path = self._put_in_place(made, ctx)
        # What it could go on from is of no more use; the folder itself goes with the job.
        for file in kept.iterdir():
            shutil.rmtree(file, ignore_errors=True) if file.is_dir() else file.unlink()
        return path

    def _was_placed(self, job_id: str) -> bool:
        """Whether an earlier run of this very job was killed when the LoRA was in its place."""
        try:
            return read_lora(self.plan.path).metadata.get(JOB_NOTE) == job_id
        except UnreadableLora:
            return False

    def _put_in_place(self, made: TrainedFiles, ctx: JobContext) -> Path:
        plan = self.plan
        path = plan.path
        if path.exists() and not plan.overwrite:
            path = path.with_name(f"{path.stem}-{uuid.uuid4().hex[:6]}{path.suffix}")
            message = f"{plan.path.name!r} was taken meanwhile, so it is named {path.name!r}."
            ctx.report(Notice(message=message))
        aside = _aside(path, ctx.job_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            notes = library_notes(plan.recipe, base=plan.spec.label, source=str(plan.source))
            write_text_atomically(path.with_suffix(".json"), notes)
            shutil.copyfile(made.record, path.with_suffix(RECORD_SUFFIX))
            for clip in made.clips:
                shutil.copyfile(clip, path.with_name(f"{path.stem}-{clip.name}"))
            shutil.copyfile(made.lora, aside)
            with aside.open("rb") as written:
                os.fsync(written.fileno())
            # Last of all: who finds the LoRA finds all of it.
            aside.replace(path)
        except OSError as error:
            with suppress(OSError):
                aside.unlink()
            raise OutputError(
                f"The LoRA cannot be put into {str(path.parent)!r}: {error.strerror}.",
                hint="Free some space there, then resume the job: what was learned is kept.",
            ) from error
        return path


_LABEL = "image or clip"


def find_item(item: TrainingItem) -> Path:
    """Where an item lies, unchanged since the training was queued.

    Raises:
        JournalError: it is gone or was changed.
    """
    return find_input(item.path, _LABEL, StoredInput(sha256=item.sha256), item.path.parent)


def _aside(path: Path, job_id: str) -> Path:
    return path.with_name(f".{path.stem[:60]}.{job_id}.part")
