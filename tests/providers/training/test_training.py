"""Trainings of the tiny models, whole: the set, the steps, the file, and going on after a kill."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from core.errors import JobCancelled, JournalError, NotConfigured
from core.jobs.job import CancelToken, JobContext
from core.lora.lora_family import fit_lora
from core.lora.lora_file import read_lora
from core.lora.training import RECORD, Targets, read_record
from core.lora.training_set import list_training_set
from core.video.lora_training import TrainingRequest, plan_training
from core.video.provider import ProviderEntry
from core.video.registry import ProviderRegistry
from core.video.terms import Target
from core.video.train_lora_job import TrainLoraJob
from providers.engine.events import EVENT_JSON, Advanced, LaidLora, Made, Refused
from providers.engine.process.lora_overlay import LoraOverlay
from providers.engine.streams import EventWriter
from providers.ltx_video.engine.pipeline import compute_dtype
from providers.ltx_video.install.model_files import folder_of
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.catalog import DEPLOYMENT, PROVIDER
from providers.ltx_video.models.profiles import Guidance
from providers.ltx_video.training.local_trainer import LocalTrainer
from providers.ltx_video.training.loop import answer
from scripts.sample_training_set import write_ink_set
from tests.fakes.clips import moving_clip
from tests.providers.engine.test_engine_preview import Engine
from tests.providers.tiny_home import (
    EVERY_GENERATION,
    TINY_AV_GUIDED,
    TINY_INFO,
    TINY_VIDEO,
    context_of,
    loras_of,
    order_for,
)

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.lora_training import TrainingPlan
    from providers.engine.events import Event
    from providers.ltx_video.engine.protocol import TrainOrder
    from providers.ltx_video.models.catalog import LocalModel

# As the makers' undistilled models, but for the passes that guidance costs.
GUIDED = Guidance(guidance_scale=2.0)


def trainable(model: LocalModel) -> LocalModel:
    profile = model.profile.model_copy(update={"guidance": GUIDED})
    return model.model_copy(update={"profile": profile})


MODELS = tuple(map(trainable, EVERY_GENERATION))


@dataclass(frozen=True)
class Place:
    """Where tiny models are trained in this process."""

    home: Path
    folder: Path

    def trainer(self) -> LocalTrainer:
        models = {model.id: model for model in MODELS}
        return LocalTrainer(context_of(self.home), models, TINY_INFO, lambda: None)

    def plan(self, model: LocalModel, source: Path, **choices: object) -> TrainingPlan:
        context = context_of(self.home)
        entry = ProviderEntry(TINY_INFO, lambda ctx: LocalLTX(ctx, MODELS, TINY_INFO))
        request = TrainingRequest(
            Target(provider=PROVIDER, deployment=DEPLOYMENT, model=model.id),
            list_training_set(source),
            {"steps": 12, "rank": 4, "batch_size": 2, "validate_every": 6, "save_every": 4}
            | choices,
            length_s=1.0,
        )
        registry = ProviderRegistry([entry], context)
        plan = plan_training(request, registry, self.folder, lambda _: 10**10, CancelToken())
        return TrainLoraJob.of(plan, registry).plan

    def order(self, plan: TrainingPlan, name: str = "job") -> TrainOrder:
        kept, work = self.folder / f"kept-{name}", self.folder / f"work-{name}"
        for folder in (kept, work):
            folder.mkdir(exist_ok=True)
        context = JobContext(work, CancelToken(), lambda _: None, job_id=name)
        return self.trainer().order(plan, kept, context)


@pytest.fixture
def place(tiny_home: Path, tmp_path: Path) -> Place:
    return Place(tiny_home, tmp_path)


@pytest.fixture(scope="module")
def ink_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of two shapes and a clip."""
    folder = tmp_path_factory.mktemp("ink")
    write_ink_set(folder, 4, (96, 64))
    moving_clip(folder / "ball.mp4", 20, 16)
    (folder / "ball.txt").write_text("a red ball moving right")
    return folder


class Stops(io.BytesIO):
    """Takes the events, and asks to stop once so many steps were told."""

    def __init__(self, cancel: CancelToken, after: int | None = None) -> None:
        super().__init__()
        self.cancel = cancel
        self.after = after
        self.events: list[Event] = []

    def write(self, line) -> int:
        event = EVENT_JSON.validate_json(line)
        self.events.append(event)
        if self.after is not None and isinstance(event, Advanced) and event.step == self.after:
            self.cancel.cancel()
        return len(line)


def trained(order: TrainOrder, *, stops_after: int | None = None) -> Event:
    cancel = CancelToken()
    return answer(order, cancel, EventWriter(Stops(cancel, stops_after)))


def lora_of(event: Event) -> dict[str, torch.Tensor]:
    assert isinstance(event, Made), event
    return load_file(event.file)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_the_validation_loss_falls_and_the_file_fits_the_model(
    place: Place, ink_set: Path, model: LocalModel
) -> None:
    folder = folder_of(model, context_of(place.home).paths.models_dir) / "transformer"
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    plan = place.plan(
        model, ink_set, learning_rate=0.02, targets=Targets.ATTENTION_AND_FEED_FORWARD
    )
    order = place.order(plan)
    event = trained(order)
    assert isinstance(event, Made), event
    record = read_record(order.kept / RECORD)
    assert [line.step for line in record] == [0, 6, 10, 12]
    losses = [line.validation_loss for line in record if line.validation_loss is not None]
    assert losses[-1] < 0.97 * losses[0]
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    file = read_lora(event.file)
    assert not fit_lora(file, loras_of(model)).misfit
    assert file.ranks == (4,)
    assert file.metadata["base_model"] == model.id
    assert all(order.kept.joinpath(line.clip).stat().st_size for line in record if line.clip)
    # What the queue shows meanwhile: a frame of the newest clip.
    with Image.open(order.workdir / "step-000012.png") as image:
        assert image.size == (order.sample.width, order.sample.height)


@pytest.mark.parametrize("stops_after", [3, 6])
def test_a_training_that_was_stopped_goes_on_to_the_very_same_lora(
    place: Place, ink_set: Path, stops_after: int
) -> None:
    plan = place.plan(TINY_VIDEO, ink_set, learning_rate=0.01)
    whole = place.order(plan, "whole")
    wanted = lora_of(trained(whole))
    broken = place.order(plan, "broken")
    assert trained(broken, stops_after=stops_after).event == "stopped"
    found = lora_of(trained(broken))
    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        assert torch.equal(tensor, found[name]), name
    records = [
        [line.model_copy(update={"seconds": 0}) for line in read_record(order.kept / RECORD)]
        for order in (whole, broken)
    ]
    assert records[0] == records[1]


def test_a_checkpoint_older_than_the_record_gives_the_same_too(place: Place, ink_set: Path) -> None:
    """As after a kill: lines that were written behind the last checkpoint are learned anew."""
    plan = place.plan(TINY_VIDEO, ink_set)
    order = place.order(plan, "killed")
    checkpoint = order.kept / "checkpoint.safetensors"
    assert trained(order, stops_after=9).event == "stopped"
    at_nine = checkpoint.read_bytes()
    wanted = lora_of(trained(order))
    record = (order.kept / RECORD).read_bytes()
    checkpoint.write_bytes(at_nine)
    found = lora_of(trained(order))
    assert all(torch.equal(wanted[name], found[name]) for name in wanted)
    assert len((order.kept / RECORD).read_bytes().splitlines()) == len(record.splitlines())


def test_another_seed_is_another_lora(place: Place, ink_set: Path) -> None:
    one, same, other = (
        lora_of(trained(place.order(place.plan(TINY_VIDEO, ink_set, steps=3, seed=seed), name)))
        for name, seed in (("one", 1), ("same", 1), ("other", 2))
    )
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_the_trained_lora_works_in_the_engine_as_it_did_in_training(
    place: Place, ink_set: Path, tmp_path: Path
) -> None:
    order = place.order(place.plan(TINY_VIDEO, ink_set, learning_rate=0.02, alpha=8.0))
    event = trained(order)
    assert isinstance(event, Made)
    provider = LocalLTX(context_of(place.home), MODELS, TINY_INFO)
    render = order_for(provider, place.home, TINY_VIDEO, tmp_path)
    engine, overlay = Engine(render), LoraOverlay()

    def latents(scale: float) -> torch.Tensor:
        laid = {"loras": (LaidLora(path=event.file, scale=scale),)}
        laid |= {"lora_family": loras_of(TINY_VIDEO)}
        overlay.lay(
            engine.pipeline, render.model_copy(update=laid), compute_dtype(order), lambda _: None
        )
        return engine.denoise(None).video

    base = engine.denoise(None).video
    assert torch.equal(latents(0.0), base)
    distances = [float((latents(scale) - base).norm()) for scale in (0.25, 0.5, 1.0)]
    assert 0 < distances[0] < distances[1] < distances[2]


def test_what_was_read_once_is_not_read_again(place: Place, tmp_path: Path) -> None:
    source = write_ink_set(tmp_path / "set", 3, (96, 64))
    plan = place.plan(TINY_VIDEO, source, steps=1, validate_every=1)
    trained(place.order(plan, "first"))
    for file in source.iterdir():
        file.unlink()
    assert isinstance(trained(place.order(plan, "second")), Made)
    changed = plan.items[0].model_copy(update={"sha256": "0" * 64})
    with pytest.raises(JournalError, match="was moved or deleted"):
        place.order(plan.model_copy(update={"items": (changed, *plan.items[1:])}), "third")


def test_a_loss_that_is_no_number_ends_it_with_a_way_out(place: Place, ink_set: Path) -> None:
    order = place.order(place.plan(TINY_VIDEO, ink_set))
    wild = order.plan.recipe.model_copy(update={"learning_rate": 1e20, "alpha": 1e30})
    event = trained(
        order.model_copy(update={"plan": order.plan.model_copy(update={"recipe": wild})})
    )
    assert isinstance(event, Refused)
    assert "went astray" in event.message
    assert "lower learning rate" in event.message


def test_a_caption_that_would_be_cut_off_is_named(place: Place, tmp_path: Path) -> None:
    source = write_ink_set(tmp_path / "set", 2, (96, 64))
    (source / "01.txt").write_text("red " * 300)
    event = trained(place.order(place.plan(TINY_VIDEO, source)))
    assert isinstance(event, Refused)
    assert event.kind == "UnsupportedRequest"
    assert "'01.png' has 301 tokens" in event.message


def test_distilled_models_are_refused_with_one_that_can_be_trained(tiny_home: Path) -> None:
    distilled = EVERY_GENERATION[1]
    other = TINY_AV_GUIDED
    models = {model.id: model for model in (distilled, other)}
    trainer = LocalTrainer(context_of(tiny_home), models, TINY_INFO, lambda: None)
    assert "is distilled" in trainer.refusal(distilled.id)
    assert f"({other.id}): the LoRA works with both" in trainer.refusal(distilled.id)
    assert trainer.refusal(other.id) == ""


def test_a_large_model_without_a_gpu_is_refused(place: Place, ink_set: Path) -> None:
    big = TINY_VIDEO.footprint.model_copy(update={"transformer": 1.92})
    model = trainable(TINY_VIDEO).model_copy(update={"footprint": big})
    plan = place.plan(TINY_VIDEO, ink_set)
    trainer = LocalTrainer(context_of(place.home), {model.id: model}, TINY_INFO, lambda: None)
    with pytest.raises(NotConfigured, match="needs a GPU with about"):
        trainer.fit(plan)
    # Whatever the set may be, which need not be right for it.
    assert "needs a GPU with about" in trainer.too_large(model.id)
    assert (
        LocalTrainer(
            context_of(place.home), {TINY_VIDEO.id: trainable(TINY_VIDEO)}, TINY_INFO, lambda: None
        ).too_large(TINY_VIDEO.id)
        == ""
    )


def test_the_usual_time_counts_start_and_end_too(place: Place, ink_set: Path) -> None:
    plan = place.plan(TINY_VIDEO, ink_set)
    assert plan.est_seconds is None
    kept, work = place.folder / "kept", place.folder / "work"
    for folder in (kept, work):
        folder.mkdir()
    began_at = time.monotonic()
    ctx = JobContext(work, CancelToken(), lambda _: None, job_id="job")
    place.trainer().train(plan, kept, ctx)
    took_s = time.monotonic() - began_at
    again = place.plan(TINY_VIDEO, ink_set)
    assert again.est_seconds is not None
    assert again.est_seconds == pytest.approx(took_s, rel=0.1)
    twice = place.plan(TINY_VIDEO, ink_set, steps=2 * plan.recipe.steps)
    assert twice.est_seconds is not None
    assert again.est_seconds < twice.est_seconds < 1.9 * again.est_seconds


def test_a_stopped_process_says_so(place: Place, ink_set: Path) -> None:
    plan = place.plan(TINY_VIDEO, ink_set, steps=100_000)
    kept = place.folder / "kept"
    kept.mkdir()
    cancel = CancelToken()
    context = JobContext(place.folder / "work", cancel, lambda _: None, job_id="job")
    context.workdir.mkdir()

    def report(event: object) -> None:
        if getattr(event, "step", None) == 2:
            cancel.cancel()

    with pytest.raises(JobCancelled):
        place.trainer().train(plan, kept, replace(context, report=report))
    assert (kept / "checkpoint.safetensors").exists()
