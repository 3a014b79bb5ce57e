"""The built-in model stopped and killed in every stage, in processes as a user starts them."""

from __future__ import annotations

import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from core.media.ffmpeg import probe_clip
from tests.fakes.program import REAL, Program, remains

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX systems"),
]

STAGES = ("load", "encode", "denoise", "decode", "write")
# A second and a bit: the shortest way through every stage.
SHORT = ("-p", "a red ball moving right", "--model", "ltx-mini", "--duration", "1", "--seed", "11")
ENGINE = "providers.ltx_video.engine"


def engines(program: Program) -> list[psutil.Process]:
    children = psutil.Process(program.process.pid).children(recursive=True)
    return [child for child in children if ENGINE in " ".join(child.cmdline())]


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., Program]]:
    """Starts a command that renders and reads its events up to the beginning of a stage."""
    started: list[Program] = []

    def start(stage: str, *words: str) -> Program:
        program = Program(REAL, *words, cwd=Path.cwd())
        started.append(program)
        program.read_until("progressed", stage=stage)
        return program

    yield start
    for program in started:
        program.stop()


def jobs(app) -> dict[str, tuple[str, str]]:
    """Id and state of every job, by the name of its clip."""
    events = app("jobs", "list", "--json").events
    return {Path(event["out"]).name: (event["id"], event["state"]) for event in events}


@pytest.mark.parametrize("stage", STAGES)
def test_ctrl_c_ends_within_two_seconds_in_every_stage(start, app, home, stage) -> None:
    program = start(stage, *SHORT, "-o", "ball.mp4")
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
    assert [state for _, state in jobs(app).values()] == ["cancelled"]


def assert_nothing_is_broken(home: Path) -> None:
    assert remains(Path.cwd()) == []
    with closing(sqlite3.connect(home / "state" / "jobs.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_killed_program_loses_nothing_in_any_stage(start, app, home) -> None:
    """One job is killed in the first stage, another again and again, in each of the others."""

    def kill(stage: str, *words: str) -> None:
        program = start(stage, *words)
        program.signal(signal.SIGKILL)
        program.end()
        assert program.orphans() == [], stage
        assert_nothing_is_broken(home)

    kill("load", *SHORT, "-o", "first.mp4")
    words = (*SHORT, "-o", "second.mp4")
    for stage in STAGES[1:]:
        kill(stage, *words)
        found = jobs(app)
        assert {name: state for name, (_, state) in found.items()} == {
            "first.mp4": "interrupted",
            "second.mp4": "interrupted",
        }, stage
        words = ("jobs", "resume", found["second.mp4"][0])
    assert "2 interrupted jobs can be resumed" in app("doctor").said
    answer = app("jobs", "resume", "--all")
    assert answer.code == 0, answer.err
    clips = [Path.cwd() / name for name in ("first.mp4", "second.mp4")]
    assert answer.out.splitlines() == [str(clip) for clip in clips]
    assert [probe_clip(clip).num_frames for clip in clips] == [17, 17]
    assert {state for _, state in jobs(app).values()} == {"succeeded"}


def test_a_killed_engine_is_told_in_every_stage_and_the_job_can_be_resumed(
    start, app, home
) -> None:
    """The same job is resumed after each kill."""
    words = (*SHORT, "-o", "ball.mp4")
    for stage in STAGES:
        program = start(stage, *words)
        running = engines(program)
        while not running and program.process.poll() is None:
            time.sleep(0.01)
            running = engines(program)
        for engine in running:
            engine.send_signal(signal.SIGKILL)
        code = program.end(60)
        if stage == "write" and code == 0:
            # The engine had done its part before it was killed; then the clip must be whole.
            assert probe_clip(Path("ball.mp4")).num_frames == 17
            return
        assert code == 1, stage
        failed = program.events[-1]
        assert failed["event"] == "failed"
        assert failed["kind"] == "EngineCrashed", failed
        assert failed["hint"]
        assert_nothing_is_broken(home)
        job, state = jobs(app)["ball.mp4"]
        assert state == "failed", stage
        words = ("jobs", "resume", job)
    answer = app(*words)
    assert answer.code == 0, answer.err
    assert answer.out == f"{Path.cwd() / 'ball.mp4'}\n"
    assert probe_clip(Path("ball.mp4")).num_frames == 17
