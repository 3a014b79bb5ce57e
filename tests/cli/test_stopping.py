from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from PIL import Image

from core.media.ffmpeg import probe_clip
from tests.fakes.app import DEAF_VARIABLE, STAY_VARIABLE
from tests.fakes.program import FAKE, Program, environment, remains
from tests.film.bundled import run_bundled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX systems")

STAGES = ("load", "encode", "denoise", "decode", "write")


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., Program]]:
    """Starts a render with the fake that stays in one stage."""
    started: list[Program] = []

    def start(stage: str, *more: str, is_deaf: bool = False) -> Program:
        env = {STAY_VARIABLE: stage, **({DEAF_VARIABLE: "1"} if is_deaf else {})}
        words = ("-p", "a ball", "-o", "ball.mp4", "--seed", "3", *more)
        program = Program(FAKE, *words, cwd=Path.cwd(), env=env)
        started.append(program)
        program.read_until("progressed", stage=stage)
        return program

    yield start
    for program in started:
        program.stop()


def journal_is_audio(home: Path) -> bool:
    with closing(sqlite3.connect(home / "state" / "jobs.sqlite")) as db:
        return db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def states(run) -> list[str]:
    return [event["state"] for event in run("jobs", "list", "--json").events]


@pytest.mark.parametrize("stage", ["load", "denoise", "write"])
def test_ctrl_c_ends_within_two_seconds_and_leaves_nothing(start, run, home, stage) -> None:
    program = start(stage)
    pressed = program.ctrl_c()
    assert program.end() == 130
    assert time.monotonic() - pressed < 2
    assert program.events[-1]["event"] == "cancelled"
    assert "Traceback" not in program.errors()
    assert remains(Path.cwd()) == []
    assert not any((home / "state" / "work").iterdir())
    assert states(run) == ["cancelled"]
    assert program.orphans() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_is_a_cancel(start, run, number) -> None:
    program = start("denoise")
    program.signal(number)
    assert program.end(2) == 130
    assert program.events[-1]["event"] == "cancelled"
    assert states(run) == ["cancelled"]


def test_a_job_that_does_not_listen_is_left_within_two_seconds(start, run) -> None:
    program = start("denoise", is_deaf=True)
    pressed = program.ctrl_c()
    assert program.end() == 130
    assert time.monotonic() - pressed < 2.1
    assert program.events[-1]["event"] == "cancelled"
    assert remains(Path.cwd()) == []
    assert states(run) == ["cancelled"]


def test_a_second_ctrl_c_ends_at_once(start) -> None:
    program = start("denoise", is_deaf=True)
    program.ctrl_c()
    time.sleep(0.3)
    pressed = program.ctrl_c()
    assert program.end() == 130
    assert time.monotonic() - pressed < 0.5


def test_ctrl_c_ends_the_reading_of_a_large_clip_at_once(home: Path) -> None:
    part = Path("part.ts")
    bars = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=20"]
    run_bundled([*bars, "-c:v", "libx264", "-preset", "ultrafast", str(part)])
    large = Path("large.ts").absolute()
    large.write_bytes(part.read_bytes() * 400)
    program = Program(FAKE, "assemble", str(large), "--dry-run", cwd=Path.cwd())
    try:
        process = psutil.Process(program.process.pid)
        while str(large) not in {file.path for file in process.open_files()}:
            assert program.process.poll() is None
        pressed = program.ctrl_c()
        assert program.end() == 130
        assert time.monotonic() - pressed < 1.5
        assert "Traceback" not in program.errors()
    finally:
        program.stop()


def test_ctrl_c_ends_a_call_that_lets_no_handler_run() -> None:
    # As a disk that does not answer holds up the reading of a file.
    call = """
import hashlib
from cli.signals import SignalHandler
with SignalHandler().caught():
    print("begins", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
"""
    with subprocess.Popen(
        [sys.executable, "-c", call], env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        # Before the call has begun, the handler would run.
        watched = psutil.Process(process.pid)
        spent_s = watched.cpu_times().user
        while watched.cpu_times().user < spent_s + 0.2:
            assert process.poll() is None
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(10) == 130
            assert time.monotonic() - pressed < 4
        finally:
            process.kill()


def test_another_process_can_cancel(start, run) -> None:
    program = start("decode")
    (job,) = run("jobs", "list", "--json").events
    assert job["state"] == "running"
    assert "is asked to stop" in run("jobs", "cancel", job["id"]).err
    assert program.end(3) == 130
    assert program.events[-1]["event"] == "cancelled"


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_program_leaves_a_job_that_can_be_resumed(start, run, home, stage) -> None:
    program = start(stage)
    program.signal(signal.SIGKILL)
    program.end()
    assert journal_is_audio(home)
    assert remains(Path.cwd()) == []
    again = run("-p", "another", "-o", "other.mp4")
    (job,) = [e for e in run("jobs", "list", "--json").events if e["state"] == "interrupted"]
    assert f"main.py jobs resume {job['id']}" in " ".join(again.err.split())
    assert not any((home / "state" / "work").iterdir())
    answer = run("jobs", "resume", job["id"])
    assert answer.code == 0
    assert answer.out == f"{Path.cwd() / 'ball.mp4'}\n"
    assert probe_clip(Path("ball.mp4")).num_frames == 9
    assert "can be resumed" not in run("-p", "third", "-o", "third.mp4").err


def test_a_start_image_may_be_moved_before_its_job_is_resumed(start, run, home) -> None:
    image = home.parent / "start.png"
    Image.new("RGB", (96, 64), "red").save(image)
    sha256 = hashlib.sha256(image.read_bytes()).hexdigest()
    program = start("denoise", "--image", str(image))
    program.signal(signal.SIGKILL)
    program.end()
    image.rename(image.with_name("moved.png"))
    answer = run("jobs", "resume", "--all")
    assert answer.code == 0, answer.err
    assert json.loads(Path("ball.json").read_text())["inputs_sha256"] == [sha256]
    (job,) = run("jobs", "list", "--json").events
    assert [item["path"] for item in job["request"]["inputs"]] == [str(image)]
    assert len(remains(home / "state" / "inputs")) == 1
    assert run("jobs", "clear").code == 0
    assert list((home / "state" / "inputs").iterdir()) == []


def test_all_interrupted_jobs_are_resumed_together(start, run) -> None:
    for _ in range(2):
        program = start("denoise")
        program.signal(signal.SIGKILL)
        program.end()
    messages = run("-p", "another").err
    assert "2 interrupted jobs can be resumed: 'main.py jobs resume --all'" in messages
    answer = run("jobs", "resume", "--all")
    assert answer.code == 0
    assert len(answer.out.splitlines()) == 2
    assert "interrupted" not in states(run)


def test_a_reader_that_goes_away_costs_no_clip(home: Path) -> None:
    command = [*FAKE, "-p", "a ball", "-o", "ball.mp4", "--json"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path.cwd(),
        env=environment(),
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(timeout=20) == 0
    assert said == ""
    assert probe_clip(Path("ball.mp4")).num_frames == 9


def test_a_terminal_sees_a_bar_and_closing_it_cancels(run, home: Path) -> None:
    import pty

    child, terminal = pty.fork()
    if child == 0:
        # Under nohup this signal is ignored, and what is started here would ignore it too.
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        settled = environment(**{STAY_VARIABLE: "denoise", "TERM": "xterm"})
        os.execve(FAKE[0], [*FAKE, "-p", "a ball", "-o", "ball.mp4"], settled)
    shown = b""
    while b"denoise" not in shown:
        shown += os.read(terminal, 4096)
    assert b"9 frames at 8 fps" in shown
    assert "━".encode() in shown
    os.close(terminal)
    closed = time.monotonic()
    _, status = os.waitpid(child, 0)
    assert time.monotonic() - closed < 2
    assert os.waitstatus_to_exitcode(status) == 130
    assert states(run) == ["cancelled"]
    assert remains(Path.cwd()) == []
