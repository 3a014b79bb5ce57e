"""The built-in model from command to file, in processes as a user starts them."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import psutil
import pytest
from PIL import Image

from core.video.ffmpeg import probe_clip
from tests.fakes.program import REAL, Program, environment, remains

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.timeout(600)

STAGES = ("load", "encode", "denoise", "decode", "write")
PROMPT = "a red ball moving right at sunset"
# A second and a bit: the shortest way through every stage.
SHORT = ("--model", "ltx-mini", "--duration", "1", "--seed", "11")
ENGINE = "providers.ltx_video.engine"


def frames(path: Path) -> np.ndarray:
    """Every frame, (frames, height, width, 3) uint8."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def engines(program: Program) -> list[psutil.Process]:
    children = psutil.Process(program.process.pid).children(recursive=True)
    return [child for child in children if ENGINE in " ".join(child.cmdline())]


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., Program]]:
    """Starts a short render and reads its events up to the beginning of a stage."""
    started: list[Program] = []

    def start(stage: str, out: str) -> Program:
        program = Program(REAL, "-p", PROMPT, *SHORT, "-o", out, cwd=Path.cwd())
        started.append(program)
        program.read_until("progressed", stage=stage)
        return program

    yield start
    for program in started:
        program.stop()


def states(app) -> dict[str, str]:
    """The state of every job, by the name of its clip."""
    events = app("jobs", "list", "--json").events
    return {Path(event["out"]).name: event["state"] for event in events}


# One clip, looked at from all sides


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory):
    """The README's own command, run once: its answer and its clip."""
    folder = tmp_path_factory.mktemp("first")
    answer = subprocess.run(
        [*REAL, "--provider", "ltx-video", "-p", PROMPT, "-o", "ball.mp4", "--seed", "5"],
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
    assert (facts.codec, facts.pixel_format) == ("h264", "yuv420p")
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
    assert record["job_id"] in probe_clip(first[1]).comment


def test_the_same_seed_gives_the_same_clip_and_another_one_does_not(first, app) -> None:
    words = ("--provider", "ltx-video", "-p", PROMPT, "--seed")
    assert app(*words, "5", "-o", "same.mp4").code == 0
    assert app(*words, "6", "-o", "other.mp4").code == 0
    expected = frames(first[1])
    assert np.array_equal(frames(Path("same.mp4")), expected)
    assert not np.array_equal(frames(Path("other.mp4")), expected)


def test_a_start_image_is_the_first_frame(first, app) -> None:
    start = frames(first[1])[0]
    Image.fromarray(start).save("start.png")
    answer = app("-p", PROMPT, *SHORT, "--image", "start.png", "-o", "on.mp4", "--no-audio")
    assert answer.code == 0, answer.err
    made = frames(Path("on.mp4"))
    assert not probe_clip(Path("on.mp4")).has_audio
    assert made.shape == (17, 128, 192, 3)
    difference = np.abs(made[0].astype(np.int16) - start).mean()
    assert difference < 16, difference


def test_events_name_every_stage_in_order_and_every_step(app) -> None:
    answer = app("-p", PROMPT, *SHORT, "--steps", "4", "-o", "a.mp4", "--json")
    assert answer.code == 0, answer.out
    assert answer.err == ""
    events = answer.events
    assert [event["event"] for event in events[:3]] == ["plan", "queued", "started"]
    assert events[-1]["event"] == "succeeded"
    assert events[-1]["path"] == str(Path.cwd() / "a.mp4")
    moved = [event for event in events if event["event"] == "progressed"]
    assert tuple(dict.fromkeys(event["stage"] for event in moved)) == STAGES
    fractions = [event["fraction"] for event in moved if "fraction" in event]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    steps = [(e["step"], e["steps"]) for e in moved if e["stage"] == "denoise" and "step" in e]
    assert list(dict.fromkeys(steps))[-1] == (4, 4)
    assert probe_clip(Path("a.mp4")).num_frames == 17


def test_the_second_render_knows_how_long_it_takes(app) -> None:
    assert app("-p", PROMPT, *SHORT, "-o", "a.mp4").code == 0
    (plan,) = app("-p", PROMPT, *SHORT, "-o", "b.mp4", "--dry-run", "--json").events
    assert plan["plan"]["est_seconds"] > 0


# Stopping


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX systems")
@pytest.mark.parametrize("stage", STAGES)
def test_ctrl_c_ends_within_two_seconds_in_every_stage(start, app, home, stage) -> None:
    program = start(stage, "ball.mp4")
    pressed = program.ctrl_c()
    code = program.end()
    assert time.monotonic() - pressed < 2
    assert program.orphans() == []
    assert "Traceback" not in program.errors()
    if stage == "write" and code == 0:
        # It was through before the signal came; then the clip must be whole.
        assert probe_clip(Path("ball.mp4")).num_frames == 17
        return
    assert code == 130
    assert program.events[-1]["event"] == "cancelled"
    assert remains(Path.cwd()) == []
    assert not any((home / "state" / "work").iterdir())
    assert states(app) == {"ball.mp4": "cancelled"}


# Kills


def assert_nothing_is_broken(home: Path) -> None:
    assert remains(Path.cwd()) == []
    with closing(sqlite3.connect(home / "state" / "jobs.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX systems")
def test_a_killed_program_loses_nothing_in_any_stage(start, app, home) -> None:
    for stage in STAGES:
        program = start(stage, f"{stage}.mp4")
        program.signal(signal.SIGKILL)
        program.end()
        assert program.orphans() == [], stage
        assert_nothing_is_broken(home)
    assert states(app) == {f"{stage}.mp4": "interrupted" for stage in STAGES}
    assert "5 interrupted jobs can be resumed" in app("doctor").said
    answer = app("jobs", "resume", "--all")
    assert answer.code == 0, answer.err
    assert answer.out.splitlines() == [str(Path.cwd() / f"{stage}.mp4") for stage in STAGES]
    for stage in STAGES:
        assert probe_clip(Path(f"{stage}.mp4")).num_frames == 17
    assert set(states(app).values()) == {"succeeded"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX systems")
def test_a_killed_engine_is_told_in_every_stage_and_the_job_can_be_resumed(
    start, app, home
) -> None:
    for stage in STAGES:
        program = start(stage, f"{stage}.mp4")
        running = engines(program)
        while not running and program.process.poll() is None:
            time.sleep(0.01)
            running = engines(program)
        for engine in running:
            engine.send_signal(signal.SIGKILL)
        code = program.end(60)
        if code == 0:
            # The engine had done its part before it was killed.
            assert stage == "write"
            assert probe_clip(Path("write.mp4")).num_frames == 17
            Path("write.mp4").unlink()
            Path("write.json").unlink()
            continue
        assert code == 1, stage
        failed = program.events[-1]
        assert failed["event"] == "failed"
        assert failed["kind"] == "EngineCrashed", failed
        assert failed["hint"]
        assert_nothing_is_broken(home)
    failed_jobs = [event["id"] for event in app("jobs", "list", "--json").events
                   if event["state"] == "failed"]  # fmt: skip
    assert len(failed_jobs) >= 4
    answer = app("jobs", "resume", *failed_jobs)
    assert answer.code == 0, answer.err
    for line in answer.out.splitlines():
        assert probe_clip(Path(line)).num_frames == 17
