"""How a LoRA is trained: everything that can be chosen, within which limits, and the record."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from core.errors import Problem, UnreadableLora
from core.frozen import Frozen
from core.lora.lora_file import read_lora
from core.platform.units import count_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from core.lora.lora_family import LoraFamily, LoraLayer

RECORD = "record.jsonl"
"""The record of the losses, in the job's folder while it is trained."""
RECORD_SUFFIX = ".jsonl"
"""Of the record that lies beside a trained LoRA."""
JOB_NOTE = "imageai.job"
"""Where the head of a LoRA says which job trained it."""

_BLOCK = "transformer.transformer_blocks.*."
_ATTENTION = tuple(
    f"{_BLOCK}{name}.{layer}"
    for name in ("attn1", "attn2")
    for layer in ("to_q", "to_k", "to_v", "to_out.0")
)
_FEED_FORWARD = (f"{_BLOCK}ff.net.0.proj", f"{_BLOCK}ff.net.2")


class Targets(StrEnum):
    """Which layers of a model a LoRA changes; of the picture's stream alone."""

    ATTENTION = "attention"
    ATTENTION_AND_FEED_FORWARD = "attention-ff"

    def layers(self, family: LoraFamily) -> tuple[LoraLayer, ...]:
        """The layers of a family's models, each of one block."""
        names = _ATTENTION + (_FEED_FORWARD if self is not Targets.ATTENTION else ())
        return tuple(
            layer.numbered(number)
            for layer in family.layers
            if layer.name in names
            for number in range(layer.count)
        )


class Recipe(Frozen):
    """How a LoRA is trained, exactly.

    Attributes:
        alpha: the LoRA works `alpha / rank` times as strongly as its matrices say.
        learning_rate: at the first step; it falls evenly to 0 at the last.
        batch_size: images or clips in a step.
        trigger: put before each caption; what a prompt has to say for the LoRA to work.
        caption_dropout: how often a caption is left out, so that the LoRA works without one.
        first_frame_share: how often the first frame of a clip is given, as for a start image.
        validate_every, save_every: in steps.
        validation_prompt: of the clips that show how far it is; the first caption where empty.
    """

    rank: int
    alpha: float
    targets: Targets
    learning_rate: float
    steps: int
    batch_size: int
    seed: int = 0
    trigger: str = ""
    caption_dropout: float = 0.1
    first_frame_share: float = 0.25
    validate_every: int
    save_every: int
    validation_prompt: str = ""

    def lora_parameters(self, family: LoraFamily) -> int:
        """How many numbers are trained."""
        layers = self.targets.layers(family)
        return sum(self.rank * (layer.in_features + layer.out_features) for layer in layers)


@dataclass(frozen=True)
class TrainingControl:
    """Something about a training that can be chosen.

    Attributes:
        field: of the recipe.
        help: one sentence, for the command's help and the window alike.
        minimum, maximum: of a number; 0 and 0 of a text.
        is_more: whether it is for those who know what they do, and folded away.
    """

    field: str
    label: str
    help: str
    kind: type[int] | type[float] | type[str] | type[Targets]
    minimum: float = 0
    maximum: float = 0
    is_more: bool = True

    @property
    def option(self) -> str:
        """What the command line calls it."""
        return f"--{self.field.replace('_', '-')}"

    def problem(self, value: object) -> str:
        """What is wrong with a value; empty where nothing is."""
        if isinstance(value, int | float) and not self.minimum <= value <= self.maximum:
            return (
                f"{self.label} takes {self.minimum:.10g} to {self.maximum:.10g}, not {value:.10g}. "
                f"{self.help}"
            )
        return ""


TRAINING_CONTROLS: tuple[TrainingControl, ...] = (
    TrainingControl(
        "steps", "Steps", "How often the LoRA is improved.", int, 1, 100_000, is_more=False
    ),
    TrainingControl(
        "trigger",
        "Trigger word",
        "Put before each caption; prompts say it to call the LoRA.",
        str,
        is_more=False,
    ),
    TrainingControl(
        "rank", "Rank", "How much a LoRA can hold: 8 to 32 are usual.", int, 1, 256, is_more=False
    ),
    TrainingControl(
        "alpha", "Alpha", "It works alpha / rank times as strongly; the rank if left out.",
        float, 0.01, 1024,
    ),
    TrainingControl("targets", "Layers", "Which layers of the model it changes.", Targets),
    TrainingControl(
        "learning_rate", "Learning rate", "How far a step goes; falls to 0 at the end.",
        float, 1e-7, 0.1,
    ),
    TrainingControl(
        "batch_size", "Batch size", "Images or clips in one step; more take more memory.",
        int, 1, 64,
    ),
    TrainingControl("seed", "Seed", "Another seed learns in another order.", int, 0, 2**32 - 1),
    TrainingControl(
        "caption_dropout", "Caption dropout", "The share of steps that see no caption.",
        float, 0, 1,
    ),
    TrainingControl(
        "first_frame_share", "First frame given",
        "The share of steps that see a clip's first frame, as with a start image.", float, 0, 1,
    ),
    TrainingControl(
        "validate_every", "Validate every", "Steps from one validation loss and clip to the next.",
        int, 1, 100_000,
    ),
    TrainingControl(
        "save_every", "Save every", "Steps from one checkpoint to the next.", int, 1, 100_000
    ),
    TrainingControl(
        "validation_prompt", "Validation prompt",
        "Of the clips that show how far it is; the first caption if left out.", str,
    ),
)  # fmt: skip
"""Every choice, in the order in which it is offered: options and rows of the window."""


SET_CONTROLS: tuple[TrainingControl, ...] = (
    TrainingControl(
        "resolution", "Resolution", "At which it is learned, one of the model's.", str,
        is_more=False,
    ),
    TrainingControl(
        "length", "Length", "The most that is learned of a clip, in seconds.", float, 0.04, 60,
        is_more=False,
    ),
)  # fmt: skip
"""The choices about the set: each model has its own limits, and `plan_training` knows them."""


def with_choices(defaults: Recipe, choices: Mapping[str, Any]) -> Recipe:
    """The recipe with what was chosen in place of what is usual.

    Args:
        defaults: of the model.
        choices: by field; what is None was not chosen.
    """
    chosen = {name: value for name, value in choices.items() if value is not None}
    chosen.setdefault("alpha", float(chosen.get("rank", defaults.rank)))
    return defaults.model_copy(update=chosen)


def problems_of_choices(choices: Mapping[str, Any]) -> list[Problem]:
    """All that is wrong with what was chosen, whatever the model; what is None was not chosen."""
    return [
        Problem(control.field, message)
        for control in TRAINING_CONTROLS
        if (message := control.problem(choices.get(control.field)))
    ]


class LossLine(Frozen):
    """One line of a training's record.

    Attributes:
        loss: the mean over the steps since the last line; very noisy.
        validation_loss: at fixed noise and levels, where it was measured.
        clip: the name of the clip that was made at this step, beside the record.
    """

    step: int
    loss: float | None = None
    validation_loss: float | None = None
    seconds: float = 0.0
    clip: str | None = None


@dataclass(frozen=True)
class LossPoint:
    """A loss at a step."""

    step: int
    loss: float


@dataclass(frozen=True)
class LossCurve:
    """How a training went so far.

    Attributes:
        steps: of the whole training.
        learned: the losses of the steps.
        validated: the validation losses.
    """

    steps: int
    learned: tuple[LossPoint, ...] = ()
    validated: tuple[LossPoint, ...] = ()

    @classmethod
    def of(cls, lines: Iterable[LossLine], steps: int) -> LossCurve:
        """The curve of a record; a loss of 0 or less has no place in it."""
        lines = tuple(lines)
        learned = [(line.step, line.loss) for line in lines]
        validated = [(line.step, line.validation_loss) for line in lines]
        return cls(
            steps,
            tuple(LossPoint(step, loss) for step, loss in learned if loss and loss > 0),
            tuple(LossPoint(step, loss) for step, loss in validated if loss and loss > 0),
        )

    @property
    def text(self) -> str:
        """The last values in words; empty before there is one."""
        points = (*self.learned, *self.validated)
        if not points:
            return ""
        parts: list[str] = []
        if self.learned:
            parts.append(f"loss {self.learned[-1].loss:.3f}")
        if self.validated:
            first, last = self.validated[0], self.validated[-1]
            came = "" if first is last else f" (at first {first.loss:.3f})"
            parts.append(f"validation loss {last.loss:.3f}{came}")
        step = max(point.step for point in points)
        return f"Step {step} of {self.steps}: {', '.join(parts)}"


def read_record(path: Path) -> tuple[LossLine, ...]:
    """The lines of a record that can be read; of one that is being written those that are whole."""
    try:
        stored = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ()
    found: list[LossLine] = []
    for line in stored:
        try:
            found.append(LossLine.model_validate_json(line))
        except ValidationError:
            continue
    return tuple(found)


def trained_by(path: Path) -> str:
    """The job that trained the LoRA that lies there; empty where it was not trained here."""
    try:
        return read_lora(path).metadata.get(JOB_NOTE, "")
    except UnreadableLora:
        return ""


def curve_of(path: Path) -> LossCurve | None:
    """How the training of a LoRA went by the record beside it; None of one not trained here."""
    if not trained_by(path):
        return None
    lines = read_record(path.with_suffix(RECORD_SUFFIX))
    return LossCurve.of(lines, max((line.step for line in lines), default=0))


def validation_clips(path: Path) -> tuple[Path, ...]:
    """The validation clips beside a LoRA that was trained here, as its own record names them."""
    if not trained_by(path):
        return ()
    is_own = re.compile(rf"{re.escape(path.stem)}-step-\d+\.mp4").fullmatch
    lines = read_record(path.with_suffix(RECORD_SUFFIX))
    clips = (path.with_name(line.clip) for line in lines if line.clip and is_own(line.clip))
    return tuple(clip for clip in clips if clip.is_file())


def record_text(lines: Iterable[LossLine]) -> str:
    """A record as its file holds it: a line of JSON each."""
    return "".join(f"{line.model_dump_json(exclude_none=True)}\n" for line in lines)


def lora_metadata(recipe: Recipe, *, base: str, title: str, steps: int) -> dict[str, str]:
    """What the head of a trained LoRA says of it, under the names that programs look for."""
    said = {
        "format": "pt",
        "modelspec.title": title,
        "modelspec.trigger_phrase": recipe.trigger,
        "base_model": base,
        "trigger_word": recipe.trigger,
        "rank": str(recipe.rank),
        # Counted into the matrices: whoever reads them uses them as they are.
        "alpha": f"{recipe.alpha:g}",
        "targets": recipe.targets.value,
        "steps": str(steps),
        "seed": str(recipe.seed),
        "learning_rate": f"{recipe.learning_rate:g}",
    }
    return {name: value for name, value in said.items() if value}


def library_notes(recipe: Recipe, *, base: str, source: str) -> str:
    """What is written beside a trained LoRA for the collection, as JSON."""
    notes: dict[str, object] = {
        "trigger_words": [recipe.trigger] if recipe.trigger else [],
        "source": source,
        "base": base,
        "notes": f"Trained here: {count_text(recipe.steps, 'step')}, rank {recipe.rank}.",
    }
    return json.dumps(cast("object", notes), indent=2, ensure_ascii=False) + "\n"
