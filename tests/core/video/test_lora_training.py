"""From what is asked to a trained LoRA in the collection: the plan, the job, and its last step."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.errors import JournalError, NotConfigured, UnsupportedRequest
from core.jobs.job import Notice, Succeeded
from core.jobs.job_record import JobState
from core.lora.lora_library import read_library
from core.lora.training import (
    JOB_NOTE,
    RECORD,
    LossCurve,
    LossLine,
    LossPoint,
    read_record,
    record_text,
)
from core.lora.training_set import list_training_set
from core.platform.paths import Paths
from core.studio import Studio
from core.video.lora_training import TrainingRequest, list_trainable
from core.video.provider import OtherName
from core.video.terms import AUTO, Target
from core.video.train_lora_job import find_item
from scripts.sample_training_set import write_ink_set
from tests.fakes.job_records import record as record_of_job
from tests.fakes.loras import smallest_lora
from tests.fakes.provider import BIG, ENTRY, FULL, QuickTrainer, entry_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.jobs.job import Report
    from core.video.lora_training import TrainingPlan

TARGET = Target(provider=ENTRY.info.id, deployment=ENTRY.info.deployment, model=FULL.id)


@pytest.fixture
def trainer() -> QuickTrainer:
    return QuickTrainer([])


def studio_with(trainer: QuickTrainer, home: Path, free_bytes: int = 10**12) -> Studio:
    entry = entry_with(trainer)
    return Studio([entry], paths=Paths.below(home), free_bytes=lambda _: free_bytes)


@pytest.fixture
def studio(tmp_path: Path, trainer: QuickTrainer) -> Iterator[Studio]:
    studio = studio_with(trainer, tmp_path / "home")
    yield studio
    studio.close()


@pytest.fixture
def ink(tmp_path: Path) -> Path:
    return write_ink_set(tmp_path / "My ink!", 3, (1280, 736))


def asked(source: Path, **changes: object) -> TrainingRequest:
    request = TrainingRequest(TARGET, list_training_set(source))
    return replace(request, **changes)  # pyright: ignore[reportArgumentType] - fields of its own


def problems_of(studio: Studio, request: TrainingRequest) -> dict[str, str]:
    with pytest.raises(UnsupportedRequest) as caught:
        studio.plan_training(request)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_a_plan_names_model_set_place_and_recipe(studio: Studio, ink: Path) -> None:
    plan = studio.plan_training(asked(ink, choices={"steps": 9, "trigger": "inkpaper"}))
    assert plan.path == studio.paths.lora_dirs[0] / "My-ink.safetensors"
    assert (plan.recipe.steps, plan.recipe.rank, plan.parameters) == (9, 1, 1_000_000)
    assert plan.set_text.startswith("3 images at ")
    assert plan.caption_of(plan.items[0]) == f"inkpaper, {plan.items[0].caption}"
    said = plan.items[0].model_copy(update={"caption": "An INKPAPER ball"})
    assert plan.caption_of(said) == "An INKPAPER ball"
    assert plan.validation_prompt == plan.caption_of(plan.items[0])


def test_auto_is_the_best_that_can_be_trained(studio: Studio, ink: Path) -> None:
    plan = studio.plan_training(asked(ink, target=TARGET.with_model(AUTO)))
    assert plan.target.model == FULL.id
    offered = {one.spec.id: one.refusal for one in list_trainable(studio.registry)}
    assert offered[FULL.id] == ""
    assert all(refusal for model, refusal in offered.items() if model != FULL.id)


def test_the_name_of_a_family_stands_for_the_same_model_as_in_a_render(
    trainer: QuickTrainer, tmp_path: Path, ink: Path
) -> None:
    names = (
        OtherName("fake-family", "fake-family stands for fake-full.", FULL.id),
        OtherName("fake-pro", "'fake-pro' is a tier and no model."),
    )
    entry = entry_with(trainer)
    entry = replace(entry, info=replace(entry.info, other_names=names))
    studio = Studio([entry], paths=Paths.below(tmp_path / "home"))
    plan = studio.plan_training(asked(ink, target=TARGET.with_model("Fake_Family")))
    assert plan.target.model == FULL.id
    assert plan.notes[0] == "fake-family stands for fake-full."
    problems = problems_of(studio, asked(ink, target=TARGET.with_model("fake-pro")))
    assert problems == {"target": "'fake-pro' is a tier and no model."}
    studio.close()


def test_all_that_is_wrong_is_told_at_once(studio: Studio, ink: Path) -> None:
    (ink / "00.txt").unlink()
    wrong = {"choices": {"rank": 0}, "name": "a/b", "resolution": "8k", "length_s": 99.0}
    found = problems_of(studio, asked(ink, **wrong))
    assert set(found) == {"set", "rank", "name", "resolution", "length"}


def test_a_name_that_is_taken_is_refused_or_replaced(studio: Studio, ink: Path) -> None:
    smallest_lora(studio.paths.lora_dirs[0] / "look.safetensors")
    found = problems_of(studio, asked(ink, name="look"))["name"]
    assert found.endswith("Choose another name, such as 'look-2'.")
    assert studio.plan_training(asked(ink, name="look", overwrite=True)).overwrite


def test_a_free_name_is_none_that_is_there_or_still_to_be_trained(
    studio: Studio, ink: Path
) -> None:
    listed = list_training_set(ink)
    assert studio.free_lora_name(listed) == "My-ink"
    smallest_lora(studio.paths.lora_dirs[0] / "My-ink.safetensors")
    assert studio.free_lora_name(listed) == "My-ink-2"
    job_id = studio.submit_training(studio.plan_training(asked(ink, name="My-ink-2")))
    assert studio.free_lora_name(listed) == "My-ink-3"
    studio.queue.cancel(job_id)
    assert studio.free_lora_name(listed) == "My-ink-2"


def test_everything_wrong_is_told_of_a_model_that_is_not_installed_too(
    studio: Studio, trainer: QuickTrainer, ink: Path
) -> None:
    trainer.trained = BIG.id
    target = TARGET.with_model(BIG.id)
    with pytest.raises(NotConfigured, match=r"Fake Big is not installed\. Install it\."):
        studio.plan_training(asked(ink, target=target))
    trainer.is_too_large = True
    with pytest.raises(NotConfigured, match=r"No room\. Fake Big is not installed\."):
        studio.plan_training(asked(ink, target=target))
    (ink / "00.txt").unlink()
    wrong = {"choices": {"rank": 0}, "name": "a/b", "resolution": "8k", "length_s": 99.0}
    with pytest.raises(UnsupportedRequest) as caught:
        studio.plan_training(asked(ink, target=target, **wrong))
    found = caught.value.problems
    assert {one.field for one in found} == {"set", "rank", "name", "resolution", "length", "target"}
    assert [one.message for one in found if one.field == "target"] == [
        "No room.",
        "Fake Big is not installed. Install it.",
    ]
    assert all(one.is_of_setup for one in found if one.field == "target")


def test_a_disk_without_room_is_told_before_anything_begins(
    tmp_path: Path, trainer: QuickTrainer, ink: Path
) -> None:
    studio = studio_with(trainer, tmp_path / "home", 10_000_000)
    assert "10 MB free" in problems_of(studio, asked(ink))["out"]
    trainer.is_too_large = True
    found = problems_of(studio, asked(ink))
    assert "10 MB free" in found["out"]
    assert found["target"] == "No room."
    studio.close()


def test_models_that_run_elsewhere_train_nothing(tmp_path: Path, ink: Path) -> None:
    studio = Studio([ENTRY], paths=Paths.below(tmp_path / "home"))
    assert "trains no LoRAs" in problems_of(studio, asked(ink))["target"]
    studio.close()


def run(studio: Studio, plan: TrainingPlan) -> Succeeded:
    job_id = studio.submit_training(plan)
    outcome = studio.queue.run_job(job_id)
    assert isinstance(outcome, Succeeded), outcome
    return outcome


def test_a_trained_lora_is_in_the_collection_with_all_that_is_known(
    studio: Studio, ink: Path
) -> None:
    plan = studio.plan_training(asked(ink, name="look", choices={"trigger": "inkpaper"}))
    path = run(studio, plan).path
    folder = path.parent
    assert sorted(file.name for file in folder.iterdir()) == [
        "look-step-000002.mp4", "look.json", "look.jsonl", "look.safetensors",
    ]  # fmt: skip
    (line,) = read_record(folder / "look.jsonl")
    assert (line.loss, line.clip) == (0.5, "look-step-000002.mp4")
    (found,) = read_library(studio.paths.lora_dirs)
    assert (found.name, found.problem) == ("look", "")
    assert found.notes.trigger_words == ("inkpaper",)
    assert found.notes.source == str(ink)
    (record,) = studio.queue.jobs()
    assert list((studio.paths.inputs_dir / record.id).iterdir()) == []


def test_a_lora_that_is_replaced_takes_its_validation_clips_with_it(
    studio: Studio, ink: Path
) -> None:
    folder = run(studio, studio.plan_training(asked(ink, name="look"))).path.parent
    old = folder / "look-step-000001.mp4"
    old.write_bytes(b"of an earlier step")
    others = [folder / "look-step-000009.mp4", folder / "look-2-step-000001.mp4", folder / "a.mp4"]
    for other in others:
        other.write_bytes(b"of somebody else")
    named = [old.name, "look-2-step-000001.mp4", "a.mp4", "../look-step-000001.mp4"]
    lines = [LossLine(step=1, clip=name) for name in (*named, "look-step-000002.mp4")]
    (folder / "look.jsonl").write_text(record_text(lines))
    plan = studio.plan_training(asked(ink, name="look", overwrite=True))
    note = "It replaces the LoRA 'look' that is there, with its record and its 2 validation clips."
    assert note in plan.notes
    run(studio, plan)
    assert not old.exists()
    assert all(other.exists() for other in others)
    assert (folder / "look-step-000002.mp4").read_bytes() == b"a clip"


def test_clips_beside_a_lora_of_another_program_stay(studio: Studio, ink: Path) -> None:
    path = smallest_lora(studio.paths.lora_dirs[0] / "look.safetensors")
    clip = path.with_name("look-step-000001.mp4")
    clip.write_bytes(b"mine")
    path.with_suffix(".jsonl").write_text(record_text([LossLine(step=1, clip=clip.name)]))
    plan = studio.plan_training(asked(ink, name="look", overwrite=True))
    assert "It replaces the LoRA 'look' that is there." in plan.notes
    run(studio, plan)
    assert clip.read_bytes() == b"mine"


def test_a_name_taken_meanwhile_gets_another_and_says_so(studio: Studio, ink: Path) -> None:
    plan = studio.plan_training(asked(ink, name="look"))
    other = smallest_lora(plan.path).read_bytes()
    reports: list[Report] = []
    studio.queue.subscribe(lambda update: reports.append(update.event))  # pyright: ignore[reportArgumentType] - the list takes what comes
    path = run(studio, plan).path
    assert path != plan.path
    assert plan.path.read_bytes() == other
    assert any(isinstance(event, Notice) and path.name in event.message for event in reports)


def test_the_losses_of_a_training_are_read_before_and_after_its_end(
    studio: Studio, ink: Path
) -> None:
    job_id = studio.submit_training(studio.plan_training(asked(ink, name="look")))
    assert studio.read_losses(studio.queue.job(job_id)) == LossCurve(steps=2)
    record = studio.paths.inputs_dir / job_id / RECORD
    record.write_text(record_text([LossLine(step=1, validation_loss=0.9)]))
    begun = studio.read_losses(studio.queue.job(job_id))
    assert begun == LossCurve(steps=2, validated=(LossPoint(1, 0.9),))
    studio.queue.run_job(job_id)
    assert not record.exists()
    ended = studio.read_losses(studio.queue.job(job_id))
    assert ended == LossCurve(steps=2, learned=(LossPoint(2, 0.5),))


def test_a_lora_that_another_training_replaced_lends_its_losses_to_nobody_else(
    studio: Studio, ink: Path
) -> None:
    first = studio.submit_training(studio.plan_training(asked(ink, name="look")))
    studio.queue.run_job(first)
    run(studio, studio.plan_training(asked(ink, name="look", overwrite=True)))
    assert studio.read_losses(studio.queue.job(first)) == LossCurve(steps=2)


def test_a_job_that_trains_nothing_has_no_losses(studio: Studio) -> None:
    assert studio.read_losses(record_of_job("clip")) is None


def test_a_job_killed_when_its_lora_was_in_place_is_done(
    studio: Studio, trainer: QuickTrainer, ink: Path
) -> None:
    plan = studio.plan_training(asked(ink, name="look"))
    job_id = studio.submit_training(plan)
    smallest_lora(plan.path, {JOB_NOTE: job_id})
    assert studio.queue.run_job(job_id) == Succeeded(path=plan.path)
    assert trainer.plans == []


def test_a_set_that_was_changed_meanwhile_is_told(studio: Studio, ink: Path) -> None:
    plan = studio.plan_training(asked(ink))
    job_id = studio.submit_training(plan)
    shutil.copy(ink / "01.png", ink / "00.png")
    studio.queue.run_job(job_id)
    record = studio.queue.job(job_id)
    assert record.state is JobState.FAILED
    assert record.error is not None
    assert "was changed since the job was queued" in record.error.message
    with pytest.raises(JournalError):
        find_item(plan.items[0].model_copy(update={"sha256": "0" * 64}))


def test_what_is_stored_of_a_job_is_enough_to_build_it_again(studio: Studio, ink: Path) -> None:
    job_id = studio.submit_training(studio.plan_training(asked(ink)))
    stored = json.loads(studio.queue.job(job_id).payload)
    assert stored["plan"]["items"][0]["sha256"]
    assert isinstance(studio.queue.run_job(job_id), Succeeded)
