"""Veo over the wire of Vertex AI: orders, ways in, refusals, secrets, what is told."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import NotConfigured, UnsupportedRequest
from core.jobs.job import Failed
from core.media.ffmpeg import probe_clip
from core.platform.paths import Paths
from core.studio import Studio
from core.video.provider import NotReady, Ready
from core.video.record import read_settings_of
from core.video.request import FrameRequest, Input, RenderRequest, Sampling
from core.video.terms import AUTO, PersonGeneration, Role
from providers.google.info import VEO, VERTEX_KEY
from tests.fakes.clips import large_clip
from tests.fakes.program import REAL, ROOT, environment
from tests.fakes.services.veo_server import (
    API,
    ELSEWHERE,
    EXPRESS,
    GLOBAL,
    PROJECT,
    TOKEN,
    veo_entry,
)
from tests.providers.contract import Asked
from tests.providers.hosted_place import HostedPlace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.services.veo_server import VeoServer

PLACE = HostedPlace(VEO, FrameRequest(duration_s=4, resolution="720p"), "veo-3.1-fast")
asked, rendered = PLACE.asked, PLACE.rendered
EIGHT = FrameRequest(duration_s=8, resolution="720p")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "start.png"
    Image.new("RGB", (1280, 720), (20, 120, 30)).save(path)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3 s of 720p with a tone."""
    return large_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", "1280x720", 24, 3)


def inputs(image: Path, *roles: Role) -> tuple[Input, ...]:
    return tuple(Input(role=role, path=image) for role in roles)


def refused(studio: Studio, request: RenderRequest) -> str:
    with pytest.raises(UnsupportedRequest) as caught:
        studio.plan(request)
    return str(caught.value)


def test_the_main_command_makes_a_clip_with_its_price_in_record_and_ledger(
    veo: VeoServer, tmp_path: Path
) -> None:
    # The program asks as seldom as the service wants to be asked.
    veo.habits.polls_until_done = 0
    home, out = tmp_path / "home", tmp_path / "clip.mp4"
    words = ["--provider", "veo", "--duration", "4", "--resolution", "720p", "--seed", "7", "--yes"]
    done = subprocess.run(
        [*REAL, *words, "-p", "a red ball", "-o", str(out)],
        cwd=ROOT,
        env=environment(IMAGEAI_HOME=str(home)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "$0.40" in done.stdout + done.stderr
    facts = probe_clip(out)
    assert (facts.width, facts.height, facts.num_frames) == (1280, 720, 96)
    record = read_settings_of(out)
    assert record is not None
    assert (record.cost_usd, record.seed) == (pytest.approx(0.40), 7)
    assert record.facts["remote_id"] == veo.last.id
    assert veo.purchases == 1
    studio = Studio([veo_entry()], paths=Paths.below(home))
    assert studio.ledger.spent_usd() == pytest.approx(0.40)
    studio.close()


def test_a_clip_from_words_is_ordered_word_for_word(
    veo: VeoServer, veo_studio: Studio, tmp_path: Path
) -> None:
    request = asked(
        negative_prompt="blurry",
        audio=False,
        sampling=Sampling(seed=3),
        person_generation=PersonGeneration.ALLOW_ADULT,
    )
    job = rendered(veo_studio, tmp_path, request)
    assert job.out.exists(), job.ended
    assert (veo.last.host, veo.last.model) == (API, "veo-3.1-fast-generate-001")
    assert veo.last.body == {
        "instances": [{"prompt": "a red ball"}],
        "parameters": {
            "sampleCount": 1,
            "durationSeconds": 4,
            "aspectRatio": "16:9",
            "resolution": "720p",
            "generateAudio": False,
            "seed": 3,
            "negativePrompt": "blurry",
            "personGeneration": "allow_adult",
        },
    }


def test_what_is_not_said_of_people_and_in_the_negative_is_not_sent(
    veo: VeoServer, veo_studio: Studio, tmp_path: Path
) -> None:
    frame = FrameRequest(duration_s=4, resolution="1080p", aspect="9:16")
    job = rendered(veo_studio, tmp_path, asked(frame=frame))
    assert job.out.exists(), job.ended
    parameters = veo.last.body["parameters"]
    assert {"personGeneration", "negativePrompt"} & set(parameters) == set()
    assert (parameters["aspectRatio"], parameters["resolution"]) == ("9:16", "1080p")
    assert parameters["generateAudio"] is True


def test_both_ends_of_a_clip_go_as_images(
    veo: VeoServer, veo_studio: Studio, tmp_path: Path, image: Path
) -> None:
    job = rendered(veo_studio, tmp_path, asked("", *inputs(image, Role.START, Role.END)))
    assert job.out.exists(), job.ended
    (instance,) = veo.last.body["instances"]
    assert set(instance) == {"prompt", "image", "lastFrame"}
    assert instance["image"]["mimeType"] == instance["lastFrame"]["mimeType"] == "image/png"
    assert list(veo.uploads.values()) == [image.read_bytes()] * 2


def test_references_go_as_assets_of_a_clip_of_8_s(
    veo: VeoServer, veo_studio: Studio, tmp_path: Path, image: Path
) -> None:
    three = inputs(image, *[Role.REFERENCE] * 3)
    job = rendered(veo_studio, tmp_path, asked("", *three, frame=EIGHT))
    assert job.out.exists(), job.ended
    (instance,) = veo.last.body["instances"]
    kinds = [one["referenceType"] for one in instance["referenceImages"]]
    assert kinds == ["asset"] * 3
    assert len(veo.uploads) == 3


def test_a_clip_goes_on_by_7_s_and_its_price_is_unknown(
    veo: VeoServer, veo_studio: Studio, tmp_path: Path, clip: Path
) -> None:
    request = asked("veo-3.1-fast-extend", Input(role=Role.EXTEND_VIDEO, path=clip))
    planned = veo_studio.plan(request, out=tmp_path / "clip.mp4").plan
    assert (planned.cost_usd, planned.num_new) == (None, 7 * 24)
    assert any("what it costs is not known" in note for note in planned.notes)
    job = rendered(veo_studio, tmp_path, request)
    assert job.out.exists(), job.ended
    (instance,) = veo.last.body["instances"]
    assert instance["video"]["mimeType"] == "video/mp4"
    assert "durationSeconds" not in veo.last.body["parameters"]
    assert list(veo.uploads.values()) == [clip.read_bytes()]
    assert probe_clip(job.out).num_frames == 10 * 24


def test_automatic_takes_the_model_that_extends(veo_studio: Studio, clip: Path) -> None:
    request = asked(AUTO, Input(role=Role.EXTEND_VIDEO, path=clip))
    assert veo_studio.plan(request).plan.target.model == "veo-3.1-fast-extend"


@pytest.mark.parametrize(
    ("model", "resolution", "audio", "usd"),
    [
        ("veo-3.1-fast", "2160p", True, 2.40),
        ("veo-3.1", "720p", True, 3.20),
        ("veo-3.1", "1080p", False, 1.60),
        ("veo-3.1", "2160p", True, 4.80),
        ("veo-3.1-lite", "1080p", True, 0.64),
        ("veo-3.1-fast", "720p", False, None),
    ],
)
def test_the_price_goes_by_model_size_length_and_sound(
    veo_studio: Studio, model: str, resolution: str, audio: bool, usd: float | None
) -> None:
    frame = FrameRequest(duration_s=8, resolution=resolution)
    plan = veo_studio.plan(asked(model, frame=frame, audio=audio)).plan
    assert plan.cost_usd == (None if usd is None else pytest.approx(usd))
    said = "is not known" if usd is None else "by size, length and sound, and is that of 2026-11"
    assert any(said in note for note in plan.notes)


@pytest.mark.parametrize("way", ["service_account", "authorized_user", "text", "home"])
def test_credentials_files_are_exchanged_for_a_token_and_name_the_project(
    veo: VeoServer,
    veo_studio: Studio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    kind = "authorized_user" if way == "authorized_user" else "service_account"
    more = {"quota_project_id": PROJECT, "project_id": ""} if kind != "service_account" else {}
    text, file = veo.account(kind, **more), tmp_path / "account.json"
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    value = {"text": text, "home": "~/account.json"}.get(way, str(file))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", value)
    monkeypatch.delenv("CLOUDSDK_AUTH_ACCESS_TOKEN")
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT")
    job = rendered(veo_studio, tmp_path)
    assert job.out.exists(), job.ended
    assert len(veo.grants) == 1, "a token lasts for the whole render"
    assert f"projects/{PROJECT}/" in veo.last.id
    quota = veo.last.headers.get("x-goog-user-project")
    assert quota == (PROJECT if kind == "authorized_user" else None)


def test_a_key_of_express_mode_needs_no_project(
    veo: VeoServer, veo_studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDSDK_AUTH_ACCESS_TOKEN", EXPRESS)
    job = rendered(veo_studio, tmp_path)
    assert job.out.exists(), job.ended
    assert veo.last.host == GLOBAL
    assert veo.last.id.startswith("publishers/google/models/veo-3.1-fast-generate-001/operations/")


def test_a_key_of_the_gemini_api_is_told_to_open_no_veo(
    veo: VeoServer, veo_studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDSDK_AUTH_ACCESS_TOKEN", "AIza-gemini-key")
    job = rendered(veo_studio, tmp_path)
    assert job.error.startswith("AuthFailed")
    assert "no Veo for a Gemini API key" in job.error
    assert "--provider omni" in job.error
    assert "AIza-gemini-key" not in job.error
    assert veo.purchases == 0


def test_a_package_that_is_missing_is_told_when_a_way_in_is_tested(
    veo: VeoServer, veo_studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", veo.account())
    monkeypatch.setitem(sys.modules, "google.oauth2.service_account", None)
    found = veo_studio.registry.open(asked().target).check_key(VERTEX_KEY)
    assert isinstance(found, NotReady)
    assert "google-auth" in found.reason
    assert "requirements-google.txt" in found.fix


def test_an_operation_is_asked_after_where_it_was_ordered(
    veo: VeoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "europe-west4")
    veo.habits.drops_answers = 1
    studio = Studio([veo_entry()], paths=Paths.below(tmp_path / "home"))
    job = rendered(studio, tmp_path)
    assert job.error.startswith("SubmitUnknown")
    assert veo.last.host == ELSEWHERE
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "")
    again = Asked(studio, studio.attach(job.job_id, veo.last.id), job.out)
    assert again.run().event == "succeeded", again.ended
    studio.close()


def test_an_operation_is_found_by_the_last_part_of_its_name(
    veo: VeoServer, veo_studio: Studio, tmp_path: Path
) -> None:
    veo.habits.drops_answers = 1
    job = rendered(veo_studio, tmp_path)
    short = veo.last.id.rpartition("/")[2]
    again = Asked(veo_studio, veo_studio.attach(job.job_id, short), job.out)
    assert again.run().event == "succeeded", again.ended
    assert veo.purchases == 1


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{no json", "It is no JSON"),
        ('{"type": "external_account"}', "'external_account', which is not taken here"),
        ('{"type": "service_account"}', "It is not complete"),
    ],
)
def test_credentials_that_cannot_be_used_are_told_and_nothing_is_ordered(
    veo: VeoServer,
    veo_studio: Studio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    value: str,
    said: str,
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", value)
    job = rendered(veo_studio, tmp_path)
    assert job.error.startswith("NotConfigured: The credentials for Google Cloud")
    assert "[secret]" not in job.error
    assert said in job.error
    assert "keys set vertex" in job.error
    assert veo.purchases == 0
    assert veo_studio.ledger.spent_usd() == 0


@pytest.mark.parametrize("name", ["nowhere/account.json", "/nowhere/account", "~/no account.json"])
def test_a_credentials_file_that_is_missing_is_told_in_the_plan(
    veo_studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", name)
    file = name.replace("~", str(tmp_path))
    planned = veo_studio.plan(asked())
    assert isinstance(planned.readiness, NotReady)
    assert f"in {file!r} cannot be used. There is no such file." in planned.readiness.reason
    assert "keys set vertex" in planned.readiness.fix
    with pytest.raises(NotConfigured, match="There is no such file"):
        veo_studio.submit_render(planned)
    (tmp_path / "no account.json").touch()
    is_there = name.startswith("~")
    assert isinstance(veo_studio.plan(asked()).readiness, Ready) is is_there


def test_a_credentials_file_that_is_none_is_named(
    veo: VeoServer, veo_studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "account.json"
    file.write_text("no json", encoding="utf-8")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    job = rendered(veo_studio, tmp_path)
    assert f"The credentials for Google Cloud in {str(file)!r} cannot be used. It is no JSON" in (
        job.error
    )
    assert veo.purchases == 0


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GOOGLE_CLOUD_PROJECT", "", "Set GOOGLE_CLOUD_PROJECT to its id"),
        ("GOOGLE_CLOUD_PROJECT", "my/project", "'my/project' is no project or location"),
        ("GOOGLE_CLOUD_LOCATION", "evil.example/", "'evil.example/' is no project or location"),
    ],
)
def test_a_project_that_is_missing_or_none_is_told(
    veo: VeoServer,
    veo_studio: Studio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    said: str,
) -> None:
    monkeypatch.setenv(name, value)
    job = rendered(veo_studio, tmp_path)
    assert job.error.startswith("NotConfigured")
    assert said in job.error
    assert veo.purchases == 0


def test_credentials_that_google_does_not_exchange_are_told_without_their_secrets(
    veo: VeoServer, veo_studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    veo.habits.gives_tokens = False
    text = veo.account()
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", text)
    job = rendered(veo_studio, tmp_path)
    assert job.error.startswith("AuthFailed: Google gives no access token")
    assert "Invalid JWT Signature" in job.error
    assert veo_studio.ledger.spent_usd() == 0
    secret = json.loads(text)["private_key"].splitlines()[1].encode()
    files = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert files
    assert [path.name for path in files if secret in path.read_bytes()] == []


@pytest.mark.parametrize(
    ("habits", "kind", "said", "is_charged"),
    [
        (
            {"filtered": ["The prompt violates the usage guidelines. You were not charged."]},
            "ContentRefused",
            "usage guidelines",
            False,
        ),
        ({"filtered": ["You were charged for this."]}, "ContentRefused", "You were charged", True),
        ({"filtered": []}, "ContentRefused", "it does not say why", True),
        (
            {"fails": True, "error": {"code": 3, "message": "against Responsible AI practices"}},
            "ContentRefused",
            "Responsible AI",
            True,
        ),
        (
            {"fails": True, "error": {"code": 8, "message": "The service is overloaded."}},
            "RenderFailed",
            "overloaded",
            True,
        ),
        ({"is_empty": True}, "RenderFailed", "is done and gives none", True),
        ({"bucket": "gs://mine/clip.mp4"}, "RenderFailed", "gcloud storage cp gs://mine", True),
    ],
)
def test_what_ends_without_a_clip_is_told_with_what_google_says_of_the_price(
    veo: VeoServer,
    veo_studio: Studio,
    tmp_path: Path,
    habits: dict[str, object],
    kind: str,
    said: str,
    is_charged: bool,
) -> None:
    for name, value in habits.items():
        setattr(veo.habits, name, value)
    job = rendered(veo_studio, tmp_path)
    assert job.error.startswith(kind)
    assert said in job.error
    assert isinstance(job.ended, Failed)
    assert job.ended.error.hint
    # Where nothing is said of the price, it stays in the ledger.
    assert (veo_studio.ledger.spent_usd() > 0) is is_charged


@pytest.mark.parametrize(
    ("status", "words", "kind", "said"),
    [
        (400, "personGeneration allow_all is not allowed", "RenderFailed", "projects and regions"),
        (400, "The prompt violates our policies.", "ContentRefused", "our policies"),
        (403, "Vertex AI API is not enabled", "AuthFailed", "Let the account use this service"),
        (404, "Publisher model not found", "RenderFailed", "no such model any more"),
    ],
)
def test_a_refused_order_costs_nothing_and_says_what_to_do_there(
    veo: VeoServer,
    veo_studio: Studio,
    tmp_path: Path,
    status: int,
    words: str,
    kind: str,
    said: str,
) -> None:
    veo.habits.refuses, veo.habits.refusal = status, words
    job = rendered(veo_studio, tmp_path)
    assert job.error.startswith(kind)
    assert said in job.error
    assert TOKEN not in job.error
    assert veo_studio.ledger.spent_usd() == 0


def test_a_clip_that_is_written_with_escapes_comes_whole(
    veo: VeoServer, veo_studio: Studio, tmp_path: Path
) -> None:
    veo.habits.escapes = True
    job = rendered(veo_studio, tmp_path)
    assert probe_clip(job.out).num_frames == 96


def test_the_way_in_is_tested_without_spending(
    veo: VeoServer, veo_studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = veo_studio.registry.open(asked().target)
    assert isinstance(provider.check_key(VERTEX_KEY), Ready)
    monkeypatch.setenv("CLOUDSDK_AUTH_ACCESS_TOKEN", "ya29.another-token")
    found = provider.check_key(VERTEX_KEY)
    assert isinstance(found, NotReady)
    assert "ya29.another-token" not in found.reason
    assert veo.purchases == 0


def test_without_a_way_in_both_ways_to_google_are_told(
    veo: VeoServer, veo_studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLOUDSDK_AUTH_ACCESS_TOKEN")
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-some-key")
    found = veo_studio.plan(asked()).readiness
    assert isinstance(found, NotReady)
    assert "no Veo for a Gemini API key" in found.reason
    assert "--provider omni" in found.reason
    assert "keys set vertex" in found.fix


def test_googles_own_names_of_the_models_are_known(veo_studio: Studio) -> None:
    plan = veo_studio.plan(asked("veo-3.1-generate-preview", frame=EIGHT)).plan
    assert plan.target.model == "veo-3.1"
    assert any("is retired" in note for note in plan.notes)


def test_children_are_told_to_need_googles_leave(veo_studio: Studio) -> None:
    plan = veo_studio.plan(asked(person_generation=PersonGeneration.ALLOW_ALL)).plan
    assert any("the United Kingdom, Switzerland" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (asked(frame=FrameRequest(duration_s=5)), "not 5 s"),
        (asked(frame=FrameRequest(resolution="360p")), "360p"),
        (asked("veo-3.1-lite", frame=FrameRequest(resolution="2160p")), "2160p"),
        (asked(frame=FrameRequest(fps=30)), "30"),
        (asked(frame=FrameRequest(aspect="1:1")), "1:1"),
        (asked("veo-3.1-extend"), "text-to-video"),
    ],
)
def test_what_it_does_not_make_is_refused_before_anything_is_sent(
    veo: VeoServer, veo_studio: Studio, request_: RenderRequest, said: str
) -> None:
    assert said in refused(veo_studio, request_)
    assert veo.purchases == 0


def test_files_that_it_does_not_take_are_refused_all_at_once(
    veo_studio: Studio, image: Path, clip: Path, tmp_path: Path
) -> None:
    mixed = refused(veo_studio, asked("", *inputs(image, Role.START, Role.REFERENCE)))
    assert "reference images or a start image, not both" in mixed
    assert "makes clips of 8 s alone, not 4 s" in mixed
    alone = refused(veo_studio, asked("", *inputs(image, Role.END)))
    assert "only together with a start image" in alone
    four = refused(veo_studio, asked("", *inputs(image, *[Role.REFERENCE] * 4), frame=EIGHT))
    assert "at most 3 reference images" in four
    lite = refused(veo_studio, asked("veo-3.1-lite", *inputs(image, Role.REFERENCE), frame=EIGHT))
    assert "takes no reference image" in lite
    short = refused(veo_studio, asked("veo-3.1-lite", *inputs(image, Role.REFERENCE)))
    assert "or choose Veo 3.1 Fast (veo-3.1-fast)." in short
    assert "larger machine" not in short
    film = tmp_path / "clip.mkv"
    film.write_bytes(clip.read_bytes())
    other = asked("veo-3.1-extend", Input(role=Role.EXTEND_VIDEO, path=film))
    assert "extends MP4 files alone" in refused(veo_studio, other)
    long = large_clip(tmp_path / "long.mp4", "1280x720", 24, 31)
    longer = asked("veo-3.1-extend", Input(role=Role.EXTEND_VIDEO, path=long))
    assert "videos of 1 to 30 s, and this one is 31.00 s" in refused(veo_studio, longer)
