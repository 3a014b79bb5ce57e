"""A LoRA that is to be trained: what is asked for, and the exact plan before it begins."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core.errors import Problem, UnsupportedRequest
from core.frozen import Frozen
from core.lora.lora_file import SUFFIX
from core.lora.training import Recipe, with_choices
from core.lora.training_set import Bucket, Sizes, TrainingItem, TrainingList, look_at_set
from core.video.plan import MemoryPlan
from core.video.provider import NotReady, Ready
from core.video.request import AUTO, Target
from core.video.spec import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.jobs.job import CancelToken, JobContext
    from core.video.registry import ProviderRegistry

_NAME = re.compile(r"[\w][\w .-]{0,99}")
_BYTES_EACH = 4
# The LoRA itself, a checkpoint of it with its two running means, and another while it is written.
_COPIES_ON_DISK = 8
_SPARE_BYTES = 50_000_000
# Of what is kept of each item: an image has at most 128 values of 4 bytes for each 32×32 pixels,
# a clip less, and what a model reads of a token is at most 6,144 values of 2 bytes.
_PIXELS_A_BYTE = 2
_BYTES_A_TOKEN = 16_000
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
        buckets = [item.bucket for item in self.items]
        latents = sum(one.width * one.height * one.num_frames for one in buckets) // _PIXELS_A_BYTE
        words = len(self.items) * (self.spec.max_prompt_tokens or 0) * _BYTES_A_TOKEN
        kept = latents + words
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
    readiness = registry.readiness(target)
    if isinstance(readiness, Ready) and readiness.installs is not None:
        note = f"It begins by installing {readiness.installs}."
        plan = plan.model_copy(update={"notes": (*plan.notes, note)})
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
    readiness = registry.readiness(target)
    if not refusal and isinstance(readiness, NotReady):
        refusal = f"{readiness.reason} {readiness.fix}"
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
            f"{name!r} cannot be the name of a LoRA. Use letters, digits, spaces, dots "
            "and hyphens, 100 at most."
        )
        return path, [Problem("name", message)]
    if path.exists() and not request.overwrite:
        message = (
            f"There is a LoRA named {name!r} already: {str(path)!r}. Choose another name; on the "
            "command line --force replaces it."
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
