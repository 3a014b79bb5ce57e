"""Children end with the program that started them, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.platform.child import FAMILY_VARIABLE, ask_child, start_child
from core.platform.child_watcher import end_family

ROOT = Path(__file__).parents[3]
# A child that is deaf to every gentle wish, and a grandchild, as a shell script around FFmpeg has.
CHILD = """
import signal, subprocess, sys, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
below = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
print(below.pid, flush=True)
time.sleep(120)
"""
PARENT = f"""
import sys, threading, time
from core.platform.child import start_child
def start():
    child = start_child([sys.executable, "-c", {CHILD!r}])
    print(child.pid, child.stdout.readline().decode().strip(), flush=True)
    time.sleep(120)
for number in range(2):
    threading.Thread(target=start).start()
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX systems")


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def until_gone(pids: list[int]) -> list[int]:
    deadline = time.monotonic() + 20.0
    while (left := [pid for pid in pids if is_running(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGABRT])
def test_children_and_theirs_end_with_a_killed_program(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for _ in range(2) for pid in parent.stdout.readline().split()]
        everyone = [child.pid for child in psutil.Process(parent.pid).children(recursive=True)]
        assert len(pids) == 4
        assert set(pids) <= set(everyone)
        parent.send_signal(number)
        parent.wait()
        assert until_gone(everyone) == []


def test_a_program_that_is_killed_at_once_leaves_nobody() -> None:
    """Also where its watcher had no time to begin."""
    started: list[int] = []
    for pause_s in (0.0, 0.01, 0.05):
        with subprocess.Popen(
            [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as parent:
            assert parent.stdout is not None
            started += [int(pid) for pid in parent.stdout.readline().split()]
            time.sleep(pause_s)
            children = psutil.Process(parent.pid).children(recursive=True)
            parent.kill()
            started += [child.pid for child in children]
    assert until_gone(started) == []


def test_an_orderly_end_leaves_neither_processes_nor_warnings() -> None:
    program = f"""
import psutil, subprocess, sys, threading
from core.platform.child import ask_child, start_child
ask_child([sys.executable, "-c", "pass"], timeout_s=60)
left = start_child([sys.executable, "-c", {CHILD!r}])
below = left.stdout.readline().decode().strip()
print(below, *(child.pid for child in psutil.Process().children()), flush=True)
# It is ended by nobody here, and a warning of that is no warning of ours.
left.stdout.close(), left.stderr.close()
left.returncode = 0
"""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    pids = [int(word) for word in done.stdout.split()]
    assert done.stderr == ""
    # The grandchild, the child and the watcher. The watcher was ended too, so whoever goes now was
    # ended by the program; on a busy machine the last of them takes a moment to be gone.
    assert len(pids) == 3
    assert until_gone(pids) == []


def test_whoever_is_just_being_started_is_ended_too() -> None:
    # Between its start and its environment each process looks like this, if not as long.
    starting = f"sleep 0.05; exec env {FAMILY_VARIABLE}=just-started sleep 120"
    with subprocess.Popen(["/bin/sh", "-c", starting], env={}) as child:
        try:
            end_family("just-started")
            assert child.wait(timeout=5) == -signal.SIGKILL
        finally:
            child.kill()


def test_other_programs_are_left_alone() -> None:
    sleep = "import time; time.sleep(120)"
    with start_child([sys.executable, "-c", sleep]) as ours:
        try:
            with subprocess.Popen(
                [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True
            ) as parent:
                assert parent.stdout is not None
                pids = [int(pid) for pid in parent.stdout.readline().split()]
                parent.kill()
            assert until_gone(pids) == []
            assert is_running(ours.pid)
        finally:
            ours.kill()


def test_a_signal_reaches_what_the_child_has_started() -> None:
    with start_child([sys.executable, "-c", CHILD]) as child:
        assert child.stdout is not None
        below = int(child.stdout.readline())
        began = time.monotonic()
        assert child.end(grace_s=0.3) == -signal.SIGKILL
        assert 0.3 <= time.monotonic() - began < 3
    assert until_gone([below]) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGHUP])
def test_the_terminals_signals_end_no_child(number: signal.Signals) -> None:
    """A child that has not left our process group yet gets them too, before it can ignore them."""
    wait = "import sys; print('up', flush=True); sys.stdin.readline(); raise SystemExit(7)"
    with start_child([sys.executable, "-c", wait], stdin=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        os.kill(child.pid, number)
        assert child.stdout.readline() == b"up\n"
        os.kill(child.pid, number)
        child.stdin.close()
        assert child.wait(timeout=30) == 7
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()


def test_a_child_knows_its_family_and_has_the_environment_that_it_was_given() -> None:
    ask = f"import os; print(os.environ['{FAMILY_VARIABLE}'], os.environ.get('MARK'))"
    said = [
        ask_child([sys.executable, "-c", ask], 30).split(),
        start_child([sys.executable, "-c", ask], env={**os.environ, "MARK": "a"})
        .communicate()[0]
        .decode()
        .split(),
    ]
    assert said[0][0] == said[1][0]
    assert len(said[0][0]) == 32
    assert [words[1] for words in said] == ["None", "a"]


def test_an_answer_that_does_not_come_in_time_leaves_no_process() -> None:
    # How long it takes until there is a grandchild depends on what else this machine does.
    for patience_s in (0.5, 4.0, 30.0):
        with pytest.raises(subprocess.TimeoutExpired) as late:
            ask_child([sys.executable, "-c", CHILD], patience_s)
        if late.value.output:
            break
    assert until_gone([int(late.value.output)]) == []


def test_an_answer_that_is_a_failure_is_raised_with_its_code() -> None:
    with pytest.raises(subprocess.CalledProcessError) as failure:
        ask_child([sys.executable, "-c", "raise SystemExit(7)"], 30)
    assert failure.value.returncode == 7


def test_a_program_that_is_none_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        start_child([str(tmp_path / "nothing")])
