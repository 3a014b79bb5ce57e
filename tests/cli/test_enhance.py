"""`enhance`: the words come to stdout and nothing else does; what no model can do is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from core.jobs.job import CancelToken
from core.media.ffmpeg import probe_clip
from core.platform.paths import Paths
from core.studio import Studio
from core.video.record import read_sidecar
from core.video.request import RenderRequest, Sampling
from core.video.terms import Target
from tests.fakes.app import ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Answer

    Run = Callable[..., Answer]

WORDS = ("-p", "a fox", "--model", "fake-full", "--seed", "7")


def test_the_words_are_printed_and_no_clip_is_made(run: Run, home: Path) -> None:
    answer = run("enhance", *WORDS)
    assert answer.code == 0, answer.err
    assert answer.out == "a fox, from words, with seed 7\n"
    assert "--enhanced-prompt" in answer.err
    assert not list(home.rglob("*.mp4"))


def test_a_job_that_is_resumed_prints_its_words_too(run: Run, home: Path) -> None:
    studio = Studio([ENTRY], paths=Paths.below(home))
    target = Target(provider="fake", deployment="local", model="fake-full")
    request = RenderRequest(target=target, prompt="a fox", sampling=Sampling(seed=7))
    job = studio.submit_enhancement(studio.plan_enhancement(request))
    studio.close()
    assert run("jobs", "cancel", job).code == 0
    assert run("jobs", "resume", job).out == "a fox, from words, with seed 7\n"


def test_programs_get_them_as_an_event(run: Run) -> None:
    events = run("enhance", *WORDS, "--json").events
    found = next(event for event in events if event["event"] == "enhanced")
    assert found["enhanced_prompt"] == "a fox, from words, with seed 7"
    assert (found["prompt"], found["seed"]) == ("a fox", 7)


def test_the_enhancer_sees_the_start_image_as_it_was(run: Run) -> None:
    Image.new("RGB", (192, 128)).save("fox.png")
    assert run("enhance", *WORDS, "--image", "fox.png").out.startswith("a fox, from a picture")


def test_a_clip_of_enhanced_words_names_both_in_its_record(run: Run) -> None:
    answer = run(*WORDS, "--enhance-prompt", "--out", "fox.mp4", "--yes")
    assert answer.code == 0, answer.err
    assert "The model's own enhancer rewrites the prompt first" in " ".join(answer.err.split())
    record = read_sidecar(Path("fox.mp4"))
    assert record is not None
    assert record.request.prompt == "a fox"
    assert record.request.enhanced_prompt == "a fox, from words, with seed 7"
    assert record.prompt == record.request.enhanced_prompt

    given = run(*WORDS, "--enhanced-prompt", "my own words", "--out", "own.mp4", "--yes")
    assert given.code == 0, given.err
    own = read_sidecar(Path("own.mp4"))
    assert own is not None
    assert (own.prompt, own.request.prompt) == ("my own words", "a fox")


def test_what_cannot_be_enhanced_is_refused_with_a_sentence(run: Run) -> None:
    refused = run("enhance", "-p", "a fox", "--model", "fake-small")
    assert refused.code == 2
    assert "brings no prompt enhancer" in refused.err
    said = " ".join(refused.err.split())
    assert "Choose a model that does: Fake Full (fake-full)." in said
    assert "enhance-prompt" not in said, "this command has no such option"
    for words in (("--enhance-prompt",), ("--enhanced-prompt", "words")):
        refused = run("-p", "a fox", "--model", "fake-small", *words, "--dry-run")
        assert refused.code == 2
        assert words[0] in refused.err
        assert "brings no prompt enhancer" in " ".join(refused.err.split())
    empty = run(*WORDS, "--enhanced-prompt", " ", "--dry-run")
    assert empty.code == 2
    assert "The enhanced prompt is empty" in empty.err
    both = run("enhance", "--model", "fake-full")
    assert both.code == 2
    assert "The prompt is empty" in both.err


def test_words_need_no_place_for_a_clip(run: Run, home: Path) -> None:
    (home / "a-file").touch()
    settings = {"render": {"provider": "fake"}, "folders": {"output": str(home / "a-file" / "out")}}
    (home / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    assert run(*WORDS, "--dry-run").code == 2
    answer = run("enhance", *WORDS)
    assert answer.code == 0, answer.err
    studio = Studio([ENTRY], paths=Paths.below(home), free_bytes=lambda folder: 0)
    target = Target(provider="fake", deployment="local", model="fake-full")
    planned = studio.plan_enhancement(RenderRequest(target=target, prompt="a fox"))
    assert planned.plan.enhances_prompt
    studio.close()


def test_a_failure_tells_why(run: Run) -> None:
    failed = run("enhance", "-p", "fail", "--model", "fake-full")
    assert failed.code == 1
    assert "The fake was told to fail." in failed.err
    assert failed.out == ""


def test_the_plan_of_a_dry_run_says_that_the_prompt_is_enhanced(run: Run) -> None:
    answer = run(*WORDS, "--enhance-prompt", "--dry-run", "--json")
    plan = json.loads(answer.out.splitlines()[0])["plan"]
    assert plan["request"]["enhance_prompt"] is True
    assert any("enhancer rewrites the prompt" in note for note in plan["notes"])


def test_a_length_that_is_left_to_the_model_is_in_plan_record_and_clip(run: Run) -> None:
    words = ("-p", "a red fox", "--model", "fake-full", "--duration", "auto")
    planned = run(*words, "--dry-run")
    assert planned.code == 0, planned.err
    assert "25 to 233 frames at 24 fps = 1.04 to 9.71 s" in planned.err
    answer = run(*words, "--out", "fox.mp4", "--yes")
    assert answer.code == 0, answer.err
    record = read_sidecar(Path("fox.mp4"))
    assert record is not None
    assert record.num_frames == 49
    assert probe_clip(Path("fox.mp4"), CancelToken()).num_frames == 49
    refused = run(*words, "--duration", "3", "--dry-run")
    assert refused.code == 2
    refused = run("-p", "a fox", "--model", "fake-small", "--auto-duration", "--dry-run")
    assert refused.code == 2
    assert "--auto-duration: Fake Small chooses no duration itself" in refused.err
    refused = run("-p", "a fox", "--model", "fake-small", "--duration", "auto", "--dry-run")
    assert "--duration: Fake Small chooses no duration itself" in refused.err
    assert "--auto-duration" not in refused.err
