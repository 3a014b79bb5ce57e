"""A LoRA that is to be trained: what is asked for, and the exact plan before it begins."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core.errors import NotConfigured, Problem, UnsupportedRequest
from core.frozen import Frozen
from core.lora.lora_file import SUFFIX
from core.lora.training import Recipe, problems_of_choices, validation_clips, with_choices
from core.lora.training_set import Bucket, Sizes, TrainingItem, TrainingList, look_at_set
from core.platform.units import count_text
from core.video.memory import MemoryPlan
from core.video.provider import NotReady, Readiness, Ready
from core.video.spec import ModelSpec
from core.video.terms import AUTO, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

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
_USUAL_LENGTH_S = 2.0
_SHARE_OF_FRAMES = (1.0, 0.5, 0.25)


@dataclass(frozen=True)
class TrainingRequest:
    """What a person asks for.

    Attributes:
        choices: fields of the recipe; what is not named is as usual for the model.
        resolution: one of the model's; None for its usual one.
        length_s: of the longest piece of a clip that is learned; None for the usual one.
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
        kinds = [count_text(count, noun) for count, noun in counts if count]
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
        """Why a model cannot be trained, and what to do; empty where it can be once installed."""
        ...

    def too_large(self, model: str) -> str:
        """Why this machine has no room for the least training of a model; empty where it has."""
        ...

    def usual(self, model: str) -> Recipe:
        """The recipe that suits a model."""
        ...

    def fit(self, plan: TrainingPlan) -> TrainingPlan:
        """The plan with its number of parameters, memory, usual seconds and notes.

        Raises:
            NotConfigured: this machine cannot carry it out.
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
        refusal: why it cannot be trained, whatever is installed; empty where it can be.
        too_large: why there is no room for it here, whatever it learns; empty where there is.
        readiness: whether what it takes is there.
    """

    target: Target
    spec: ModelSpec
    usual: Recipe
    refusal: str
    too_large: str
    readiness: Readiness

    @property
    def is_possible(self) -> bool:
        """Whether it can be trained here and now."""
        return not (self.refusal or self.too_large) and isinstance(self.readiness, Ready)


def list_trainable(registry: ProviderRegistry) -> tuple[TrainableModel, ...]:
    """Every model of every provider that trains LoRAs, best first; opens the local ones."""
    found: list[TrainableModel] = []
    for info in registry.infos:
        if info.is_local:
            anyone = Target(provider=info.id, deployment=info.deployment)
            found += _trainable_models(anyone, registry)
    return tuple(found)


def _trainable_models(anyone: Target, registry: ProviderRegistry) -> list[TrainableModel]:
    provider = registry.open(anyone)
    trainer = provider.trainer
    if trainer is None:
        return []
    return [
        TrainableModel(
            target=(target := anyone.with_model(spec.id)),
            spec=spec,
            usual=trainer.usual(spec.id),
            refusal=trainer.refusal(spec.id),
            too_large=trainer.too_large(spec.id),
            readiness=registry.readiness(target),
        )
        for spec in provider.models()
    ]


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
        NotConfigured: all is well asked, but the model is not installed or too large for here.
        JobCancelled: asked to stop.
    """
    path, problems = _place(request, lora_dir)
    problems += problems_of_choices(request.choices)
    try:
        model = _find_model(request.target, registry)
    except UnsupportedRequest as error:
        raise UnsupportedRequest([*request.listed.problems, *error.problems, *problems]) from error
    if model.refusal:
        problems.insert(0, Problem("target", model.refusal))
    sizes, wrong = _sizes(request, model.spec)
    problems += wrong
    try:
        found = look_at_set(request.listed, sizes, cancel)
    except UnsupportedRequest as error:
        found, problems = None, [*error.problems, *problems]
    if found is None or problems:
        raise UnsupportedRequest([*problems, *_readiness_problems(model)])
    plan = TrainingPlan(
        target=model.target,
        spec=model.spec,
        recipe=with_choices(model.usual, request.choices),
        items=found.items,
        fps=sizes.fps,
        source=request.listed.source,
        path=path,
        overwrite=request.overwrite,
        parameters=0,
        notes=(*_what_it_stands_for(request, registry), *found.notes, *_what_is_replaced(path)),
    )
    free = free_bytes(lora_dir)
    if free < plan.disk_bytes:
        message = (
            f"There are {free / 1e6:,.0f} MB free for {str(lora_dir)!r}, and the training takes "
            f"up to {plan.disk_bytes / 1e6:,.0f} MB. Free some space there."
        )
        raise UnsupportedRequest([Problem("out", message), *_readiness_problems(model)])
    return _fitted(plan, model, registry)


def _find_model(target: Target, registry: ProviderRegistry) -> TrainableModel:
    """The model that is meant; `auto` is the best that can be trained here.

    Raises:
        UnsupportedRequest: no such model, or nothing trains it.
    """
    models = _trainable_models(target, registry)
    if not models:
        message = f"{registry.find(target).label} trains no LoRAs: its models run elsewhere."
        raise UnsupportedRequest([Problem("target", message)])
    if target.model == AUTO:
        return next((model for model in models if model.is_possible), models[-1])
    other = registry.find(target).other_name(target.model)
    if other is not None and other.model is None:
        raise UnsupportedRequest([Problem("target", other.meaning)])
    if other is not None and other.model is not None:
        target = target.with_model(other.model)
    registry.spec(target)
    return next(model for model in models if model.target == target)


def _what_it_stands_for(request: TrainingRequest, registry: ProviderRegistry) -> list[str]:
    other = registry.find(request.target).other_name(request.target.model)
    return [] if other is None else [other.meaning]


def _readiness_problems(model: TrainableModel) -> list[Problem]:
    # What cannot be trained at all need not be installed for it.
    if model.refusal:
        return []
    messages = [model.too_large] if model.too_large else []
    if isinstance(model.readiness, NotReady):
        messages.append(f"{model.readiness.reason} {model.readiness.fix}")
    return [Problem("target", message, is_of_setup=True) for message in messages]


def _fitted(plan: TrainingPlan, model: TrainableModel, registry: ProviderRegistry) -> TrainingPlan:
    """The plan as this machine carries it out.

    Raises:
        NotConfigured: it cannot, with every reason.
    """
    trainer, readiness = registry.open(plan.target).trainer, model.readiness
    assert trainer is not None, "it was asked what it trains"
    target = str(plan.target)
    try:
        plan = trainer.fit(plan)
    except NotConfigured as error:
        if isinstance(readiness, Ready):
            raise
        message = f"{error} {readiness.reason}"
        raise NotConfigured(message, target=target, hint=readiness.fix) from error
    if isinstance(readiness, NotReady):
        raise NotConfigured(readiness.reason, target=target, hint=readiness.fix)
    if readiness.installs is None:
        return plan
    note = f"It begins by installing {readiness.installs}."
    return plan.model_copy(update={"notes": (*plan.notes, note)})


def _place(request: TrainingRequest, lora_dir: Path) -> tuple[Path, list[Problem]]:
    given = request.name
    name = usual_name(request.listed) if given is None else given.strip().removesuffix(SUFFIX)
    path = lora_dir / f"{name}{SUFFIX}"
    if not _NAME.fullmatch(name):
        message = (
            f"{name!r} cannot be the name of a LoRA. Use letters, digits, spaces, dots "
            "and hyphens, 100 at most."
        )
        return path, [Problem("name", message)]
    if path.exists() and not request.overwrite:
        message = (
            f"There is a LoRA named {name!r} already: {str(path)!r}. Choose another name, such as "
            f"{free_name(name, lora_dir)!r}."
        )
        return path, [Problem("name", message, is_taken=True)]
    return path, []


def _what_is_replaced(path: Path) -> list[str]:
    if not path.exists():
        return []
    clips = len(validation_clips(path))
    shown = count_text(clips, "validation clip")
    beside = f", with its record and its {shown}" if clips else ""
    return [f"It replaces the LoRA {path.stem!r} that is there{beside}."]


def usual_name(listed: TrainingList) -> str:
    """What a LoRA is called after its set."""
    name = listed.name.strip().removesuffix(SUFFIX)
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "lora"


def free_name(name: str, lora_dir: Path, taken: Collection[str] = ()) -> str:
    """The name, or the first like it that no LoRA has: "ink", "ink-2", "ink-3".

    Args:
        name: wanted.
        lora_dir: where the LoRAs lie.
        taken: names that are given already and not there yet.
    """
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(
        one for one in names if one not in taken and not (lora_dir / f"{one}{SUFFIX}").exists()
    )


def usual_length_s(spec: ModelSpec) -> float:
    """Of the longest piece of a clip that is learned."""
    return min(max(_USUAL_LENGTH_S, spec.durations.minimum), spec.durations.maximum)


def _sizes(request: TrainingRequest, spec: ModelSpec) -> tuple[Sizes, list[Problem]]:
    """The sizes and lengths at which a model learns."""
    problems: list[Problem] = []
    resolution = request.resolution or spec.default_size.resolution
    if resolution not in spec.resolutions:
        known = ", ".join(spec.resolutions)
        message = f"{spec.label} has the resolutions {known}, not {resolution!r}."
        problems.append(Problem("resolution", message))
        resolution = spec.default_size.resolution
    limits, fps = spec.durations, spec.default_fps
    length_s = usual_length_s(spec) if request.length_s is None else request.length_s
    if not limits.minimum <= length_s <= limits.maximum:
        message = (
            f"{spec.label} learns {limits.minimum:g} to {limits.maximum:g} s of a clip, not "
            f"{length_s:g} s."
        )
        problems.append(Problem("length", message))
        length_s = limits.minimum
    grid = spec.frame_grid
    lengths = {grid.frames(length_s * share, fps) for share in _SHARE_OF_FRAMES}
    lengths.add(grid.step + grid.offset)
    sizes = tuple((s.width, s.height) for s in spec.sizes if s.resolution == resolution)
    return Sizes(sizes, tuple(sorted(lengths, reverse=True)), fps), problems
