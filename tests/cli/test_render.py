from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from cli.render_command import as_event, describe
from core.jobs.lanes import Stage
from core.media.ffmpeg import probe_clip
from core.media.output import Output
from core.video.memory import MeasuredPeak, Pool, StagePeak
from core.video.planning.clip_plan import make_plan
from core.video.planning.render_planner import PlannedRender
from core.video.provider import Ready
from core.video.request import RenderRequest
from core.video.terms import Target
from tests.fakes.loras import smallest_lora
from tests.fakes.provider import SMALL, FakeProvider, memory_plan

TERMINAL = {"succeeded", "failed", "cancelled"}


def test_the_path_alone_is_on_stdout_and_the_plan_on_stderr(run) -> None:
    answer = run("-p", "a red ball", "-o", "ball.mp4", "--duration", "1.3", "--seed", "5")
    assert answer.code == 0
    path = Path.cwd() / "ball.mp4"
    assert answer.out == f"{path}\n"
    assert probe_clip(path).num_frames == 9
    assert "96x64, 9 frames at 8 fps = 1.12 s, with sound" in answer.err
    assert "seed 5" in answer.err
    assert "1.3 s at 8 fps → 9 frames" in answer.err
    assert "denoise: step 1 of 4, 22%" in answer.err
    assert json.loads(path.with_suffix(".json").read_text())["seed"] == 5


def test_only_clips_that_are_timed_say_that_their_time_is_not_known_yet() -> None:
    target = Target(provider="fake", deployment="local", model=SMALL.id)
    plan = make_plan(RenderRequest(target=target, prompt="a ball"), SMALL)
    output = Output(Path("ball.mp4"), is_named=True)
    told = [
        describe(PlannedRender(one, output, Ready()), FakeProvider().info)
        for one in (plan, plan.model_copy(update={"memory_plan": memory_plan(0)}))
    ]
    assert ["time unknown" in text for text in told] == [False, True]


def test_the_plan_tells_what_its_memory_rests_on() -> None:
    target = Target(provider="fake", deployment="local", model=SMALL.id)
    plan = make_plan(RenderRequest(target=target, prompt="a ball"), SMALL)
    peak = StagePeak(stage=Stage.DECODE, vram_gb=0, ram_gb=2.0)
    predicted = memory_plan(0).model_copy(update={"peaks": (peak,)})
    measured = MeasuredPeak(pool=Pool.RAM, gb=1.4, runs=1, is_scaled=True)
    corrected = predicted.model_copy(update={"measured": measured})
    output = Output(Path("ball.mp4"), is_named=True)
    planned = [
        PlannedRender(plan.model_copy(update={"memory_plan": one}), output, Ready())
        for one in (predicted, corrected)
    ]
    first, second = (describe(one, FakeProvider().info) for one in planned)
    assert "up to 2.0 GB of memory (predicted); " in first
    assert "up to 1.4 GB of memory (scaled from 1 run here); " in second
    memory = as_event(planned[1])["plan"]["memory_plan"]
    assert memory["measured"] == {"pool": "ram", "gb": 1.4, "runs": 1, "is_scaled": True}
    assert memory["peaks"][0]["ram_gb"] == 2.0


def test_the_plan_names_the_loras(run) -> None:
    for name in ("ink", "paper"):
        smallest_lora(Path(f"{name}.safetensors"))
    answer = run(
        "-p", "a ball", "--model", "fake-full", "--lora", "ink.safetensors",
        "--lora", "paper.safetensors@0.5", "--dry-run",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert "  with LoRA ink, LoRA paper at 0.5\n" in answer.err
    assert "LoRA" not in run("-p", "a ball", "--dry-run").err


def test_a_problem_of_an_end_image_is_told_of_the_option_that_was_typed(run) -> None:
    Image.new("RGB", (96, 64)).save("last.png")
    typed = run("-p", "a ball", "--keyframe", "end:last.png", "--dry-run")
    assert typed.code == 2
    assert "--keyframe: Fake Small takes no end image." in typed.err
    assert "--end-image" not in typed.err
    other = run("-p", "a ball", "--end-image", "last.png", "--dry-run")
    assert "--end-image: Fake Small takes no end image." in other.err


def test_what_is_not_set_up_ends_with_its_own_code_however_much_it_is(
    run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGEAI_FFMPEG", "/nowhere/ffmpeg")
    answer = run("-p", "a ball", "--model", "fake-big")
    assert answer.code == 3
    assert "/nowhere/ffmpeg" in answer.err
    assert "Fake Big is not installed." in answer.err
    assert run("-p", " ", "--model", "fake-big").code == 2


def test_without_out_the_name_has_date_prompt_and_seed(run, home: Path) -> None:
    answer = run("-p", "Füße: a «red» ball / 赤い", "--seed", "5")
    path = Path(answer.out.strip())
    assert path.parent == home / "output"
    assert path.name.endswith("_fue-a-red-ball_5.mp4")
    again = Path(run("-p", "Füße: a «red» ball / 赤い", "--seed", "5").out.strip())
    assert again != path
    assert path.is_file()
    assert again.is_file()


def test_a_folder_as_out_gets_the_named_clip(run) -> None:
    Path("clips").mkdir()
    path = Path(run("-p", "a ball", "-o", "clips", "--seed", "1").out.strip())
    assert path.parent == Path.cwd() / "clips"


def test_force_replaces_and_nothing_else_does(run) -> None:
    Path("ball.mp4").write_bytes(b"mine")
    refused = run("-p", "a ball", "-o", "ball.mp4")
    assert refused.code == 2
    assert "--force" in refused.err
    assert Path("ball.mp4").read_bytes() == b"mine"
    assert run("-p", "a ball", "-o", "ball.mp4", "--force").code == 0
    assert probe_clip(Path("ball.mp4")).num_frames == 9


def test_events_have_a_fixed_grammar(run) -> None:
    answer = run("-p", "a ball", "--json", "--seed", "1")
    assert answer.code == 0
    assert answer.err == ""
    names = [event["event"] for event in answer.events]
    assert names[:3] == ["plan", "queued", "started"]
    assert names[-1] == "succeeded"
    assert sum(name in TERMINAL for name in names) == 1
    fractions = [e["fraction"] for e in answer.events if e.get("fraction") is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    last = answer.events[-1]
    assert Path(last["path"]).is_file()
    assert Path(last["record"]).is_file()
    assert len({event["job"] for event in answer.events[1:]}) == 1


def test_quiet_leaves_the_path_only(run) -> None:
    answer = run("-p", "a ball", "--quiet")
    assert answer.err == ""
    assert Path(answer.out.strip()).is_file()


def test_dry_run_gives_the_exact_plan_and_makes_nothing(run, home: Path) -> None:
    answer = run("-p", "a ball", "--dry-run", "--json", "--seed", "9", "-o", "a.mp4")
    assert answer.code == 0
    (event,) = answer.events
    assert event["can_run"] is True
    assert event["plan"]["num_frames"] == 9
    assert event["plan"]["seed"] == 9
    assert event["out"] == str(Path.cwd() / "a.mp4")
    assert list(Path.cwd().iterdir()) == []
    assert not (home / "state" / "jobs.sqlite").exists()


@pytest.mark.parametrize(("model", "code"), [("fake-small", 0), ("fake-big", 3)])
def test_dry_run_without_a_name_leaves_nothing_but_its_log(run, home: Path, model, code) -> None:
    before = {path for path in home.rglob("*") if path.name not in ("state", "log")}
    answer = run("-p", "a ball", "--dry-run", "--json", "--model", model)
    assert answer.code == code
    assert Path(answer.events[0]["out"]).parent == home / "output"
    left = {path for path in home.rglob("*") if path.name not in ("state", "log")} - before
    assert left == {home / "state" / "log" / "imageai.log"}
    assert list(Path.cwd().iterdir()) == []


def test_dry_run_of_a_model_that_cannot_run_gives_plan_and_reasons(run) -> None:
    answer = run("-p", "a ball", "--dry-run", "--json", "--model", "fake-big")
    assert answer.code == 3
    (event,) = answer.events
    assert event["can_run"] is False
    assert event["lack"] == "not installed"
    assert event["reasons"] == ["Fake Big is not installed. Install it."]
    assert event["plan"]["num_frames"] == 9
    spoken = run("-p", "a ball", "--dry-run", "--model", "fake-big")
    assert spoken.code == 3
    assert spoken.out == ""
    assert "  - Fake Big is not installed. Install it." in spoken.err


def test_a_model_that_is_not_installed_is_exit_3_with_the_remedy(run) -> None:
    answer = run("-p", "a ball", "--model", "fake-big")
    assert answer.code == 3
    assert answer.out == ""
    assert "Error: Fake Big is not installed. Install it." in answer.err
    assert run("jobs").out == "There are no jobs.\n"


def test_words_values_and_plan_are_refused_together(run) -> None:
    answer = run(
        "--fsp", "3", "--fps", "abc", "--duration", "99", "--seed", "-4", "-o", "no/x.mp4",
        "--image", "no.png",
    )  # fmt: skip
    assert answer.code == 2
    assert answer.out == ""
    for part in (
        "no option --fsp. Did you mean --fps?",
        "--fps takes a whole number, not 'abc'",
        "--duration: Fake Small makes clips of 0.5 to 4 s, not 99 s",
        "--seed: Fake Small takes a seed of 0 to 4294967295, not -4. The nearest is 0.",
        "--out: The output folder",
        "--image: There is no start image at",
        "--prompt: The prompt is empty",
    ):
        assert part in " ".join(answer.err.split())
    assert "7 things are wrong, and nothing was started:" in answer.err


def test_what_follows_from_a_word_that_cannot_be_read_is_not_told_besides(run) -> None:
    run("-p", "a ball", "-o", "clip.mp4", "--model", "fake-full", "--yes")
    answer = run(
        "-p", "a ball", "--model", "fake-full", "--retake", "clip.mp4", "--from", "abc",
        "--fps", "7",
    )  # fmt: skip
    told = " ".join(answer.err.split())
    assert "2 things are wrong" in told
    assert "--from takes a number of seconds, not 'abc'" in told
    assert "--fps: The video to retake has" in told


def test_what_is_not_set_up_is_told_of_no_option(run) -> None:
    told = " ".join(run("-p", "a ball", "--model", "fake-big", "--fps", "7").err.split())
    assert "- Fake Big is not installed. Install it." in told


def test_a_refusal_in_json_lists_its_problems(run) -> None:
    answer = run("-p", "", "--fps", "abc", "--json")
    assert answer.code == 2
    assert answer.err == ""
    (event,) = answer.events
    assert event["event"] == "failed"
    assert event["kind"] == "UnsupportedRequest"
    assert [problem["field"] for problem in event["problems"]] == ["--fps", "prompt"]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--provider", "fkae"), "--provider: There is no provider named 'fkae'. Did you mean 'fa"),
        (("--deployment", "locla"), "Did you mean 'local'?"),
        (("--model", "fake-smal"), "Did you mean 'fake-small'?"),
        (("--model", "fake-small", "--resolution", "65p"), "Did you mean '64p'?"),
        (("--camera-motion", "pan_lef"), "Did you mean 'pan_left'?"),
        (("--aspect", "3:5"), "Did you mean '2:3'?"),
    ],
)
def test_an_unknown_name_comes_with_the_nearest(run, words, part) -> None:
    answer = run("-p", "a ball", *words)
    assert answer.code == 2
    assert part in " ".join(answer.err.split())


def test_a_failed_render_is_exit_1_with_its_sentence(run) -> None:
    answer = run("-p", "fail")
    assert (answer.code, answer.out) == (1, "")
    assert "Error: The fake was told to fail. Don't." in answer.err
    (event,) = [e for e in run("-p", "fail", "--json").events if e["event"] == "failed"]
    assert (event["kind"], event["hint"]) == ("RenderFailed", "Don't.")


def test_a_defect_is_a_sentence_that_names_the_log(run, home: Path) -> None:
    answer = run("-p", "crash")
    assert answer.code == 1
    assert "Traceback" not in answer.err
    log_file = home / "state" / "log" / "imageai.log"
    assert str(log_file) in answer.err
    assert "ZeroDivisionError: a defect" in log_file.read_text()
    assert "Traceback" in log_file.read_text()


def test_out_of_memory_is_told_and_the_cheaper_plan_tried(run) -> None:
    answer = run("-p", "oom")
    assert answer.code == 0
    assert "ran out of memory. Trying again with a cheaper plan." in answer.err


def test_damaged_settings_are_told_and_kept(run, home: Path) -> None:
    (home / "settings.json").write_text("{", encoding="utf-8")
    answer = run("-p", "a ball", "--provider", "fake")
    assert answer.code == 0
    assert "The settings file was damaged" in answer.err
    assert (home / "settings.json.bad").read_text() == "{"


def test_a_damaged_journal_is_told_and_kept(run, home: Path) -> None:
    (home / "state").mkdir()
    (home / "state" / "jobs.sqlite").write_bytes(b"no journal" * 100)
    answer = run("-p", "a ball")
    assert answer.code == 0
    assert answer.err.count("The job journal was damaged") == 1
    assert (home / "state" / "jobs.sqlite.bad").exists()
