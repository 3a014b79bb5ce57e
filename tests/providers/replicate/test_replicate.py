"""LTX at Replicate over its wire: orders, files, schemas, refusals and the hour of a result."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.jobs.job import Failed
from core.media.ffmpeg import probe_clip
from core.platform.paths import Paths
from core.project.render.rerender import plan_again
from core.studio import Studio
from core.video.provider import NotReady, Ready
from core.video.record import read_settings_of
from core.video.request import (
    Delivery,
    Editing,
    FrameRequest,
    Input,
    Motion,
    RenderRequest,
    Sampling,
)
from core.video.terms import ExtendDirection, RetakePart, Role
from providers.ltx_video.hosted.models import find_model
from providers.ltx_video.replicate.endpoints import DISTILLED, FAST, LTX_VIDEO, PRO
from providers.ltx_video.replicate.info import INFO
from providers.ltx_video.replicate.models import MODELS
from providers.replicate.info import REPLICATE_KEY
from tests.fakes.clips import large_clip
from tests.fakes.program import REAL, ROOT, environment
from tests.fakes.services.replicate_server import KEY, choice, replicate_entry, schemas_of
from tests.providers.contract import Asked
from tests.providers.hosted_place import HostedPlace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.services.replicate_server import ReplicateServer

PLACE = HostedPlace(INFO, FrameRequest(duration_s=6, fps=24))
asked, rendered = PLACE.asked, PLACE.rendered


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "start.png"
    Image.new("RGB", (1280, 720), (20, 120, 30)).save(path)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4 s of 1080p with a tone."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return large_clip(path, "1920x1080", 25, 4)


def test_the_main_command_makes_a_clip_with_its_price_in_record_and_ledger(
    service: ReplicateServer, tmp_path: Path
) -> None:
    # The program asks as seldom as the service wants to be asked.
    service.habits.polls_until_done = 0
    home, out = tmp_path / "home", tmp_path / "clip.mp4"
    words = [
        "--provider",
        "ltx-video",
        "--deployment",
        "replicate",
        "--model",
        "ltx-2.3-pro",
        "--yes",
    ]
    done = subprocess.run(
        [*REAL, *words, "-p", "a red ball", "-o", str(out)],
        cwd=ROOT,
        env=environment(IMAGEAI_HOME=str(home)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "$0.48" in done.stdout + done.stderr
    facts = probe_clip(out)
    assert (facts.width, facts.height, facts.num_frames) == (1920, 1080, 150)
    record = read_settings_of(out)
    assert record is not None
    assert record.cost_usd == pytest.approx(0.48)
    assert record.facts["remote_id"] == service.last.id
    assert service.purchases == 1
    studio = Studio([replicate_entry()], paths=Paths.below(home))
    assert studio.ledger.spent_usd() == pytest.approx(0.48)
    studio.close()


def test_a_clip_from_words_is_ordered_word_for_word(
    service: ReplicateServer, studio: Studio, tmp_path: Path
) -> None:
    job = rendered(studio, tmp_path, asked(motion=Motion(camera="dolly_forward"), audio=False))
    assert job.out.exists(), job.ended
    assert studio.ledger.spent_usd() == pytest.approx(0.36)
    assert (service.last.model, service.last.body) == (
        FAST,
        {
            "task": "text_to_video",
            "prompt": "a red ball",
            "duration": 6,
            "resolution": "1080p",
            "aspect_ratio": "16:9",
            "fps": 24,
            "generate_audio": False,
            "camera_motion": "dolly_in",
        },
    )
    record = read_settings_of(job.out)
    assert record is not None
    # The model draws its own and does not tell it: none that was drawn here is called its seed.
    assert record.seed is None
    again = plan_again(studio, record)
    assert again.plan.request.sampling.seed is None
    assert again.plan.cost_usd == pytest.approx(0.36)


def test_images_are_put_with_the_service_and_come_by_their_addresses_there(
    service: ReplicateServer, studio: Studio, tmp_path: Path, image: Path
) -> None:
    other = tmp_path / "ünï secret name.png"
    Image.new("RGB", (1280, 720), (200, 20, 30)).save(other)
    inputs = (Input(role=Role.START, path=image), Input(role=Role.END, path=other))
    job = rendered(studio, tmp_path, asked("ltx-2.3-fast", *inputs))
    assert job.out.exists(), job.ended
    assert list(service.uploads.values()) == [image.read_bytes(), other.read_bytes()]
    assert service.file_names == ["input.png", "input.png"]
    first, last = (f"https://api.replicate.com/v1/files/{name}" for name in service.uploads)
    assert service.last.body["task"] == "image_to_video"
    assert service.last.body["image"] == first
    assert service.last.body["last_frame_image"] == last


def test_a_video_is_extended_at_either_end(
    service: ReplicateServer, studio: Studio, tmp_path: Path, clip: Path
) -> None:
    request = asked(
        "ltx-2.3-edit",
        Input(role=Role.EXTEND_VIDEO, path=clip),
        editing=Editing(direction=ExtendDirection.BACKWARD),
        frame=FrameRequest(duration_s=3),
    )
    planned = studio.plan(request, out=tmp_path / "clip.mp4")
    assert planned.plan.cost_usd is None
    assert any("what it costs is not known" in note for note in planned.plan.notes)
    job = Asked(studio, studio.submit_render(planned), tmp_path / "clip.mp4")
    job.run()
    body = service.last.body
    assert service.last.model == PRO
    assert (body["task"], body["extend_mode"], body["duration"]) == ("extend", "start", 3)
    assert body["video"].startswith("https://api.replicate.com/v1/files/")


def test_a_part_is_made_again_and_costs_by_the_whole_video(
    service: ReplicateServer, studio: Studio, tmp_path: Path, clip: Path
) -> None:
    request = asked(
        "ltx-2.3-edit",
        Input(role=Role.RETAKE_VIDEO, path=clip),
        editing=Editing(retake_from_s=1, retake_to_s=3, retake_part=RetakePart.VIDEO),
    )
    planned = studio.plan(request, out=tmp_path / "clip.mp4")
    assert planned.plan.cost_usd == pytest.approx(0.10 * 4)
    Asked(studio, studio.submit_render(planned), tmp_path / "clip.mp4").run()
    body = service.last.body
    assert (body["task"], body["retake_mode"]) == ("retake", "replace_video")
    assert body["retake_start_time"] == pytest.approx(1, abs=0.05)
    assert body["retake_duration"] >= 2


def test_the_open_weights_are_ordered_by_frames_and_choose_their_size(
    service: ReplicateServer, studio: Studio, tmp_path: Path, image: Path
) -> None:
    request = asked(
        "ltx-2-distilled",
        Input(role=Role.START, path=image, strength=0.8),
        frame=FrameRequest(duration_s=2, aspect="16:9"),
        sampling=Sampling(seed=11),
    )
    planned = studio.plan(request, out=tmp_path / "clip.mp4")
    assert planned.plan.cost_usd == pytest.approx(0.02 * 49 / 24)
    assert any("The model chooses the size itself" in note for note in planned.plan.notes)
    job = Asked(studio, studio.submit_render(planned), tmp_path / "clip.mp4")
    job.run()
    assert job.out.exists(), job.ended
    (name,) = service.uploads
    assert (service.last.model, service.last.body) == (
        DISTILLED,
        {
            "prompt": "a red ball",
            "aspect_ratio": "16:9",
            "num_frames": 49,
            "seed": 11,
            "enhance_prompt": False,
            "image": f"https://api.replicate.com/v1/files/{name}",
            "image_strength": 0.8,
        },
    )
    made = probe_clip(job.out)
    assert (made.width, made.height, made.num_frames, made.fps) == (1376, 768, 49, 24)
    record = read_settings_of(job.out)
    assert record is not None
    assert (record.seed, record.width) == (11, 1376)
    assert any("gave 1376x768 instead of 1344x768" in note for note in record.notes)


def test_a_model_of_the_community_is_ordered_by_the_version_that_it_has(
    service: ReplicateServer, studio: Studio, tmp_path: Path
) -> None:
    request = asked(
        "ltx-video-0.9.1",
        frame=FrameRequest(duration_s=5, resolution="512"),
        sampling=Sampling(seed=11, num_inference_steps=20, guidance_scale=4.0),
        negative_prompt="blur",
        delivery=Delivery(webhook_url="https://example.com/done"),
    )
    planned = studio.plan(request, out=tmp_path / "clip.mp4")
    assert planned.plan.cost_usd is None
    assert any("by the seconds that its machine works" in note for note in planned.plan.notes)
    job = Asked(studio, studio.submit_render(planned), tmp_path / "clip.mp4")
    job.run()
    assert job.out.exists(), job.ended
    assert (service.last.model, service.last.webhook) == (LTX_VIDEO, "https://example.com/done")
    assert service.last.body == {
        "prompt": "a red ball",
        "negative_prompt": "blur",
        "target_size": 512,
        "aspect_ratio": "3:2",
        "length": 129,
        "steps": 20,
        "cfg": 4.0,
        "model": "0.9.1",
        "seed": 11,
    }
    made = probe_clip(job.out)
    plan = planned.plan
    assert (made.width, made.height, made.num_frames) == (plan.width, plan.height, 129)
    assert not made.has_audio
    assert job.notes == ""


@pytest.mark.parametrize("model", ["ltx-2-distilled", "ltx-video-0.9.1"])
def test_every_size_of_the_open_weights_is_one_that_the_model_names(
    studio: Studio, model: str
) -> None:
    for size in find_model(MODELS, model).spec.sizes:
        frame = FrameRequest(resolution=size.resolution, aspect=size.aspect.value)
        plan = studio.plan(asked(model, frame=frame)).plan
        assert (plan.width, plan.height) == (size.width, size.height)


def test_a_webhook_is_passed_on(service: ReplicateServer, studio: Studio, tmp_path: Path) -> None:
    delivery = Delivery(webhook_url="https://example.com/done")
    assert rendered(studio, tmp_path, asked(delivery=delivery)).out.exists()
    assert service.last.webhook == "https://example.com/done"


class TestSchemas:
    """What a model says of itself counts before the table that was written some day."""

    def test_they_are_asked_once_a_day_for_each_model(
        self, service: ReplicateServer, studio: Studio, tmp_path: Path
    ) -> None:
        studio.plan(asked())
        studio.plan(asked("ltx-2.3-pro"))
        assert service.asked_models == [FAST, PRO, DISTILLED, LTX_VIDEO]
        other = Studio([replicate_entry()], paths=Paths.below(tmp_path / "home"))
        other.plan(asked())
        other.close()
        assert service.asked_models == [FAST, PRO, DISTILLED, LTX_VIDEO]

    def test_a_value_that_it_no_longer_takes_is_refused_before_it_is_ordered(
        self, service: ReplicateServer, studio: Studio
    ) -> None:
        schemas = schemas_of(FAST)
        service.habits.models[FAST] = {**schemas, "resolution": choice("1080p", "2k")}
        studio.plan(asked())
        frame = FrameRequest(duration_s=6, resolution="2160p")
        with pytest.raises(UnsupportedRequest, match="takes only 1080p, 2k now, not 4k") as caught:
            studio.plan(asked(frame=frame))
        assert [problem.field for problem in caught.value.problems] == ["frame.resolution"]

    def test_a_shorter_end_is_refused(self, service: ReplicateServer, studio: Studio) -> None:
        duration = {"type": "integer", "minimum": 1, "maximum": 8}
        service.habits.models[FAST] = schemas_of(FAST, duration=duration)
        with pytest.raises(UnsupportedRequest, match="at most 8 now, not 12"):
            studio.plan(asked(frame=FrameRequest(duration_s=12, fps=25)))

    def test_a_field_that_is_gone_is_refused_and_one_that_came_is_told(
        self, service: ReplicateServer, studio: Studio
    ) -> None:
        schemas = schemas_of(FAST)
        del schemas["Input"]["properties"]["generate_audio"]
        schemas["Input"]["required"] = ["prompt", "licence_key"]
        service.habits.models[FAST] = schemas
        with pytest.raises(UnsupportedRequest) as caught:
            studio.plan(asked())
        assert [problem.field for problem in caught.value.problems] == ["audio", "target"]
        assert "needs 'licence_key' now" in str(caught.value.problems[1].message)

    def test_a_seed_is_taken_where_the_model_has_a_field_for_it(
        self, service: ReplicateServer, studio: Studio, tmp_path: Path
    ) -> None:
        with pytest.raises(UnsupportedRequest, match="seed"):
            studio.plan(asked(sampling=Sampling(seed=11)))
        service.habits.models[FAST] = schemas_of(FAST, seed={"type": "integer"})
        other = Studio([replicate_entry()], paths=Paths.below(tmp_path / "other"))
        job = rendered(other, tmp_path, asked(sampling=Sampling(seed=11)))
        other.close()
        assert job.out.exists(), job.ended
        assert service.last.body["seed"] == 11
        record = read_settings_of(job.out)
        assert record is not None
        assert record.seed == 11

    @pytest.mark.parametrize("told", [{}, {"Input": None}, {"Input": {"properties": []}}])
    def test_an_answer_that_cannot_be_read_changes_nothing(
        self, service: ReplicateServer, studio: Studio, tmp_path: Path, told: dict[str, Any]
    ) -> None:
        service.habits.models[FAST] = told
        assert rendered(studio, tmp_path).out.exists()

    def test_a_model_that_is_gone_says_so_when_it_is_ordered(
        self, service: ReplicateServer, studio: Studio, tmp_path: Path
    ) -> None:
        service.habits.retired = (FAST,)
        service.habits.refuses = 404
        job = rendered(studio, tmp_path)
        assert "has no such model any more" in job.error
        assert studio.ledger.spent_usd() == 0

    def test_without_a_network_the_table_counts(
        self, service: ReplicateServer, tmp_path: Path
    ) -> None:
        paths = Paths.below(tmp_path / "home")
        paths.cache_dir.mkdir(parents=True)
        (paths.cache_dir / "schemas-replicate.json").write_text("{ damaged")
        service.environment.clear()
        service.habits.outages = 9
        service.habits.models[FAST] = {}
        studio = Studio([replicate_entry()], paths=paths)
        assert studio.plan(asked()).plan.cost_usd == pytest.approx(0.36)
        studio.close()


def test_the_plan_says_how_long_a_result_is_kept(studio: Studio) -> None:
    assert any("for an hour" in note for note in studio.plan(asked()).plan.notes)


def test_a_result_that_was_removed_is_told_as_paid_and_lost(
    service: ReplicateServer, studio: Studio, tmp_path: Path
) -> None:
    service.habits.is_removed = True
    job = rendered(studio, tmp_path)
    assert job.error.startswith("ResultLost: Replicate made the clip and has removed it")
    assert studio.ledger.spent_usd() > 0


@pytest.mark.parametrize("said", ["E005: flagged as sensitive", "NSFW content detected"])
def test_a_refused_prompt_is_told_as_such(
    service: ReplicateServer, studio: Studio, tmp_path: Path, said: str
) -> None:
    service.habits.fails = True
    service.habits.error = said
    job = rendered(studio, tmp_path)
    assert job.error.startswith(f"ContentRefused: Replicate refused the prompt or an input: {said}")
    assert KEY not in job.error
    assert isinstance(job.ended, Failed)


def test_how_long_to_wait_is_read_from_the_words_of_a_refusal(
    service: ReplicateServer, studio: Studio, tmp_path: Path
) -> None:
    service.habits.refuses = 429
    service.habits.gives_retry_after = False
    service.habits.refusal = "Request was throttled. Your rate limit resets in ~7s."
    job = rendered(studio, tmp_path)
    assert job.error.startswith("RateLimited: Replicate asks for fewer requests (429)")
    assert "Resume the job in 7 s." in job.error
    assert studio.ledger.spent_usd() == 0


def test_credit_that_is_used_up_is_told_in_its_own_words(
    service: ReplicateServer, studio: Studio, tmp_path: Path
) -> None:
    service.habits.refuses = 402
    service.habits.refusal = "You have insufficient credit to run this model."
    job = rendered(studio, tmp_path)
    assert job.error.startswith("QuotaExceeded: The account at Replicate has no credit left (402)")
    assert "insufficient credit" in job.error
    assert '"title"' not in job.error


def test_a_word_that_nobody_knows_is_work_in_progress(
    service: ReplicateServer, studio: Studio, tmp_path: Path
) -> None:
    service.habits.words = ["warming_up", "polishing"]
    assert rendered(studio, tmp_path).out.exists()
    assert service.purchases == 1


@pytest.mark.parametrize(("word", "spent"), [("canceled", True), ("aborted", False)])
def test_a_render_that_was_ended_there_is_told_with_what_it_costs(
    service: ReplicateServer, studio: Studio, tmp_path: Path, word: str, spent: bool
) -> None:
    service.habits.words = ["starting", word]
    job = rendered(studio, tmp_path)
    assert job.error.startswith("RenderFailed: The render at Replicate was")
    assert (studio.ledger.spent_usd() > 0) is spent


def test_a_list_of_one_result_is_a_result(
    service: ReplicateServer, studio: Studio, tmp_path: Path
) -> None:
    service.habits.gives_list = True
    assert rendered(studio, tmp_path).out.exists()


def test_a_clip_that_is_done_and_is_not_there_is_a_failure_and_stays_paid(
    service: ReplicateServer, studio: Studio, tmp_path: Path
) -> None:
    service.habits.is_empty = True
    job = rendered(studio, tmp_path)
    assert "is done and gives none" in job.error
    assert studio.ledger.spent_usd() > 0


def test_a_key_is_tested_without_spending(
    service: ReplicateServer, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = studio.registry.open(asked().target)
    assert isinstance(provider.check_key(REPLICATE_KEY), Ready)
    monkeypatch.setenv("REPLICATE_API_TOKEN", "another")
    assert isinstance(provider.check_key(REPLICATE_KEY), NotReady)
    assert service.purchases == 0


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (asked(frame=FrameRequest(duration_s=12, resolution="2160p")), "at most 10 s"),
        (asked(frame=FrameRequest(duration_s=6, resolution="720p")), "720p"),
        (asked(frame=FrameRequest(fps=30)), "30"),
        (asked("ltx-2.3-pro", frame=FrameRequest(duration_s=12)), "12"),
        (asked("ltx-2.3-edit"), "text-to-video"),
    ],
)
def test_what_it_does_not_make_is_refused_before_anything_is_sent(
    service: ReplicateServer, studio: Studio, request_: RenderRequest, said: str
) -> None:
    with pytest.raises(UnsupportedRequest, match=said):
        studio.plan(request_)
    assert service.purchases == 0
    assert not service.uploads


def test_each_kind_of_work_has_an_endpoint() -> None:
    for model in MODELS:
        assert {endpoint.task for endpoint in model.endpoints} == set(model.spec.tasks)
