"""The options of the main command: each arrives in the request, each mistake is one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from cli.options import Typed
from cli.render_options import CLIP_OPTIONS, CONTROL_OPTIONS, OPTIONS, choose_target, read_request
from core.config.settings import RenderSettings
from core.jobs.lanes import Lane
from core.video.controls import CONTROLS
from core.video.provider import ProviderInfo
from core.video.request import Input, RenderRequest
from core.video.terms import Role
from tests.fakes.clips import moving_clip
from tests.fakes.loras import smallest_lora

INFOS = [
    ProviderInfo("one", "local", "One", "", Lane.GPU),
    ProviderInfo("two", "cloud", "Two", "", Lane.CLOUD),
]
SETTINGS = RenderSettings(provider="one", deployment="local", model="small")


@dataclass(frozen=True)
class Case:
    """What is typed, where it lands in the request, and as what."""

    words: tuple[str, ...]
    path: str
    value: object


CASES = (
    Case(("--prompt", "a cat"), "prompt", "a cat"),
    Case(("--negative-prompt", "fog"), "negative_prompt", "fog"),
    Case(("--provider", "fake"), "target.provider", "fake"),
    Case(("--deployment", "local"), "target.deployment", "local"),
    Case(("--model", "fake-full"), "target.model", "fake-full"),
    Case(("--resolution", "64p"), "frame.resolution", "64p"),
    Case(("--wildcard-seed", "7"), "wildcard_seed", 7),
    Case(("--aspect", "2:3"), "frame.aspect", "2:3"),
    Case(("--duration", "2.5s"), "frame.duration_s", 2.5),
    Case(("--duration", "auto"), "frame.auto_duration", True),
    Case(("--auto-duration",), "frame.auto_duration", True),
    Case(("--no-auto-duration",), "frame.auto_duration", False),
    Case(("--enhance-prompt",), "enhance_prompt", True),
    Case(("--no-enhance-prompt",), "enhance_prompt", False),
    Case(("--enhanced-prompt", "a red cat"), "enhanced_prompt", "a red cat"),
    Case(("--fps", "25"), "frame.fps", 25),
    Case(("--no-audio",), "audio", False),
    Case(("--audio",), "audio", True),
    Case(("--audio-prompt", "a bell"), "audio_prompt", "a bell"),
    Case(("--camera-motion", "pan_left"), "motion.camera", "pan_left"),
    Case(("--camera-speed", "0.5", "--camera-motion", "pan_left"), "motion.speed", 0.5),
    Case(("--motion-speed", "0.2"), "motion.motion_speed", 0.2),
    Case(("--interpolate-fps", "60"), "frame.interpolated_fps", 60),
    Case(("--steps", "8"), "sampling.num_inference_steps", 8),
    Case(("--guidance", "3.5"), "sampling.guidance_scale", 3.5),
    Case(("--two-stage",), "sampling.two_stage", True),
    Case(("--no-two-stage",), "sampling.two_stage", False),
    Case(("--seed", "7"), "sampling.seed", 7),
    Case(("--memory", "group-offload"), "delivery.memory", "group-offload"),
    Case(("--text-encoder", "8bit"), "delivery.text_encoder", "8bit"),
    Case(("--strength", "0.4", "--source-video", "clip.mp4"), "editing.strength", 0.4),
    Case(
        ("--extend-direction", "backward", "--extend", "clip.mp4"), "editing.direction", "backward"
    ),
    Case(("--from", "0.5", "--retake", "clip.mp4"), "editing.retake_from_s", 0.5),
    Case(("--to", "1.5s", "--retake", "clip.mp4"), "editing.retake_to_s", 1.5),
    Case(
        ("--retake-part", "video", "--retake", "clip.mp4", "--to", "1"),
        "editing.retake_part",
        "video",
    ),
    Case(("--control", "canny", "--control-video", "clip.mp4"), "editing.control_map", "canny"),
    Case(("--person-generation", "allow_adult"), "person_generation", "allow_adult"),
    Case(("--webhook", "https://a.b/c"), "delivery.webhook_url", "https://a.b/c"),
)
FILES = (
    Case(("--image", "one.png"), "start", [("one.png", None)]),
    Case(("--end-image", "one.png"), "end", [("one.png", None)]),
    Case(
        ("--keyframe", "0.25s:one.png@0.5", "--keyframe", "0:a:b@1.png", "--keyframe", "1:@.png"),
        "keyframe",
        [("one.png", 0.5), ("a:b@1.png", None), ("@.png", None)],
    ),
    Case(("--source-video", "clip.mp4"), "source_video", [("clip.mp4", None)]),
    Case(("--extend", "clip.mp4"), "extend_video", [("clip.mp4", None)]),
    Case(("--retake", "clip.mp4", "--to", "1"), "retake_video", [("clip.mp4", None)]),
    Case(("--reframe", "clip.mp4", "--aspect", "2:3"), "reframe_video", [("clip.mp4", None)]),
    Case(("--control-video", "clip.mp4", "--control", "depth"), "control", [("clip.mp4", None)]),
    Case(("--audio-file", "clip.mp4"), "audio", [("clip.mp4", None)]),
    Case(
        ("--reference", "one.png", "--reference", "two.png"),
        "reference",
        [("one.png", None), ("two.png", None)],
    ),
    Case(
        ("--lora", "a.safetensors@0.5", "--lora", "b@home.safetensors"),
        "lora",
        [("a.safetensors", 0.5), ("b@home.safetensors", None)],
    ),
    Case(("--workflow", "graph.json"), "workflow", [("graph.json", None)]),
)


def request_of(run, *words: str) -> dict:
    if "clip.mp4" in words:
        moving_clip(Path("clip.mp4"), 49, 24, has_audio=True)
    given = {word.partition("=")[0] for word in words}
    prompt = () if "--prompt" in given else ("-p", "a ball")
    model = () if {"--model", "--ltx-model"} & given else ("--model", "fake-full")
    answer = run(*prompt, *model, *words, "--dry-run", "--json")
    assert answer.code == 0, answer.out
    return answer.events[0]["plan"]["request"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words[0])
def test_what_is_typed_arrives_in_the_request(run, case: Case) -> None:
    found = request_of(run, *case.words)
    for name in case.path.split("."):
        found = found[name]
    assert found == case.value


@pytest.mark.parametrize("case", FILES, ids=lambda case: case.words[0])
def test_files_arrive_in_the_request_with_their_role_and_strength(run, case: Case) -> None:
    for name in ("one.png", "two.png", "a:b@1.png", "@.png"):
        Image.new("RGB", (96, 64)).save(name)
    Path("graph.json").write_text("{}", encoding="utf-8")
    for name in ("a.safetensors", "b@home.safetensors"):
        smallest_lora(Path(name))
    inputs = request_of(run, *case.words)["inputs"]
    assert [item["role"] for item in inputs] == [case.path] * len(inputs)
    assert [(Path(item["path"]).name, item["strength"]) for item in inputs] == case.value


def test_every_control_has_its_case() -> None:
    typed = {case.words[0] for case in (*CASES, *FILES)}
    assert {option.name for option in CLIP_OPTIONS.values()} <= typed
    assert set(CONTROL_OPTIONS) == {row.id for row in CONTROLS}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        (spelling, case.words[1])
        for case in (*CASES, *FILES)
        for option in OPTIONS
        if option.name == case.words[0]
        for spelling in option.others
        if spelling.startswith("--ltx-") and option.name != "--image"
    ],
)
def test_ltx_names_are_the_same_options(run, word: str, value: str) -> None:
    chief = f"--{word.removeprefix('--ltx-')}"
    seed = () if chief == "--seed" else ("--seed", "1")
    first, second = (request_of(run, f"{name}={value}", *seed) for name in (word, chief))
    assert first == second


def read(**typed: str) -> tuple[RenderRequest, list[str]]:
    words = Typed({f"--{name.replace('_', '-')}": [value] for name, value in typed.items()})
    request = read_request(words, SETTINGS, INFOS)
    return request, [problem.message for problem in words.problems]


def test_what_is_not_typed_is_not_asked_for() -> None:
    request, problems = read(prompt="p")
    assert problems == []
    assert request == RenderRequest(target=SETTINGS.target, prompt="p")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("fps", "abc"),
        ("fps", "24.5"),
        ("fps", ""),
        ("duration", "nan"),
        ("duration", "inf"),
        ("duration", "two"),
        ("seed", "1e3"),
        ("steps", "eight"),
        ("guidance", "-inf"),
        ("camera_speed", "fast"),
        ("motion_speed", "slow"),
        ("image", ""),
        ("image", "a\0b"),
        ("resolution", ""),
        ("memory", "heap"),
        ("lora", "a.safetensors@3"),
        ("keyframe", "first.png"),
        ("keyframe", "C:\\first.png"),
        ("keyframe", "nan:first.png"),
        ("keyframe", "2:"),
        ("extend_direction", "sideways"),
        ("retake_part", "colour"),
        ("from", "soon"),
        ("keyframe", "-1:first.png"),
        ("keyframe", "1:first.png@1.5"),
        ("keyframe", "end:first.png@-1"),
    ],
)
def test_a_value_that_cannot_be_read_is_told_with_its_option(option, value) -> None:
    _, problems = read(prompt="p", **{option: value})
    assert len(problems) == 1
    assert f"--{option.replace('_', '-')}" in problems[0]


def test_a_keyframe_at_the_end_is_the_end_image() -> None:
    request, problems = read(prompt="p", keyframe="End:last.png@0.7")
    assert problems == []
    assert request.inputs == (Input(role=Role.END, path=Path("last.png"), strength=0.7),)


def test_a_keyframe_has_its_time() -> None:
    request, _ = read(prompt="p", keyframe="2.5s:a.png")
    assert request.inputs == (Input(role=Role.KEYFRAME, path=Path("a.png"), at_s=2.5),)


def test_all_unreadable_values_are_told_together() -> None:
    assert len(read(prompt="p", fps="x", seed="y", duration="z")[1]) == 3


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({}, "one/local/small"),
        ({"model": "big"}, "one/local/big"),
        ({"provider": "two"}, "two/cloud/auto"),
        ({"provider": "two", "deployment": "elsewhere"}, "two/elsewhere/auto"),
        ({"deployment": "cloud"}, "one/cloud/auto"),
        ({"provider": "three"}, "three/local/auto"),
    ],
)
def test_settings_fill_in_only_what_belongs_to_their_own_provider(typed, expected) -> None:
    words = Typed({f"--{name}": [value] for name, value in typed.items()})
    assert str(choose_target(words, SETTINGS, INFOS)) == expected


# Mistakes in words


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--fsp", "3"), "There is no option --fsp. Did you mean --fps?"),
        (("--fsp=3",), "There is no option --fsp. Did you mean --fps?"),
        (("-x",), "There is no option -x."),
        (("--fps",), "--fps needs a value, and none follows it."),
        (("-o",), "-o needs a value, and none follows it."),
        (("--force=yes",), "--force takes no value. Write it alone."),
        (("--no-audio=1",), "--no-audio takes no value. Write it alone."),
        (("--fps", "8", "--ltx-fps", "9"), "--fps is given twice: '8' and '9'. Give it once."),
        (("--audio", "--no-audio"), "--audio is given twice: '--audio' and '--no-audio'."),
        (("a red ball",), "'a red ball' is no command. A prompt is given with -p."),
        (("modles",), "'modles' is no command. Did you mean 'models'?"),
        (("--", "-p"), "'-p' is no command."),
    ],
)
def test_a_mistake_in_words_is_one_sentence(run, words, part) -> None:
    answer = run("-p", "x", *words)
    assert (answer.code, answer.out) == (2, "")
    said = " ".join(answer.err.split())
    assert said.startswith("Error: ")
    assert part in said


@pytest.mark.parametrize(
    "words", [("-p", "x", "models"), ("-p", "x", "--fps", "abc", "models", "ltx-mini")]
)
def test_a_command_behind_options_is_told_and_nothing_else(run, words) -> None:
    answer = run(*words)
    assert answer.code == 2
    said = " ".join(answer.err.split())
    assert said.startswith("Error: 'models' is a command of its own, so --prompt")
    assert "'main.py models --help' lists them." in said


def test_all_mistakes_in_words_are_found_and_the_rest_is_read(run) -> None:
    answer = run("--fsp", "3", "ball", "-p", "x", "--force=1", "--seed", "y", "--steps")
    said = " ".join(answer.err.split())
    assert "5 things are wrong, and nothing was started:" in said
    for part in ("--fsp", "'ball' is no command", "--force takes", "--seed takes", "--steps needs"):
        assert part in said


@pytest.mark.parametrize(
    "words", [("-p", "x"), ("-px",), ("--prompt=x",), ("-p", "x", "--fps", "8", "--ltx-fps", "8")]
)
def test_every_way_of_writing_is_understood(run, words) -> None:
    assert run(*words, "--dry-run").code == 0


def test_the_value_of_an_option_may_look_like_one_or_like_a_command(run) -> None:
    for prompt in ("--force", "models", "a=b"):
        assert request_of(run, "--prompt", prompt)["prompt"] == prompt


def test_help_wins_over_mistakes(run) -> None:
    answer = run("--fsp", "--help", "--force=1")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("Usage: main.py -p PROMPT")


def test_a_role_without_its_own_option_is_not_typed() -> None:
    asked = {row.role for row in CONTROLS if row.role is not None}
    assert asked == {
        Role.START,
        Role.END,
        Role.KEYFRAME,
        Role.SOURCE_VIDEO,
        Role.EXTEND_VIDEO,
        Role.RETAKE_VIDEO,
        Role.REFRAME_VIDEO,
        Role.CONTROL,
        Role.AUDIO,
        Role.REFERENCE,
        Role.LORA,
        Role.MASK,
        Role.WORKFLOW,
    }
