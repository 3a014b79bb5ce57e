"""The job that trains a LoRA and puts it into the collection."""

from __future__ import annotations

import os
import shutil
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from core.errors import JournalError, OutputError
from core.frozen import Frozen
from core.jobs.job import JobContext, Notice, Progressed, Subject, SubjectKind
from core.jobs.job_inputs import StoredInput, digest_of, find_input
from core.jobs.lanes import Lane, Stage
from core.lora.training import (
    RECORD,
    RECORD_SUFFIX,
    LossCurve,
    library_notes,
    read_record,
    record_text,
    trained_by,
    validation_clips,
)
from core.platform.files import write_text_atomically
from core.video.lora_training import TrainingPlan

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job_record import JobRecord
    from core.lora.training_set import TrainingItem
    from core.video.lora_training import TrainedFiles
    from core.video.registry import ProviderRegistry

KIND = "train-lora"

_LABEL = "image or clip"


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
    loads = ""

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
        if trained_by(plan.path) == ctx.job_id:
            # An earlier run of this very job was killed when the LoRA was in its place.
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

    def _put_in_place(self, made: TrainedFiles, ctx: JobContext) -> Path:
        plan = self.plan
        path = plan.path
        if path.exists() and not plan.overwrite:
            path = path.with_name(f"{path.stem}-{uuid.uuid4().hex[:6]}{path.suffix}")
            message = f"{plan.path.name!r} was taken meanwhile, so it is named {path.name!r}."
            ctx.report(Notice(message=message))
        aside = _aside(path, ctx.job_id)
        # Those of the LoRA that is replaced, as long as its record says which they are.
        old_clips = set(validation_clips(path))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            notes = library_notes(plan.recipe, base=plan.spec.label, source=str(plan.source))
            write_text_atomically(path.with_suffix(".json"), notes)
            record = [
                line.model_copy(update={"clip": f"{path.stem}-{line.clip}"}) if line.clip else line
                for line in read_record(made.record)
            ]
            write_text_atomically(path.with_suffix(RECORD_SUFFIX), record_text(record))
            clips = {path.with_name(f"{path.stem}-{clip.name}"): clip for clip in made.clips}
            for place, clip in clips.items():
                shutil.copyfile(clip, place)
            shutil.copyfile(made.lora, aside)
            with aside.open("rb") as written:
                os.fsync(written.fileno())
            # Last of all: who finds the LoRA finds all of it.
            aside.replace(path)
            for clip in old_clips - clips.keys():
                clip.unlink(missing_ok=True)
        except OSError as error:
            with suppress(OSError):
                aside.unlink()
            raise OutputError(
                f"The LoRA cannot be put into {str(path.parent)!r}: {error.strerror}.",
                hint="Free some space there, then resume the job: what was learned is kept.",
            ) from error
        return path


def read_losses(record: JobRecord, kept: Path) -> LossCurve | None:
    """How the training of a job went so far, also once it has ended; None where nobody can say.

    Args:
        record: of the job; one that trains no LoRA has no losses.
        kept: the job's folder of checkpoints.
    """
    if record.kind != KIND:
        return None
    try:
        plan = TrainingPayload.model_validate_json(record.payload).plan
    except ValidationError:
        return None
    place, path = kept / RECORD, record.path
    if path is not None and trained_by(path) == record.id:
        place = path.with_suffix(RECORD_SUFFIX)
    return LossCurve.of(read_record(place), plan.recipe.steps)


def find_item(item: TrainingItem) -> Path:
    """Where an item lies, unchanged since the training was queued.

    Raises:
        JournalError: it is gone or was changed.
    """
    return find_input(item.path, _LABEL, StoredInput(sha256=item.sha256), item.path.parent)


def _aside(path: Path, job_id: str) -> Path:
    return path.with_name(f".{path.stem[:60]}.{job_id}.part")
