from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import EngineCrashed, JournalError
from core.jobs.job import Job, JobContext, Progressed, Subject, SubjectKind
from core.jobs.job_record import JobState
from core.jobs.journal import Journal
from core.jobs.lanes import Lane, Stage
from core.jobs.queue import JobQueue
from core.platform.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.studio import Studio

ROOT = Path(__file__).parents[3]
LANES = {"gpu": Lane.GPU, "disk": Lane.DISK, "cloud": Lane.CLOUD}

# Word for word what version 1 of the program executed on a fresh machine.
SCHEMA_1 = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    lane TEXT NOT NULL,
    title TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    owner_pid INTEGER NOT NULL,
    owner_started REAL NOT NULL,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    ticket TEXT,
    progress TEXT,
    outcome TEXT,
    created_at REAL NOT NULL,
    started_at REAL,
    ended_at REAL
);
CREATE TABLE IF NOT EXISTS notes (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    message TEXT NOT NULL
);
PRAGMA user_version = 1;
COMMIT;
"""
INSERT_1 = (
    "INSERT INTO jobs (id, kind, lane, title, payload, state, owner_pid,"
    " owner_started, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class WordJob:
    """Does nothing, or what its first word says; the second names its lane, the third its load."""

    kind = "word"

    def __init__(self, text: str) -> None:
        self.text = text
        _, lane, self.loads = (*text.split(), "", "", "")[:3]
        self.lane = LANES.get(lane, Lane.GPU)

    @property
    def title(self) -> str:
        return self.text

    @property
    def subject(self) -> Subject:
        return Subject(SubjectKind.CLIP, self.text)

    def payload(self) -> str:
        return self.text

    def store_inputs(self, folder: Path) -> None: ...

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        return ()

    def run(self, ctx: JobContext) -> Path:
        ctx.report(Progressed(stage=Stage.WRITE, fraction=0.5))
        match self.text.split()[0]:
            case "hang":
                ctx.cancel.wait(60)
            case "fail":
                raise EngineCrashed("told to")
            case "remote":
                if ctx.ticket is None:
                    ctx.save_ticket("remote-7")
                    ctx.cancel.wait(60)
                assert ctx.ticket == "remote-7"
            case _:
                pass
        return ctx.workdir.parent / "done"


def make_word(payload: str) -> Job:
    return WordJob(payload)


def open_queue(paths: Paths) -> JobQueue:
    journal = Journal(paths.journal_file)
    return JobQueue(journal, paths.work_dir, paths.inputs_dir, {"word": make_word})


@pytest.fixture
def queue(paths: Paths) -> Iterator[JobQueue]:
    queue = open_queue(paths)
    yield queue
    queue.close()


def add(queue: JobQueue, *texts: str) -> list[str]:
    return [queue.submit(WordJob(text)) for text in texts]


def waiting(queue: JobQueue) -> list[str]:
    return [record.title for record in queue.jobs() if record.state is JobState.QUEUED]


def forget_owner(paths: Paths) -> None:
    """Make the jobs in the journal those of a process that is gone."""
    with sqlite3.connect(paths.journal_file) as db:
        db.execute("UPDATE jobs SET owner = 'gone'")
    db.close()


def wait_for(condition: Callable[[], bool], within_s: float = 20) -> None:
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.01)


@contextmanager
def working(queue: JobQueue, *lanes: Lane) -> Iterator[list[str]]:
    """Workers for the lanes; gives the ids as they start."""
    started: list[str] = []
    stop = queue.subscribe(
        lambda update: started.append(update.job_id) if update.event.event == "started" else None
    )
    threads = [threading.Thread(target=queue.run, args=(lane,)) for lane in lanes]
    for thread in threads:
        thread.start()
    try:
        yield started
    finally:
        queue.close()
        for thread in threads:
            thread.join(timeout=5)
        stop()
    assert not any(thread.is_alive() for thread in threads)


def test_moved_job_runs_before_the_one_named(queue: JobQueue) -> None:
    first, second, third = add(queue, "a", "b", "c")
    queue.move(third, first)
    assert waiting(queue) == ["c", "a", "b"]
    with working(queue, Lane.GPU) as started:
        wait_for(lambda: len(started) == 3)
    assert started == [third, first, second]


def test_moved_before_nobody_it_runs_last(queue: JobQueue) -> None:
    first, _, _ = add(queue, "a", "b", "c")
    queue.move(first, None)
    assert waiting(queue) == ["b", "c", "a"]


def test_new_job_comes_after_moved_ones(queue: JobQueue) -> None:
    first, _ = add(queue, "a", "b")
    queue.move(first, None)
    add(queue, "c")
    assert waiting(queue) == ["b", "a", "c"]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), max_size=8))
def test_any_moves_give_the_order_of_a_list(
    moves: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    queue = open_queue(Paths.below(tmp_path_factory.mktemp("home")))
    ids = add(queue, *"abcde")
    order = list(ids)
    for moved, before in moves:
        before_id = ids[before] if before < 5 else None
        queue.move(ids[moved], before_id)
        if before_id != ids[moved]:
            order.remove(ids[moved])
            order.insert(order.index(before_id) if before_id else len(order), ids[moved])
    assert [record.id for record in queue.jobs()] == order


def test_only_what_waits_here_can_be_moved(queue: JobQueue, paths: Paths) -> None:
    failed, waits = add(queue, "fail", "a")
    queue.run_job(failed)
    for moved, before in ((failed, None), (waits, failed), ("no-such", None)):
        with pytest.raises(JournalError, match="does not wait here"):
            queue.move(moved, before)
    forget_owner(paths)
    with pytest.raises(JournalError, match="does not wait here"):
        queue.move(waits, None)


def test_paused_queue_starts_nothing_new_and_goes_on_later(queue: JobQueue) -> None:
    (running,) = add(queue, "hang gpu")
    with working(queue, Lane.GPU) as started:
        wait_for(lambda: started == [running])
        queue.set_paused(True)
        ids = add(queue, "a gpu", "b disk")
        assert queue.job(running).state is JobState.RUNNING
        queue.cancel(running)
        wait_for(lambda: queue.job(running).state is JobState.CANCELLED)
        with working(queue, Lane.DISK):
            time.sleep(0.3)
            assert {queue.job(job_id).state for job_id in ids} == {JobState.QUEUED}
            queue.set_paused(False)
            for job_id in ids:
                wait_for(lambda job_id=job_id: queue.job(job_id).state is JobState.SUCCEEDED)


def test_idle_worker_begins_at_once(queue: JobQueue) -> None:
    with working(queue, Lane.GPU) as started:
        time.sleep(0.1)
        began = time.monotonic()
        add(queue, "a")
        wait_for(lambda: bool(started))
        assert time.monotonic() - began < 0.5


def test_failure_never_stops_the_rest(queue: JobQueue) -> None:
    ids = add(queue, "fail", "a", "fail", "b")
    with working(queue, Lane.GPU):
        wait_for(lambda: queue.job(ids[-1]).state is JobState.SUCCEEDED)
    states = [queue.job(job_id).state for job_id in ids]
    assert states == [JobState.FAILED, JobState.SUCCEEDED, JobState.FAILED, JobState.SUCCEEDED]


def test_running_job_is_cancelled_within_a_second(queue: JobQueue) -> None:
    (job_id,) = add(queue, "hang")
    with working(queue, Lane.GPU) as started:
        wait_for(lambda: bool(started))
        began = time.monotonic()
        queue.cancel(job_id)
        wait_for(lambda: queue.job(job_id).state is JobState.CANCELLED)
        assert time.monotonic() - began < 1


def test_worker_outlives_a_journal_that_cannot_be_used_for_a_while(
    queue: JobQueue, paths: Paths, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = paths.journal_file.with_suffix(".elsewhere")
    with working(queue, Lane.GPU):
        (job_id,) = add(queue, "hang")
        wait_for(lambda: queue.job(job_id).state is JobState.RUNNING)
        queue.cancel(job_id)
        wait_for(lambda: queue.job(job_id).state is JobState.CANCELLED)
        paths.journal_file.rename(elsewhere)
        paths.journal_file.mkdir()
        queue.set_paused(False)
        wait_for(lambda: "no job can be taken" in caplog.text)
        paths.journal_file.rmdir()
        elsewhere.rename(paths.journal_file)
        (later,) = add(queue, "a")
        wait_for(lambda: queue.job(later).state is JobState.SUCCEEDED)


def test_what_a_leaving_process_stops_is_interrupted_and_keeps_its_ticket(
    queue: JobQueue, paths: Paths
) -> None:
    remote, waits = add(queue, "remote", "a")
    worker = threading.Thread(target=queue.run, args=(Lane.GPU,))
    worker.start()
    wait_for(lambda: queue.job(remote).ticket is not None)
    queue.close()
    worker.join(timeout=5)
    assert queue.job(remote).state is JobState.INTERRUPTED
    assert queue.job(waits).state is JobState.QUEUED
    forget_owner(paths)
    later = open_queue(paths)
    assert later.resume_all() == (remote, waits)
    assert later.run_job(remote).event == "succeeded"


def test_job_cancelled_before_its_process_leaves_stays_cancelled(queue: JobQueue) -> None:
    (job_id,) = add(queue, "hang")
    with working(queue, Lane.GPU) as started:
        wait_for(lambda: bool(started))
        queue.cancel(job_id)
        queue.close()
    assert queue.job(job_id).state is JobState.CANCELLED


def test_resumed_together_they_keep_the_order_that_was_chosen(
    queue: JobQueue, paths: Paths
) -> None:
    first, second, third = add(queue, "a", "b", "c")
    queue.move(third, first)
    forget_owner(paths)
    later = open_queue(paths)
    (new,) = add(later, "new")
    assert later.resume_all() == (third, first, second)
    assert later.resume_all() == ()
    with working(later, Lane.GPU) as started:
        wait_for(lambda: len(started) == 4)
    assert started == [third, first, second, new]


def test_list_can_be_limited_to_the_newest_of_the_ended(queue: JobQueue) -> None:
    ids = add(queue, "a", "b", "c", "d")
    for job_id in ids[:3]:
        queue.run_job(job_id)
    assert [record.title for record in queue.jobs(ended=1)] == ["c", "d"]
    assert [record.title for record in queue.jobs(ended=0)] == ["d"]


def make_schema_1(paths: Paths) -> None:
    paths.journal_file.parent.mkdir(parents=True)
    db = sqlite3.connect(paths.journal_file)
    db.executescript(SCHEMA_1)
    for number, title in enumerate(("cleared", "done", "b", "a")):
        db.execute(
            INSERT_1, (f"job-{number}", "word", "gpu", title, title, "queued", 1, 0.0, 1e9 + number)
        )
    db.execute("DELETE FROM jobs WHERE title = 'cleared'")
    db.execute(
        "UPDATE jobs SET state = 'failed', ticket = 'remote-7', started_at = 5, ended_at = 6,"
        ' outcome = \'{"event": "failed", "error": {"kind": "EngineCrashed", "message": "m"}}\','
        ' progress = \'{"event": "progressed", "stage": "denoise", "fraction": 0.5}\''
        " WHERE title = 'done'"
    )
    db.execute("INSERT INTO notes VALUES ('job-1', 'by the way')")
    db.commit()
    db.close()


def test_journal_of_the_version_before_is_carried_over_whole(paths: Paths) -> None:
    make_schema_1(paths)
    queue = open_queue(paths)
    assert queue.notes == ()
    done, second, first = queue.jobs()
    assert (done.id, done.state, done.ticket, done.notes) == (
        "job-1",
        JobState.FAILED,
        "remote-7",
        ("by the way",),
    )
    assert done.error is not None
    assert done.error.message == "m"
    assert done.progress is not None
    assert done.progress.fraction == 0.5
    assert second.created_at.timestamp() == 1e9 + 2
    assert queue.resume_all() == (second.id, first.id)
    queue.move(first.id, second.id)
    add(queue, "c")
    assert waiting(queue) == ["a", "b", "c"]


def test_journal_is_carried_over_once_however_many_open_it(paths: Paths) -> None:
    make_schema_1(paths)
    opened: list[JobQueue] = []
    threads = [threading.Thread(target=lambda: opened.append(open_queue(paths))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 8
    assert {len(queue.jobs()) for queue in opened} == {3}


@pytest.mark.parametrize("move", ["", "last"])
def test_killed_with_a_queue_it_goes_on_in_order(
    studio: Studio, paths: Paths, tmp_path: Path, move: str
) -> None:
    home, out = paths.settings_file.parent, tmp_path / "out"
    out.mkdir()
    command = [sys.executable, "-m", "tests.fakes.queue_worker", str(home), str(out)]
    with subprocess.Popen(
        [*command, "one", "hang two", "three", "four"],
        cwd=ROOT,
        env=os.environ | {"MOVE": move},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        ids = process.stdout.readline().split()
        hangs = next(line for line in process.stdout if line.startswith(f"{ids[1]} "))
        assert "started" in hangs
        process.kill()
    order = [ids[3], *ids[:3]] if move else ids
    finished = order[: order.index(ids[1])]
    assert [studio.queue.job(job_id).state for job_id in finished] == [
        JobState.SUCCEEDED for _ in finished
    ]
    left = [job_id for job_id in order if job_id not in finished]
    assert [record.id for record in studio.queue.resumable()] == left
    assert studio.queue.resume_all() == tuple(left)
    with working(studio.queue, Lane.GPU) as started:
        wait_for(lambda: bool(started))
        studio.queue.cancel(ids[1])
        wait_for(lambda: studio.queue.job(left[-1]).state is JobState.SUCCEEDED)
    assert started == left
