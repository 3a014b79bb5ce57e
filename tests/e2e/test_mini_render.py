"""Clips of the built-in model from command to file, in processes as a user starts them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from core.film.model.source import read_source
from core.media.ffmpeg import probe_clip
from tests.fakes.program import REAL, environment

pytestmark = pytest.mark.timeout(600)

STAGES = ("load", "encode", "denoise", "decode", "write")
PROMPT = "a red ball moving right at sunset"
README = ("--provider", "ltx-video", "-p", PROMPT)
# A second and a bit: the shortest way through every stage.
SHORT = ("--model", "ltx-mini", "--duration", "1", "--seed", "11")


def frames(path: Path) -> np.ndarray:
    """Every frame, (frames, height, width, 3) uint8."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


# One clip, looked at from all sides


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory):
    """The README's own command, run once: its answer and its clip."""
    folder = tmp_path_factory.mktemp("first")
    answer = subprocess.run(
        [*REAL, *README, "-o", "ball.mp4", "--seed", "5"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=environment(IMAGEAI_HOME=str(folder / "home")),
    )
    assert answer.returncode == 0, answer.stderr
    return answer, folder / "ball.mp4"


def test_the_readme_command_gives_a_clip_as_planned(first) -> None:
    answer, path = first
    assert answer.stdout == f"{path}\n"
    facts = probe_clip(path)
    assert (facts.width, facts.height) == (192, 128)
    assert (facts.num_frames, facts.fps) == (33, 16)
    source = read_source(path).facts
    assert (source.codec, source.pixel_format) == ("h264", "yuv420p")
    assert facts.has_audio
    assert facts.audio_duration_s == pytest.approx(33 / 16, abs=0.1)


def test_the_clip_moves_and_is_red_somewhere(first) -> None:
    shown = frames(first[1]).astype(np.int16)
    assert np.abs(shown[0] - shown[-1]).mean() > 2
    red = (shown[..., 0] > 140) & (shown[..., 1] < 100) & (shown[..., 2] < 100)
    assert red.any()


def test_people_see_plan_stages_and_end_on_stderr(first) -> None:
    said = first[0].stderr
    assert "LTX Mini (ltx-video/local/ltx-mini)" in said
    assert "192x128, 33 frames at 16 fps = 2.06 s, with sound" in said
    for stage in ("load: ", "denoise: Step"):
        assert stage in said
    assert "Done in" in said


def test_the_record_beside_the_clip_says_what_made_it(first) -> None:
    record = json.loads(first[1].with_suffix(".json").read_text(encoding="utf-8"))
    assert record["seed"] == 5
    assert record["request"]["prompt"] == PROMPT
    assert record["provenance"]["model_files"]
    assert record["provenance"]["versions"]["torch"]
    assert record["job_id"] in read_source(first[1]).facts.comment


def test_the_same_seed_gives_the_same_clip(first, app) -> None:
    assert app(*README, "--seed", "5", "-o", "same.mp4").code == 0
    assert np.array_equal(frames(Path("same.mp4")), frames(first[1]))


def test_another_seed_gives_another_clip_and_events_name_every_stage_in_order(first, app) -> None:
    answer = app(*README, "--seed", "6", "-o", "other.mp4", "--json")
    assert answer.code == 0, answer.out
    assert answer.err == ""
    events = answer.events
    assert [event["event"] for event in events[:3]] == ["plan", "queued", "started"]
    assert events[-1]["event"] == "succeeded"
    assert events[-1]["path"] == str(Path.cwd() / "other.mp4")
    moved = [event for event in events if event["event"] == "progressed"]
    assert tuple(dict.fromkeys(event["stage"] for event in moved)) == STAGES
    fractions = [event["fraction"] for event in moved if "fraction" in event]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    made, expected = frames(Path("other.mp4")), frames(first[1])
    assert made.shape == expected.shape
    assert not np.array_equal(made, expected)


def test_a_start_image_is_the_first_frame_and_every_step_is_told(first, app) -> None:
    start = frames(first[1])[0]
    Image.fromarray(start).save("start.png")
    more = ("--image", "start.png", "--no-audio", "--steps", "4", "-o", "on.mp4", "--json")
    answer = app("-p", PROMPT, *SHORT, *more)
    assert answer.code == 0, answer.out
    moved = [event for event in answer.events if event["event"] == "progressed"]
    steps = [(e["step"], e["steps"]) for e in moved if e["stage"] == "denoise" and "step" in e]
    assert list(dict.fromkeys(steps))[-1] == (4, 4)
    made = frames(Path("on.mp4"))
    assert not probe_clip(Path("on.mp4")).has_audio
    assert made.shape == (17, 128, 192, 3)
    difference = np.abs(made[0].astype(np.int16) - start).mean()
    assert difference < 16, difference


def test_the_second_render_knows_how_long_it_takes(first, app) -> None:
    home = first[1].parent / "home"
    words = ("-p", PROMPT, *SHORT, "-o", "b.mp4", "--dry-run", "--json")
    (plan,) = app(*words, IMAGEAI_HOME=str(home)).events
    assert plan["plan"]["est_seconds"] > 0


def test_a_silent_clip_has_no_tick_at_its_ends(app, home: Path) -> None:
    answer = app("-p", "a red ball at sunset, no sound", *SHORT, "--steps", "4", "-o", "x.mp4")
    assert answer.code == 0, answer.err
    with av.open("x.mp4") as container:
        sound = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)
    # A tick was at a hundredth, the hiss of the decoder is at a thousandth.
    assert 0 < np.abs(sound).max() < 0.005
