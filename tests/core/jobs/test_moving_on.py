"""A job that goes on as other work: the same id, another lane, its notes with it."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from core.jobs.job import Failed, JobContext, MovedOn, Notice, Subject, SubjectKind, Succeeded
from core.jobs.job_record import JobState
from core.jobs.journal import Journal
from core.jobs.lanes import Lane
from core.jobs.queue import JobQueue

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import Job, JobUpdate
    from core.platform.paths import Paths

_LANES = {"gpu": Lane.GPU, "cloud": Lane.CLOUD}


@dataclass(frozen=True)
class Stage:
    """Goes on in the lanes that its words name, and writes its file in the last of them."""

    words: str

    kind = "stage"
    loads = ""
    subject = Subject(SubjectKind.CLIP, "clip.mp4")

    @property
    def lane(self) -> Lane:
        return _LANES[self.words.split()[0]]

    @property
    def title(self) -> str:
        return f"in {self.words}"

    def payload(self) -> str:
        return self.words

    def store_inputs(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "kept").touch()

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        return ()

    def run(self, ctx: JobContext) -> Path:
        assert list(ctx.workdir.iterdir()) == []
        (ctx.workdir / "half").touch()
        assert ctx.inputs_dir is not None
        assert (ctx.inputs_dir / "kept").exists()
        _, _, rest = self.words.partition(" ")
        if rest:
            ctx.report(Notice(message=f"on in {rest}"))
            raise MovedOn(Stage(rest))
        made = ctx.workdir.parent / "made"
        made.touch()
        return made


def make(payload: str) -> Job:
    return Stage(payload)


@pytest.fixture
def queue(paths: Paths) -> JobQueue:
    journal = Journal(paths.journal_file)
    return JobQueue(journal, paths.work_dir, paths.inputs_dir, {"stage": make})


def test_one_thread_follows_a_job_through_its_lanes(queue: JobQueue) -> None:
    seen: list[JobUpdate] = []
    queue.subscribe(seen.append)
    job_id = queue.submit(Stage("gpu cloud gpu"))
    assert isinstance(queue.run_job(job_id), Succeeded)
    assert {update.job_id for update in seen} == {job_id}
    names = [update.event.event for update in seen]
    assert names == ["queued", *["started", "noted", "queued"] * 2, "started", "succeeded"]
    record = queue.job(job_id)
    assert (record.lane, record.payload, record.title) == (Lane.GPU, "gpu", "in gpu")
    assert record.notes == ("on in cloud gpu", "on in gpu")


def test_the_worker_of_the_other_lane_takes_it_up(queue: JobQueue) -> None:
    ended = threading.Event()
    queue.subscribe(lambda update: ended.set() if update.event.event == "succeeded" else None)
    workers = [threading.Thread(target=queue.run, args=(lane,)) for lane in _LANES.values()]
    for worker in workers:
        worker.start()
    job_id = queue.submit(Stage("gpu cloud"))
    assert ended.wait(20)
    queue.close()
    for worker in workers:
        worker.join()
    assert queue.job(job_id).state is JobState.SUCCEEDED


def test_a_job_that_is_left_between_two_lanes_goes_on_there(queue: JobQueue) -> None:
    job_id = queue.submit(Stage("gpu cloud"))
    worker = threading.Thread(target=queue.run, args=(Lane.GPU,))
    left = threading.Event()
    queue.subscribe(lambda update: left.set() if update.event.event == "noted" else None)
    worker.start()
    assert left.wait(20)
    queue.close()
    worker.join()
    record = queue.job(job_id)
    assert (record.state, record.lane, record.payload) == (JobState.QUEUED, Lane.CLOUD, "cloud")
    assert isinstance(queue.run_job(job_id), Succeeded)


def test_a_step_that_cannot_be_written_down_ends_the_job(paths: Paths, queue: JobQueue) -> None:
    job_id = queue.submit(Stage("gpu cloud"))
    with sqlite3.connect(paths.journal_file) as db:
        db.execute(
            "CREATE TRIGGER full BEFORE UPDATE OF payload ON jobs"
            " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
    ended = queue.run_job(job_id)
    assert isinstance(ended, Failed)
    assert ended.error.kind == "JournalError"
    assert queue.job(job_id).state is JobState.FAILED
