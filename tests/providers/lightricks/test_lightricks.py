"""LTX at its makers over the wire of the LTX API: orders, files, refusals and secrets."""

from __future__ import annotations

import subprocess
import threading
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.jobs.job import Failed
from core.media.ffmpeg import probe_clip
from core.platform.paths import Paths
from core.studio import Studio
from core.video.provider import NotReady, Ready
from core.video.record import read_settings_of
from core.video.request import Editing, FrameRequest, Input, Motion, RenderRequest
from core.video.terms import AUTO, ExtendDirection, RetakePart, Role
from providers.ltx_video.lightricks.info import INFO, LIGHTRICKS_KEY
from providers.ltx_video.lightricks.models import MODELS
from tests.fakes.clips import large_clip
from tests.fakes.program import REAL, ROOT, environment
from tests.fakes.services.lightricks_server import KEY, lightricks_entry
from tests.providers.contract import Asked
from tests.providers.hosted_place import HostedPlace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.services.lightricks_server import LightricksServer

PLACE = HostedPlace(INFO, FrameRequest(duration_s=2, resolution="720p", fps=24))
asked, rendered = PLACE.asked, PLACE.rendered


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "start.png"
    Image.new("RGB", (1280, 720), (20, 120, 30)).save(path)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4 s of 720p with a tone."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return large_clip(path, "1280x720", 25, 4)


def test_the_main_command_makes_a_clip_with_its_price_in_record_and_ledger(
    service: LightricksServer, tmp_path: Path
) -> None:
    # The program asks as seldom as the service wants to be asked.
    service.habits.polls_until_done = 0
    home, out = tmp_path / "home", tmp_path / "clip.mp4"
    words = ["--provider", "ltx-video", "--deployment", "lightricks", "--duration", "2", "--yes"]
    done = subprocess.run(
        [*REAL, *words, "--resolution", "720p", "-p", "a red ball", "-o", str(out)],
        cwd=ROOT,
        env=environment(IMAGEAI_HOME=str(home)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "$0.06" in done.stdout + done.stderr
    facts = probe_clip(out)
    assert (facts.width, facts.height, facts.num_frames) == (1280, 720, 50)
    record = read_settings_of(out)
    assert record is not None
    assert record.cost_usd == pytest.approx(0.06)
    assert record.facts["remote_id"] == f"text-to-video/{service.last.id}"
    assert service.purchases == 1
    studio = Studio([lightricks_entry()], paths=Paths.below(home))
    assert studio.ledger.spent_usd() == pytest.approx(0.06)
    studio.close()


def test_a_clip_from_words_is_ordered_word_for_word(
    service: LightricksServer, studio: Studio, tmp_path: Path
) -> None:
    job = rendered(studio, tmp_path, asked(motion=Motion(camera="dolly_forward")))
    assert job.out.exists(), job.ended
    assert (service.last.endpoint, service.last.body) == (
        "text-to-video",
        {
            "model": "ltx-2-3-fast",
            "prompt": "a red ball",
            "enhance_prompt": False,
            "duration": 2,
            "resolution": "1280x720",
            "fps": 24,
            "generate_audio": True,
            "camera_motion": "dolly_in",
        },
    )


def test_images_lie_in_its_storage_and_come_by_their_addresses_there(
    service: LightricksServer, studio: Studio, tmp_path: Path, image: Path
) -> None:
    job = rendered(
        studio,
        tmp_path,
        asked(
            "ltx-2.3-fast",
            Input(role=Role.START, path=image),
            Input(role=Role.END, path=image),
        ),
    )
    assert job.out.exists(), job.ended
    assert service.last.endpoint == "image-to-video"
    assert list(service.uploads.values()) == [image.read_bytes()] * 2
    first, last = (f"storage://uploads/{name}" for name in service.uploads)
    assert service.last.body["image_uri"] == first
    assert service.last.body["last_frame_uri"] == last


def test_a_video_is_extended_at_either_end(
    service: LightricksServer, studio: Studio, tmp_path: Path, clip: Path
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
    assert service.last.endpoint == "extend"
    assert (body["mode"], body["duration"], body["model"]) == ("start", 3, "ltx-2-3-pro")
    assert body["video_uri"].startswith("storage://")


def test_a_part_is_made_again_and_costs_by_the_whole_video(
    service: LightricksServer, studio: Studio, tmp_path: Path, clip: Path
) -> None:
    request = asked(
        "ltx-2.3-edit",
        Input(role=Role.RETAKE_VIDEO, path=clip),
        editing=Editing(retake_from_s=1, retake_to_s=3, retake_part=RetakePart.VIDEO),
    )
    planned = studio.plan(request, out=tmp_path / "clip.mp4")
    assert planned.plan.cost_usd == pytest.approx(0.10 * 4)
    job = Asked(studio, studio.submit_render(planned), tmp_path / "clip.mp4")
    job.run()
    body = service.last.body
    assert service.last.endpoint == "retake"
    assert (body["mode"], body["start_time"]) == ("replace_video", pytest.approx(1, abs=0.05))
    assert body["duration"] >= 2


def test_a_video_gets_another_aspect_and_costs_by_its_seconds(
    service: LightricksServer, studio: Studio, tmp_path: Path, clip: Path
) -> None:
    request = asked(
        AUTO,
        Input(role=Role.REFRAME_VIDEO, path=clip),
        frame=FrameRequest(aspect="4:5", resolution="720p"),
    ).model_copy(update={"prompt": ""})
    planned = studio.plan(request, out=tmp_path / "clip.mp4")
    assert planned.plan.target.model == "ltx-reframe"
    assert planned.plan.cost_usd == pytest.approx(0.10 * 4)
    job = Asked(studio, studio.submit_render(planned), tmp_path / "clip.mp4")
    job.run()
    assert job.out.exists(), job.ended
    assert service.last.endpoint == "video-to-video-reframe"
    (name,) = service.uploads
    assert service.last.body == {"video_uri": f"storage://uploads/{name}", "resolution": "720x900"}
    made = probe_clip(job.out)
    assert (made.width, made.height, made.num_frames, made.has_audio) == (720, 900, 100, True)
    record = read_settings_of(job.out)
    assert record is not None
    assert (record.prompt, record.cost_usd) == ("", pytest.approx(0.40))
    larger = request.model_copy(update={"frame": FrameRequest(aspect="4:5")})
    assert studio.plan(larger).plan.cost_usd == pytest.approx(0.20 * 4)


def test_a_service_that_makes_two_at_a_time_is_never_asked_for_a_third(
    service: LightricksServer, studio: Studio, tmp_path: Path
) -> None:
    jobs = []
    for number in range(4):
        out = tmp_path / f"clip-{number}.mp4"
        planned = studio.plan(asked(), out=out)
        jobs.append(Asked(studio, studio.submit_render(planned), out))
    threads = [threading.Thread(target=job.run) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert [job.ended.event for job in jobs if job.ended] == ["succeeded"] * 4
    assert service.at_once == 2
    assert service.purchases == 4


def test_another_program_on_the_same_account_is_told_as_a_limit(
    service: LightricksServer, studio: Studio, tmp_path: Path
) -> None:
    service.habits.most = 0
    job = rendered(studio, tmp_path)
    assert job.error.startswith("RateLimited: Lightricks asks for fewer requests (429): too many")
    assert "in 5 s" in job.error
    assert studio.ledger.spent_usd() == 0


def test_a_refused_prompt_is_told_as_such(
    service: LightricksServer, studio: Studio, tmp_path: Path
) -> None:
    service.habits.fails = True
    service.habits.kind = "content_filtered_error"
    job = rendered(studio, tmp_path)
    assert job.error.startswith("ContentRefused: Lightricks refused the prompt or an input")
    assert KEY not in job.error
    assert isinstance(job.ended, Failed)


def test_a_word_that_nobody_knows_is_work_in_progress(
    service: LightricksServer, studio: Studio, tmp_path: Path
) -> None:
    service.habits.words = ["warming_up", "polishing"]
    assert rendered(studio, tmp_path).out.exists()
    assert service.purchases == 1


def test_a_clip_that_is_done_and_is_not_there_is_a_failure_and_stays_paid(
    service: LightricksServer, studio: Studio, tmp_path: Path
) -> None:
    service.habits.is_empty = True
    job = rendered(studio, tmp_path)
    assert "is done and gives none" in job.error
    assert studio.ledger.spent_usd() > 0


def test_signed_addresses_are_kept_nowhere(
    service: LightricksServer, studio: Studio, tmp_path: Path, image: Path
) -> None:
    service.habits.is_gone = True
    job = rendered(studio, tmp_path, asked("ltx-2.3-fast", Input(role=Role.START, path=image)))
    assert job.error.startswith("ResultLost")
    files = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert files
    secrets = (b"put-5510", b"get-7720", KEY.encode())
    assert [p.name for p in files if any(secret in p.read_bytes() for secret in secrets)] == []


def test_a_key_is_tested_without_spending(
    service: LightricksServer, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = studio.registry.open(asked().target)
    assert isinstance(provider.check_key(LIGHTRICKS_KEY), Ready)
    monkeypatch.setenv("LTX_API_KEY", "another")
    assert isinstance(provider.check_key(LIGHTRICKS_KEY), NotReady)
    assert service.purchases == 0


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (asked(frame=FrameRequest(duration_s=12, resolution="2160p")), "at most 10 s"),
        (asked("ltx-2.5-pro", frame=FrameRequest(resolution="1440p")), "1440p"),
        (asked("ltx-2.3-pro", frame=FrameRequest(resolution="720p")), "720p"),
        (asked(frame=FrameRequest(fps=30)), "30"),
        (asked("ltx-2.3-edit"), "text-to-video"),
    ],
)
def test_what_it_does_not_make_is_refused_before_anything_is_sent(
    service: LightricksServer, studio: Studio, request_: RenderRequest, said: str
) -> None:
    with pytest.raises(UnsupportedRequest, match=said):
        studio.plan(request_)
    assert service.purchases == 0
    assert not service.given


def test_each_kind_of_work_has_an_endpoint() -> None:
    for model in MODELS:
        assert {endpoint.task for endpoint in model.endpoints} == set(model.spec.tasks)
