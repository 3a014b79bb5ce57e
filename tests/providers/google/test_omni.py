"""Gemini Omni over the wire of the Gemini API: orders, files, refusals, secrets, what is told."""

from __future__ import annotations

import subprocess
from io import BytesIO
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
from core.video.request import Editing, FrameRequest, Input, RenderRequest, Sampling
from core.video.terms import AUTO, ExtendDirection, Role
from providers.google.info import GEMINI_KEY, OMNI
from tests.fakes.clips import large_clip
from tests.fakes.program import REAL, ROOT, environment
from tests.fakes.services.omni_server import API, KEY, STORE, omni_entry
from tests.providers.hosted_place import HostedPlace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.services.omni_server import OmniServer

PLACE = HostedPlace(OMNI, FrameRequest(duration_s=3, resolution="360p"), "gemini-omni-1.2-flash")
asked, rendered = PLACE.asked, PLACE.rendered


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "start.png"
    Image.new("RGB", (640, 360), (20, 120, 30)).save(path)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3 s of 720p with a tone."""
    return large_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", "1280x720", 24, 3)


def inputs(image: Path, *roles: Role) -> tuple[Input, ...]:
    return tuple(Input(role=role, path=image) for role in roles)


def test_the_main_command_makes_a_clip_with_its_price_in_record_and_ledger(
    omni: OmniServer, tmp_path: Path
) -> None:
    # The program asks as seldom as the service wants to be asked.
    omni.habits.polls_until_done = 0
    home, out = tmp_path / "home", tmp_path / "clip.mp4"
    words = [
        "--provider",
        "omni",
        "--duration",
        "3",
        "--resolution",
        "360p",
        "--seed",
        "7",
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
    assert "$0.07" in done.stdout + done.stderr
    facts = probe_clip(out)
    assert (facts.width, facts.height, facts.num_frames) == (640, 360, 72)
    record = read_settings_of(out)
    assert record is not None
    assert (record.cost_usd, record.seed) == (pytest.approx(0.069), 7)
    assert record.facts["remote_id"] == omni.last.id
    assert omni.purchases == 1
    studio = Studio([omni_entry()], paths=Paths.below(home))
    assert studio.ledger.spent_usd() == pytest.approx(0.069)
    studio.close()


def test_a_clip_from_words_is_ordered_word_for_word(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path
) -> None:
    job = rendered(omni_studio, tmp_path, asked(sampling=Sampling(seed=3)))
    assert job.out.exists(), job.ended
    content = [{"type": "text", "text": "a red ball"}]
    assert omni.last.body == {
        "model": "gemini-omni-1.2-flash",
        "input": [{"type": "user_input", "content": content}],
        "background": True,
        "store": True,
        "response_format": {
            "type": "video",
            "aspect_ratio": "16:9",
            "resolution": "360p",
            "duration": "3s",
            "delivery": "uri",
        },
        "generation_config": {"seed": 3, "video_config": {"task": "text_to_video"}},
    }


@pytest.mark.parametrize(
    ("roles", "task", "tags"),
    [
        ((Role.START,), "image_to_video", "[# Sources <FIRST_FRAME>@Image1] "),
        (
            (Role.START, Role.END),
            "image_to_video",
            "[# Sources <FIRST_FRAME>@Image1 <LAST_FRAME>@Image2] ",
        ),
        (
            (Role.REFERENCE, Role.REFERENCE),
            "reference_to_video",
            "[# References <IMAGE_REF_0>@Image1 <IMAGE_REF_1>@Image2] ",
        ),
        (
            (Role.START, Role.REFERENCE),
            None,
            "[# Sources <FIRST_FRAME>@Image1] [# References <IMAGE_REF_0>@Image2] ",
        ),
    ],
)
def test_images_come_before_the_prompt_that_says_what_each_is_for(
    omni: OmniServer,
    omni_studio: Studio,
    tmp_path: Path,
    image: Path,
    roles: tuple[Role, ...],
    task: str | None,
    tags: str,
) -> None:
    request = asked("", *inputs(image, *roles))
    told = omni_studio.plan(request).plan.notes
    assert any(f"begins with {tags.strip()!r}" in note for note in told), told
    job = rendered(omni_studio, tmp_path, request)
    assert job.out.exists(), job.ended
    (sent,) = omni.last.body["input"]
    *images, words = sent["content"]
    assert [(part["type"], part["mime_type"]) for part in images] == [
        ("image", "image/png") for _ in roles
    ]
    assert list(omni.uploads.values()) == [image.read_bytes()] * len(roles)
    assert words == {"type": "text", "text": f"{tags}a red ball"}
    config = omni.last.body["generation_config"].get("video_config", {})
    assert config.get("task") == task
    record = read_settings_of(job.out)
    assert record is not None
    assert (record.prompt, record.request.prompt) == (f"{tags}a red ball", "a red ball")


def test_tags_that_a_person_wrote_are_left_to_them(
    omni: OmniServer, omni_studio: Studio, image: Path
) -> None:
    prompt = "<FIRST_FRAME> a woman is walking"
    plan = omni_studio.plan(asked("", *inputs(image, Role.START), prompt=prompt)).plan
    assert plan.prompt == prompt
    assert omni.purchases == 0


def test_a_turned_or_uncommon_image_is_sent_upright_as_png(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path
) -> None:
    turned, drawn = tmp_path / "turned.jpg", tmp_path / "drawn.bmp"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (360, 640), "red").save(turned, exif=exif)
    Image.new("RGB", (640, 360), "blue").save(drawn)
    request = asked("", *inputs(turned, Role.START), *inputs(drawn, Role.END))
    assert rendered(omni_studio, tmp_path, request).out.exists()
    found = [Image.open(BytesIO(content)) for content in omni.uploads.values()]
    assert [(one.format, one.size) for one in found] == [("PNG", (640, 360))] * 2


def test_a_video_goes_on_and_its_price_is_unknown(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path, clip: Path
) -> None:
    extended = Input(role=Role.EXTEND_VIDEO, path=clip)
    request = asked("", extended, frame=FrameRequest(duration_s=4))
    planned = omni_studio.plan(request, out=tmp_path / "clip.mp4").plan
    assert planned.cost_usd is None
    notes = " ".join(planned.notes)
    assert "what it costs is not known" in notes
    assert "some states of the USA" in notes
    job = rendered(omni_studio, tmp_path, request)
    assert job.out.exists(), job.ended
    body = omni.last.body
    assert body["generation_config"]["video_config"] == {"task": "extend"}
    assert body["response_format"]["duration"] == "4s"
    video, words = body["input"][0]["content"]
    assert (video["type"], video["mime_type"]) == ("video", "video/mp4")
    assert words["text"] == "a red ball"
    assert list(omni.uploads.values()) == [clip.read_bytes()]
    assert probe_clip(job.out).num_frames == 7 * 24


def test_a_video_is_edited_as_long_as_it_is(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path, clip: Path, image: Path
) -> None:
    source = Input(role=Role.SOURCE_VIDEO, path=clip)
    request = asked(AUTO, source, *inputs(image, Role.REFERENCE), frame=FrameRequest())
    plan = omni_studio.plan(request, out=tmp_path / "clip.mp4").plan
    assert (plan.target.model, plan.num_frames) == ("gemini-omni-1.2-edit", 72)
    assert plan.cost_usd == pytest.approx(3 * 0.07)
    assert any("edits no videos" in note for note in plan.notes)
    job = rendered(omni_studio, tmp_path, request)
    assert probe_clip(job.out).num_frames == 72
    body = omni.last.body
    assert body["model"] == "gemini-omni-1.2-flash"
    assert body["generation_config"]["video_config"] == {"task": "edit"}
    assert "duration" not in body["response_format"]
    kinds = [part["type"] for part in body["input"][0]["content"]]
    assert kinds == ["video", "image", "text"]


def test_a_video_that_is_too_long_to_edit_is_refused(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path
) -> None:
    long = large_clip(tmp_path / "long.mp4", "640x360", 24, 11)
    source = Input(role=Role.SOURCE_VIDEO, path=long)
    with pytest.raises(UnsupportedRequest, match=r"edits videos of 1 to 10 s, .* is 11.00 s long"):
        omni_studio.plan(asked(AUTO, source, frame=FrameRequest()))
    gone = Input(role=Role.SOURCE_VIDEO, path=tmp_path / "gone.mp4")
    with pytest.raises(UnsupportedRequest, match="There is no source video at"):
        omni_studio.plan(asked(AUTO, gone, frame=FrameRequest()))
    assert omni.purchases == 0


@pytest.mark.parametrize("shape", ["is_inline", "is_plain", "moves"])
def test_a_clip_is_fetched_however_google_gives_it(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path, shape: str
) -> None:
    setattr(omni.habits, shape, True)
    job = rendered(omni_studio, tmp_path)
    assert probe_clip(job.out).num_frames == 72
    assert {key for host, key in omni.keys_at if host == API} == {KEY}
    assert {key for host, key in omni.keys_at if host == STORE} <= {""}
    assert any(host == STORE for host, _ in omni.keys_at) is (shape == "moves")


def test_an_order_that_is_answered_with_the_clip_is_fetched_by_its_id(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path
) -> None:
    omni.habits.waits = True
    job = rendered(omni_studio, tmp_path)
    assert probe_clip(job.out).num_frames == 72
    assert omni.purchases == 1


def test_a_key_that_was_withdrawn_meanwhile_is_told_and_the_clip_stays_paid(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path
) -> None:
    omni.habits.refusals = ["API key expired. Please renew the API key."]
    job = rendered(omni_studio, tmp_path)
    assert job.error.startswith("AuthFailed")
    assert omni_studio.ledger.spent_usd() > 0


def test_a_part_of_a_clip_is_kept_and_told(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path
) -> None:
    omni.habits.end = "incomplete"
    job = rendered(omni_studio, tmp_path)
    record = read_settings_of(job.out)
    assert record is not None
    assert record.facts["status"] == "incomplete"


@pytest.mark.parametrize(
    ("habits", "kind", "said"),
    [
        ({"said": "I cannot make that."}, "ContentRefused", "I cannot make that."),
        ({"said": ""}, "RenderFailed", "videos to extend from the EEA"),
        ({"said": "", "video_tokens": 900}, "RenderFailed", "made a clip and gives none"),
        (
            {"fails": True, "error": {"code": "PROHIBITED_CONTENT", "message": "No."}},
            "ContentRefused",
            "No.",
        ),
        (
            {"fails": True, "error": {"message": "The clip was blocked for safety reasons."}},
            "ContentRefused",
            "safety reasons",
        ),
        ({"fails": True, "error": {"message": "out of luck"}}, "RenderFailed", "out of luck"),
        ({"end": "cancelled"}, "RenderFailed", "was cancelled there"),
        ({"end": "requires_action"}, "RenderFailed", "waits for more (requires_action)"),
        ({"end": "requires_continuation"}, "RenderFailed", "(requires_continuation)"),
        ({"end": "budget_exceeded"}, "QuotaExceeded", "a budget of the account is used up"),
    ],
)
def test_what_ends_without_a_clip_is_told_and_stays_in_the_ledger(
    omni: OmniServer,
    omni_studio: Studio,
    tmp_path: Path,
    habits: dict[str, object],
    kind: str,
    said: str,
) -> None:
    for name, value in habits.items():
        setattr(omni.habits, name, value)
    job = rendered(omni_studio, tmp_path)
    assert job.error.startswith(kind)
    assert said in job.error
    assert isinstance(job.ended, Failed)
    assert job.ended.error.hint
    assert KEY not in job.error
    # What it costs is not told.
    assert omni_studio.ledger.spent_usd() > 0


def test_what_a_model_says_of_the_price_counts_for_nothing_and_what_google_says_does(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path
) -> None:
    words = "That was blocked by our policies. You will not be charged."
    omni.habits.said = words
    job = rendered(omni_studio, tmp_path)
    assert job.error.startswith("ContentRefused")
    before = omni_studio.ledger.spent_usd()
    assert before > 0
    omni.habits.said, omni.habits.fails = None, True
    omni.habits.error = {"code": 400, "message": words}
    job = rendered(omni_studio, tmp_path)
    assert job.error.startswith("ContentRefused")
    assert omni_studio.ledger.spent_usd() == before


def test_a_refused_prompt_costs_nothing(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path
) -> None:
    omni.habits.refuses = 400
    omni.habits.refusal = "The prompt contains sensitive words."
    job = rendered(omni_studio, tmp_path)
    assert job.error.startswith("ContentRefused: Google refused the prompt")
    assert omni_studio.ledger.spent_usd() == 0


def test_the_wait_that_stands_in_the_body_is_told(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path
) -> None:
    omni.habits.refuses, omni.habits.gives_retry_after = 429, False
    omni.habits.retry_delay = "37s"
    job = rendered(omni_studio, tmp_path)
    assert job.error.startswith("RateLimited")
    assert "in 37 s" in job.error
    assert omni.purchases == 0


def test_a_question_that_google_refuses_once_is_asked_again(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path
) -> None:
    omni.habits.refusals = ["Request contains an invalid argument."] * 2
    assert rendered(omni_studio, tmp_path).out.exists()
    assert omni.purchases == 1


def test_a_render_that_google_has_forgotten_stays_paid(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path
) -> None:
    omni.habits.refusals = ["Invalid interaction name."]
    job = rendered(omni_studio, tmp_path)
    assert job.error.startswith("ResultLost")
    assert omni_studio.ledger.spent_usd() > 0


def test_a_word_that_nobody_knows_is_work_in_progress(
    omni: OmniServer, omni_studio: Studio, tmp_path: Path
) -> None:
    omni.habits.words = ["warming_up", "polishing"]
    assert rendered(omni_studio, tmp_path).out.exists()
    assert omni.purchases == 1


def test_a_key_is_tested_without_spending(
    omni: OmniServer, omni_studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = omni_studio.registry.open(asked().target)
    assert isinstance(provider.check_key(GEMINI_KEY), Ready)
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-another-key")
    refused = provider.check_key(GEMINI_KEY)
    assert isinstance(refused, NotReady)
    assert "rejected the key" in refused.reason
    assert "AIza-another-key" not in refused.reason
    assert omni.purchases == 0


@pytest.mark.parametrize("name", ["veo", "veo-3.1", "veo-3.1-generate-preview"])
def test_veo_by_an_api_key_is_told_to_be_gone_with_both_ways_on(
    omni: OmniServer, omni_studio: Studio, name: str
) -> None:
    with pytest.raises(UnsupportedRequest) as caught:
        omni_studio.plan(asked(name))
    message = str(caught.value)
    assert "no Veo for a Gemini API key since 22 October 2026" in message
    assert "--provider omni" in message
    assert "--provider veo" in message


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (asked(frame=FrameRequest(duration_s=16)), "not 16 s"),
        (asked(frame=FrameRequest(duration_s=2)), "not 2 s"),
        (asked("gemini-omni-1.1-flash", frame=FrameRequest(duration_s=11)), "not 11 s"),
        (asked(frame=FrameRequest(fps=25)), "25"),
        (asked(frame=FrameRequest(resolution="1440p")), "1440p"),
        (asked(audio=False), "makes no clip without sound"),
        (asked(negative_prompt="blurry"), "takes no negative prompt"),
    ],
)
def test_what_it_does_not_make_is_refused_before_anything_is_sent(
    omni: OmniServer, omni_studio: Studio, request_: RenderRequest, said: str
) -> None:
    with pytest.raises(UnsupportedRequest, match=said):
        omni_studio.plan(request_)
    assert not omni.keys_at
    assert omni.purchases == 0


def test_files_that_it_does_not_take_together_are_refused(
    omni: OmniServer, omni_studio: Studio, image: Path, clip: Path, tmp_path: Path
) -> None:
    def refused(request: RenderRequest) -> str:
        with pytest.raises(UnsupportedRequest) as caught:
            omni_studio.plan(request)
        return str(caught.value)

    extended = Input(role=Role.EXTEND_VIDEO, path=clip)
    assert "only together with a start image" in refused(asked("", *inputs(image, Role.END)))
    ends = inputs(image, Role.START, Role.END)
    assert "at most 10 s" in refused(asked("", *ends, frame=FrameRequest(duration_s=12)))
    both = asked("", extended, *inputs(image, Role.END), frame=FrameRequest(duration_s=4))
    assert "extends a video to no given image" in refused(both)
    assert "at most 6 reference" in refused(asked("", *inputs(image, *[Role.REFERENCE] * 7)))
    faint = Input(role=Role.START, path=image, strength=0.5)
    assert "full strength alone" in refused(asked("", faint))
    before = Editing(direction=ExtendDirection.BACKWARD)
    assert "backward" in refused(asked("", extended, editing=before))
    long = large_clip(tmp_path / "long.mp4", "640x360", 24, 11)
    longer = asked("", Input(role=Role.EXTEND_VIDEO, path=long), frame=FrameRequest(duration_s=12))
    message = refused(longer)
    assert "extends videos of 1 to 10 s, and this one is 11.00 s long" in message
    assert "adds at most 10 s at a time, not 12.00 s" in message


def test_automatic_is_the_first_that_takes_it(omni_studio: Studio, image: Path) -> None:
    planned = omni_studio.plan(asked(AUTO, *inputs(image, Role.START)))
    assert planned.plan.target.model == "gemini-omni-1.2-flash"
