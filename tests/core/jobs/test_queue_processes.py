from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import JournalError
from core.jobs.job_record import JobState
from core.jobs.owner import Owner, Owners
from core.media.ffmpeg import probe_clip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.platform.paths import Paths
    from core.studio import Studio

ROOT = Path(__file__).parents[3]


class Worker:
    """A process that works on one job; its events arrive as lines."""

    def __init__(self, home: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "tests.fakes.worker", str(home), *arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.job_id = ""
        self.events: list[str] = []

    def read_until(self, event: str, fraction: float = 0.0) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if not line.startswith("{"):
                self.job_id = line.strip()
                continue
            message = json.loads(line)
            self.events.append(message["event"])
            if message["event"] == event and (message.get("fraction") or 0.0) >= fraction:
                return
        raise AssertionError(f"no {event} event came, only {self.events}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def working(home: Path, *arguments: str) -> Iterator[Worker]:
    worker = Worker(home, *arguments)
    try:
        yield worker
    finally:
        worker.kill()
        assert worker.process.stdout is not None
        worker.process.stdout.close()


@pytest.fixture
def home(paths: Paths) -> Path:
    return paths.settings_file.parent


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("event", "fraction"),
    [("queued", 0.0), ("started", 0.0), ("progressed", 0.0), ("progressed", 0.1)],
)
def test_killed_in_mid_job_it_is_offered_again_and_ends_well(
    studio: Studio, home: Path, tmp_path: Path, event: str, fraction: float
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with working(home, "render", str(out / "ball.mp4"), "slow ball") as worker:
        worker.read_until(event, fraction)
        worker.kill()
    (record,) = studio.queue.resumable()
    assert record.title == "fake-small: slow ball"
    assert left_in(out) == []
    assert not studio.paths.work_dir.exists() or left_in(studio.paths.work_dir) == []
    with working(home, "resume", record.id) as worker:
        worker.read_until("succeeded")
    assert studio.queue.job(record.id).state is JobState.SUCCEEDED
    assert left_in(out) == ["ball.json", "ball.mp4"]
    assert probe_clip(out / "ball.mp4").num_frames == 9


def test_half_copy_in_the_output_folder_is_removed_after_a_kill(
    studio: Studio, home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with working(home, "render", str(out / "ball.mp4"), "slow ball") as worker:
        worker.read_until("progressed")
        worker.kill()
        part = out / f".ball.{worker.job_id}.part"
        part.write_bytes(b"half")
    assert len(studio.queue.resumable()) == 1
    assert left_in(out) == []


def test_job_of_a_living_process_is_neither_interrupted_nor_taken(
    studio: Studio, home: Path, tmp_path: Path
) -> None:
    with working(home, "render", str(tmp_path / "ball.mp4"), "hang") as worker:
        worker.read_until("progressed", 0.0)
        (record,) = studio.queue.jobs()
        assert record.state is JobState.RUNNING
        assert studio.queue.resumable() == ()


def test_cancel_reaches_a_job_in_another_process(
    studio: Studio, home: Path, tmp_path: Path
) -> None:
    with working(home, "render", str(tmp_path / "ball.mp4"), "hang") as worker:
        worker.read_until("progressed")
        began = time.monotonic()
        studio.queue.cancel(studio.queue.jobs()[0].id)
        worker.read_until("cancelled")
        assert time.monotonic() - began < 2
        assert worker.process.wait(timeout=10) == 1
    assert studio.queue.jobs()[0].state is JobState.CANCELLED
    assert left_in(tmp_path) == ["jobs.sqlite"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a process that can be stopped")
def test_job_asked_to_stop_whose_process_is_killed_counts_as_cancelled(
    studio: Studio, home: Path, tmp_path: Path
) -> None:
    with working(home, "render", str(tmp_path / "ball.mp4"), "hang") as worker:
        worker.read_until("progressed")
        os.kill(worker.process.pid, signal.SIGSTOP)
        studio.queue.cancel(worker.job_id)
        assert studio.queue.job(worker.job_id).state is JobState.RUNNING
        worker.kill()
    assert studio.queue.job(worker.job_id).state is JobState.CANCELLED
    assert studio.queue.resumable() == ()


def test_progress_of_another_process_can_be_read(
    studio: Studio, home: Path, tmp_path: Path
) -> None:
    with working(home, "render", str(tmp_path / "ball.mp4"), "slow ball") as worker:
        worker.read_until("progressed", 0.1)
        time.sleep(0.5)
        progress = studio.queue.jobs()[0].progress
    assert progress is not None
    assert progress.fraction is not None
    assert progress.fraction > 0.05


def test_two_processes_share_the_one_place_for_local_renders(
    studio: Studio, home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "ball.mp4"
    with working(home, "render", str(tmp_path / "first.mp4"), "hang") as first:
        first.read_until("progressed")
        with working(home, "render", str(out), "ball") as second:
            second.read_until("noted")
            assert "started" not in second.events
            first.kill()
            second.read_until("succeeded")
    assert probe_clip(out).num_frames == 9
    assert len(studio.queue.resumable()) == 1


def test_two_processes_with_the_same_name_both_keep_their_clip(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    name = str(out / "ball.mp4")
    with (
        # Slow, so that neither is done before the other has planned.
        working(home, "render", name, "slow one") as first,
        working(home, "render", name, "slow two") as second,
    ):
        first.read_until("queued")
        second.read_until("queued")
        first.read_until("succeeded")
        second.read_until("succeeded")
    assert left_in(out) == ["ball-2.json", "ball-2.mp4", "ball.json", "ball.mp4"]


OWNING = """
import sys
from pathlib import Path
from core.jobs.owner import Owners
owners = Owners(Path(sys.argv[1]))
owners.begin()
print(owners.own.name, flush=True)
sys.stdin.read()
"""


@contextmanager
def owning(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Owner]]:
    """A process that owns something, and who it is."""
    command = [sys.executable, "-c", OWNING, str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, Owner(process.stdout.readline().strip(), process.pid)
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a process that can be stopped")
def test_stopped_process_is_alive_and_an_ended_one_is_not(tmp_path: Path) -> None:
    owners = Owners(tmp_path)
    with owning(tmp_path) as (process, owner):
        os.kill(process.pid, signal.SIGSTOP)
        assert owners.is_alive(owner)
        # Another number in the journal, as a container that shares the home sees it.
        assert owners.is_alive(Owner(owner.name, 1))
        process.kill()
        time.sleep(0.2)
        # It is still listed, as a zombie, until its parent asks for its end.
        assert not owners.is_alive(owner)
    assert not owners.is_alive(owner)
    assert left_in(tmp_path) == []


def test_a_number_that_was_given_away_again_makes_nobody_alive(tmp_path: Path) -> None:
    assert not Owners(tmp_path).is_alive(Owner("0" * 32, os.getpid()))


def test_two_owners_in_one_process_see_each_other(tmp_path: Path) -> None:
    one, other = Owners(tmp_path), Owners(tmp_path)
    one.begin()
    other.begin()
    assert one.is_alive(other.own)
    assert other.is_alive(one.own)
    assert len(left_in(tmp_path)) == 2


def test_files_of_those_who_ended_are_swept_and_those_of_the_living_stay(tmp_path: Path) -> None:
    with owning(tmp_path) as (process, gone):
        process.kill()
        process.wait()
    with owning(tmp_path) as (_, living):
        owners = Owners(tmp_path)
        owners.begin()
        owners.begin()
        assert left_in(tmp_path) == sorted(f"{o.name}.lock" for o in (living, owners.own))
    assert gone not in (living, owners.own)


@pytest.mark.parametrize("step_s", [-3600, -2, 2, 3600, 10**9])
def test_a_clock_that_was_set_takes_no_job_away(
    studio: Studio, home: Path, tmp_path: Path, step_s: int
) -> None:
    """Every time that the journal holds is another one after the step."""
    with working(home, "render", str(tmp_path / "out.mp4"), "slow ball") as worker:
        worker.read_until("progressed")
        with sqlite3.connect(studio.paths.journal_file) as db:
            db.execute(
                "UPDATE jobs SET owner_started = owner_started + ?, created_at = created_at + ?,"
                " started_at = started_at + ?, owner_pid = owner_pid + 1",
                (step_s, step_s, step_s),
            )
        db.close()
        (record,) = studio.queue.jobs()
        assert record.state is JobState.RUNNING
        assert studio.queue.resumable() == ()
        assert (studio.paths.work_dir / record.id).is_dir()
        with pytest.raises(JournalError, match="nothing to resume"):
            studio.queue.resume(record.id)
        assert studio.queue.clear(interrupted=True) == ()
        worker.read_until("succeeded")
    assert probe_clip(tmp_path / "out.mp4").num_frames == 9


def test_resumed_by_four_at_once_it_is_made_once(
    studio: Studio, home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with working(home, "render", str(out / "ball.mp4"), "slow ball") as worker:
        worker.read_until("progressed")
        worker.kill()
    command = [sys.executable, "-m", "tests.fakes.worker", str(home), "resume", worker.job_id]
    processes = [
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    ended = [(process.communicate(timeout=60), process.returncode) for process in processes]
    assert sorted(code for _, code in ended) == [0, 1, 1, 1]
    for (_, errors), code in ended:
        assert code == 0 or "so there is nothing to resume" in errors
    assert left_in(out) == ["ball.json", "ball.mp4"]
    assert studio.queue.job(worker.job_id).state is JobState.SUCCEEDED


def test_work_folders_of_the_dead_are_swept_and_those_of_the_living_stay(
    studio: Studio, home: Path, tmp_path: Path
) -> None:
    with working(home, "render", str(tmp_path / "ball.mp4"), "hang") as worker:
        worker.read_until("progressed")
        for name in ("0123456789ab", ".gone-0123456789ab"):
            stray = studio.paths.work_dir / name / "deep"
            stray.mkdir(parents=True)
            (stray / "half.mp4").write_bytes(b"half")
        assert len(studio.queue.jobs()) == 1
        assert [f.name for f in studio.paths.work_dir.iterdir()] == [worker.job_id]
