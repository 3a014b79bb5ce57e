from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.jobs.job import JobEvent, Notice, Progressed, Succeeded
from core.media.ffmpeg import find_ffmpeg
from core.media.output import Output
from core.studio import Studio
from core.video.provider import ProviderEntry
from core.video.read_metadata import read_settings_of
from core.video.record import ClipRecord
from core.video.request import FrameRequest, RenderRequest, Role
from core.video.still import shortest, still_frame
from core.video.still_file import read_still_record, write_still_record
from tests.fakes.inputs import inputs_of
from tests.fakes.provider import BIG, SMALL, FakeProvider

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import JobContext
    from core.platform.paths import Paths
    from core.studio import PlannedRender
    from core.video.plan import RenderPlan
    from core.video.spec import ModelSpec


class Run:
    """One still from request to outcome, with all its events."""

    def __init__(self, studio: Studio, planned: PlannedRender) -> None:
        self.events: list[JobEvent] = []
        stop = studio.queue.subscribe(lambda _, event: self.events.append(event))
        self.job_id = studio.submit_render(planned)
        self.outcome = studio.queue.run_job(self.job_id)
        stop()

    @property
    def path(self) -> Path:
        assert isinstance(self.outcome, Succeeded), self.outcome
        return self.outcome.path


def prompted(request: RenderRequest, prompt: str) -> RenderRequest:
    return request.model_copy(update={"prompt": prompt})


def test_still_is_the_planned_frame_of_the_shortest_clip(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    planned = studio.plan_still(request_small, out=tmp_path / "ball.png")
    assert (planned.plan.num_frames, planned.plan.fps, planned.still_frame) == (9, 8, 4)
    assert not planned.plan.has_audio
    assert "frame 5 of the 9 of the shortest clip that Fake Small makes" in planned.plan.notes[-1]
    run = Run(studio, planned)
    assert run.path == tmp_path / "ball.png"
    with Image.open(run.path) as image:
        assert (image.size, image.mode) == ((96, 64), "RGB")
        # The fake paints its seed, 5, as a colour: nearly black.
        assert np.asarray(image).max() < 24
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ball.json", "ball.png", "home"]
    assert not any((tmp_path / "home" / "state" / "work").iterdir())


def test_still_is_that_frame_and_no_other(
    paths: Paths, request_small: RenderRequest, tmp_path: Path
) -> None:
    whole = tmp_path / "counted.mp4"
    image = "color=c=black:s=96x64:r=8,geq=lum='16+20*N':cb=128:cr=128"
    encoding = ["-frames:v", "9", "-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv420p"]
    command = [str(find_ffmpeg()), "-v", "error", "-f", "lavfi", "-i", image, *encoding]
    subprocess.run([*command, str(whole)], check=True)

    class Counting(FakeProvider):
        def render(self, plan: RenderPlan, ctx: JobContext) -> Path:
            clip = ctx.workdir / "clip.mp4"
            clip.write_bytes(whole.read_bytes())
            return clip

    entry = ProviderEntry(FakeProvider().info, lambda _: Counting())
    counting = Studio([entry], paths=paths)
    run = Run(counting, counting.plan_still(request_small, out=tmp_path / "ball.png"))
    counting.close()
    with Image.open(run.path) as image:
        level = float(np.asarray(image).mean())
    # Frame 4 has the luma 96 of 16-235.
    assert level == pytest.approx((96 - 16) * 255 / 219, abs=3)


def test_record_lies_inside_and_beside_the_image_and_says_which_frame(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    prompt = 'a "red" ball; = # \\ 100%\nüber 猫'
    out = tmp_path / "ball.png"
    run = Run(studio, studio.plan_still(prompted(request_small, prompt), out=out))
    inside = read_still_record(run.path)
    assert inside is not None
    assert inside == ClipRecord.model_validate_json(
        run.path.with_suffix(".json").read_text(encoding="utf-8")
    )
    assert (inside.request.prompt, inside.seed, inside.job_id) == (prompt, 5, run.job_id)
    assert inside.still_frame == 4
    assert read_settings_of(run.path) == inside
    run.path.with_suffix(".json").unlink()
    assert read_settings_of(run.path) == inside


def test_record_makes_the_same_image_again(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    first = Run(studio, studio.plan_still(request_small, out=tmp_path / "one.png"))
    record = read_settings_of(first.path)
    assert record is not None
    again = studio.plan_still(record.request, out=tmp_path / "two.png")
    second = Run(studio, again)
    with Image.open(first.path) as one, Image.open(second.path) as two:
        assert np.array_equal(np.asarray(one), np.asarray(two))


def test_still_goes_to_the_output_folder_under_a_name_of_its_own(
    studio: Studio, request_small: RenderRequest
) -> None:
    planned = studio.plan_still(request_small)
    assert planned.output.path.parent == studio.paths.output_dir
    assert planned.output.path.name.endswith("_a-red-ball_5.png")
    with pytest.raises(UnsupportedRequest, match=r"Stills are PNG files\. Name it 'a\.png'"):
        studio.plan_still(request_small, out=studio.paths.state_dir / "a.mp4")


def test_every_problem_comes_at_once(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    request = request_small.model_copy(
        update={"prompt": " ", "frame": FrameRequest(resolution="9000p")}
    )
    with pytest.raises(UnsupportedRequest) as caught:
        studio.plan_still(request, out=tmp_path / "none" / "ball.png")
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {"prompt", "frame.resolution", "out"}


def test_progress_rises_to_one_which_means_file_in_hand(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    run = Run(studio, studio.plan_still(request_small, out=tmp_path / "ball.png"))
    fractions = [
        event.fraction
        for event in run.events
        if isinstance(event, Progressed) and event.fraction is not None
    ]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert sum(fraction == 1.0 for fraction in fractions) == 1


def test_still_starts_from_the_image_as_it_was_when_queued(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    image = tmp_path / "start.png"
    Image.new("RGB", (96, 64), "red").save(image)
    before = image.read_bytes()
    request = request_small.model_copy(update={"inputs": inputs_of(start_image=image)})
    job = studio.submit_render(studio.plan_still(request, out=tmp_path / "ball.png"))
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
    planned = studio.plan_still(prompted(request_small, word), out=tmp_path / "ball.png")
    run = Run(studio, planned)
    assert run.outcome.event == "failed"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_memory_that_does_not_suffice_is_worked_round(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    planned = studio.plan_still(prompted(request_small, "oom"), out=tmp_path / "ball.png")
    assert Run(studio, planned).path.is_file()


def test_a_name_taken_meanwhile_is_told_and_nothing_is_overwritten(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    planned = studio.plan_still(request_small, out=tmp_path / "ball.png")
    (tmp_path / "ball.png").write_bytes(b"mine")
    run = Run(studio, planned)
    assert run.path == tmp_path / "ball-2.png"
    assert (tmp_path / "ball.png").read_bytes() == b"mine"
    assert any("'ball-2.png'" in e.message for e in run.events if isinstance(e, Notice))


def test_still_that_was_placed_before_a_kill_is_not_made_twice(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    planned = studio.plan_still(request_small, out=tmp_path / "ball.png")
    # A first job that fails gives the id under which the picture is then found in place.
    provider = studio.registry.open(request_small.target)
    assert isinstance(provider, FakeProvider)
    failing = studio.plan_still(prompted(request_small, "fail"), out=tmp_path / "ball.png")
    job = studio.submit_render(failing)
    assert studio.queue.run_job(job).event == "failed"
    done = Run(studio, planned)
    record = read_still_record(done.path)
    assert record is not None
    renders = len(provider.rendered)
    write_still_record(done.path, record.model_copy(update={"job_id": job}), done.path)
    done.path.with_suffix(".json").unlink()
    outcome = studio.queue.run_job(studio.queue.resume(job))
    assert outcome == Succeeded(path=done.path)
    assert len(provider.rendered) == renders
    assert done.path.with_suffix(".json").is_file()


def test_cancelled_still_leaves_nothing_behind(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    planned = studio.plan_still(prompted(request_small, "slow"), out=tmp_path / "ball.png")

    def stop(job_id: str, event: JobEvent) -> None:
        if isinstance(event, Progressed) and event.step:
            studio.queue.cancel(job_id)

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
    job = studio.submit_render(studio.plan(request_small, out=tmp_path / "a.mp4"))
    studio.queue.run_job(job)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    assert read_settings_of(tmp_path / "a.mp4") is not None
    assert read_settings_of(tmp_path / "a.png") is None


@pytest.mark.parametrize("spec", [SMALL, BIG])
def test_shortest_clip_has_the_fewest_frames_and_no_audio(
    request_small: RenderRequest, spec: ModelSpec
) -> None:
    request = shortest(request_small.model_copy(update={"audio_prompt": "hum"}), spec)
    assert (request.frame.duration_s, request.frame.fps) == (0.5, 8)
    assert request.audio is (False if spec.audio else None)
    assert request.audio_prompt is None
    assert still_frame(1) == 0


def test_output_knows_its_sidecar(tmp_path: Path) -> None:
    assert Output(tmp_path / "a.png", is_named=True).sidecar == tmp_path / "a.json"
