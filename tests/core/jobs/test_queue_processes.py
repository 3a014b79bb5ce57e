from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from core.jobs.job_record import JobState, Owner
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


@pytest.mark.skipif(sys.platform == "win32", reason="needs a process that can be stopped")
def test_stopped_process_is_alive_and_an_ended_one_is_not() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        owner = Owner(process.pid, psutil.Process(process.pid).create_time())
        os.kill(process.pid, signal.SIGSTOP)
        assert owner.is_alive()
        assert not Owner(process.pid, owner.started - 1000).is_alive()
        process.kill()
        time.sleep(0.2)
        # It is still listed, as a zombie, until its parent asks for its end.
        assert not owner.is_alive()
    assert not owner.is_alive()
