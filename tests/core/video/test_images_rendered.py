from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.jobs.job import JobEvent, JobUpdate, Notice, Progressed, Succeeded
from core.media.output import Output
from core.video.record import ClipRecord, read_image_record, read_settings_of, write_image_record
from core.video.request import FrameRequest, RenderRequest
from core.video.terms import OutputKind, Role, Task
from tests.fakes.inputs import inputs_of
from tests.fakes.provider import BIG, FakeProvider

if TYPE_CHECKING:
    from pathlib import Path

    from core.studio import Studio
    from core.video.planning.render_planner import PlannedRender


class Run:
    """One still from request to outcome, with all its events."""

    def __init__(self, studio: Studio, planned: PlannedRender) -> None:
        self.events: list[JobEvent] = []
        stop = studio.queue.subscribe(lambda update: self.events.append(update.event))
        self.job_id = studio.submit_render(planned)
        self.outcome = studio.queue.run_job(self.job_id)
        stop()

    @property
    def path(self) -> Path:
        assert isinstance(self.outcome, Succeeded), self.outcome
        return self.outcome.path


@pytest.fixture
def request_small(request_small: RenderRequest) -> RenderRequest:
    return request_small.model_copy(update={"output": OutputKind.IMAGE})


def prompted(request: RenderRequest, prompt: str) -> RenderRequest:
    return request.model_copy(update={"prompt": prompt})


def test_an_image_is_planned_and_made_as_one(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    planned = studio.plan(request_small, out=tmp_path / "ball.png")
    assert (planned.plan.num_frames, planned.plan.fps, planned.plan.duration_s) == (1, 0, 0)
    assert planned.plan.task is Task.TEXT_TO_IMAGE
    assert not planned.plan.has_audio
    run = Run(studio, planned)
    assert run.path == tmp_path / "ball.png"
    with Image.open(run.path) as image:
        assert (image.size, image.mode) == ((96, 64), "RGB")
        # The fake paints its seed, 5, as a colour: nearly black.
        assert np.asarray(image).max() < 24
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ball.json", "ball.png", "home"]
    assert not any((tmp_path / "home" / "state" / "work").iterdir())


def test_a_model_that_makes_no_images_says_so(studio: Studio, request_small: RenderRequest) -> None:
    request = request_small.with_model(BIG.id)
    with pytest.raises(UnsupportedRequest, match="does no text-to-image"):
        studio.plan(request)


def test_record_lies_inside_and_beside_the_image_and_says_which_frame(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    prompt = 'a "red" ball; = # \\ 100%\nüber 猫'
    out = tmp_path / "ball.png"
    run = Run(studio, studio.plan(prompted(request_small, prompt), out=out))
    inside = read_image_record(run.path)
    assert inside is not None
    assert inside == ClipRecord.model_validate_json(
        run.path.with_suffix(".json").read_text(encoding="utf-8")
    )
    assert (inside.request.prompt, inside.seed, inside.job_id) == (prompt, 5, run.job_id)
    assert inside.is_image
    assert inside.request.output is OutputKind.IMAGE
    assert read_settings_of(run.path) == inside
    run.path.with_suffix(".json").unlink()
    assert read_settings_of(run.path) == inside


def test_record_makes_the_same_image_again(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    first = Run(studio, studio.plan(request_small, out=tmp_path / "one.png"))
    record = read_settings_of(first.path)
    assert record is not None
    again = studio.plan(record.request, out=tmp_path / "two.png")
    second = Run(studio, again)
    with Image.open(first.path) as one, Image.open(second.path) as two:
        assert np.array_equal(np.asarray(one), np.asarray(two))


def test_still_goes_to_the_output_folder_under_a_name_of_its_own(
    studio: Studio, request_small: RenderRequest
) -> None:
    planned = studio.plan(request_small)
    assert planned.output.path.parent == studio.paths.output_dir
    assert planned.output.path.name.endswith("_a-red-ball_5.png")
    with pytest.raises(UnsupportedRequest, match=r"Stills are PNG files\. Name it 'a\.png'"):
        studio.plan(request_small, out=studio.paths.state_dir / "a.mp4")


def test_every_problem_comes_at_once(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    request = request_small.model_copy(
        update={"prompt": " ", "frame": FrameRequest(resolution="9000p")}
    )
    with pytest.raises(UnsupportedRequest) as caught:
        studio.plan(request, out=tmp_path / "none" / "ball.png")
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {"prompt", "frame.resolution", "out"}


def test_progress_rises_to_one_which_means_file_in_hand(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    run = Run(studio, studio.plan(request_small, out=tmp_path / "ball.png"))
    fractions = [
        event.fraction
        for event in run.events
        if isinstance(event, Progressed) and event.fraction is not None
    ]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert sum(fraction == 1.0 for fraction in fractions) == 1


def test_an_image_starts_from_another_as_it_was_when_queued(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    image = tmp_path / "start.png"
    Image.new("RGB", (96, 64), "red").save(image)
    before = image.read_bytes()
    request = request_small.model_copy(update={"inputs": inputs_of(start_image=image)})
    job = studio.submit_render(studio.plan(request, out=tmp_path / "ball.png"))
    image.unlink()
    assert studio.queue.run_job(job).event == "succeeded"
    provider = studio.registry.open(request.target)
    assert isinstance(provider, FakeProvider)
    kept = provider.rendered[0].request.path_of(Role.START)
    assert kept is not None
    assert kept.read_bytes() == before


@pytest.mark.parametrize("word", ["fail", "crash", "damaged", "short", "broke"])
def test_failed_still_leaves_nothing_behind(
    studio: Studio, request_small: RenderRequest, tmp_path: Path, word: str
) -> None:
    planned = studio.plan(prompted(request_small, word), out=tmp_path / "ball.png")
    run = Run(studio, planned)
    assert run.outcome.event == "failed"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_memory_that_does_not_suffice_is_worked_round(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    planned = studio.plan(prompted(request_small, "oom"), out=tmp_path / "ball.png")
    assert Run(studio, planned).path.is_file()


def test_a_name_taken_meanwhile_is_told_and_nothing_is_overwritten(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    planned = studio.plan(request_small, out=tmp_path / "ball.png")
    (tmp_path / "ball.png").write_bytes(b"mine")
    run = Run(studio, planned)
    assert run.path == tmp_path / "ball-2.png"
    assert (tmp_path / "ball.png").read_bytes() == b"mine"
    assert any("'ball-2.png'" in e.message for e in run.events if isinstance(e, Notice))


def test_still_that_was_placed_before_a_kill_is_not_made_twice(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    planned = studio.plan(request_small, out=tmp_path / "ball.png")
    # A first job that fails gives the id under which the picture is then found in place.
    provider = studio.registry.open(request_small.target)
    assert isinstance(provider, FakeProvider)
    failing = studio.plan(prompted(request_small, "fail"), out=tmp_path / "ball.png")
    job = studio.submit_render(failing)
    assert studio.queue.run_job(job).event == "failed"
    done = Run(studio, planned)
    record = read_image_record(done.path)
    assert record is not None
    renders = len(provider.rendered)
    write_image_record(done.path, record.model_copy(update={"job_id": job}), done.path)
    done.path.with_suffix(".json").unlink()
    outcome = studio.queue.run_job(studio.queue.resume(job))
    assert outcome == Succeeded(path=done.path)
    assert len(provider.rendered) == renders
    assert done.path.with_suffix(".json").is_file()


def test_cancelled_still_leaves_nothing_behind(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    planned = studio.plan(prompted(request_small, "slow"), out=tmp_path / "ball.png")

    def stop(update: JobUpdate) -> None:
        if isinstance(update.event, Progressed) and update.event.step:
            studio.queue.cancel(update.job_id)

    studio.queue.subscribe(stop)
    assert Run(studio, planned).outcome.event == "cancelled"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_file_that_is_no_image_tells_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert read_settings_of(tmp_path / "a.png") is None


def test_foreign_image_and_missing_one_tell_nothing(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    assert read_settings_of(tmp_path / "a.png") is None
    assert read_settings_of(tmp_path / "none.png") is None
    assert read_settings_of(tmp_path) is None


def test_sidecar_of_a_clip_is_not_taken_for_that_of_an_image_of_the_same_name(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    clip = request_small.model_copy(update={"output": OutputKind.VIDEO})
    job = studio.submit_render(studio.plan(clip, out=tmp_path / "a.mp4"))
    studio.queue.run_job(job)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    assert read_settings_of(tmp_path / "a.mp4") is not None
    assert read_settings_of(tmp_path / "a.png") is None


def test_output_knows_its_sidecar(tmp_path: Path) -> None:
    assert Output(tmp_path / "a.png", is_named=True).sidecar == tmp_path / "a.json"
