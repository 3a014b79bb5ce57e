from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import JobCancelled, JournalError, RenderFailed
from core.jobs.job import CancelToken, JobContext, JobEvent, Notice, Progressed, StopReason
from core.jobs.lanes import Stage
from core.media.ffmpeg import probe_clip
from core.media.output import Output, aside_path
from core.project.files.media import take_of
from core.project.render.rerender import request_again
from core.studio import Studio
from core.video.plan import ClipSettings
from core.video.planning.clip_plan import make_plan
from core.video.proof import interpolated
from core.video.provider import ProviderEntry
from core.video.record import ClipRecord, read_embedded, read_head
from core.video.rendered import Rendered
from core.video.request import Delivery, FrameRequest, RenderRequest
from core.video.terms import Role
from tests.fakes.inputs import inputs_of, lora
from tests.fakes.loras import smallest_lora
from tests.fakes.provider import ENTRY, PROVENANCE, SMALL, FakeProvider, write_clip

if TYPE_CHECKING:
    from core.jobs.job import JobUpdate, Report
    from core.platform.paths import Paths
    from core.video.spec import ModelSpec


class Run:
    """One render from request to outcome, with all its events."""

    def __init__(self, studio: Studio, request: RenderRequest, out: Path, *, force=False) -> None:
        self.events: list[JobEvent] = []
        stop = studio.queue.subscribe(lambda update: self.events.append(update.event))
        self.planned = studio.plan(request, out=out, overwrite=force)
        self.job_id = studio.submit_render(self.planned)
        self.outcome = studio.queue.run_job(self.job_id)
        stop()

    @property
    def path(self) -> Path:
        assert self.outcome.event == "succeeded", self.outcome
        return self.outcome.path

    @property
    def error(self) -> str:
        assert self.outcome.event == "failed", self.outcome
        return str(self.outcome.error)

    @property
    def notes(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Notice)]


def prompted(request: RenderRequest, prompt: str) -> RenderRequest:
    return request.model_copy(update={"prompt": prompt})


def test_clip_is_as_planned_and_carries_its_record(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    request = prompted(request_small, 'a "red" ball; = # \\ 100%\nüber 猫')
    run = Run(studio, request, tmp_path / "ball.mp4")
    facts = probe_clip(run.path)
    plan = run.planned.plan
    assert (facts.width, facts.height, facts.num_frames) == (96, 64, plan.num_frames)
    assert facts.has_audio
    sidecar = ClipRecord.model_validate_json(
        run.path.with_suffix(".json").read_text(encoding="utf-8")
    )
    assert read_embedded(run.path) == sidecar
    assert sidecar.request.prompt == request.prompt
    assert sidecar.seed == 5
    assert sidecar.provenance.versions == {"fake": "1"}
    assert sidecar.job_id == run.job_id
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ball.json", "ball.mp4", "home"]
    assert run.path.with_suffix(".json").stat().st_mode == run.path.stat().st_mode


def test_record_has_everything_that_the_plan_settles(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    run = Run(studio, request_small, tmp_path / "ball.mp4")
    record = read_embedded(run.path)
    assert record is not None
    for name in ClipSettings.model_fields:
        assert getattr(record, name) == getattr(run.planned.plan, name), name


def test_progress_rises_to_one_which_means_file_in_hand(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    run = Run(studio, request_small, tmp_path / "ball.mp4")
    fractions = [
        event.fraction
        for event in run.events
        if isinstance(event, Progressed) and event.fraction is not None
    ]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert sum(fraction == 1.0 for fraction in fractions) == 1


@pytest.fixture
def request_smooth(request_small: RenderRequest) -> RenderRequest:
    return request_small.model_copy(update={"frame": FrameRequest(interpolated_fps=24)})


def test_frames_between_are_made_and_recorded(
    studio: Studio, request_smooth: RenderRequest, tmp_path: Path
) -> None:
    run = Run(studio, request_smooth, tmp_path / "ball.mp4")
    facts = probe_clip(run.path)
    assert (facts.num_frames, facts.fps, facts.has_audio) == (27, 24, True)
    record = read_embedded(run.path)
    assert record is not None
    assert (record.num_frames, record.fps, record.interpolated_fps) == (9, 8, 24)
    take = take_of(record, run.path)
    assert (take.num_frames, take.fps) == (27, 24)
    assert request_again(record).frame.interpolated_fps == 24
    told = [event for event in run.events if isinstance(event, Progressed)]
    assert any(event.message == "Interpolating to 24 fps" for event in told)
    fractions = [event.fraction for event in told if event.fraction is not None]
    assert fractions == sorted(fractions)


def test_what_a_service_gives_is_kept_where_no_frames_can_be_made_between(
    request_smooth: RenderRequest, tmp_path: Path
) -> None:
    plan = make_plan(request_smooth, SMALL.model_copy(update={"is_exact": False}))
    told: list[Report] = []
    ctx = JobContext(tmp_path, CancelToken(), told.append)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"no clip")
    quick = plan.model_copy(update={"fps": 30})
    for given, said in ((quick, "has 30 fps already"), (plan, "keeps its 8 fps")):
        made, rendered = interpolated(given, Rendered(clip, PROVENANCE), ctx)
        assert (made.interpolated_fps, rendered.path) == (None, clip)
        assert said in made.notes[-1]
        assert told[-1] == Notice(message=made.notes[-1])
    with pytest.raises(RenderFailed, match="cannot be read"):
        interpolated(make_plan(request_smooth, SMALL), Rendered(clip, PROVENANCE), ctx)


class Rented(FakeProvider):
    """A service whose clips are kept as they come."""

    def models(self) -> tuple[ModelSpec, ...]:
        return (SMALL.model_copy(update={"is_exact": False}),)


def test_stop_is_heard_while_frames_are_made_between_and_a_paid_clip_stays(
    paths: Paths, request_smooth: RenderRequest, tmp_path: Path
) -> None:
    studio = Studio([ProviderEntry(ENTRY.info, lambda _: Rented())], paths=paths)

    def stop_once_it_came(update: JobUpdate) -> None:
        if isinstance(update.event, Progressed) and update.event.stage is Stage.WRITE:
            studio.queue.cancel(update.job_id)

    studio.queue.subscribe(stop_once_it_came)
    run = Run(studio, request_smooth, tmp_path / "ball.mp4")
    assert probe_clip(run.path).fps == 8
    assert run.notes == ["The clip is not interpolated and keeps its 8 fps: it was stopped."]
    record = read_embedded(run.path)
    assert record is not None
    assert record.interpolated_fps is None
    studio.close()


@pytest.mark.parametrize("reason", StopReason)
def test_only_what_was_not_paid_for_ends_where_it_is_stopped(
    request_smooth: RenderRequest, tmp_path: Path, reason: StopReason
) -> None:
    plan, clip = make_plan(request_smooth, SMALL), tmp_path / "clip.mp4"
    write_clip(clip, plan, CancelToken(), num_frames=plan.num_frames)
    token = CancelToken()
    token.cancel(reason)
    ctx = JobContext(tmp_path, token, lambda event: None)
    with pytest.raises(JobCancelled):
        interpolated(plan, Rendered(clip, PROVENANCE), ctx)
    paid = make_plan(request_smooth, SMALL.model_copy(update={"is_exact": False}))
    _, rendered = interpolated(paid, Rendered(clip, PROVENANCE), ctx)
    assert rendered.path == clip


def test_record_names_the_start_image_without_its_folder(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    image = tmp_path / "private-folder" / "start.png"
    image.parent.mkdir()
    Image.new("RGB", (96, 64)).save(image)
    inputs = inputs_of(start_image=image)
    run = Run(studio, request_small.model_copy(update={"inputs": inputs}), tmp_path / "a.mp4")
    text = run.path.with_suffix(".json").read_text(encoding="utf-8")
    assert "private-folder" not in text
    head = read_head(run.path)
    assert head is not None
    assert "start.png" in head.comment
    assert "private-folder" not in head.comment
    record = json.loads(text)
    assert [item["path"] for item in record["request"]["inputs"]] == ["start.png"]
    assert [len(digest) for digest in record["inputs_sha256"]] == [64]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "start.png"
    Image.new("RGB", (96, 64), "red").save(path)
    return path


@pytest.fixture
def request_image(request_small: RenderRequest, image: Path) -> RenderRequest:
    return request_small.model_copy(update={"inputs": inputs_of(start_image=image)})


def test_record_holds_no_folder_and_no_webhook(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    image, small = tmp_path / "end.png", tmp_path / "a.safetensors"
    Image.new("RGB", (96, 64)).save(image)
    smallest_lora(small)
    request = request_small.model_copy(
        update={
            "target": request_small.target.with_model("fake-full"),
            "inputs": inputs_of(None, image, (image,), (lora(small, 0.5),)),
            "delivery": Delivery(webhook_url="https://example.com/?token=secret"),
        }
    )
    run = Run(studio, request, tmp_path / "ball.mp4")
    text = run.path.with_suffix(".json").read_text(encoding="utf-8")
    record = ClipRecord.model_validate_json(text)
    bare = Path("end.png")
    assert record.request.inputs == inputs_of(
        None, bare, (bare,), (lora(Path("a.safetensors"), 0.5),)
    )
    assert "secret" not in text
    assert str(tmp_path) not in text


def test_clip_is_made_from_the_start_image_as_it_was_when_queued(
    studio: Studio, request_image: RenderRequest, image: Path, tmp_path: Path
) -> None:
    before = image.read_bytes()
    jobs = [
        studio.submit_render(studio.plan(request_image, out=tmp_path / name))
        for name in ("moved.mp4", "changed.mp4")
    ]
    image.unlink()
    first = studio.queue.run_job(jobs[0])
    Image.new("RGB", (96, 64), "blue").save(image)
    second = studio.queue.run_job(jobs[1])
    provider = studio.registry.open(request_image.target)
    assert isinstance(provider, FakeProvider)
    for plan, outcome in zip(provider.rendered, (first, second), strict=True):
        kept = plan.request.path_of(Role.START)
        assert kept is not None
        assert kept.read_bytes() == before
        assert outcome.event == "succeeded"
        record = read_embedded(outcome.path)
        assert record is not None
        assert record.inputs_sha256 == (hashlib.sha256(before).hexdigest(),)
        assert record.request.path_of(Role.START) == Path("start.png")


def test_job_whose_kept_start_image_is_gone_or_damaged_is_refused(
    studio: Studio, paths: Paths, request_image: RenderRequest, tmp_path: Path
) -> None:
    job_id = studio.submit_render(studio.plan(request_image, out=tmp_path / "a.mp4"))
    (kept,) = paths.inputs_dir.rglob("start.png")
    for damage in (lambda: kept.write_bytes(b"other"), kept.unlink):
        damage()
        outcome = studio.queue.run_job(job_id)
        assert outcome.event == "failed"
        assert "kept for this job" in outcome.error.message
        assert "Give the command again" in outcome.error.hint
        assert not (tmp_path / "a.mp4").exists()
        studio.queue.resume(job_id)


def test_start_image_that_vanishes_before_it_is_queued_leaves_no_job(
    studio: Studio, paths: Paths, request_image: RenderRequest, image: Path, tmp_path: Path
) -> None:
    planned = studio.plan(request_image, out=tmp_path / "a.mp4")
    image.unlink()
    with pytest.raises(JournalError, match="cannot be read any more"):
        studio.submit_render(planned)
    assert studio.queue.jobs() == ()
    assert not paths.inputs_dir.exists()


def test_start_image_that_cannot_be_kept_leaves_no_job(
    studio: Studio, paths: Paths, request_image: RenderRequest, tmp_path: Path
) -> None:
    planned = studio.plan(request_image, out=tmp_path / "a.mp4")
    paths.state_dir.mkdir(parents=True)
    paths.inputs_dir.write_text("in the way", encoding="utf-8")
    with pytest.raises(JournalError, match="cannot be kept in"):
        studio.submit_render(planned)
    assert studio.queue.jobs() == ()


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("short", "8 frames instead of 9"),
        ("damaged", "cannot be read"),
        ("outside", "outside the job's folder"),
        ("fail", "told to fail"),
        ("broke", "out of memory"),
    ],
)
def test_what_is_not_a_proper_clip_is_not_kept(
    studio: Studio, request_small: RenderRequest, tmp_path: Path, prompt: str, words: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    run = Run(studio, prompted(request_small, prompt), out / "ball.mp4")
    assert words in run.error
    assert list(out.iterdir()) == []


def test_out_of_memory_is_told_and_tried_one_step_cheaper(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    run = Run(studio, prompted(request_small, "oom"), tmp_path / "ball.mp4")
    assert any("cheaper plan" in note for note in run.notes)
    record = read_embedded(run.path)
    assert record is not None
    assert record.memory_plan is not None
    assert record.memory_plan.rung == 1


def test_file_that_appears_meanwhile_is_kept_and_told(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    out = tmp_path / "ball.mp4"
    planned = studio.plan(request_small, out=out)
    job_id = studio.submit_render(planned)
    out.write_text("of someone else", encoding="utf-8")
    outcome = studio.queue.run_job(job_id)
    assert outcome.event == "succeeded"
    assert outcome.path.name == "ball-2.mp4"
    assert out.read_text(encoding="utf-8") == "of someone else"
    assert "'ball.mp4' was taken" in studio.queue.job(job_id).notes[0]


def test_record_that_appears_meanwhile_is_kept_and_told(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    job_id = studio.submit_render(studio.plan(request_small, out=tmp_path / "ball.mp4"))
    (tmp_path / "ball.json").write_text("mine", encoding="utf-8")
    assert studio.queue.run_job(job_id).event == "succeeded"
    assert (tmp_path / "ball.json").read_text(encoding="utf-8") == "mine"
    assert "only inside the clip" in studio.queue.job(job_id).notes[0]


def test_force_replaces_clip_and_record(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    out = tmp_path / "ball.mp4"
    first = Run(studio, request_small, out)
    again = Run(studio, prompted(request_small, "a blue ball"), out, force=True)
    assert again.path == first.path
    record = read_embedded(out)
    assert record is not None
    assert record.prompt == "a blue ball"
    assert "a blue ball" in out.with_suffix(".json").read_text(encoding="utf-8")


def test_clip_placed_just_before_a_kill_is_not_made_again(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    run = Run(studio, request_small, tmp_path / "ball.mp4")
    provider = studio.registry.open(request_small.target)
    assert isinstance(provider, FakeProvider)
    run.path.with_suffix(".json").unlink()
    before = run.path.read_bytes()
    _forget_the_end(studio.paths, run.job_id)
    outcome = studio.queue.run_job(studio.queue.resume(run.job_id))
    assert outcome.event == "succeeded"
    assert len(provider.rendered) == 1
    assert run.path.read_bytes() == before
    assert run.path.with_suffix(".json").exists()


def _forget_the_end(paths: Paths, job_id: str) -> None:
    """Put the journal into the state in which a kill right after the move leaves it."""
    path = paths.journal_file
    with sqlite3.connect(path) as db:
        db.execute("UPDATE jobs SET state = 'interrupted', outcome = NULL WHERE id = ?", (job_id,))
    db.close()


def test_output_folder_that_vanishes_is_told(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    job_id = studio.submit_render(studio.plan(request_small, out=folder / "ball.mp4"))
    folder.rmdir()
    outcome = studio.queue.run_job(job_id)
    assert outcome.event == "failed"
    assert "cannot be put at" in outcome.error.message
    folder.mkdir()
    assert studio.queue.run_job(studio.queue.resume(job_id)).event == "succeeded"


def test_aside_name_is_hidden_and_of_the_job() -> None:
    output = Output(Path("/x/ball.mp4"), is_named=True)
    assert aside_path(output.path, "j1") == Path("/x/.ball.j1.part")
